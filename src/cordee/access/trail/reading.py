"""Lines of the trail between two moments, with as what somebody acted and whose records they name.

Reading the trail is a line of the trail. Rule: ITI-81 asks for a bound of dates; A6, national guide
Traçabilité d'évènements 2.0.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cordee.fhir.model.definitions import type_name
from cordee.fhir.store.scope import Scope
from cordee.runtime.database import Database, search_errors
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.access.trail")
MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Acted:
    """As what somebody acted; empty where an older line does not say."""

    name: str = ""
    role: str = ""
    profession: str = ""
    structure: str = ""
    practitioner: str = ""
    situation: str = ""
    delegated_by: str = ""
    client: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One line: `patients` are ids, `action` a letter of AuditEvent.action."""

    n: int
    at: datetime
    agent: str
    action: str
    type: str
    detail: str
    patients: tuple[str, ...]
    acted: Acted


@dataclass(frozen=True, slots=True)
class Sought:
    """Which lines: between two moments, `before` a number; None and () ask for nothing.

    `begins` are beginnings of the detail, one of which must fit; `ends` its end.
    """

    low: datetime | None = None
    high: datetime | None = None
    before: int | None = None
    number: int | None = None
    agent: str | None = None
    name: str | None = None
    role: str | None = None
    practitioner: str | None = None
    patient: int | None = None
    type: int | None = None
    actions: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    ends: str | None = None


async def trail(database: Database, scope: Scope, sought: Sought, most: int) -> list[TrailLine]:
    """At most `most` lines, the newest first; the reading is traced before they are given."""
    values: Sequence[Any] = (
        sought.low, sought.high, sought.before, sought.number, sought.agent, sought.name,
        sought.role, sought.practitioner, sought.patient, sought.type,
        list(sought.actions) or None, list(sought.begins) or None, sought.ends, min(most, MOST + 1),
        scope.agent, scope.acting,
    )  # fmt: skip
    with search_errors():
        async with database.search.acquire() as connection:
            rows = await connection.fetch(_QUERIES["trail"], *values)
    return [line_of(row) for row in rows]


def line_of(row: Mapping[str, Any]) -> TrailLine:
    """A row of the queries as a line."""
    acted = Acted()
    if row["name"] is not None:
        acted = Acted(
            row["name"], row["role"], row["profession"], row["structure"], row["practitioner"],
            row["situation"], row["delegated_by"], row["client"], row["level"],
        )  # fmt: skip
    kind = type_name(row["type"]) if row["type"] else ""
    return TrailLine(
        row["n"], row["at"], row["actor"], row["action"], kind, row["detail"],
        tuple(row["patients"] or ()), acted,
    )  # fmt: skip
