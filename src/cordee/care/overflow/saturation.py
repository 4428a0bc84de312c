"""How full a centre is: an index that can be shown with its sum, and a colour that does not flap.

The formula is data. Nothing here reads a clock: whoever calls gives the moment. Rule: C2.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

EVERY: Final = timedelta(seconds=10)
HOLD: Final = timedelta(minutes=5)


class Colour(IntEnum):
    """The three levels; a higher one is worse."""

    GREEN = 0
    ORANGE = 1
    RED = 2


@dataclass(frozen=True, slots=True)
class Load:
    """What a centre is doing now: calls that wait, p90 of their waiting, seats, who is on a call.

    `positions` are the seats that answer, `busy` those on a call, `p0` the vital cases that run.
    """

    waiting: int
    p90_seconds: float
    positions: int
    busy: int
    p0: int = 0


@dataclass(frozen=True, slots=True)
class Term:
    """One part of the index: full (1) at `full_at`, counted for each seat when `is_per_seat`."""

    code: str
    label: str
    weight: float
    full_at: float
    is_per_seat: bool


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where orange and red begin, and how long a level must last before the colour follows."""

    orange: float = 0.60
    red: float = 0.80
    hold: timedelta = HOLD

    def colour(self, index: float) -> Colour:
        """The colour of an index as it stands, without memory."""
        if index >= self.red:
            return Colour.RED
        return Colour.ORANGE if index >= self.orange else Colour.GREEN


@dataclass(frozen=True, slots=True)
class Part:
    """One term worked out: what was measured, how full that is, what it adds to the index."""

    term: Term
    measured: float
    share: float

    @property
    def points(self) -> float:
        """What it adds to the index."""
        return self.share * self.term.weight


FORMULA: Final = (
    Term("waiting", "Appels en attente, par poste", 0.35, 3.0, is_per_seat=True),
    Term("p90", "Attente p90, en secondes", 0.35, 300.0, is_per_seat=False),
    Term("busy", "Postes occupés, par poste", 0.20, 1.0, is_per_seat=True),
    Term("p0", "Urgences vitales en cours, par poste", 0.10, 1.0, is_per_seat=True),
)


def parts(load: Load, formula: Sequence[Term] = FORMULA) -> tuple[Part, ...]:
    """Each term of the formula worked out; their points add up to the index.

    A centre without a seat is full: every term counted for each seat is then at its most, so that
    nobody hands it a call.
    """
    measured = {
        "waiting": float(load.waiting), "p90": load.p90_seconds,
        "busy": float(load.busy), "p0": float(load.p0),
    }  # fmt: skip
    made: list[Part] = []
    for term in formula:
        value = measured[term.code]
        if term.is_per_seat:
            value = value / load.positions if load.positions > 0 else term.full_at
        made.append(Part(term, value, min(1.0, max(0.0, value / term.full_at))))
    return tuple(made)


def index(load: Load, formula: Sequence[Term] = FORMULA) -> float:
    """The saturation of a centre, from 0 (nobody waits) to 1 (full)."""
    return round(sum(one.points for one in parts(load, formula)), 4)


@dataclass(frozen=True, slots=True)
class Watch:
    """The colour of a centre, held: since when, and the level that would follow if it lasted.

    `pending_since` is when the index left the colour on one side, `pending` the mildest departure
    seen since then; None while it stays within the colour.
    """

    colour: Colour
    since: datetime
    index: float = 0.0
    pending: Colour | None = None
    pending_since: datetime | None = None


def begin(level: float, at: datetime, thresholds: Thresholds) -> Watch:
    """The watch over a centre that was not watched: its colour is that of its first index."""
    return Watch(thresholds.colour(level), at, level)


def observe(watch: Watch, level: float, at: datetime, thresholds: Thresholds) -> Watch:
    """The watch after one more index, taken at a moment that is not before the last.

    The colour moves when the index was beyond it, on one side, for the whole hold; it then moves no
    further than the mildest level of that time. One index on the other side starts the hold anew.
    """
    raw = thresholds.colour(level)
    if raw == watch.colour:
        return replace(watch, index=level, pending=None, pending_since=None)
    pending, since = watch.pending, watch.pending_since
    if pending is None or since is None or (pending > watch.colour) != (raw > watch.colour):
        return replace(watch, index=level, pending=raw, pending_since=at)
    pending = min(pending, raw) if raw > watch.colour else max(pending, raw)
    if at - since >= thresholds.hold:
        return Watch(pending, at, level)
    return replace(watch, index=level, pending=pending)
