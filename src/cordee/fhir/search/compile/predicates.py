"""Conditions on one resource row, as values that know how to say themselves in SQL.

The alias that they are given is a row of `resource`; `MainDate` and `OfPatient` also fit a row of
`sp_sort`, which is what lets a population page stay in one covering index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cordee.fhir.search.compile.builder import Builder


class Predicate(Protocol):
    """A condition on a resource row."""

    def sql(self, builder: Builder, alias: str) -> str:
        """Text of the condition; parameters go to the builder."""
        ...


@dataclass(frozen=True, slots=True)
class Everything:
    """True for every row."""

    def sql(self, builder: Builder, alias: str) -> str:  # noqa: ARG002 -- the protocol's shape
        """Always true."""
        return "TRUE"


@dataclass(frozen=True, slots=True)
class Nothing:
    """True for no row."""

    def sql(self, builder: Builder, alias: str) -> str:  # noqa: ARG002 -- the protocol's shape
        """Always false."""
        return "FALSE"


@dataclass(frozen=True, slots=True)
class Keys:
    """The row has one of these keys; `sorted` when sp_sort has them all."""

    keys: tuple[int, ...]
    sorted: bool = False

    def sql(self, builder: Builder, alias: str) -> str:
        """One key by containment, several by overlap: both use the GIN index."""
        if len(self.keys) == 1:
            return f"{alias}.idx @> ARRAY[{builder.add(self.keys[0])}]"
        return f"{alias}.idx && {builder.add(list(self.keys), 'int8[]')}"


@dataclass(frozen=True, slots=True)
class OfPatient:
    """The row is in the compartment of one of these patients; fits a row of `sp_sort` too."""

    patients: tuple[int, ...]

    def sql(self, builder: Builder, alias: str) -> str:
        """Equality where it can be: it leads the index."""
        if len(self.patients) == 1:
            return f"{alias}.pat = {builder.add(self.patients[0])}"
        return f"{alias}.pat = ANY ({builder.add(list(self.patients), 'int8[]')})"


@dataclass(frozen=True, slots=True)
class MainDate:
    """A comparison with the main clinical date; a row without one never matches."""

    prefix: str
    low: datetime
    high: datetime

    def sql(self, builder: Builder, alias: str) -> str:
        """Interval arithmetic of https://hl7.org/fhir/R4/search.html#prefix."""
        dated = interval_condition(
            (self.prefix, self.low, self.high), (f"{alias}.sd", f"{alias}.hi"), builder
        )
        return f"({alias}.hi IS NOT NULL AND {dated})"


@dataclass(frozen=True, slots=True)
class Side:
    """A row of a side table belongs to the resource and meets a condition written for alias x."""

    table: str
    condition: str

    @property
    def has_code(self) -> bool:
        """Whether it asks for one companion code, which leads the index."""
        return "x.ckey = " in self.condition

    def sql(self, builder: Builder, alias: str) -> str:  # noqa: ARG002 -- already rendered
        """A semi-join on the row id."""
        return f"{alias}.rid IN (SELECT x.rid FROM {self.table} x WHERE {self.condition})"


@dataclass(frozen=True, slots=True)
class Column:
    """A condition on the row's own columns; `{a}` stands for the alias."""

    condition: str

    def sql(self, builder: Builder, alias: str) -> str:  # noqa: ARG002 -- already rendered
        """The condition itself."""
        return self.condition.replace("{a}", alias)


@dataclass(frozen=True, slots=True)
class Updated:
    """A condition on the moment of the last change; fits a row of the journal too."""

    condition: str

    def sql(self, builder: Builder, alias: str) -> str:  # noqa: ARG002 -- already rendered
        """The condition itself."""
        return self.condition.replace("{a}", alias)


@dataclass(frozen=True, slots=True)
class HasValue:
    """One of these parameters has a value in the resource."""

    numbers: tuple[int, ...]

    def sql(self, builder: Builder, alias: str) -> str:
        """A filter: absence has no index."""
        return f"{alias}.has && {builder.add(list(self.numbers), 'int4[]')}"


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Predicate, ...]

    def sql(self, builder: Builder, alias: str) -> str:
        """Parts joined by AND."""
        return _joined(self.parts, " AND ", builder, alias)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Predicate, ...]

    def sql(self, builder: Builder, alias: str) -> str:
        """Parts joined by OR."""
        return _joined(self.parts, " OR ", builder, alias)


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold; unknown counts as not."""

    part: Predicate

    def sql(self, builder: Builder, alias: str) -> str:
        """`IS NOT TRUE`, so that a missing date or patient is "not"."""
        return f"(({self.part.sql(builder, alias)}) IS NOT TRUE)"


# {l} and {h} are the stored bounds [l, h), {a} and {b} the searched ones. `ge` is "gt or eq", and
# `le` is "lt or eq": what only begins before the searched interval and ends in it is neither.
_INTERVALS = {
    "eq": "{l} >= {a} AND {h} <= {b}",
    "ne": "NOT ({l} >= {a} AND {h} <= {b})",
    "gt": "{h} > {b}",
    "lt": "{l} < {a}",
    "ge": "({h} > {b} OR {l} >= {a})",
    "le": "({l} < {a} OR {h} <= {b})",
    "sa": "{l} >= {b}",
    "eb": "{h} <= {a}",
    "ap": "{l} < {b} AND {h} > {a}",
}


def interval_condition(
    searched: tuple[str, datetime, datetime], columns: tuple[str, str], builder: Builder
) -> str:
    """How a stored interval compares with a searched one, given as prefix, low and high."""
    prefix, low, high = searched
    shape = _INTERVALS[prefix]
    edges = {"a": low, "b": high}
    texts = {
        name: builder.add(edge, "timestamptz")
        for name, edge in edges.items()
        if f"{{{name}}}" in shape
    }
    return shape.format(l=columns[0], h=columns[1], **texts)


def flattened(parts: Iterable[Predicate]) -> list[Predicate]:
    """The same conditions without `All` around them: each may then choose the shape."""
    found: list[Predicate] = []
    for part in parts:
        found += flattened(part.parts) if isinstance(part, All) else [part]
    return found


def _joined(parts: Sequence[Predicate], word: str, builder: Builder, alias: str) -> str:
    return "(" + word.join(part.sql(builder, alias) for part in parts) + ")"
