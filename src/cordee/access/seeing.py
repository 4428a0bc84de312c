"""Whether something is open to people, of many at once: asked before anybody is told of it.

Nothing is read and nothing given out, so no line is traced; what people then read is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import LiteralString, cast

from cordee.access.guard import Guard
from cordee.fhir.model.definitions import RESOURCE_TYPES, type_number
from cordee.fhir.store.partitions import table
from cordee.fhir.store.scope import Scope
from cordee.fhir.store.visibility import COLUMNS, of_table, row_values, visible
from cordee.identity.principal import Principal
from cordee.runtime.database import Database

_OPENS = """
SELECT n.i FROM unnest($1::text[], $2::int2[], $3::text[], $4::text[], $5::text[], $6::text[],
  $7::text[], $8::text[], $9::bytea[]) WITH ORDINALITY n(id, {columns}, i)
JOIN {table} r ON r.type = {number} AND r.id = n.id
WHERE r.lab < 16384 AND {seen}
"""


class Seeing:
    """Answers for one installation."""

    def __init__(self, database: Database, guard: Guard) -> None:
        """Both are open."""
        self._database = database
        self._guard = guard

    async def opens(self, asked: Sequence[tuple[Principal, str]]) -> list[bool]:
        """Whether each person may read what `Type/id` leads to, in one statement a type.

        What is limited to some resources of a type is not counted as open.
        """
        answers = [False] * len(asked)
        by_type: dict[str, list[tuple[int, str, Scope]]] = {}
        for place, (principal, reference) in enumerate(asked):
            kind, _, key = reference.partition("/")
            scope = await self._guard.scope(principal)
            if kind in RESOURCE_TYPES and key and _may(scope, kind):
                by_type.setdefault(kind, []).append((place, key, scope))
        for kind, wanted in by_type.items():
            values = zip(*(row_values(scope) for _, _, scope in wanted), strict=True)
            async with self._database.steady.acquire() as connection:
                rows = await connection.fetch(
                    _statement(kind), [key for _, key, _ in wanted], *values
                )
            for row in rows:
                answers[wanted[row["i"] - 1][0]] = True
        return answers


def _may(scope: Scope, kind: str) -> bool:
    return scope.may("r", kind) and not scope.limits_of("r", kind) and kind not in scope.stepped


@lru_cache(maxsize=256)
def _statement(kind: str) -> LiteralString:
    text = _OPENS.format(
        columns=COLUMNS, table=table(kind), number=type_number(kind),
        seen=visible("r", of_table("n")),
    )  # fmt: skip
    return cast("LiteralString", text)  # fragments of ours, and the names of types
