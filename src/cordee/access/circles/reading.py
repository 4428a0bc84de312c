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
_QUERIES = load_queries("cordee.access.circles")
_STATEMENT: LiteralString = cast(
    "LiteralString", _QUERIES["active_circles"].replace("{seen}", visible("r", named(1)))
)
_NAMED = ("Practitioner", "Organization")
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
        circles = [ActiveCircle(one, tuple(teams), last) for one, teams, last in found.values()]
        await self._name([reference for circle in circles for reference in _people(circle)])
        return circles

    async def _name(self, references: list[Json]) -> None:
        """Writes into references without words who it is that they name."""
        places = sorted({one["reference"] for one in references})
        if not places:
            return
        kinds = [type_number(place.partition("/")[0]) for place in places]
        keys = [place.partition("/")[2] for place in places]
        async with self._database.search.acquire() as connection:
            rows = await connection.fetch(_QUERIES["named"], kinds, keys)
        names: dict[str, str] = {}
        for row in rows:
            kind = type_name(row["type"])
            body = orjson.loads(version_of(kind, row["id"], row).whole())
            names[f"{kind}/{row['id']}"] = _words(body.get("name"))
        for one in references:
            one["display"] = names.get(one["reference"], "")


def _people(circle: ActiveCircle) -> list[Json]:
    """References of a circle to professionals and structures that say no name themselves."""
    found = list(circle.patient.get("generalPractitioner", ()))
    for team in circle.teams:
        found += [one.get("member", {}) for one in team.get("participant", ())]
    return [
        one
        for one in found
        if not one.get("display") and one.get("reference", "").partition("/")[0] in _NAMED
    ]


def _words(name: Any) -> str:
    """The name of a structure, or of a person: prefix, given names, family."""
    if isinstance(name, str):
        return name
    one: Json = next(iter(name or ()), {})
    parts = [*one.get("prefix", ()), *one.get("given", ()), one.get("family", "")]
    return " ".join(part for part in parts if part) or one.get("text", "")
