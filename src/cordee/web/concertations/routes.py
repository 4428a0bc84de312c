"""The concertations about a person: list, invitation, one with its minutes and decisions. B4.7."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.concertations.desk import Concertations, Decision
from cordee.care.concertations.meetings import (
    ACCEPTED,
    DECLINED,
    Meeting,
    invitable,
    people_of,
    video_of,
)
from cordee.care.store import Resource
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of, party, state_of
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken, VersionConflict
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker, number_of

LIST: Final = "concertations/templates/patient.html"
NEW: Final = "concertations/templates/invite.html"
TEMPLATE: Final = "concertations/templates/meeting.html"
ROWS: Final = 5
"""Decisions that a form takes."""
_STATUSES: Final = {
    "booked": _("prévue"), "fulfilled": _("tenue"), "cancelled": _("annulée"),
    "proposed": _("proposée"), "pending": _("en attente"),
}  # fmt: skip
_ANSWERS: Final = {
    "accepted": _("vient"),
    "declined": _("ne vient pas"),
    "tentative": _("peut-être"),
}
_GUEST: Final = "invite-"
_ACTS: Final = frozenset({"viens", "absent", "annuler", "conclure"})


@dataclass(frozen=True, slots=True)
class MeetingView:
    """One concertation in words."""

    key: str
    href: str
    title: str
    when: str
    status: str
    is_open: bool
    agenda: str
    video: str
    why: str
    minutes: str
    people: tuple[tuple[str, str], ...]


async def of_patient(request: Request) -> Response:
    """Give the concertations about a person."""
    principal, patient = asker(request).principal, request.path_params["patient_id"]
    (_rows, values), found = await asyncio.gather(
        values_around(request, "parcours"), _desk(request).of_patient(principal, patient)
    )
    values["meetings"] = [_view(one, patient) for one in found]
    return page(request, LIST, **values)


async def form(request: Request) -> Response:
    """Give the form of an invitation."""
    asker(request)
    return await _form_page(request, Form({"numero": str(uuid4()), "duree": "30"}))


async def invite(request: Request) -> Response:
    """Invite, then show the concertation; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal, patient = asker(request).principal, request.path_params["patient_id"]
    rows, values = await values_around(request, "parcours")
    known = invitable(rows)
    try:
        people = {one: known[one] for one in known if sent[_GUEST + one]}
        meeting = _meeting(sent, people)
        now, number = request.app.state.settings.clock(), form_number(sent)
        key = await _desk(request).invite(principal, patient, number, meeting, now)
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors[_field_of(error)] = error.message
        return await _form_page(request, sent, values, known, status=422)
    return RedirectResponse(f"/patients/{patient}/concertations/{key}", status_code=303)


async def show(request: Request) -> Response:
    """Give one concertation."""
    return await _page(request, Form())


async def act(request: Request) -> Response:
    """Answer, conclude or call off; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal, patient, key = (
        asker(request).principal,
        request.path_params["patient_id"],
        number_of(request),
    )
    desk, now = _desk(request), request.app.state.settings.clock()
    try:
        match sent["geste"]:
            case "viens" | "absent":
                status = ACCEPTED if sent["geste"] == "viens" else DECLINED
                await desk.answer(principal, patient, key, status)
            case "annuler":
                await desk.cancel(principal, patient, key, sent["pourquoi"])
            case _:
                present = await desk.one(principal, patient, key)
                decided = _decisions(sent)
                await desk.conclude(principal, present, sent["compte-rendu"], decided, now)
    except VersionConflict:
        sent.errors["compte-rendu"] = _("Quelqu’un vient d’y écrire : relisez, puis recommencez.")
        return await _page(request, sent, status=409)
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors["pourquoi" if sent["geste"] == "annuler" else "compte-rendu"] = error.message
        return await _page(request, sent, status=error.status)
    return RedirectResponse(request.url.path, status_code=303)


async def _form_page(
    request: Request,
    sent: Form,
    values: dict[str, Any] | None = None,
    known: dict[str, str] | None = None,
    *,
    status: int = 200,
) -> Response:
    if values is None or known is None:
        rows, values = await values_around(request, "parcours")
        known = invitable(rows)
    own = asker(request).principal.practitioner
    values |= {
        "form": sent,
        "guests": [
            (_GUEST + one, name, bool(sent[_GUEST + one]))
            for one, name in known.items()
            if one != own
        ],
    }
    return page(request, NEW, status=status, **values)


async def _page(request: Request, sent: Form, *, status: int = 200) -> Response:
    principal, patient, key = (
        asker(request).principal,
        request.path_params["patient_id"],
        number_of(request),
    )
    desk = _desk(request)
    (rows, values), present = await asyncio.gather(
        values_around(request, "parcours"), desk.one(principal, patient, key)
    )
    people = people_of(present)
    done = await desk.decisions(principal, present) if present.get("status") == "fulfilled" else []
    names = dict(rows.names) | {one: name for one, name, *_rest in people if one}
    values |= {
        "form": sent,
        "meeting": _view(present, patient),
        "guests": [(one, name) for one, name, *_rest in people if one],
        "is_guest": principal.practitioner in {one for one, *_rest in people} - {""},
        "rows": range(1, ROWS + 1),
        "decisions": [_decision(one, names, patient) for one in done],
    }
    return page(request, TEMPLATE, status=status, **values)


def _view(one: Resource, patient: str) -> MeetingView:
    start = _local(str(one.get("start", "")))
    when = f"{french.short_date(start.date())} {french.clock(start)}" if start else ""
    document = next((str(d.get("reference", "")) for d in one.get("supportingInformation", ())), "")
    kind, _slash, number = document.partition("/")
    status = str(one.get("status", ""))
    return MeetingView(
        key=str(one["id"]),
        href=f"/patients/{patient}/concertations/{one['id']}",
        title=str(one.get("description", "")),
        when=when,
        status=_STATUSES.get(status, status),
        is_open=status in {"booked", "proposed", "pending"},
        agenda=str(one.get("comment", "")),
        video=video_of(one),
        why=str((one.get("cancelationReason") or {}).get("text", "")),
        minutes=f"/patients/{patient}/documents/{number}" if kind == "DocumentReference" else "",
        people=tuple(
            (name or _("non connu"), _("organise") if leads else _answer(answer))
            for _one, name, answer, leads in people_of(one)
        ),
    )  # fmt: skip


def _answer(status: str) -> str:
    return _ANSWERS.get(status, _("n’a pas répondu"))


def _decision(
    task: Resource, names: dict[str, str], patient: str
) -> tuple[str, str, str, str, str]:
    machine = machines()["decision"]
    until = str(facts_of(task).get("until", ""))
    state = machine.states.get(state_of(task))
    return (
        str(task.get("description", "")),
        names.get(party(task, "owner"), ""),
        french.short_date(until) if until else "",
        _(state.label) if state else "",
        f"/patients/{patient}/demandes/{task['id']}",
    )


def _meeting(sent: Form, people: dict[str, str]) -> Meeting:
    start = _local(sent["quand"], typed=True)
    if start is None:
        raise RuleBroken("Donnez le jour et l’heure.", expression=("Appointment.start",))
    try:
        minutes = int(sent["duree"] or 0)
    except ValueError as error:
        raise RuleBroken("Une concertation dure de 1 à 480 minutes.") from error
    return Meeting(
        start, minutes, sent["objet"], sent["ordre-du-jour"], people, sent["autres"], sent["visio"]
    )


def _decisions(sent: Form) -> list[Decision]:
    found: list[Decision] = []
    for n in range(1, ROWS + 1):
        what, owner, until = (sent[f"{one}-{n}"] for one in ("quoi", "qui", "pour"))
        if not (what or owner or until):
            continue
        try:
            day = date.fromisoformat(until)
        except ValueError as error:
            raise RuleBroken("Donnez un jour à venir à chaque décision.") from error
        found.append(Decision(what, owner, day))
    return found


def _field_of(error: RuleBroken | Conflict | AccessDenied) -> str:
    return {
        "Appointment.start": "quand", "Appointment.participant": "invites",
    }.get(next(iter(error.expression), ""), "objet")  # fmt: skip


def _local(text: str, *, typed: bool = False) -> datetime | None:
    """A moment in Paris: one that was typed, or one that is stored."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if typed:
        return moment.replace(tzinfo=PARIS)
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(PARIS)


def _desk(request: Request) -> Concertations:
    desk: Concertations | None = request.app.state.ports.concertations
    if desk is None:
        raise NotFound("nobody meets here")
    return desk


_PATIENT = "/patients/{patient_id}/concertations"
routes = [
    Route(_PATIENT, of_patient, methods=["GET"]),
    Route(f"{_PATIENT}/nouvelle", form, methods=["GET"]),
    Route(f"{_PATIENT}/nouvelle", invite, methods=["POST"]),
    Route(f"{_PATIENT}/{{number}}", show, methods=["GET"]),
    Route(f"{_PATIENT}/{{number}}", act, methods=["POST"]),
]
