"""What lies around a centre, for the neighbour that regulates its calls. Rule: C2.5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.emergency.capacity import TENSIONS, Place
from cordee.care.regulation.territory import MOST, Territory, Vehicle
from cordee.runtime.errors import ResourceInvalid
from cordee.web.emergency.views import lasting
from cordee.web.forms import Form, put_errors, read_form
from cordee.web.language import gettext as _
from cordee.web.overflow.words import moment
from cordee.web.regulation.entrance import now_of, standing
from cordee.web.rendering import page

PATH: Final = "/regulation/territoires/{centre}"
PAGE: Final = "overflow/templates/territory.html"
_KINDS: Final = {
    "SMUR": _("SMUR"), "VSAV": _("VSAV"), "AMBULANCE": _("Ambulance"),
}  # fmt: skip
_LEVELS: Final = {"tense": "caution", "full": "critical", "closed": "critical"}


async def show(request: Request) -> Response:
    """Give the vehicles, the numbers and the emergency departments of a centre."""
    return await _page(request, None)


async def tell(request: Request) -> Response:
    """Replace the numbers of one's own centre; what was typed stays when a line is wrong."""
    sent = await read_form(request)
    principal, centre, floor = await standing(request)
    if request.path_params["centre"] != centre.id:
        return await _page(request, None)
    try:
        await floor.territories.tell(principal, centre, sent["contacts"], now_of(request))
    except ResourceInvalid as error:
        status = put_errors(sent, error, {"contacts": "contacts"}, "contacts")
        return await _page(request, sent, status=status)
    return RedirectResponse(PATH.format(centre=centre.id), status_code=303)


async def _page(request: Request, form: Form | None, *, status: int = 200) -> Response:
    principal, centre, floor = await standing(request)
    found = await floor.territories.of(principal, request.path_params["centre"])
    rooms = request.app.state.ports.emergency
    places = await rooms.capacities.region(principal) if rooms is not None else []
    written = "\n".join(f"{label} : {number}" for label, number in found.contacts)
    return page(
        request, PAGE, status=status, name=found.name, department=found.department,
        is_own=found.centre == centre.id, form=form or Form({"contacts": written}),
        action=PATH.format(centre=found.centre), most=MOST,
        counts=_counts(found.vehicles), vehicles=[_vehicle(one) for one in found.vehicles],
        contacts=[(label, number, number.replace(" ", "")) for label, number in found.contacts],
        said=_said(found), places=[_place(one, request) for one in places],
    )  # fmt: skip


def _counts(vehicles: Sequence[Vehicle]) -> list[tuple[str, int, int]]:
    """For each kind, how many are free of how many."""
    return [
        (_(label), sum(one.is_free for one in these), len(these))
        for kind, label in _KINDS.items()
        if (these := [one for one in vehicles if one.kind == kind])
    ]


def _vehicle(one: Vehicle) -> dict[str, Any]:
    return {
        "kind": _(_KINDS[one.kind]), "name": one.name, "commune": one.commune,
        "free": one.is_free,
    }  # fmt: skip


def _said(found: Territory) -> str:
    if found.said is None:
        return ""
    return _("Écrit par %(who)s, %(at)s.") % {"who": found.said_by, "at": moment(found.said)}


def _place(one: Place, request: Request) -> dict[str, Any]:
    now = now_of(request)
    box = one.units.get("box")
    return {
        "name": one.name, "tension": _(TENSIONS.get(one.tension, "non dite")),
        "level": _LEVELS.get(one.tension, ""), "is_old": one.is_old(now),
        "free": f"{box.free} / {box.placed}" if box else "–",
        "age": lasting(now - one.said) if one.said else "–",
    }  # fmt: skip
