"""What the caller may see, as a condition of a search: see `store.visibility` for its pieces.

Where the caller's patients are few they are named, so that the planner knows how few rows there
are; else each row asks for its tie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cordee.fhir.indexing.document_types import DOCUMENT_TYPES
from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.store.scope import CONTAINED, DELETED, Scope, Ties
from cordee.fhir.store.visibility import (
    MASKED,
    TIED,
    VERY,
    authored_sql,
    class_sql,
    loose_inside_sql,
    loose_sql,
    tied_sql,
)


@dataclass(frozen=True, slots=True)
class Circle:
    """The patients of a caller, where they are few: all, and those of whom labels are open."""

    patients: tuple[int, ...]
    restricted: tuple[int, ...]
    very: tuple[int, ...]


def circle_of(scope: Scope, pairs: Sequence[tuple[int, int]]) -> Circle:
    """The circle of a caller from its ties, as (actor, patient)."""
    ties = scope.ties
    everyone = tuple(sorted({patient for _, patient in pairs}))
    if ties is None:
        return Circle(everyone, everyone, everyone)
    nearer, nearest = frozenset(ties.restricted), frozenset(ties.very)
    return Circle(
        everyone,
        tuple(sorted({patient for actor, patient in pairs if actor in nearer})),
        tuple(sorted({patient for actor, patient in pairs if actor in nearest})),
    )


@dataclass(frozen=True, slots=True)
class InScope:
    """The caller may see the row: labels not hidden, patient in an open circle.

    `circle` where it is small enough to be named. `contained` for the rows of contained resources,
    and no others: labels and patient are the container's. `kind` is the type of the rows, None
    where they are of several and say so in a column.
    """

    hidden: int
    actors: tuple[int, ...] | None
    circle: Circle | None = None
    contained: bool = False
    ties: Ties | None = None
    kind: str | None = None

    @property
    def by_authors(self) -> bool:
        """Whether who wrote a row sees it whatever hides it from others."""
        is_document = self.kind is None or self.kind in DOCUMENT_TYPES
        return is_document and self.ties is not None and bool(self.ties.author)

    def sql(self, builder: Builder, alias: str) -> str:
        """The whole condition."""
        present = self.present(alias)
        labels, tied = self.labels(builder, alias), self._tied(builder, alias)
        parts = [one for one in (labels, tied) if one]
        if self.by_authors and self.ties is not None and parts:
            author = builder.add(list(self.ties.author), "int8[]")
            parts = [f"({' AND '.join(parts)} OR {authored_sql(alias, author)})"]
        return " AND ".join([present, *parts])

    def present(self, alias: str) -> str:
        """Not deleted; a comparison, as the planner has statistics for that."""
        return f"{alias}.lab >= {CONTAINED}" if self.contained else f"{alias}.lab < {DELETED}"

    def labels(self, builder: Builder, alias: str) -> str:
        """No mask, no closed class of documents; "" where there are none for the caller."""
        parts: list[str] = []
        others, ties = self.hidden & ~DELETED, self.ties
        if others:
            # Not `= 0`: of an equation the planner expects one row in two hundred.
            mask = f"({alias}.lab & {others}) < 1"
            if ties is not None and ties.unmasked:
                shown = builder.add(list(ties.unmasked), "int8[]")
                but = f"({alias}.lab & {others & ~MASKED}) < 1"
                mask = f"({mask} OR {but} AND {alias}.pat = ANY ({shown}))"
            parts.append(mask)
        is_document = self.kind is None or self.kind in DOCUMENT_TYPES
        if ties is not None and ties.classes is not None and is_document:
            parts.append(class_sql(f"{alias}.lab", builder.add(ties.classes, "bytea")))
        return " AND ".join(parts)

    def loose(self, alias: str) -> str:
        """The row is of no patient, and open so."""
        if self.contained:
            return loose_inside_sql(alias)
        return loose_sql(alias, kind=self.kind)

    def _tied(self, builder: Builder, alias: str) -> str:
        if self.actors is None:
            return ""
        loose = self.loose(alias)
        if self.circle is not None:
            return f"({loose} OR {self.named(builder, alias)})"
        actors = builder.add(list(self.actors), "int8[]")
        if self.ties is None:
            return (
                f"({loose} OR EXISTS (SELECT FROM care_circle c "
                f"WHERE c.actor = ANY ({actors}) AND c.pat = {alias}.pat OFFSET 0))"
            )
        return f"({loose} OR {self.probe(builder, alias)})"

    def probe(self, builder: Builder, alias: str) -> str:
        """Each row asks for the tie that its labels need."""
        ties = self.ties or Ties(self.actors or (), self.actors or ())
        arrays = [self.actors or (), ties.restricted, ties.very, ties.own]
        actors, restricted, very, own = (builder.add(list(one), "int8[]") for one in arrays)
        return tied_sql(alias, f"{alias}.lab", (actors, restricted, very, own))

    def named(self, builder: Builder, alias: str) -> str:
        """The row is of a patient of the small circle, by the tie that its labels need."""
        circle, ties = self.circle, self.ties
        if circle is None:
            raise AssertionError("the circle is not known")
        among = f"{alias}.pat = ANY ({builder.add(list(circle.patients), 'int8[]')})"
        if ties is None:
            return among
        very = f"{alias}.pat = ANY ({builder.add(list(circle.very), 'int8[]')})"
        own = f"{alias}.org = ANY ({builder.add(list(ties.own), 'int8[]')})"
        if circle.restricted == circle.patients:
            return f"({among} AND (({alias}.lab & {VERY}) < 1 OR {very} OR {own}))"
        nearer = f"{alias}.pat = ANY ({builder.add(list(circle.restricted), 'int8[]')})"
        return (
            f"({among} AND (({alias}.lab & {TIED}) < 1 OR {very}"
            f" OR (({alias}.lab & {VERY}) < 1 OR {own}) AND {nearer}))"
        )
