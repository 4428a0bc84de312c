"""What there is to do now, for the home page: late first, then by the clock. Requirement B1.11."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request

from cordee.care.passages.sheet import MACHINE as PASSAGE
from cordee.care.plans.effecting import Effecting, OwnAction
from cordee.care.plans.judging import MACHINE as PLAN
from cordee.care.plans.judging import OPINION
from cordee.care.plans.plan import ACTION
from cordee.care.record.traits import read_traits
from cordee.care.workflow.agenda import Agenda, Todo
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of, party, state_of
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import ProductError
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe
from cordee.web.workflow.telling import fact_words

_PARTS: Final = {PASSAGE: "urgences", "discharge": "sorties"}
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_MAIN: Final = ("motive", "kind", "rule", "priority")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One thing to do: about whom, what, until when, and where it is done."""

    person: Person
    href: str
    title: str
    detail: str
    state: str
    act: str
    clock: str
    hour: str
    is_late: bool
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What is late, what is due next; `failed` when it could not be read."""

    late: tuple[WorkRow, ...] = ()
    due: tuple[WorkRow, ...] = ()
    failed: bool = False


async def work(request: Request) -> Work | None:
    """What waits for who is signed in; None for who works nowhere."""
    agenda: Agenda | None = request.app.state.ports.agenda
    account = signed_in(request)
    if agenda is None or account.is_patient or not account.sees_records:
        return None
    now = request.app.state.settings.clock()
    try:
        found, held = await asyncio.gather(agenda.todo(account.principal), held_actions(request))
    except ProductError as error:
        _log.warning("work_failed slug=%s", error.slug)
        return Work(failed=True)
    rows = [_row(one, now) for one in found if one.machine.code != ACTION]
    rows += [_held(one, now) for one in held]
    rows.sort(key=lambda one: one.at or _LAST)
    late = tuple(one for one in rows if one.is_late)
    return Work(late, tuple(one for one in rows if not one.is_late))


def _row(todo: Todo, now: datetime) -> WorkRow:
    task, machine = todo.task, todo.machine
    facts, state = facts_of(task), state_of(task)
    what = next(
        (fact_words(machine.facts[one], facts[one], now) for one in _MAIN if one in facts), ""
    )
    person = describe(read_traits(todo.patient), now.date())
    clocks = {one.name: one.label for one in machine.states[state].clocks}
    due = todo.due
    return WorkRow(
        person=person,
        href=_place(todo, person.patient_id),
        title=what or _(machine.title),
        detail=str(facts.get("story") or task.get("description", "")),
        state=_(machine.states[state].label),
        act=_(clocks[due.name]) if due and due.name in clocks else "",
        clock=_day(due.at, now) if due else "",
        hour=french.clock(due.at.astimezone(PARIS)) if due else "",
        is_late=due is not None and due.at < now,
        at=due.at if due else None,
    )


def _place(todo: Todo, patient: str) -> str:
    """Where a thing is done: on the page of a plan, of a passage, of a request."""
    code = todo.machine.code
    if code in {PLAN, OPINION}:
        return f"/patients/{patient}/plans/{party(todo.task, 'focus').partition('/')[2]}"
    part = _PARTS.get(code, "demandes")
    return f"/patients/{patient}/{part}/{todo.task['id']}"


async def held_actions(request: Request) -> Sequence[OwnAction]:
    """The actions of plans that somebody holds, also of persons whose record they do not see."""
    desk: Effecting | None = request.app.state.ports.effecting
    return await desk.running(signed_in(request).principal) if desk else ()


def _held(one: OwnAction, now: datetime) -> WorkRow:
    action, due = one.action, one.due
    machine = machines()[ACTION]
    state = machine.states[action.state]
    return WorkRow(
        person=describe(read_traits(one.patient), now.date()),
        href=f"/mes-actions/{action.key}",
        title=action.text,
        detail=action.criterion,
        state=_(state.label),
        act=_("Action d’un plan"),
        clock=_day(due.at, now) if due else "",
        hour="",
        is_late=due is not None and due.at < now,
        at=due.at if due else None,
    )


def _day(at: datetime, now: datetime) -> str:
    day, today = at.astimezone(PARIS).date(), now.astimezone(PARIS).date()
    if day == today:
        return _("aujourd’hui")
    return _("hier") if (today - day).days == 1 else f"{day:%d/%m}"
