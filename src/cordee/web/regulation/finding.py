"""Free slots for a case of the floor: found, held for three minutes, booked. C3.1, C3.3, C3.5."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.regulation.motives import label_of
from cordee.care.regulation.osnp import Wish
from cordee.care.unscheduled.booking import is_mine
from cordee.care.unscheduled.holds import TAKEN
from cordee.care.unscheduled.search import RADII, Listing, Offer
from cordee.care.unscheduled.service import Unscheduled
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import Conflict, NotFound, RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.regulation.entrance import now_of, number_in, standing, unscheduled_of
from cordee.web.regulation.floor import PATH, uuid_of
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "regulation/templates/slots.html"
_RADIUS: Final = 30
_KEPT: Final = timedelta(days=30)


async def show(request: Request) -> Response:
    """Give the free slots around the commune of a case, and what one holds."""
    return await _page(request, Form(dict(request.query_params)))


async def act(request: Request) -> Response:
    """Hold a slot, book it or let it go; who comes second is told, and shown the others."""
    form = await read_form(request)
    principal, _centre, _floor = await standing(request)
    service, wish = _service(request), await _wish(request)
    key, at, gesture = uuid_of(form["cle"]), now_of(request), form["geste"]
    back = f"{PATH}/osnp/{wish.case.id}/creneaux?{_kept(form)}"
    try:
        if gesture == "confirmer":
            await service.bookings.confirm(principal, wish, key, at)
            back = f"{PATH}/osnp#d-{wish.case.id}"
        elif gesture == "rendre":
            await service.bookings.release(principal, wish, key)
        elif gesture == "retenir":
            found = await _found(request, form, wish)
            await service.bookings.hold(principal, wish, key, _chosen(found, form["creneau"]))
        else:
            raise NotFound("there is no such gesture")
    except (Conflict, RuleBroken) as error:
        form.errors["creneaux"] = error.message
        return await _page(request, form, status=409 if isinstance(error, Conflict) else 422)
    return RedirectResponse(back, status_code=303)


async def absences(request: Request) -> Response:
    """Give who did not come in 30 days, as CSV, without names of patients."""
    _principal, centre, floor = await standing(request)
    rows = await _service(request).bookings.missed(centre, now_of(request) - _KEPT)
    cases = await floor.osnp.numbers(centre, [one.case for one in rows])
    head = [_("Dossier"), _("Professionnel"), _("Lieu"), _("Date et heure")]
    lines = [
        [
            cases.get(one.case, ""),
            one.who,
            one.place,
            f"{one.starts.astimezone(PARIS):%d/%m/%Y %H:%M}",
        ]
        for one in rows
    ]
    return spreadsheet("rendez-vous-non-honores.csv", head, lines)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, centre, floor = await standing(request)
    wish, service = await _wish(request), _service(request)
    found = await _found(request, form, wish)
    held = [
        one
        for one in await service.bookings.of_case(centre, wish.case.id)
        if is_mine(one, principal.user)
    ]
    communes = await floor.desk.all_communes()
    return page(
        request, TEMPLATE, status=status, form=form, wish=wish, case=wish.case, held=held,
        motive=label_of(wish.case.motive), commune=communes.get(wish.case.commune, ""),
        rows=[_row(one) for one in found.offers], listing=found, radii=RADII,
        radius=_radius(form), hour=_hour, fresh=_hour(found.as_of),
        widest=RADII[-1], ends=[(one, _hour(one.until), _moment(one.starts)) for one in held],
    )  # fmt: skip


async def _wish(request: Request) -> Wish:
    """The case whose appointment is being found; raises `NotFound` for another centre's."""
    principal, centre, floor = await standing(request)
    number = number_in(request)
    found = await floor.osnp.wishes(principal, centre, now_of(request))
    wish = next((one for one in found if one.case.id == number), None)
    if wish is None:
        raise NotFound("there is no such appointment to find")
    return wish


async def _found(request: Request, form: Form, wish: Wish) -> Listing:
    principal, _centre, _floor = await standing(request)
    if (accounts := _service(request).accounts) is not None:
        await accounts.enter(principal)
    return await _service(request).search.around(
        principal, wish.case.commune, now_of(request), _radius(form), form["specialite"]
    )


def _service(request: Request) -> Unscheduled:
    found = unscheduled_of(request)
    if found is None:
        raise NotFound("there are no slots here")
    return found


def _chosen(found: Listing, key: str) -> Offer:
    """The offer that a form names, as it is now; raises `Conflict` where it is gone."""
    offer = next((one for one in found.offers if f"{one.vendor}/{one.slot}" == key), None)
    if offer is None:
        raise Conflict(TAKEN)
    return offer


def _row(offer: Offer) -> dict[str, Any]:
    return {
        "offer": offer, "key": f"{offer.vendor}/{offer.slot}", "number": str(uuid4()),
        "when": _moment(offer.starts), "km": None if offer.km is None else round(offer.km),
    }  # fmt: skip


def _radius(form: Form) -> int:
    text = form["rayon"]
    return int(text) if text in {str(one) for one in RADII} else _RADIUS


def _kept(form: Form) -> str:
    return urlencode({"rayon": _radius(form), "specialite": form["specialite"]})


def _hour(moment: datetime) -> str:
    return f"{moment.astimezone(PARIS):%H:%M:%S}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(PARIS):%d/%m à %H:%M}"


routes = [
    Route(f"{PATH}/osnp/absences.csv", absences, methods=["GET"]),
    Route(f"{PATH}/osnp/{{number}}/creneaux", show, methods=["GET"]),
    Route(f"{PATH}/osnp/{{number}}/creneaux", act, methods=["POST"]),
]
