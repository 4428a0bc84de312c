"""Conditions on what a row refers to, or on what refers to it: chains, `_has`, hierarchies."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.compile.predicates import Keys, Predicate
from cordee.fhir.store.partitions import table, type_condition


@dataclass(frozen=True, slots=True)
class Target:
    """Resources of one type that meet a condition and are open to the caller."""

    type: str
    condition: Predicate
    scope: Predicate

    def where(self, builder: Builder, alias: str) -> str:
        """The condition on a row of the target's table."""
        return (
            f"{type_condition(self.type, 't')} AND {self.scope.sql(builder, alias)}"
            f" AND {self.condition.sql(builder, alias)}"
        )


@dataclass(frozen=True, slots=True)
class Chain:
    """The row refers by a parameter to one of the targets.

    `salt` is the hash of `Type.parameter`; a reference key is the target's `ent` xor the salt.
    `by_patient` when the reference is what `pat` holds.
    """

    parameter: str
    salt: int
    target: Target
    by_patient: bool

    @property
    def on_patient(self) -> bool:
        """True when `pat` says it all: such a chain fits a row of `sp_sort` too."""
        return self.by_patient and self.target.type == "Patient"

    def sql(self, builder: Builder, alias: str) -> str:
        """One probe for each row walked; where few targets meet the condition, see `resolving`."""
        source = f"{table(self.target.type)} t WHERE {self.target.where(builder, 't')}"
        if self.on_patient:
            return f"{alias}.pat IN (SELECT t.pat FROM {source})"
        stem = f"{self.parameter}>{self.target.type}/"
        return (
            f"EXISTS (SELECT FROM unnest({alias}.refs) f, {source} "
            f"AND t.id = substr(f, {len(stem) + 1})"
            f" AND starts_with(f, {builder.add(stem, 'text')}))"
        )

    def targets_sql(self, builder: Builder, most: int) -> str:
        """SELECT of the entities that meet the condition, at most `most`."""
        return (
            f"SELECT t.ent FROM {table(self.target.type)} t "
            f"WHERE {self.target.where(builder, 't')} LIMIT {most}"
        )


@dataclass(frozen=True, slots=True)
class ReferredBy:
    """One of the sources refers to the row by a parameter (`_has`)."""

    parameter: str
    row_type: str
    source: Target
    by_patient: bool

    @property
    def on_patient(self) -> bool:
        """True when the patient column of the sources says it all."""
        return self.by_patient and self.row_type == "Patient"

    def sql(self, builder: Builder, alias: str) -> str:
        """A semi-join on the patient, or on the id that the source names."""
        column = "pat" if self.on_patient else "id"
        return f"{alias}.{column} IN ({self.named_sql(builder)})"

    def named_sql(self, builder: Builder) -> str:
        """SELECT of the patients, or of the ids, that the sources name."""
        condition = self.source.condition
        if self.on_patient and isinstance(condition, Keys) and condition.sorted:
            keys = builder.add(list(condition.keys), "int8[]")
            scope = self.source.scope.sql(builder, "t")
            return f"SELECT t.pat FROM sp_sort t WHERE t.key = ANY ({keys}) AND {scope}"
        source = f"{table(self.source.type)} t WHERE {self.source.where(builder, 't')}"
        if self.on_patient:
            return f"SELECT t.pat FROM {source}"
        stem = f"{self.parameter}>{self.row_type}/"
        return (
            f"SELECT substr(f, {len(stem) + 1}) FROM"
            f" (SELECT t.refs FROM {source}) h, unnest(h.refs) f"
            f" WHERE starts_with(f, {builder.add(stem, 'text')})"
        )


@dataclass(frozen=True, slots=True)
class Descendants:
    """The row refers by a parameter to this entity or to one below it (a tree of one type)."""

    type: str
    salt: int
    root: int
    itself: bool

    def sql(self, builder: Builder, alias: str) -> str:
        """A recursive walk down the tree."""
        salt, root = builder.add(self.salt), builder.add(self.root)
        rows = f"{table(self.type)} c"
        return (
            f"{alias}.ent IN (WITH RECURSIVE tree(ent) AS (SELECT {root} UNION "
            f"SELECT c.ent FROM tree JOIN {rows} ON {type_condition(self.type, 'c')}"
            f" AND c.idx @> ARRAY[tree.ent # {salt}]) SELECT ent FROM tree"
            + ("" if self.itself else f" WHERE ent <> {root}")
            + ")"
        )
