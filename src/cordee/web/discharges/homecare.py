"""Services near a home: the list that a ward makes, and what a service answers. B5.6."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.discharges.homecare import LONGEST, MACHINE, SERVICES, Demand, ListOf
from cordee.care.discharges.planner import Planned
from cordee.care.record.traits import read_traits
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of, state_of
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import (
    AccessDenied,
    Conflict,
    NotFound,
    RuleBroken,
    VersionConflict,
)
from cordee.web.discharges.entrance import (
    FORM,
    desk_of,
    here,
    planned_of,
)
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.persons import describe
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker, number_of
from cordee.web.workflow.moving import MOVE, MoveView, move_views, read_wanted
from cordee.web.workflow.telling import DueView, due_view, fact_words

TEMPLATE: Final = "discharges/templates/list.html"
DEMANDS: Final = "discharges/templates/demands.html"
_RANK: Final = "rang-"


@dataclass(frozen=True, slots=True)
class DemandView:
    """One request in the words of who is asked: nobody is named before they accept."""

    number: str
    who: str
    what: str
    town: str
    age: str
    hospital: str
    from_day: str
    visit: str
    text: str
    state: str
    due: DueView | None
    record: str
    moves: list[MoveView]
    error: str


async def form(request: Request) -> Response:
    """Give the form of a list: who is asked first, then next."""
    planned = await planned_of(request)
    leaves = str(facts_of(planned.task).get("leaves-at", ""))[:10]
    today = request.app.state.settings.clock().astimezone(PARIS).date().isoformat()
    return await _page(request, planned, Form({FORM: form_number(Form()), "jour": leaves or today}))


async def ask(request: Request) -> Response:
    """Put a list down, then show the planner."""
    sent = await read_form(request)
    planned = await planned_of(request)
    owners = tuple(sent[f"{_RANK}{n}"] for n in range(1, LONGEST + 1) if sent[f"{_RANK}{n}"])
    try:
        wanted = ListOf(form_number(sent), _kind(request), owners, _day(sent), sent["texte"])
        await desk_of(request).home.ask(asker(request).principal, planned.number, wanted)
    except (RuleBroken, Conflict, AccessDenied, VersionConflict) as error:
        sent.errors.setdefault(f"{_RANK}1", error.message)
        return await _page(request, planned, sent, status=422)
    return RedirectResponse(here(planned), status_code=303)


async def demands(request: Request) -> Response:
    """Give what a service is asked for, and what it has taken on."""
    return await _demands(request, Form(), "")


async def answer(request: Request) -> Response:
    """Accept or decline, then show what is asked; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal, number = asker(request).principal, number_of(request)
    try:
        wanted = read_wanted(machines()[MACHINE], sent)
        await desk_of(request).home.answer(principal, number, wanted)
    except VersionConflict:
        sent.errors[MOVE] = _("Cette demande est passée au service suivant à cet instant.")
        return await _demands(request, sent, number, status=409)
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors[MOVE] = error.message
        return await _demands(request, sent, number, status=error.status)
    return RedirectResponse("/relais-domicile", status_code=303)


async def _demands(request: Request, form: Form, number: str, *, status: int = 200) -> Response:
    account = asker(request)
    now = request.app.state.settings.clock()
    found = await desk_of(request).home.demands(account.principal)
    rows = [
        _demand(account.principal, one, now, form if one.task["id"] == number else Form())
        for one in found
    ]
    return page(
        request,
        DEMANDS,
        status=status,
        place=account.structure,
        form=form,
        asked=[one for one in rows if not one.record],
        taken=[one for one in rows if one.record],
    )


def _demand(principal: Any, demand: Demand, now: datetime, form: Form) -> DemandView:
    machine, facts = machines()[MACHINE], facts_of(demand.task)
    state = state_of(demand.task)
    return DemandView(
        number=str(demand.task["id"]),
        who=describe(read_traits(demand.patient), now.date()).title if demand.patient else "",
        what=fact_words(machine.facts["kind"], facts.get("kind"), now),
        town=str(facts.get("town", "")),
        age=_("%(age)s ans") % {"age": demand.age} if demand.age is not None else "",
        hospital=demand.hospital,
        from_day=fact_words(machine.facts["from-day"], facts.get("from-day"), now),
        visit=fact_words(machine.facts["first-visit"], facts.get("first-visit"), now),
        text=str(demand.task.get("description", "")),
        state=_(machine.states[state].label),
        due=due_view(machine, state, demand.due, now),
        record=f"/patients/{demand.patient['id']}" if demand.patient else "",
        moves=[_without_signature(one) for one in move_views(principal, demand.task, now, form)],
        error=form.errors.get(MOVE, ""),
    )


def _without_signature(move: MoveView) -> MoveView:
    """A move without the field that the server fills: who answers."""
    return replace(move, fields=tuple(f for f in move.fields if not f.name.endswith("answered-by")))


def _kind(request: Request) -> str:
    kind = request.path_params["kind"]
    if kind not in SERVICES:
        raise NotFound("there is no such need")
    return kind


def _day(sent: Form) -> date:
    try:
        return date.fromisoformat(sent["jour"])
    except ValueError as error:
        sent.errors["jour"] = _("Dites à partir de quel jour.")
        raise RuleBroken(sent.errors["jour"]) from error


async def _page(request: Request, planned: Planned, form: Form, *, status: int = 200) -> Response:
    kind = _kind(request)
    principal = asker(request).principal
    (_rows, values), offers = await asyncio.gather(
        values_around(request, "sorties"),
        desk_of(request).home.offers(principal, kind, planned.patient),
    )
    values |= {
        "form": form,
        "back": here(planned),
        "title": _(machines()[MACHINE].facts["kind"].choices[kind]),
        "offers": offers,
        "ranks": [
            (n, form[f"{_RANK}{n}"]) for n in range(1, min(LONGEST, max(1, len(offers))) + 1)
        ],
    }
    return page(request, TEMPLATE, status=status, **values)
