"""What a governed Task went through, in words: states, moments, who."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request

from cordee.care.workflow.desk import Due, Stage
from cordee.care.workflow.machines import Fact, Machine
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.web.language import gettext as _

PLATFORM = "Cordée"


@dataclass(frozen=True, slots=True)
class StageRow:
    """One state that was entered."""

    label: str
    at: str
    day: str
    hour: str
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class DueView:
    """What is due: its words, and whether it is late."""

    label: str
    at: str
    level: str


async def story_rows(request: Request, machine: Machine, stages: Sequence[Stage]) -> list[StageRow]:
    """Each state, the newest first, with the names of people."""
    known = await request.app.state.ports.accounts.known({one.agent for one in stages})
    rows: list[StageRow] = []
    for one in reversed(stages):
        at = one.at.astimezone(PARIS)
        account = known.get(one.agent)
        who = f"{account.name}, {account.structure}" if account else PLATFORM
        label = machine.states[one.after].label if one.after in machine.states else one.after
        rows.append(
            StageRow(
                _(label), at.isoformat(timespec="minutes"), french.short_date(at.date()),
                french.clock(at), who, one.reason,
            )
        )  # fmt: skip
    return rows


def due_view(machine: Machine, state: str, due: Due | None, now: datetime) -> DueView | None:
    """What is due next, None where nothing is."""
    if due is None:
        return None
    clocks = {one.name: one for one in machine.states[state].clocks}
    declared = clocks.get(due.name)
    label = _(declared.label) if declared else due.name
    return DueView(label, moment_words(due.at, now), "critical" if due.at < now else "")


def moment_words(at: datetime, now: datetime) -> str:
    """A moment as `02:55` today, `22/11 02:55` else; in Paris."""
    here, today = at.astimezone(PARIS), now.astimezone(PARIS).date()
    if here.date() == today:
        return french.clock(here)
    return f"{here:%d/%m} {french.clock(here)}"


def written_words(text: str, now: datetime) -> str:
    """A moment that a system may have written as a day alone, "" for what is none."""
    moment, _precision = french.parse_moment(text)
    if isinstance(moment, datetime):
        return moment_words(moment, now)
    return french.short_date(text)


def fact_words(fact: Fact, value: Any, now: datetime) -> str:
    """A fact as it is read."""
    if value in ("", None):
        return ""
    if fact.choices:
        return _(fact.choices.get(str(value), str(value)))
    if fact.kind == "moment":
        return written_words(str(value), now)
    if fact.kind == "date":
        return french.short_date(str(value))
    if fact.kind == "flag":
        return _("oui") if value else _("non")
    return str(value)
