"""Open a circle and change it: forms of the record, which come back with what was typed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.circle.desk import CircleDesk
from cordee.care.circle.finding import find_candidates
from cordee.care.circle.inviting import Offer
from cordee.care.circle.opening import OPPOSED
from cordee.care.circle.steps import Spoken
from cordee.care.circle.territory import county_of, is_elsewhere
from cordee.care.circle.vocabulary import (
    ACCESSES,
    CHANNELS,
    OF_PROFESSIONALS,
    REASONS,
    RECORD,
    ROLES,
    SPEAKERS,
    WORDS,
    role_of_profession,
)
from cordee.runtime.errors import Conflict, NotFound, RuleBroken, VersionConflict
from cordee.web.circle.entrance import (
    REFERENCE,
    day_end,
    day_start,
    desk_of,
    number_of,
    patient_of,
    professional,
)
from cordee.web.circle.showing import circle_values
from cordee.web.forms import Form, read_form
from cordee.web.identity.entrance import day
from cordee.web.language import gettext as _
from cordee.web.record.routes import TEMPLATE, values_around
from cordee.web.rendering import page

OPEN: Final = "circle/templates/open.html"
INVITE: Final = "circle/templates/invite.html"
_REFUSED = (RuleBroken, Conflict, VersionConflict)
Act = Callable[[Request, Form, CircleDesk, datetime], Awaitable[None]]


async def opening_form(request: Request) -> Response:
    """Give the form to open a circle; where there is one, its page."""
    professional(request)
    patient, at = patient_of(request), request.app.state.settings.clock()
    if await desk_of(request).opening.active(patient, at):
        await values_around(request, "cercle")  # only who sees the record learns of it
        return RedirectResponse(_home(patient), status_code=303)
    blank = Form({"dit-le": at.strftime("%d/%m/%Y"), "par": "patient", "moyen": "presence"})
    return await _opening_page(request, blank)


async def open_circle(request: Request) -> Response:
    """Open the circle, or record that the person refuses; show the circle that came first."""
    form = await read_form(request)
    account, patient = professional(request), patient_of(request)
    desk, at = desk_of(request), request.app.state.settings.clock()
    try:
        if form["informe"] != "oui":
            raise RuleBroken(_("Informez la personne avant d’ouvrir le cercle, et dites-le."))
        spoken = _spoken(form)
        if spoken.word == OPPOSED:
            await desk.opening.say(account.principal, patient, spoken, at)
            return RedirectResponse("/", status_code=303)
        why = (form["motif"], form["precision"])
        opened = await desk.opening.open(account.principal, patient, why, spoken, at)
    except _REFUSED as error:
        form.errors["motif"] = error.message
        return await _opening_page(request, form, status=422)
    told = "" if opened.is_new else "?deja"
    return RedirectResponse(f"{_home(patient)}{told}", status_code=303)


async def act(request: Request) -> Response:
    """Do what a form of the page of the circle asks, then show the page again."""
    form = await read_form(request)
    professional(request)
    patient, at = patient_of(request), request.app.state.settings.clock()
    known = _ACTS.get(form["geste"])
    if known is None:
        raise NotFound("there is no such gesture")
    try:
        await known(request, form, desk_of(request), at)
    except _REFUSED as error:
        form.errors[form["geste"]] = error.message
        rows, values = await values_around(request, "cercle")
        values |= await circle_values(request, rows, "cercle", form)
        return page(request, TEMPLATE, status=422, **values)
    away = form["geste"] == "quitter" or (form["geste"] == "parole" and form["mot"] == OPPOSED)
    return RedirectResponse("/" if away else _home(patient), status_code=303)


async def invite_form(request: Request) -> Response:
    """Give the directory, searched by name, and the form for whom was chosen."""
    professional(request)
    patient_of(request)
    typed = request.query_params.get("q", "")[:100]
    return await _invite_page(request, Form({"q": typed}))


async def invite(request: Request) -> Response:
    """Invite whom was chosen, then show the circle."""
    form = await read_form(request)
    account, patient = professional(request), patient_of(request)
    at = request.app.state.settings.clock()
    try:
        offer = _offer(form, at)
        await desk_of(request).inviting.invite(account.principal, patient, offer, at)
    except _REFUSED as error:
        form.errors["qui"] = error.message
        return await _invite_page(request, form, status=422)
    return RedirectResponse(_home(patient), status_code=303)


async def _opening_page(request: Request, form: Form, *, status: int = 200) -> Response:
    _rows, values = await values_around(request, "cercle")
    values |= {
        "form": form,
        "reasons": list(REASONS.items()),
        "words": list(WORDS.items()),
        "channels": list(CHANNELS.items()),
        "speakers": list(SPEAKERS.items()),
    }
    return page(request, OPEN, status=status, **values)


async def _invite_page(request: Request, form: Form, *, status: int = 200) -> Response:
    rows, values = await values_around(request, "cercle")
    principal, home = professional(request).principal, county_of(rows.patient)
    found = await find_candidates(desk_of(request).store, principal, form["q"])
    values |= {
        "form": form,
        "found": [(one, is_elsewhere(one.county, home)) for one in found],
        "roles": [(code, ROLES[code].label) for code in OF_PROFESSIONALS],
        "first_role": role_of_profession(""),
        "accesses": list(ACCESSES.items()),
        "circle_today": request.app.state.settings.clock().date(),
    }
    return page(request, INVITE, status=status, **values)


def _offer(form: Form, at: datetime) -> Offer:
    """Who was chosen: `reference|structure`; the directory says their names."""
    reference, _sign, structure = form["qui"].partition("|")
    if not REFERENCE.fullmatch(reference) or (structure and not REFERENCE.fullmatch(structure)):
        raise RuleBroken(_("Choisissez quelqu’un dans la liste."))
    is_team = reference.startswith("Organization/")
    starts = day_start(form["debut"]) or at
    return Offer(
        reference, "", "team" if is_team else form["role"], max(starts, at),
        day_end(form["fin"]), form["acces"] or RECORD, structure,
    )  # fmt: skip


def _spoken(form: Form) -> Spoken:
    typed = day(form["dit-le"])
    if typed is None:
        raise RuleBroken(_("Donnez la date de la réponse, par exemple 24/11/2026."))
    return Spoken(form["mot"], form["moyen"], form["par"], typed)


async def _say(request: Request, form: Form, desk: CircleDesk, at: datetime) -> None:
    principal = professional(request).principal
    await desk.opening.say(principal, patient_of(request), _spoken(form), at)


async def _withdraw(request: Request, form: Form, desk: CircleDesk, at: datetime) -> None:
    principal, number = professional(request).principal, number_of(form["invitation"])
    await desk.inviting.withdraw(principal, patient_of(request), number, at)


async def _relative(request: Request, form: Form, desk: CircleDesk, at: datetime) -> None:
    principal, patient = professional(request).principal, patient_of(request)
    ends = day_end(form["fin"])
    if form["qui"]:
        offer = Offer(form["qui"], "", form["role"], at, ends)
        await desk.inviting.add_relative(principal, patient, offer, at)
        return
    offer = Offer("", form["nom"], form["role"], at, ends)
    await desk.inviting.add_contact(principal, patient, offer, form["telephone"], at)


async def _leave(request: Request, form: Form, desk: CircleDesk, at: datetime) -> None:
    del form
    await desk.inviting.leave(professional(request).principal, patient_of(request), at)


async def _exclude(request: Request, form: Form, desk: CircleDesk, at: datetime) -> None:
    principal, patient = professional(request).principal, patient_of(request)
    await desk.inviting.exclude(principal, patient, form["membre"], form["raison"], at)


async def _end(request: Request, form: Form, desk: CircleDesk, at: datetime) -> None:
    principal, patient = professional(request).principal, patient_of(request)
    ends = day_end(form["fin"])
    if ends is None:
        raise RuleBroken(_("Donnez la date de fin."))
    await desk.inviting.end_at(principal, patient, form["membre"], ends, at)


async def _close(request: Request, form: Form, desk: CircleDesk, at: datetime) -> None:
    principal = professional(request).principal
    await desk.opening.close(principal, patient_of(request), form["raison"], at)


_ACTS: Final[Mapping[str, Act]] = {
    "parole": _say,
    "retirer": _withdraw,
    "proche": _relative,
    "quitter": _leave,
    "exclure": _exclude,
    "fin": _end,
    "fermer": _close,
}


def _home(patient: str) -> str:
    return f"/patients/{patient}/cercle"
