"""What a search asks of one type, or of several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import LiteralString

from cordee.fhir.model.definitions import RESOURCE_TYPES, type_number
from cordee.fhir.search.compile.order import Order
from cordee.fhir.search.compile.predicates import Keys, Predicate
from cordee.fhir.search.compile.sight import InScope
from cordee.fhir.store.partitions import table, type_condition


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked of one type, or of several at once that share their conditions."""

    types: tuple[str, ...]
    predicates: tuple[Predicate, ...]
    scope: InScope
    order: Order

    @property
    def source(self) -> str:
        """The table of these types."""
        tables = {table(one) for one in self.types}
        return tables.pop() if len(tables) == 1 else "resource"

    def kind(self, alias: LiteralString) -> str:
        """Condition on the type of a row."""
        if len(self.types) == 1:
            return type_condition(self.types[0], alias)
        if len(self.types) == len(RESOURCE_TYPES):
            return "TRUE"
        return f"{alias}.type IN ({', '.join(str(type_number(one)) for one in self.types)})"

    def type_column(self, alias: LiteralString) -> str:
        """The type as a column named so."""
        if len(self.types) == 1:
            return f"{type_number(self.types[0])}::int2 AS type"
        return f"{alias}.type"


def together(selections: Sequence[Selection]) -> list[Selection]:
    """Selections over many types as one, where keys are all that differs between them.

    A key holds the name of its type: the keys of all types name no row that one type's would not.
    """
    first = selections[0]
    shape = (first.order, len(first.predicates))
    if len(selections) == 1 or any((one.order, len(one.predicates)) != shape for one in selections):
        return list(selections)
    merged: list[Predicate] = []
    for parts in zip(*(one.predicates for one in selections), strict=True):
        keys = [part.keys for part in parts if isinstance(part, Keys)]
        if len(keys) == len(parts):
            merged.append(Keys(tuple(key for group in keys for key in group)))
        elif all(part == parts[0] for part in parts):
            merged.append(parts[0])
        else:
            return list(selections)
    types = tuple(kind for one in selections for kind in one.types)
    scope = replace(first.scope, kind=None)
    return [replace(first, types=types, predicates=tuple(merged), scope=scope)]
