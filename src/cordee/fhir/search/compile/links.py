"""Conditions on what a row refers to, or on what refers to it: chains, `_has`, hierarchies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
        """One probe for each row walked: the sources are many, or `resolving` had named them."""
        if self.on_patient:
            return f"EXISTS ({self.named_sql(builder)} AND t.pat = {alias}.pat OFFSET 0)"
        return f"{alias}.id IN ({self.named_sql(builder)})"

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
class Tree:
    """A type whose resources refer to the one above them by a parameter; `key` hashes an entity."""

    type: str
    parameter: str
    key: Callable[[str], int]


@dataclass(frozen=True, slots=True)
class InTree:
    """The row refers to an entity, or to one below it (`upwards`: above it) in a tree.

    `salt` is the hash of the parameter by which the row refers.
    """

    salt: int
    tree: Tree
    root: str
    upwards: bool
    scope: Predicate

    def sql(self, builder: Builder, alias: str) -> str:  # noqa: ARG002 -- the protocol's shape
        """Only what `resolving` has looked up is asked for."""
        raise AssertionError("a tree is resolved before it is compiled")

    def ids_sql(self, builder: Builder, most: int) -> str:
        """SELECT of the ids in the tree, the root included, at most `most`."""
        kind, rows = type_condition(self.tree.type, "c"), table(self.tree.type)
        root, scope = self.root.partition("/")[2], self.scope.sql(builder, "c")
        entity = builder.add(self.tree.key(self.root))
        first = f'SELECT {builder.add(root, "text")} COLLATE "C", {entity}'
        if self.upwards:
            stem = f"{self.tree.parameter}>{self.tree.type}/"
            step = (
                f"SELECT substr(f, {len(stem) + 1}), 0::int8 FROM tree JOIN {rows} c ON {kind}"
                f" AND c.id = tree.id AND {scope} CROSS JOIN unnest(c.refs) f"
                f" WHERE starts_with(f, {builder.add(stem, 'text')})"
            )
        else:
            salt = builder.add(self.tree.key(f"{self.tree.type}.{self.tree.parameter}"))
            step = (
                f"SELECT c.id, c.ent FROM tree JOIN {rows} c ON {kind}"
                f" AND c.idx @> ARRAY[tree.ent # {salt}] AND {scope}"
            )
        return (
            f"WITH RECURSIVE tree(id, ent) AS ({first} UNION {step})"
            f" SELECT DISTINCT id FROM tree LIMIT {most}"
        )

    def keys(self, ids: Iterable[str]) -> Keys:
        """The condition, once the ids are known."""
        return Keys(tuple(self.tree.key(f"{self.tree.type}/{one}") ^ self.salt for one in ids))
