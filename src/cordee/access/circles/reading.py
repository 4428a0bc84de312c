"""Active circles through the guard: what the caller may see, traced before it is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, cast

import orjson

from cordee.access.guard import Guard
from cordee.fhir.model.definitions import type_name, type_number
from cordee.fhir.store.repository import version_of
from cordee.fhir.store.visibility import named, values_of, visible
from cordee.identity.principal import Principal
from cordee.runtime.database import Database, search_errors
from cordee.runtime.queries import load_queries

MOST = 500
_STATEMENT: LiteralString = cast(
    "LiteralString",
    load_queries("cordee.access.circles")["active_circles"].replace(
        "{seen}", visible("r", named(1))
    ),
)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ActiveCircle:
    """One patient, their care teams, and when something was last written of them."""

    patient: Json
    teams: tuple[Json, ...]
    last: datetime


class Circles:
    """The circles of one process."""

    def __init__(self, database: Database, guard: Guard) -> None:
        """Both are open."""
        self._database = database
        self._guard = guard

    async def active(self, principal: Principal, since: datetime) -> list[ActiveCircle]:
        """Circles in which something was written since then, the latest first, at most 500."""
        scope = await self._guard.scope(principal)
        values = (
            *values_of(scope),
            scope.agent,
            scope.acting,
            since,
            MOST,
            type_number("CareTeam"),
        )
        with search_errors():
            async with self._database.search.acquire() as connection:
                rows = await connection.fetch(_STATEMENT, *values)
        found: dict[int, tuple[Json, list[Json], datetime]] = {}
        for row in rows:
            kind = type_name(row["type"])
            shown = orjson.loads(version_of(kind, row["id"], row).whole())
            if kind == "Patient":
                found[row["pat"]] = (shown, [], row["last"])
            elif row["pat"] in found:
                found[row["pat"]][1].append(shown)
        return [ActiveCircle(one, tuple(teams), last) for one, teams, last in found.values()]
