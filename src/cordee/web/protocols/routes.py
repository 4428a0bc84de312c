"""Protocols: the library, those of a person, and the form that follows one. Requirement B6.4."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.concertations.meetings import invitable
from cordee.care.cpts.following import Following, Start
from cordee.care.cpts.protocols import Protocol, protocols
from cordee.care.record.ports import RecordRows
from cordee.care.store import Resource
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of, party, state_of
from cordee.runtime import french
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker

LIBRARY: Final = "protocols/templates/library.html"
LIST: Final = "protocols/templates/patient.html"
TEMPLATE: Final = "protocols/templates/follow.html"
_ROLE: Final = "role-"


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a protocol that is followed."""

    what: str
    who: str
    until: str
    state: str
    is_over: bool
    href: str


async def library(request: Request) -> Response:
    """Give the protocols with their steps, triggers and roles."""
    asker(request)
    return page(request, LIBRARY, protocols=list(protocols().values()))


async def of_patient(request: Request) -> Response:
    """Give the protocols that are followed for a person, and those that can be."""
    principal, patient = asker(request).principal, request.path_params["patient_id"]
    (rows, values), found = await asyncio.gather(
        values_around(request, "parcours"), _desk(request).of_patient(principal, patient)
    )
    names = dict(rows.names) | invitable(rows)
    steps = [one for one in found if one["resourceType"] == "Task"]
    values["plans"] = [
        (
            str(plan.get("title", "")),
            french.short_date(str((plan.get("period") or {}).get("start", ""))),
            [_step(one, names, patient) for one in steps if _is_of(one, plan)],
        )
        for plan in found
        if plan["resourceType"] == "CarePlan"
    ]
    values["protocols"] = list(protocols().values())
    return page(request, LIST, **values)


async def form(request: Request) -> Response:
    """Give the form that follows a protocol, with who plays each role as the circle says."""
    today = request.app.state.settings.clock().date().isoformat()
    return await _page(request, Form({"numero": str(uuid4()), "debut": today}))


async def begin(request: Request) -> Response:
    """Follow a protocol; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal, patient = asker(request).principal, request.path_params["patient_id"]
    protocol, now = _protocol(request), request.app.state.settings.clock()
    rows, values = await values_around(request, "parcours")
    known = _people(request, rows)
    owners = {role: sent[_ROLE + role] for role in protocol.roles if sent[_ROLE + role] in known}
    try:
        wanted = Start(protocol.code, form_number(sent), owners, _day(sent["debut"]))
        await _desk(request).begin(principal, patient, wanted, now)
    except (RuleBroken, Conflict, AccessDenied) as error:
        where = next(iter(error.expression), "")
        sent.errors[_ROLE + where if where in protocol.roles else "debut"] = error.message
        return await _page(request, sent, (rows, values), status=422)
    return RedirectResponse(f"/patients/{patient}/protocoles", status_code=303)


async def _page(
    request: Request,
    sent: Form,
    around: tuple[RecordRows, dict[str, Any]] | None = None,
    *,
    status: int = 200,
) -> Response:
    protocol = _protocol(request)
    rows, values = around or await values_around(request, "parcours")
    known = _people(request, rows)
    values |= {
        "form": sent,
        "protocol": protocol,
        "people": list(known.items()),
        "roles": [
            (_ROLE + role, label, sent[_ROLE + role] or _likely(role, known, rows))
            for role, label in protocol.roles.items()
        ],
    }
    return page(request, TEMPLATE, status=status, **values)


def _people(request: Request, rows: RecordRows) -> dict[str, str]:
    """Who can take a step: the circle, and who asks."""
    account = asker(request)
    own = {account.principal.practitioner: account.name}
    return {**invitable(rows), **{one: name for one, name in own.items() if one}}


def _likely(role: str, known: dict[str, str], rows: RecordRows) -> str:
    """Who plays a role as far as the record says; "" where it does not."""
    if role == "traitant":
        given = [party({"one": one}, "one") for one in rows.patient.get("generalPractitioner", ())]
        return next((one for one in given if one in known), "")
    for team in rows.care_team:
        for participant in team.get("participant", ()):
            text = " ".join(str(one.get("text", "")) for one in participant.get("role", ()))
            if role[:6] in text.casefold() and party(participant, "member") in known:
                return party(participant, "member")
    return ""


def _step(task: Resource, names: dict[str, str], patient: str) -> StepView:
    machine = machines()["protocol-step"]
    state, until = state_of(task), str(facts_of(task).get("until", ""))
    known = state in machine.states
    return StepView(
        str(task.get("description", "")),
        names.get(party(task, "owner"), ""),
        french.short_date(until) if until else "",
        _(machine.states[state].label) if known else "",
        known and machine.is_final(state),
        f"/patients/{patient}/demandes/{task['id']}",
    )


def _is_of(task: Resource, plan: Resource) -> bool:
    return party(task, "focus") == f"CarePlan/{plan['id']}"


def _protocol(request: Request) -> Protocol:
    asker(request)
    found = protocols().get(request.path_params["number"])
    if found is None:
        raise NotFound("there is no such protocol")
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise RuleBroken("Donnez le jour du début.", expression=("debut",)) from error


def _desk(request: Request) -> Following:
    desk: Following | None = request.app.state.ports.following
    if desk is None:
        raise NotFound("nothing is followed here")
    return desk


_PATIENT = "/patients/{patient_id}/protocoles"
routes = [
    Route("/protocoles", library, methods=["GET"]),
    Route(_PATIENT, of_patient, methods=["GET"]),
    Route(f"{_PATIENT}/{{number}}", form, methods=["GET"]),
    Route(f"{_PATIENT}/{{number}}", begin, methods=["POST"]),
]
