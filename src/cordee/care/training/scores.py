"""The score of a night: what was expected, what was decided, how long it took. Pure. C1.13."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median
from typing import Final
from uuid import UUID

from cordee.care.regulation.motives import YES, motives
from cordee.care.regulation.queue import P0, PRIORITIES
from cordee.care.training.night import Told
from cordee.care.training.nights import PHYSICIANS, TAKERS
from cordee.care.training.scenarios import FALSE_CALL

REFLEX: Final = "reflex"
SMUR: Final = "smur"
"""What the reflex of a vital call is worth: it sends one."""


class Verdict(StrEnum):
    """What a priority or a decision is worth beside the expected one."""

    RIGHT = "right"
    OVER = "over"
    UNDER = "under"
    OTHER = "other"
    NONE = "none"
    FREE = "free"
    """Not judged: nobody was there for it, or the call was none."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a call: who took it and when, what was told and decided. "" for nothing."""

    rung: datetime
    answered: datetime | None = None
    taker: str = ""
    case: UUID | None = None
    priority: str = ""
    motive: str = ""
    state: str = ""
    answers: Mapping[str, str] | None = None
    stamps: Sequence[tuple[str, str, datetime]] = ()
    """Kind, agent and moment of its reflex and its decisions, in order."""


@dataclass(frozen=True, slots=True)
class Result:
    """One call of a night beside what was expected of it; delays in seconds."""

    told: Told
    case: UUID | None
    taker: str
    decider: str
    priority: str
    motive: str
    decision: str
    triage: Verdict
    deciding: Verdict
    missed: tuple[str, ...]
    answer_seconds: float | None
    decide_seconds: float | None


@dataclass(frozen=True, slots=True)
class Total:
    """What a person, or the whole night, did; medians in seconds, None for nothing."""

    calls: int
    taken: int
    right: int
    over: int
    under: int
    unsorted: int
    decided: int
    well: int
    undecided: int
    missed: int
    answer_seconds: float | None
    decide_seconds: float | None

    def share(self, part: int, whole: int) -> int | None:
        """A part in percent; None of nothing."""
        return round(100 * part / whole) if whole else None


def judge(told: Told, done: Done, roles: str) -> Result:
    """One call judged. Under `takers` no decision is, under `physicians` no priority."""
    decision, decider, at = _decision(done)
    is_false = FALSE_CALL in {told.decision, decision}
    triage = Verdict.FREE if roles == PHYSICIANS or is_false else _triage(told, done)
    deciding = Verdict.FREE if roles == TAKERS and not is_false else _deciding(told, done, decision)
    missed = () if triage is Verdict.FREE else _missed(told, done)
    answered = None if roles == PHYSICIANS else done.answered
    return Result(
        told, done.case, done.taker, decider, done.priority, done.motive, decision, triage,
        deciding, missed, _seconds(done.rung, answered), _seconds(done.rung, at),
    )  # fmt: skip


def total_of(results: Sequence[Result]) -> Total:
    """The total of calls."""
    sorting = [one.triage for one in results if one.triage is not Verdict.FREE]
    deciding = [one.deciding for one in results if one.deciding is not Verdict.FREE]
    return Total(
        len(results), sum(bool(one.taker) for one in results),
        sorting.count(Verdict.RIGHT), sorting.count(Verdict.OVER), sorting.count(Verdict.UNDER),
        sorting.count(Verdict.NONE),
        sum(one is not Verdict.NONE for one in deciding), deciding.count(Verdict.RIGHT),
        deciding.count(Verdict.NONE), sum(len(one.missed) for one in results),
        _median([one.answer_seconds for one in results]),
        _median([one.decide_seconds for one in results]),
    )  # fmt: skip


def by_agent(results: Sequence[Result], agent: str) -> Total:
    """What one person did: calls that they took, decisions that they made."""
    took = total_of([one for one in results if one.taker == agent])
    made = total_of([one for one in results if one.decider == agent])
    return Total(
        took.calls, took.taken, took.right, took.over, took.under, took.unsorted,
        made.decided, made.well, 0, took.missed, took.answer_seconds, made.decide_seconds,
    )  # fmt: skip


def _decision(done: Done) -> tuple[str, str, datetime | None]:
    """The last decision with who took it, and when the first one was; the reflex sends a SMUR."""
    if not done.stamps:
        return "", "", None
    said = [one for one in done.stamps if one[0] != REFLEX] or list(done.stamps)
    kind, agent, _at = said[-1]
    code = {REFLEX: SMUR, "false-call": FALSE_CALL}.get(kind, kind.removeprefix("decision:"))
    return code, agent, done.stamps[0][2]


def _triage(told: Told, done: Done) -> Verdict:
    if not done.priority:
        return Verdict.NONE
    given, expected = PRIORITIES.index(done.priority), PRIORITIES.index(told.priority)
    if given == expected:
        return Verdict.RIGHT
    return Verdict.OVER if given < expected else Verdict.UNDER


def _deciding(told: Told, done: Done, decision: str) -> Verdict:
    if not decision:
        return Verdict.NONE
    accepted = {told.decision, *told.accepts}
    has_reflex = any(kind == REFLEX for kind, _agent, _at in done.stamps)
    if decision in accepted or (has_reflex and SMUR in accepted):
        return Verdict.RIGHT
    return Verdict.OTHER


def _missed(told: Told, done: Done) -> tuple[str, ...]:
    """The flags that were true and not noted, in words; under a P0 nothing is left to raise."""
    if done.priority == P0:
        return ()
    noted = (done.answers or {}) if done.motive == told.motive else {}
    words = {one.key: one.words for one in motives()[told.motive].questions}
    return tuple(words[key] for key in told.flags if noted.get(key) != YES)


def _seconds(first: datetime, last: datetime | None) -> float | None:
    return None if last is None else max(0.0, (last - first).total_seconds())


def _median(values: Sequence[float | None]) -> float | None:
    known = [one for one in values if one is not None]
    return median(known) if known else None
