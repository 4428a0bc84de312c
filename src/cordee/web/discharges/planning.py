"""The planner of one discharge: its date, its checklist, its moves. B5.1, B5.2, B5.3."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.circle.territory import commune_of
from cordee.care.discharges.admitting import MACHINE
from cordee.care.discharges.planner import Planned
from cordee.care.workflow.checklists import Check, checks_of
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of, party, state_of
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, Conflict, RuleBroken, VersionConflict
from cordee.web.discharges.entrance import desk_of, here, planned_of
from cordee.web.discharges.letters import proofs
from cordee.web.discharges.views import NEEDS, line_views, status_choices, steps, view_plan
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker
from cordee.web.requests.following import view_request
from cordee.web.workflow.moving import MOVE, fact_value, move_views, read_wanted
from cordee.web.workflow.telling import due_view, story_rows

TEMPLATE: Final = "discharges/templates/planner.html"
LIST: Final = "discharges/templates/patient.html"
PLAN: Final = ("leaves-at", "destination", "home", "home-words", "fit-on")
LINE: Final = "ligne"
PLANS: Final = "plan"
_HIDDEN: Final = frozenset({"plan", "call"})
"""Moves that have a form of their own."""


async def of_patient(request: Request) -> Response:
    """Give the planners of a person, the newest stay first; one alone is shown at once."""
    principal = asker(request).principal
    patient = request.path_params["patient_id"]
    (_rows, values), found = await asyncio.gather(
        values_around(request, "sorties"),
        desk_of(request).planners.of_patient(principal, patient),
    )
    now = request.app.state.settings.clock()
    values["plans"] = [view_plan(one, now, {}) for one in found]
    if len(found) == 1:
        return RedirectResponse(here(found[0]), status_code=303)
    return page(request, LIST, **values)


async def show(request: Request) -> Response:
    """Give one planner."""
    return await _page(request, await planned_of(request), Form())


async def act(request: Request) -> Response:
    """Tick a line, plan the discharge or make a move; what was typed stays when it is refused."""
    sent = await read_form(request)
    planned = await planned_of(request)
    if sent[LINE]:
        return await _tick(request, planned, sent)
    if sent[MOVE] == PLANS:
        return await _plan(request, planned, sent)
    principal = asker(request).principal
    try:
        wanted = read_wanted(machines()[MACHINE], sent)
        await desk_of(request).planners.move(principal, planned.number, wanted)
    except (RuleBroken, Conflict, AccessDenied, VersionConflict) as error:
        return await _refused(request, planned, sent, (MOVE, error))
    return RedirectResponse(here(planned), status_code=303)


async def _plan(request: Request, planned: Planned, sent: Form) -> Response:
    """When and where the person leaves, with what needs."""
    principal = asker(request).principal
    facts = machines()[MACHINE].facts
    field = "leaves-at"
    try:
        given: dict[str, Any] = {}
        for name in PLAN:
            field = name
            given[name] = fact_value(facts[name], sent[name]) or ""
        field = "leaves-at"
        given |= {name: True if sent[name] else "" for name in NEEDS}
        await desk_of(request).planners.plan(principal, planned.number, given)
    except (RuleBroken, Conflict, AccessDenied, VersionConflict) as error:
        return await _refused(request, planned, sent, (field, error))
    return RedirectResponse(here(planned), status_code=303)


async def _tick(request: Request, planned: Planned, sent: Form) -> Response:
    """What is of a line of the checklist."""
    principal = asker(request).principal
    check = Check(sent["statut"], sent["qui"][:200], sent["note"][:500])
    try:
        await desk_of(request).planners.tick(principal, planned.number, sent[LINE], check)
    except (RuleBroken, Conflict, AccessDenied, VersionConflict) as error:
        return await _refused(request, planned, sent, ("note", error))
    return RedirectResponse(f"{here(planned)}#ligne-{sent[LINE]}", status_code=303)


async def _refused(
    request: Request, planned: Planned, sent: Form, what: tuple[str, Any]
) -> Response:
    field, error = what
    words = error.message
    if isinstance(error, VersionConflict):
        words = _("Quelqu’un vient de changer cette page : relisez, puis recommencez.")
    sent.errors[field] = words
    status = 409 if isinstance(error, VersionConflict) else error.status
    return await _page(request, planned, sent, status=status)


async def _page(request: Request, planned: Planned, form: Form, *, status: int = 200) -> Response:
    principal, desk = asker(request).principal, desk_of(request)
    patient, now = request.path_params["patient_id"], request.app.state.settings.clock()
    ticked = {one.by for one in checks_of(planned.task).values()} - {""}
    (_rows, values), stages, asked, residence, known, sent = await asyncio.gather(
        values_around(request, "sorties"),
        desk.planners.story(planned.number),
        desk.planners.requests(principal, patient),
        desk.planners.residence(principal, planned.patient),
        request.app.state.ports.accounts.known(ticked),
        proofs(request, planned),
    )
    machine, task = machines()[MACHINE], planned.task
    view = view_plan(planned, now, known)
    moves = [
        one for one in move_views(principal, task, now, form) if one.code not in _HIDDEN
    ]  # fmt: skip
    since = str(((planned.encounter or {}).get("period") or {}).get("start", ""))[:10]
    values |= {
        "form": form,
        "proofs": sent,
        "plan": view,
        "lines": line_views(view.lines, form[LINE]),
        "statuses": status_choices(firm=False),
        "firm_statuses": status_choices(firm=True),
        "steps": steps(planned, stages, now),
        "moves": moves,
        "can_write": _can_write(request, planned),
        "fields": _fields(planned, form),
        "is_planned": state_of(task) != "opened",
        "plan_open": state_of(task) == "opened" or any(one in form.errors for one in PLAN),
        "due": due_view(machine, state_of(task), planned.due, now),
        "residence": residence,
        "commune": commune_of(planned.patient),
        "hospital": planned.names.get(party(task, "requester"), ""),
        "asked": [
            view_request(one, now)
            for one in asked
            if str(one.task.get("authoredOn", ""))[:10] >= since and state_of(one.task) != "queued"
        ],
        "story": await story_rows(request, machine, stages),
        "numero": form_number(Form()),
    }
    return page(request, TEMPLATE, status=status, **values)


def _can_write(request: Request, planned: Planned) -> bool:
    """Whether somebody is of the hospital, and so ticks and plans."""
    principal = asker(request).principal
    own = {principal.structure, principal.practitioner} - {""}
    return bool(own & {party(planned.task, "owner"), party(planned.task, "requester")})


def _fields(planned: Planned, form: Form) -> dict[str, Any]:
    """The form of the plan: as it was typed, else as the planner says it."""
    facts, machine = facts_of(planned.task), machines()[MACHINE]
    is_sent = bool(form["leaves-at"] or form["destination"])

    def value(name: str) -> str:
        if is_sent:
            return form[name]
        return _typed(str(facts.get(name, ""))) if name == "leaves-at" else str(facts.get(name, ""))

    return {
        "values": {name: value(name) for name in PLAN},
        "destinations": [(c, _(t)) for c, t in machine.facts["destination"].choices.items()],
        "homes": [(c, _(t)) for c, t in machine.facts["home"].choices.items()],
        "needs": [
            (
                name,
                _(machine.facts[name].label),
                bool(form[name]) if is_sent else facts.get(name) is True,
            )
            for name in NEEDS
        ],
    }


def _typed(text: str) -> str:
    """A moment as a field of a form holds it."""
    try:
        return datetime.fromisoformat(text).astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")
    except ValueError:
        return ""
