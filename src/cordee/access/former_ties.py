"""Who was tied to a patient at a past moment, from the versions that said so. Rule: A3.1, A3.2.

The index holds the ties of now. A tie that a later version ended is found in the version that stood
then. A resource that has since gone to another patient's file is not looked for in this one's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from cordee.access.facts import Relation, RelationKind
from cordee.fhir.indexing.landmarks import ATTENDING, AUTHOR, CIRCLE, TEAM, TIES
from cordee.fhir.indexing.spans import BOUNDED, managers, members
from cordee.fhir.model.definitions import type_name, type_number
from cordee.fhir.store.repository import version_of
from cordee.runtime.database import Connection
from cordee.runtime.queries import load_queries

WAYS: Final = {TEAM: "team", CIRCLE: "circle", ATTENDING: "attending", AUTHOR: "author"}
HELD: Final = ("Patient", "Encounter", "CareTeam", "EpisodeOfCare")
_QUERIES = load_queries("cordee.access.registers")


async def former_ties(
    connection: Connection, patient: str, entities: Iterable[str], at: datetime
) -> list[Relation]:
    """Ties of these references (`Practitioner/x`) to a patient (bare id) that stood at a moment.

    Each starts when the resource that says so was first written.
    """
    known = set(entities)
    rows = await connection.fetch(
        _QUERIES["tie_versions"], patient, [type_number(one) for one in HELD], at
    )
    starts: dict[str, datetime] = {}
    for row in rows:
        kind = type_name(row["type"])
        body = orjson.loads(version_of(kind, row["id"], row).json())
        for way in ways_of(kind, body, known, at):
            made: datetime = row["made"]
            starts[way] = min(made, starts.get(way, made))
    return [Relation(RelationKind(way), start) for way, start in sorted(starts.items())]


def ways_of(
    kind: str, body: Mapping[str, Any], entities: set[str], at: datetime | None = None
) -> Iterator[str]:
    """Names of the ties that a resource makes with one of these references.

    Those of a care team run from a moment to another: at `at`, or ever.
    """
    if kind in BOUNDED:
        for tie, found in ((TEAM, managers(body)), (CIRCLE, members(body))):
            if any(one.reference in entities and (at is None or one.holds(at)) for one in found):
                yield WAYS[tie]
        return
    for path, tie in TIES[kind]:
        for reference in _references(body, path.split(".")):
            if reference in entities:
                yield WAYS[tie]


def _references(node: Any, path: list[str]) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _references(one, path)
    elif isinstance(node, dict):
        if path:
            yield from _references(node.get(path[0]), path[1:])
        elif isinstance(node.get("reference"), str):
            yield node["reference"]
