"""Small charts drawn on the server: geometry only, in plain numbers for an SVG.

Rules: points and straight lines, never smoothed; time runs to the right; the normal range is
a pale band (NHS CUI GTAB-001, 040, 166, 174).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

FEWEST_POINTS = 2
SPARK_WIDTH, SPARK_HEIGHT, SPARK_PAD = 96.0, 24.0, 4.0
PRESSURE_LOW, PRESSURE_HIGH = 40, 200
CURVES, MOST_RULES = (820.0, 220.0), 4


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a spark line."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Band:
    """The normal range: a rectangle over the whole width."""

    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Spark:
    """A line of points with its normal band; `path` is the `d` of an SVG path."""

    dots: tuple[Dot, ...]
    band: Band | None

    @property
    def path(self) -> str:
        """Straight lines from point to point."""
        return " ".join(f"{'L' if i else 'M'}{d.x} {d.y}" for i, d in enumerate(self.dots))

    @property
    def last(self) -> Dot:
        """The newest point."""
        return self.dots[-1]


@dataclass(frozen=True, slots=True)
class Bar:
    """One blood pressure: a bar with two ends, in the coordinates of the chart."""

    x: float
    top: float
    bottom: float
    label: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line of the scale."""

    y: float
    label: int


def spark(
    points: Sequence[tuple[datetime, Decimal]],
    low: Decimal | None = None,
    high: Decimal | None = None,
) -> Spark | None:
    """Give the spark line of dated values over their normal range; None under two values.

    The scale always holds the whole normal range, so that a small change stays small.
    """
    if len(points) < FEWEST_POINTS:
        return None
    values = [float(value) for _, value in points]
    bounds = values + [float(bound) for bound in (low, high) if bound is not None]
    if low is None and high is not None:
        bounds.append(min(0.0, *values))
    bottom, top = min(bounds), max(bounds)
    if top == bottom:
        bottom, top = bottom - 1, top + 1
    if low is not None and high is None:
        top += (top - bottom) * 0.15
    start, end = points[0][0], points[-1][0]
    length = (end - start).total_seconds() or 1.0
    inner = SPARK_WIDTH - 2 * SPARK_PAD

    def height(value: float) -> float:
        return SPARK_PAD + (SPARK_HEIGHT - 2 * SPARK_PAD) * (top - value) / (top - bottom)

    dots = tuple(
        Dot(
            round(SPARK_PAD + inner * (moment - start).total_seconds() / length, 1),
            round(height(value), 1),
        )
        for (moment, _), value in zip(points, values, strict=True)
    )
    if low is None and high is None:
        return Spark(dots, None)
    upper = height(float(high)) if high is not None else 0.0
    lower = height(float(low)) if low is not None else SPARK_HEIGHT
    return Spark(dots, Band(round(upper, 1), round(lower - upper, 1)))


def pressure_height(value: float) -> float:
    """Ordinate of a pressure in a chart of 128 units over the fixed scale 40 to 200 mmHg."""
    kept = min(max(value, PRESSURE_LOW), PRESSURE_HIGH)
    return round(8 + 112 * (PRESSURE_HIGH - kept) / (PRESSURE_HIGH - PRESSURE_LOW), 1)


def pressure_bars(
    values: Sequence[tuple[Decimal, Decimal, str]], *, width: float = 290.0, left: float = 30.0
) -> tuple[Bar, ...]:
    """One bar for each (systolic, diastolic, label), evenly spaced, the newest at the right."""
    if not values:
        return ()
    step = width / len(values)
    return tuple(
        Bar(
            round(left + step * (index + 0.5), 1),
            pressure_height(float(systolic)),
            pressure_height(float(diastolic)),
            label,
        )
        for index, (systolic, diastolic, label) in enumerate(values)
    )


def pressure_rules() -> tuple[Rule, ...]:
    """Give the lines of the fixed scale of pressures."""
    return tuple(Rule(pressure_height(level), level) for level in range(40, 201, 40))


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis: where, and what it says."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Curves:
    """Lines over hours in one frame: `one` with its band, `two` dashed; in plain numbers."""

    width: float
    height: float
    left: float
    right: float
    one: str
    two: str
    band: str
    rules: tuple[Tick, ...]
    hours: tuple[Tick, ...]
    limit: float | None
    top: float


def curves(
    hours: Sequence[float],
    one: Sequence[float],
    two: Sequence[float],
    *,
    band: Sequence[tuple[float, float]] = (),
    limit: float | None = None,
) -> Curves:
    """Two lines over the same hours, from 0 to a round number above all of them.

    Straight from point to point. Raises `ValueError` under two points.
    """
    if len(hours) < FEWEST_POINTS:
        raise ValueError("a curve has two points at least")
    width, height = CURVES
    left, right, foot = width * 0.055, width * 0.87, height - 26
    highest = max([*one, *two, limit or 0.0, *(high for _low, high in band)])
    step = next(
        s for s in (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1e9) if highest / s <= MOST_RULES
    )
    top = step * (int(highest / step) + 1)

    def x(hour: float) -> float:
        return round(left + (right - left) * (hour - hours[0]) / (hours[-1] - hours[0]), 1)

    def y(value: float) -> float:
        return round(foot - (foot - 10) * value / top, 1)

    def path(values: Sequence[float]) -> str:
        points = zip(hours, values, strict=True)
        return " ".join(f"{'L' if n else 'M'}{x(h)} {y(v)}" for n, (h, v) in enumerate(points))

    upper = [f"{x(h)} {y(high)}" for h, (_low, high) in zip(hours, band, strict=False)]
    lower = [f"{x(h)} {y(low)}" for h, (low, _high) in zip(hours, band, strict=False)]
    marks = tuple(Tick(y(n * step), f"{n * step:g}") for n in range(round(top / step) + 1))
    return Curves(
        width, height, left, right, path(one), path(two),
        f"M{' L'.join([*upper, *reversed(lower)])}Z" if band else "", marks,
        tuple(Tick(x(h), f"{h:g} h") for h in hours if h == int(h)),
        None if limit is None else y(limit), top,
    )  # fmt: skip
