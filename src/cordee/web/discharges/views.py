"""A discharge in words: its lines, its steps, what blocks. Requirements B5.1, B5.2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from cordee.care.discharges.admitting import MACHINE
from cordee.care.discharges.homecare import SERVICES
from cordee.care.discharges.planner import Planned
from cordee.care.record.traits import read_traits
from cordee.care.ruptures.rules import moment_of
from cordee.care.workflow.checklists import (
    DOING,
    DONE,
    LABELS,
    OPEN,
    VOID,
    Check,
    checks_of,
    is_mandatory,
    is_settled,
)
from cordee.care.workflow.desk import Stage
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of, party, reason_of, state_of
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe
from cordee.web.ports import Account
from cordee.web.workflow.telling import fact_words, written_words

NEEDS: Final = (
    "need-nurse", "need-physio", "need-help", "need-equipment", "need-transport",
    "need-pharmacy", "need-specialist", "need-plan", "need-telemonitoring",
)  # fmt: skip
_CALL: Final = timedelta(days=2)
_VISIT: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LineView:
    """One line of the checklist; `state` is that of its mark, `asks` the need of a service."""

    code: str
    label: str
    status: str
    word: str
    state: str
    level: str
    owner: str
    note: str
    at: str
    by: str
    is_mandatory: bool
    is_firm: bool
    asks: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a discharge: when, what, and whether it is done or under way."""

    when: str
    label: str
    state: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class PlanView:
    """One discharge."""

    number: str
    href: str
    person: Person
    state: str
    state_word: str
    leaves: str
    leaves_on: date | None
    left: str
    motive: str
    destination: str
    ward: str
    entered: str
    facts: tuple[tuple[str, str], ...]
    lines: tuple[LineView, ...]
    blocking: tuple[str, ...]
    ready: int
    waiting: int
    wanted: int
    reason: str
    left_open: str
    is_forced: bool
    is_before: bool
    is_late: bool


def view_plan(planned: Planned, now: datetime, known: Mapping[str, Account]) -> PlanView:
    """The words of a discharge; `known` are the accounts of who ticked."""
    task, machine = planned.task, machines()[MACHINE]
    facts, state = facts_of(task), state_of(task)
    lines = _lines(planned, now, known)
    wanted = [one for one in lines if one.is_mandatory]
    blocking = tuple(one.label for one in wanted if one.state != "done")
    leaves = moment_of(str(facts.get("leaves-at", "")))
    number = planned.number
    is_before = state in {"opened", "prepared", "ready"}
    shown = ("home", "home-words", "fit-on", "delay-cause", "call", "signs")
    needs = [_(machine.facts[one].label) for one in NEEDS if facts.get(one) is True]
    told = [
        (_(machine.facts[one].label), fact_words(machine.facts[one], facts[one], now))
        for one in shown
        if one in facts
    ]
    person = describe(read_traits(planned.patient), now.date())
    period = (planned.encounter or {}).get("period") or {}
    return PlanView(
        number=number,
        href=f"/patients/{person.patient_id}/sorties/{number}",
        person=person,
        state=state,
        state_word=_(machine.states[state].label),
        leaves=_leaves(leaves, now),
        leaves_on=leaves.astimezone(PARIS).date() if leaves else None,
        left=written_words(str(facts.get("left-at", "")), now),
        motive=str(task.get("description", "")),
        destination=fact_words(machine.facts["destination"], facts.get("destination"), now),
        ward=_ward(planned),
        entered=french.short_date(str(period.get("start", ""))[:10]),
        facts=(*told, *([(_("Besoins"), ", ".join(needs))] if needs else [])),
        lines=lines,
        blocking=blocking if is_before else (),
        ready=sum(one.state == "done" for one in lines if one.is_mandatory),
        waiting=sum(one.state == "doing" for one in lines if one.is_mandatory),
        wanted=len(wanted),
        reason=reason_of(task),
        left_open=str(facts.get("left-open", "")),
        is_forced="left-open" in facts and bool(facts["left-open"]),
        is_before=is_before,
        is_late=is_before and leaves is not None and leaves < now,
    )


def steps(planned: Planned, stages: Sequence[Stage], now: datetime) -> list[StepView]:
    """What a discharge goes through, with the moment of each or when it is due."""
    facts, state = facts_of(planned.task), state_of(planned.task)
    at = {one.after: one.at for one in stages}
    leaves = moment_of(str(facts.get("leaves-at", "")))
    left = moment_of(str(facts.get("left-at", ""))) or leaves
    rows = [
        (at.get("opened"), None, _("planificateur ouvert"), "opened"),
        (at.get("prepared"), None, _("préparation"), "prepared"),
        (at.get("ready"), leaves, _("prête"), "ready"),
        (at.get("left"), leaves, _("sortie"), "left"),
        (at.get("called"), left and left + _CALL, _("appel à J+2"), "called"),
        (at.get("settled"), left and left + _VISIT, _("visite à J+7"), "settled"),
    ]
    found: list[StepView] = []
    for done, due, label, code in rows:
        is_current = code == state
        late = done is None and due is not None and due < now
        moment = due if code == "settled" else done or due
        mark = "done" if done is not None and not is_current else ("late" if late else "")
        if code == "settled" and done is None:
            mark = ""
        found.append(StepView(_day(moment), label, mark, is_current))
    return found


def line_views(lines: Sequence[LineView], opened: str) -> tuple[LineView, ...]:
    """The lines, with the one that was sent standing open."""
    return tuple(replace(one, is_open=one.code == opened) for one in lines)


def status_choices(*, firm: bool) -> list[tuple[str, str]]:
    """What can be said of a line."""
    return [(code, _(text)) for code, text in LABELS.items() if code != VOID or not firm]


def _lines(planned: Planned, now: datetime, known: Mapping[str, Account]) -> tuple[LineView, ...]:
    machine, facts = machines()[MACHINE], facts_of(planned.task)
    checks = checks_of(planned.task)
    found: list[LineView] = []
    for code, line in machine.checklist.items():
        check = checks.get(code, Check())
        needed = is_mandatory(line, facts)
        settled = is_settled(line, check)
        state = "done" if settled and check.status == DONE else {
            DOING: "doing", VOID: "dropped" if settled else "late", DONE: "done",
        }.get(check.status, "late" if needed else "")  # fmt: skip
        account = known.get(check.by)
        by = (
            account.name
            if account
            else (_("par la plateforme") if check.at and not check.by else "")
        )
        found.append(
            LineView(
                code, _(line.label), check.status, _(LABELS.get(check.status, check.status)),
                "done" if settled else state, "critical" if needed and check.status == OPEN else "",
                check.owner, check.note, written_words(check.at, now), by, needed, line.firm,
                code if code in SERVICES else "",
            )
        )  # fmt: skip
    order = {"late": 0, "doing": 1, "done": 2}
    return tuple(sorted(found, key=lambda one: (not one.is_mandatory, order.get(one.state, 3))))


def _leaves(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return ""
    here, today = moment.astimezone(PARIS), now.astimezone(PARIS).date()
    if here.date() == today:
        return _("aujourd’hui, %(hour)s") % {"hour": french.clock(here)}
    return f"{french.weekday(here.date())}, {french.clock(here)}"


def _day(moment: datetime | None) -> str:
    if moment is None:
        return "–"
    here = moment.astimezone(PARIS)
    return f"{here:%d/%m}, {french.clock(here)}"


def _ward(planned: Planned) -> str:
    encounter = planned.encounter or {}
    places = [
        str((one.get("location") or {}).get("display", "")) for one in encounter.get("location", ())
    ]
    service = str((encounter.get("serviceType") or {}).get("text", ""))
    owner = planned.names.get(party(planned.task, "owner"), "")
    return next((one for one in (service, *places, owner) if one), "")
