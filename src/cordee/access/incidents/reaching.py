"""Which patients an account could read between two moments, and how. Rule: A6.5, SC6 step 9.

Counted are ties that stand, ties that ended since, broken glasses and consents of an hour; a
patient whose opposition or block kept the account out all the while is left out. A tie counts from
when the resource that says so was first written: rather one patient too many than one too few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import orjson

from cordee.access.former_ties import HELD, WAYS, ways_of
from cordee.fhir.model.definitions import type_name, type_number
from cordee.fhir.store.repository import version_of
from cordee.runtime.database import Connection
from cordee.runtime.errors import TooCostly
from cordee.runtime.queries import load_queries

QUERIES = load_queries("cordee.access.incidents")
_MOST_ENDED: Final = 200_000
_BY_GRANT: Final = frozenset({"glass", "consultation"})


@dataclass(frozen=True, slots=True)
class Window:
    """An account and the time in which somebody else may have used it; `known` as what it acts."""

    agent: str
    starts: datetime
    ends: datetime
    known: tuple[str, ...] = ()


@dataclass(slots=True)
class Reach:
    """Ways to each patient, by hash; `everything` for a program that no circle bounds."""

    ways: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    everything: bool = False


async def reach(connection: Connection, keys: Callable[[str], int], window: Window) -> Reach:
    """What the account could read; raises `TooCostly` when too much was changed since."""
    rows = await connection.fetch(QUERIES["acted"], window.agent, window.ends)
    found = Reach(everything=any(row["role"] == "system" for row in rows))
    entities = {row[name] for row in rows for name in ("structure", "practitioner")} - {""}
    entities |= {one for one in window.known if one}
    entities |= await _roles(connection, keys, entities)
    await _standing(connection, keys, window, entities, found)
    await _ended(connection, window, entities, found)
    await _leave_out_opposed(connection, window, entities, found)
    for row in await connection.fetch(QUERIES["opened"], window.agent, window.starts, window.ends):
        found.ways[row["pat"]].add(row["way"])
    return found


async def _roles(
    connection: Connection, keys: Callable[[str], int], entities: Iterable[str]
) -> set[str]:
    salt = keys("PractitionerRole.practitioner")
    wanted = [keys(one) ^ salt for one in entities if one.startswith("Practitioner/")]
    rows = await connection.fetch(QUERIES["roles"], wanted) if wanted else []
    return {f"PractitionerRole/{row['id']}" for row in rows}


async def _standing(
    connection: Connection, keys: Callable[[str], int], window: Window,
    entities: Iterable[str], found: Reach,
) -> None:  # fmt: skip
    ties = {keys(kind + one): name for one in entities for kind, name in WAYS.items()}
    rows = await connection.fetch(QUERIES["reach"], list(ties), list(ties.values()), window.ends)
    for row in rows:
        found.ways[row["pat"]].update(row["ways"])


async def _ended(connection: Connection, window: Window, entities: set[str], found: Reach) -> None:
    if not entities:
        return
    rows = await connection.fetch(
        QUERIES["ended_ties"], window.starts, window.ends,
        [type_number(one) for one in HELD], _MOST_ENDED + 1,
    )  # fmt: skip
    if len(rows) > _MOST_ENDED:
        raise TooCostly("too much was changed since; choose a later beginning")
    for row in rows:
        if row["pat"] is None or row["lab"] & 16384:
            continue
        kind = type_name(row["type"])
        body = orjson.loads(version_of(kind, row["id"], row).json())
        found.ways[row["pat"]].update(ways_of(kind, body, entities))
        if not found.ways[row["pat"]]:
            del found.ways[row["pat"]]


async def _leave_out_opposed(
    connection: Connection, window: Window, entities: set[str], found: Reach
) -> None:
    """Takes out whom the patient's word kept out from the start to the end."""
    held: dict[int, dict[str, list[tuple[datetime, bool]]]] = defaultdict(lambda: defaultdict(list))
    for row in await connection.fetch(QUERIES["opposed"], sorted(entities)):
        held[row["pat"]][row["what"]].append((row["at"], row["holds"]))
    for patient, said in held.items():
        ways = found.ways.get(patient)
        if ways is None:
            continue
        opposed = _all_the_while(said.get("sharing-opposed", []), window)
        blocked = _all_the_while(said.get("blocked", []), window) and "attending" not in ways
        if opposed or blocked:
            del found.ways[patient]


def _all_the_while(said: list[tuple[datetime, bool]], window: Window) -> bool:
    before = [holds for at, holds in said if at <= window.starts]
    within = [holds for at, holds in said if window.starts < at < window.ends]
    return bool(before) and before[-1] and all(within)
