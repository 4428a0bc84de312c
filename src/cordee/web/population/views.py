"""A reading as the page shows it: rows of the table, paths of the map, classes of the legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cordee.population.asking import RATIO, digits
from cordee.population.maps.classes import CLASSES, breaks, step
from cordee.runtime.french import number
from cordee.web.language import gettext as _
from cordee.web.population.words import figure, unit

SCALE, PAD = 150.0, 8.0


@dataclass(frozen=True, slots=True)
class RowView:
    """A line of the table; `low_x`, `x`, `high_x` draw its interval."""

    code: str
    name: str
    where: str
    cases: str
    value: str
    interval: str
    step: int
    low_x: float = 0.0
    x: float = 0.0
    high_x: float = 0.0

    @property
    def place(self) -> str:
        """Its name with the départements that it lies in."""
        return f"{self.name} ({self.where})" if self.where else self.name

    @property
    def title(self) -> str:
        """What the map says of it."""
        told = f"{self.place} : {self.value}"
        return f"{told} [{self.interval}]" if self.step else told


@dataclass(frozen=True, slots=True)
class Shape:
    """A drawn area; `area` is the code of the line of the table that tells of it."""

    d: str
    step: int
    title: str
    area: str


@dataclass(frozen=True, slots=True)
class Class:
    """A line of the legend."""

    step: int
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Scaled:
    """How values are written: for how many, with how many digits."""

    per: int
    digits: int
    unit: str


def scaled(indicator: Any, kind: str, values: Sequence[float]) -> Scaled:
    """The precision of a page: one digit, two for small figures and for ratios."""
    if kind == RATIO:
        return Scaled(1, 2, _("fois l’attendu"))
    per = indicator.per
    return Scaled(per, digits(values, per), unit(indicator.measure, per))


def rows(reading: Any, how: Scaled) -> list[RowView]:
    """The lines of the table, in the order of the reading."""
    told = [one for one in reading.rows if one.figure]
    bounds = breaks([one.figure.value * how.per for one in told], how.digits)
    lowest = min((one.figure.low for one in told), default=0.0)
    highest = max((one.figure.high for one in told), default=1.0)

    def place(value: float) -> float:
        span = (highest - lowest) or 1.0
        return round(PAD + (SCALE - 2 * PAD) * (value - lowest) / span, 1)

    made = []
    for one in reading.rows:
        name = ", ".join(one.names)
        where = (
            ", ".join(one.departements) if reading.level not in {"departement", "region"} else ""
        )
        if one.figure is None:
            made.append(RowView(one.code, name, where, "", _("non publié"), "", 0))
            continue
        found = one.figure
        made.append(
            RowView(
                one.code, name, where, number(one.cases),
                figure(found.value, how.per, how.digits),
                _("%(low)s à %(high)s") % {
                    "low": figure(found.low, how.per, how.digits),
                    "high": figure(found.high, how.per, how.digits),
                },
                step(found.value * how.per, bounds, how.digits),
                place(found.low), place(found.value), place(found.high),
            )
        )  # fmt: skip
    return made


def mean_x(reading: Any) -> float | None:
    """Where the mean stands in the drawn intervals."""
    told = [one.figure for one in reading.rows if one.figure]
    if not told or reading.mean is None:
        return None
    low, high = min(one.low for one in told), max(one.high for one in told)
    found = PAD + (SCALE - 2 * PAD) * (reading.mean.value - low) / ((high - low) or 1.0)
    return round(min(SCALE, max(0.0, found)), 1)


def shapes(reading: Any, views: Sequence[RowView], paths: Mapping[str, str]) -> list[Shape]:
    """The areas of the map: the members of a group bear its class and its words."""
    by_code = {one.code: one for one in views}
    found = []
    for row in reading.rows:
        view = by_code[row.code]
        found += [
            Shape(paths[one], view.step, view.title, row.code)
            for one in row.members
            if one in paths
        ]
    return found


def labels(reading: Any, middles: Mapping[str, Any]) -> list[tuple[float, float, str]]:
    """A name for each area that has a place, read once the map is near enough."""
    return [
        (*middles[one.members[0]], one.names[0])
        for one in reading.rows
        if one.members and one.members[0] in middles
    ]


def legend(reading: Any, views: Sequence[RowView], how: Scaled) -> list[Class]:
    """The classes from the darkest on, with how many areas each has; then what is not told."""
    values = [one.figure.value * how.per for one in reading.rows if one.figure]
    bounds = breaks(values, how.digits)
    sizes = {one.code: len(row.members) for one, row in zip(views, reading.rows, strict=True)}
    counts: dict[int, int] = {}
    for one in views:
        counts[one.step] = counts.get(one.step, 0) + sizes[one.code]
    return classes(bounds, counts, how.digits)


def classes(bounds: Sequence[float], counts: Mapping[int, int], digits: int) -> list[Class]:
    """The lines of a legend; `counts` are areas by class, 0 those that are not told."""
    edges = [number(f"{one:.{digits}f}") for one in bounds]
    lowest = CLASSES - len(bounds)
    found = []
    for at in range(CLASSES, lowest - 1, -1):
        place = at - lowest
        if at == lowest:
            label = _("moins de %(n)s") % {"n": edges[0]} if edges else _("toutes")
        elif at == CLASSES:
            label = _("%(n)s et plus") % {"n": edges[place - 1]}
        else:
            label = _("%(a)s à moins de %(b)s") % {"a": edges[place - 1], "b": edges[place]}
        found.append(Class(at, label, counts.get(at, 0)))
    if counts.get(0):
        found.append(Class(0, _("non publié"), counts[0]))
    return found


def standing_out(reading: Any) -> list[Any]:
    """Areas whose whole interval lies above the mean by a tenth or more: at most three, highest."""
    if reading.mean is None:
        return []
    bound = reading.mean.value * 1.1
    return [one for one in reading.rows if one.figure and one.figure.low > bound][:3]
