"""Planned acts in the record, and those of today for who does them: one press each. Rule: B1.8."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.plans.acts import DAYS, MOMENTS, REASONS, Act
from cordee.care.plans.rounds import Planned, Rounds
from cordee.care.record.concepts import label
from cordee.care.record.ports import RecordRows
from cordee.care.record.traits import read_traits
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken, VersionConflict
from cordee.web.forms import Form, form_number, read_form
from cordee.web.guarding import reader
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe
from cordee.web.plans.choosing import holders
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker, number_of
from cordee.web.sheets import spreadsheet
from cordee.web.workflow.moving import MOVE

PATIENT: Final = "plans/templates/acts.html"
TODAY: Final = "plans/templates/round.html"
_STATES: Final = {"completed": _("fait"), "not-done": _("non fait")}


@dataclass(frozen=True, slots=True)
class SlotView:
    """One time of today: its words, and what became of it."""

    code: str
    moment: str
    state: str
    words: str
    reason: str


@dataclass(frozen=True, slots=True)
class ActView:
    """One act in words."""

    key: str
    person: Person
    text: str
    rhythm: str
    span: str
    responsible: str
    author: str
    slots: tuple[SlotView, ...]
    missed: bool
    is_over: bool
    may_note: bool
    link: str


def rounds_of(request: Request) -> Rounds:
    """The service of planned acts; raises `NotFound` where there is none."""
    desk: Rounds | None = request.app.state.ports.rounds
    if desk is None:
        raise NotFound("there are no planned acts here")
    return desk


async def of_patient(request: Request) -> Response:
    """Give the planned acts of a person."""
    return await _page(request, Form())


async def write(request: Request) -> Response:
    """Plan an act; what was typed stays when it is refused."""
    sent = await read_form(request)
    account, patient = asker(request), request.path_params["patient_id"]
    principal = account.principal
    number = form_number(sent)
    act = Act(
        "", sent["acte"], f"Patient/{patient}", sent["responsable"],
        principal.practitioner or principal.structure,
        tuple(one for one in DAYS if sent[f"jour-{one}"]) or tuple(DAYS),
        tuple(one for one in MOMENTS if sent[f"moment-{one}"]),
        sent["debut"], sent["fin"], sent["ordonnance"], "active", 0,
    )  # fmt: skip
    try:
        await _need_known(request, act)
        await rounds_of(request).plan(principal, number, act)
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors["acte"] = error.message
        return await _page(request, sent, status=error.status)
    return RedirectResponse(f"/patients/{patient}/soins", status_code=303)


async def note(request: Request) -> Response:
    """Say that an act was done, or why not, or that it ends."""
    sent = await read_form(request)
    principal, patient = asker(request).principal, request.path_params["patient_id"]
    desk, number = rounds_of(request), number_of(request)
    try:
        if sent[MOVE] == "arreter":
            await desk.stop(principal, patient, number)
        else:
            reason = sent["motif"] if sent[MOVE] == "non" else None
            await desk.note(principal, patient, number, sent["creneau"], reason)
    except VersionConflict:
        sent.errors[MOVE] = _("Quelqu’un vient de changer cette page : relisez, puis recommencez.")
        return await _page(request, sent, status=409)
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors[MOVE] = error.message
        return await _page(request, sent, status=error.status)
    back = "/soins-du-jour" if sent["retour"] == "jour" else f"/patients/{patient}/soins"
    return RedirectResponse(back, status_code=303)


async def today(request: Request) -> Response:
    """Give the acts of today of who is signed in, those left first; also as CSV."""
    account = asker(request)
    views = [_view(request, one) for one in await rounds_of(request).today(account.principal)]
    if request.url.path.endswith(".csv"):
        head = [_("Personne"), _("Né(e) le"), _("Acte"), _("Moment"), _("État"), _("Motif")]
        table = [
            [f"{one.person.birth_name} {one.person.first_name}", one.person.born, one.text,
             slot.moment, slot.words, slot.reason]
            for one in views
            for slot in one.slots
        ]  # fmt: skip
        return spreadsheet("soins-du-jour.csv", head, table)
    left = sum(not slot.state for one in views for slot in one.slots)
    return page(request, TODAY, acts=views, left=left, place=account.structure, reasons=REASONS)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, desk = reader(request).principal, rounds_of(request)
    patient = request.path_params["patient_id"]
    (rows, values), found = await asyncio.gather(
        values_around(request, "soins"), desk.of_patient(principal, patient)
    )
    today_ = request.app.state.settings.clock().date().isoformat()
    values |= {
        "form": form,
        "number": form_number(form),
        "acts": [_view(request, one) for one in found],
        "holders": await holders(request, rows),
        "links": _links(rows),
        "days": [(code, _(text)) for code, text in DAYS.items()],
        "moments": [(code, _(text)) for code, text in MOMENTS.items()],
        "reasons": REASONS,
        "start": form["debut"] or today_,
    }
    return page(request, PATIENT, status=status, **values)


def _links(rows: RecordRows) -> list[tuple[str, str]]:
    """The prescriptions of the record that an act may follow, by name."""
    found = [
        (f"MedicationRequest/{one['id']}", label(one.get("medicationCodeableConcept")))
        for one in rows.treatments
        if one.get("resourceType") == "MedicationRequest" and one.get("status") == "active"
    ]
    return sorted((one for one in found if one[1]), key=lambda one: one[1])


async def _need_known(request: Request, act: Act) -> None:
    """Raises `RuleBroken` for a prescription of another, or who does not see this person."""
    rows, _values = await values_around(request, "soins")
    if act.responsible not in dict(await holders(request, rows)):
        raise RuleBroken("Choisissez un responsable du cercle de soins.")
    known = {f"{one['resourceType']}/{one['id']}" for one in rows.treatments}
    if act.link and act.link not in known:
        raise RuleBroken("Choisissez une prescription de cette personne.")


def _view(request: Request, one: Planned) -> ActView:
    act, principal = one.act, reader(request).principal
    today_ = request.app.state.settings.clock().astimezone(PARIS).date()
    days = _("chaque jour") if len(act.days) == len(DAYS) else ", ".join(
        _(DAYS[day]).lower() for day in act.days
    )  # fmt: skip
    moments = ", ".join(_(MOMENTS[moment]).lower() for moment in act.moments)
    end = _(" au %s") % french.short_date(act.end) if act.end else ""
    return ActView(
        key=act.key,
        person=describe(read_traits(one.patient), today_),
        text=act.text,
        rhythm=f"{days} : {moments}",
        span=_("du %s") % french.short_date(act.start) + end,
        responsible=one.responsible,
        author=one.author,
        slots=tuple(
            SlotView(slot.code, _(MOMENTS[slot.moment]), slot.state,
                     _STATES.get(slot.state, _("à faire")), slot.reason)
            for slot in one.today
        ),
        missed=one.missed,
        is_over=act.status != "active",
        may_note=bool(
            {act.responsible, act.author} & {principal.practitioner, principal.structure} - {""}
        ),
        link=act.link,
    )  # fmt: skip
