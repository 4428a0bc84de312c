"""What many evenings say together: p90 by half hour, with the interval in which the mean lies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from cordee.care.simulation.evening import Outcome, play
from cordee.care.simulation.hypotheses import Hypotheses

STEP: Final = 0.5
_T95: Final = ((30, 2.045), (40, 2.023), (60, 2.001), (100, 1.984), (200, 1.972))


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Line:
    """One half hour at one centre: minutes of waiting (p90) of its callers, wherever answered."""

    centre: str
    hour: float
    calls_hour: float
    without: Interval
    with_it: Interval


@dataclass(frozen=True, slots=True)
class Evenings:
    """What one seed says: p90 by centre and half hour, without and with; what moved."""

    without: Mapping[str, Sequence[float]]
    with_it: Mapping[str, Sequence[float]]
    calls: Mapping[str, Sequence[int]]
    moved: int
    twice: int
    worst: Mapping[str, float]
    vehicles: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to a question: lines for charts and table, and what stands at the head."""

    lines: tuple[Line, ...]
    peak_without: Mapping[str, float]
    peak_with: Mapping[str, float]
    fall: Interval
    moved: Interval
    worst: Mapping[str, float]
    vehicles: tuple[float, float]


def one(asked: Hypotheses, seed: int) -> Evenings:
    """The evenings of one seed, to be run in a process beside."""
    without, with_it = play(asked, seed)
    moved = [ring for ring in with_it.rings if ring.moved_to]
    return Evenings(
        {c.id: _by_half_hour(asked, without, c.id) for c in asked.centres},
        {c.id: _by_half_hour(asked, with_it, c.id) for c in asked.centres},
        {c.id: _counts(asked, without, c.id) for c in asked.centres},
        len(moved), sum(ring.moved_to == ring.home for ring in moved), with_it.worst,
        (_longest(without, asked), _longest(with_it, asked)),
    )  # fmt: skip


def together(asked: Hypotheses, found: Sequence[Evenings]) -> Results:
    """All seeds together; raises `ValueError` without any."""
    lines = [
        Line(
            c.id, asked.begins + n * STEP,
            sum(e.calls[c.id][n] for e in found) / len(found) / STEP,
            interval([e.without[c.id][n] for e in found]),
            interval([e.with_it[c.id][n] for e in found]),
        )
        for c in asked.centres
        for n in range(_slots(asked))
    ]  # fmt: skip
    first = asked.centres[0].id
    pairs = [(max(e.without[first]), max(e.with_it[first])) for e in found]
    falls = [1 - b / a if a > 0 else 0.0 for a, b in pairs]
    peaks = {c.id: [line for line in lines if line.centre == c.id] for c in asked.centres}
    return Results(
        tuple(lines),
        {key: max(one.without.mean for one in of) for key, of in peaks.items()},
        {key: max(one.with_it.mean for one in of) for key, of in peaks.items()},
        interval(falls), interval([float(e.moved) for e in found]),
        {c.id: max(e.worst[c.id] for e in found) for c in asked.centres},
        (_mean([e.vehicles[0] for e in found]), _mean([e.vehicles[1] for e in found])),
    )  # fmt: skip


def interval(values: Sequence[float]) -> Interval:
    """The mean of values and its 95 % interval, by Student's t; raises `ValueError` for none."""
    if not values:
        raise ValueError("an interval needs values")
    mean = _mean(values)
    if len(values) == 1:
        return Interval(mean, mean, mean)
    spread = math.sqrt(sum((one - mean) ** 2 for one in values) / (len(values) - 1))
    factor = next((t for most, t in _T95 if len(values) <= most), 1.96)
    half = factor * spread / math.sqrt(len(values))
    return Interval(mean, max(0.0, mean - half), mean + half)


def p90(values: Sequence[float]) -> float:
    """The value that nine tenths do not exceed (nearest rank); 0 for none."""
    if not values:
        return 0.0
    return sorted(values)[math.ceil(0.9 * len(values)) - 1]


def as_data(results: Results) -> dict[str, Any]:
    """An answer as JSON."""
    return asdict(results)


def from_data(said: Mapping[str, Any]) -> Results:
    """An answer of its JSON."""
    lines = tuple(
        Line(
            told["centre"], told["hour"], told["calls_hour"], Interval(**told["without"]),
            Interval(**told["with_it"]),
        )
        for told in said["lines"]
    )  # fmt: skip
    return Results(
        lines, said["peak_without"], said["peak_with"], Interval(**said["fall"]),
        Interval(**said["moved"]), said["worst"], tuple(said["vehicles"]),
    )  # fmt: skip


def _slots(asked: Hypotheses) -> int:
    return round((asked.ends - asked.begins) / STEP)


def _by_half_hour(asked: Hypotheses, outcome: Outcome, centre: str) -> list[float]:
    waits: list[list[float]] = [[] for _n in range(_slots(asked))]
    for ring in outcome.rings:
        if ring.home == centre and ring.waited >= 0:
            waits[int((ring.at - asked.begins) / STEP)].append(ring.waited / 60)
    return [p90(some) for some in waits]


def _counts(asked: Hypotheses, outcome: Outcome, centre: str) -> list[int]:
    counts = [0] * _slots(asked)
    for ring in outcome.rings:
        if ring.home == centre:
            counts[int((ring.at - asked.begins) / STEP)] += 1
    return counts


def _longest(outcome: Outcome, asked: Hypotheses) -> float:
    return p90(outcome.vehicle_waits[asked.centres[0].id]) / 60


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
