"""Appointments to find (C1.8), papers to enter (C1.14)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.regulation.cases import Told
from cordee.care.regulation.motives import label_of, motive_of, motives
from cordee.care.regulation.osnp import ATTENDING, CHANGED, OUTCOMES, Wish
from cordee.care.regulation.paper import Sheet
from cordee.care.regulation.queue import PRIORITIES
from cordee.runtime import french
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.regulation.entrance import now_of, number_in, standing, unscheduled_of
from cordee.web.regulation.floor import PATH, uuid_of
from cordee.web.regulation.telling import commune_of, true_time
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

WISHES: Final = "regulation/templates/osnp.html"
PAPER: Final = "regulation/templates/paper.html"
BLANK: Final = "regulation/templates/blank.html"
_GESTURES: Final = {"honoured": "come", "missed": "miss"}


async def wishes(request: Request) -> Response:
    """Give who waits for an appointment in town; also as CSV, without names."""
    if request.url.path.endswith(".csv"):
        principal, centre, floor = await standing(request)
        rows = [
            [one.case.number, one.case.priority, label_of(one.case.motive), one.step]
            for one in await floor.osnp.wishes(principal, centre, now_of(request))
        ]
        head = [_("Dossier"), _("Priorité"), _("Motif"), _("Étape")]
        return spreadsheet("rendez-vous-a-trouver.csv", head, rows)
    return await _wishes(request, Form())


async def take(request: Request) -> Response:
    """Note a step: the call to the médecin traitant, the slot, the message, the outcome."""
    form = await read_form(request)
    principal, centre, floor = await standing(request)
    at, number = now_of(request), number_in(request)
    found = await floor.osnp.wishes(principal, centre, at)
    wish = next((one for one in found if one.case.id == number), None)
    if wish is None:
        raise NotFound("there is no such appointment to find")
    try:
        _check_seen(form, wish)
        await floor.osnp.take(principal, wish, form["etape"], form["mots"], at)
        if form["etape"] in _GESTURES and (bookings := unscheduled_of(request)):
            await bookings.bookings.end(principal, wish, _GESTURES[form["etape"]])
    except RuleBroken as error:
        form.errors[f"d-{number}"] = error.message
        return await _wishes(request, form, status=422)
    return RedirectResponse(f"{PATH}/osnp#d-{number}", status_code=303)


def _check_seen(form: Form, wish: Wish) -> None:
    """Raises `RuleBroken` for a form that was shown other steps than there are now."""
    if form["vu"] != str(len(wish.done)):
        raise RuleBroken(CHANGED)


async def paper(request: Request) -> Response:
    """Give the form of a paper to enter, or the blank sheet to print."""
    await standing(request)
    if request.url.path.endswith("/fiche"):
        return page(request, BLANK, priorities=PRIORITIES)
    return await _paper(request, Form({"numero": str(uuid4())}))


async def enter(request: Request) -> Response:
    """Enter a paper; what cannot be comes back as it was typed."""
    form = await read_form(request)
    principal, centre, floor = await standing(request)
    at = now_of(request)
    try:
        case = await floor.enter(principal, centre, await _sheet(request, form, at), at)
    except RuleBroken as error:
        form.errors[next(iter(error.expression), "appel-heure")] = error.message
        return await _paper(request, form, status=422)
    return RedirectResponse(f"{PATH}/dossiers/{case}", status_code=303)


async def _wishes(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, centre, floor = await standing(request)
    found = await floor.osnp.wishes(principal, centre, now_of(request))
    communes = await floor.desk.all_communes()
    texts = await floor.net.of_appointments(centre.id, [one.case.id for one in found])
    rows = [
        (
            one, label_of(one.case.motive), communes.get(one.case.commune, ""),
            _text(texts.get(one.case.id)),
        )
        for one in found
    ]  # fmt: skip
    return page(
        request, WISHES, status=status, form=form, rows=rows, centre=centre, attending=ATTENDING,
        outcomes=OUTCOMES,
    )  # fmt: skip


def _text(text: tuple[str, datetime | None] | None) -> str:
    """How the text of an appointment stands, "" where there is none."""
    if text is None:
        return ""
    state, opened = text
    if opened is not None:
        return _("SMS lu à %s") % french.clock(opened)
    words = {
        "waiting": _("SMS en attente"), "sent": _("SMS remis à l’opérateur"),
        "refused": _("SMS non remis : téléphonez"),
        "landline": _("numéro fixe, pas de SMS : téléphonez"),
    }  # fmt: skip
    return words[state]


async def _paper(request: Request, form: Form, *, status: int = 200) -> Response:
    _principal, _centre, floor = await standing(request)
    return page(
        request, PAPER, status=status, form=form, motives=motives().values(),
        communes=await floor.desk.all_communes(), priorities=PRIORITIES,
    )  # fmt: skip


async def _sheet(request: Request, form: Form, at: datetime) -> Sheet:
    _principal, _centre, floor = await standing(request)
    communes = await floor.desk.all_communes()
    if not form["appel-heure"]:
        raise RuleBroken(_("Donnez l’heure vraie de l’appel."), expression=("appel-heure",))
    motive = motive_of(form["motif"]) if form["motif"] else None
    if motive is None:
        raise RuleBroken(_("Choisissez un motif de la liste."), expression=("motif",))
    told = Told(
        number=form["appel"], said=form["dit"], address=form["adresse"],
        commune="" if commune_of(form["commune"], communes) else form["commune"],
    )  # fmt: skip
    answered, decided = form["decroche-heure"], form["decision-heure"]
    return Sheet(
        uuid_of(form_number(form)), true_time(form["appel-heure"], at),
        true_time(answered, at) if answered else None,
        true_time(decided, at) if decided else None,
        form["priorite"], motive.code, commune_of(form["commune"], communes), told,
        form["decision"],
    )  # fmt: skip


routes = [
    Route(f"{PATH}/osnp", wishes, methods=["GET"]),
    Route(f"{PATH}/osnp.csv", wishes, methods=["GET"]),
    Route(f"{PATH}/osnp/{{number}}", take, methods=["POST"]),
    Route(f"{PATH}/papier", paper, methods=["GET"]),
    Route(f"{PATH}/papier", enter, methods=["POST"]),
    Route(f"{PATH}/papier/fiche", paper, methods=["GET"]),
]
