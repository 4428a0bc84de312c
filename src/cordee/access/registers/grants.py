"""Broken glasses in their tables: opened with their trace, ended, reviewed, never changed.

The rules are those of `access.glass`; the table holds the four hours and the roles again, and
asks for the opposition in the statement that writes the grant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from cordee.access import glass
from cordee.access.glass import Breaker, Category, Grant
from cordee.runtime.constraints import table_rules
from cordee.runtime.database import Connection
from cordee.runtime.errors import AccessDenied, NotFound
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.access.registers")


@dataclass(frozen=True, slots=True)
class Kept:
    """A grant under its number."""

    id: UUID
    grant: Grant


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A grant and what the DPO wrote, empty before."""

    kept: Kept
    note: str


async def open_glass(
    connection: Connection, grant: Grant, keys: Callable[[str], int], acting: int | None = None
) -> UUID:
    """The number of a grant, kept, traced and tied to its patient.

    Raises `AccessDenied` on recorded opposition. `keys` hashes entities as the index does;
    `acting` says as what the agent acts.
    """
    breaker, number = grant.breaker, uuid4()
    found = await connection.fetchval(
        _QUERIES["break_glass"], grant.opened, grant.ends, breaker.agent, breaker.practitioner,
        breaker.structure, breaker.role, breaker.patient, grant.category, grant.motive, number,
        keys(glass_actor(number)), keys(f"Patient/{breaker.patient}"), acting,
    )  # fmt: skip
    if found is None:
        raise AccessDenied("Cette personne s’est opposée à l’accès à son dossier en urgence.")
    return found


def glass_actor(number: UUID) -> str:
    """The text whose hash stands in `care_circle` for a broken glass."""
    return f"glass/{number}"


async def live_glasses(connection: Connection, agent: str, at: datetime) -> tuple[UUID, ...]:
    """Numbers of the grants of an agent that open a record at a moment.

    The scope of the agent holds the hash of the `glass_actor` of each. Opposition to sharing does
    not close it; opposition to emergency access, and a block of the agent, do: decision, ties.
    """
    rows = await connection.fetch(_QUERIES["live_glasses"], agent, at)
    return tuple(row["id"] for row in rows)


async def close_glass(connection: Connection, number: UUID, by: str, at: datetime) -> Grant:
    """The grant, ended early; raises `NotFound` and what `access.glass.close` raises."""
    closed = glass.close((await _grant(connection, number)).grant, at)
    await _write(connection, "close_glass", number, at, by)
    return closed


async def review_glass(  # noqa: PLR0913 -- the DPO's word is all of this
    connection: Connection, number: UUID, by: str, *, justified: bool, at: datetime, note: str = ""
) -> Grant:
    """The grant, reviewed; raises `NotFound` and what `access.glass.review` raises."""
    kept = await _grant(connection, number)
    reviewed = glass.review(kept.grant, by, justified=justified, at=at)
    await _write(connection, "review_glass", number, at, by, justified, note)
    return reviewed


async def running(
    connection: Connection, patient: str, agent: str, at: datetime
) -> tuple[Grant, ...]:
    """Grants of an agent for a patient that are open at a moment."""
    return tuple(one.grant for one in await running_kept(connection, patient, agent, at))


async def running_kept(
    connection: Connection, patient: str, agent: str, at: datetime
) -> tuple[Kept, ...]:
    """The same under their numbers."""
    rows = await connection.fetch(_QUERIES["glasses_of"], patient, agent, at)
    found = (_read(row) for row in rows)
    return tuple(one for one in found if one.grant.state(at) is glass.State.OPEN)


async def reviewed(connection: Connection, most: int) -> tuple[Reviewed, ...]:
    """Grants that were reviewed, the newest word first."""
    rows = await connection.fetch(_QUERIES["reviewed_glasses"], most)
    return tuple(Reviewed(_read(row), row["note"]) for row in rows)


async def one_glass(connection: Connection, number: UUID) -> Reviewed:
    """One grant with the DPO's note; raises `NotFound`."""
    row = await connection.fetchrow(_QUERIES["glass"], number)
    if row is None:
        raise NotFound("no such grant")
    return Reviewed(_read(row), row["note"] or "")


async def glasses_for(connection: Connection, patient: str) -> tuple[Reviewed, ...]:
    """All grants for a patient, the newest first."""
    rows = await connection.fetch(_QUERIES["glasses_for"], patient)
    return tuple(Reviewed(_read(row), row["note"] or "") for row in rows)


async def review_queue(connection: Connection, most: int) -> tuple[Kept, ...]:
    """Grants that nobody has reviewed, the one that is due first before the others."""
    return tuple(_read(row) for row in await connection.fetch(_QUERIES["review_queue"], most))


async def _grant(connection: Connection, number: UUID) -> Kept:
    row = await connection.fetchrow(_QUERIES["glass"], number)
    if row is None:
        raise NotFound("no such grant")
    return _read(row)


async def _write(connection: Connection, name: str, *values: Any) -> None:
    with table_rules({"": "somebody else has just done it"}):
        await connection.execute(_QUERIES[name], *values)


def _read(row: Mapping[str, Any]) -> Kept:
    breaker = Breaker(
        row["agent"], row["role"], row["practitioner"], row["structure"], row["patient"]
    )
    return Kept(
        row["id"],
        Grant(
            breaker, Category(row["category"]), row["motive"], row["opened"], row["ends"],
            closed=row["closed"], reviewed=row["reviewed"], justified=bool(row["justified"]),
        ),
    )  # fmt: skip
