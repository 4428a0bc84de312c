"""A slot is held for three minutes, then booked; two bookings of one slot cannot be written. C3.3.

The constraint `slot_hold_once` decides between those who ask at once. A hold lapses by the clock;
who confirms too late is told so. Who may act for a centre is the caller's to know.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cordee.care.market.equity import Past
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.errors import Conflict, RuleBroken
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.unscheduled")
OWN: Final = "cordee"
HOLD: Final = timedelta(minutes=3)
TAKEN: Final = "Ce créneau vient d’être pris : choisissez-en un autre."
LAPSED: Final = "Les trois minutes sont passées : ce créneau n’est plus retenu pour vous."
CHANGED: Final = "Ce rendez-vous a changé : relisez-le."
MOST: Final = 500
_GESTURES: Final = {
    "book": (("held",), "booked"),
    "release": (("held",), "released"),
    "cancel": (("booked",), "cancelled"),
    "come": (("booked", "noshow"), "fulfilled"),
    "miss": (("booked", "fulfilled"), "noshow"),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A slot of a vendor, for a case of a centre; with whom and where it is."""

    vendor: str
    slot: str
    starts: datetime
    centre: str
    case: UUID
    who: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A slot that is held or was."""

    id: UUID
    vendor: str
    slot: str
    starts: datetime
    case: UUID
    held_by: str
    until: datetime
    state: str
    who: str = ""
    place: str = ""


async def hold(connection: Connection, key: UUID, chosen: Chosen, by: str) -> datetime:
    """Holds a slot in the caller's transaction; until when. Said twice by one form, it is one.

    Raises `Conflict` where somebody else has it, `RuleBroken` for one that has begun.
    """
    now = clock.now()
    if chosen.starts <= now:
        raise RuleBroken("Ce créneau a déjà commencé.")
    await connection.execute(QUERIES["lapse"], chosen.vendor, chosen.slot, now)
    until = now + HOLD
    values = (chosen.vendor, chosen.slot, chosen.starts, chosen.centre, chosen.case, by)
    where = (chosen.who, chosen.place)
    if await connection.fetchval(QUERIES["hold"], key, *values, now, until, *where) is not None:
        return until
    known = await connection.fetchval(QUERIES["known"], key, by)
    if known is None:
        raise Conflict(TAKEN)
    return known


async def move(connection: Connection, key: UUID, centre: str, gesture: str, by: str) -> None:
    """Books or releases what one holds; cancels; says who came and who did not.

    Raises `Conflict` where it is not to be done any more.
    """
    before, after = _GESTURES[gesture]
    values = (key, centre, list(before), after, clock.now(), by)
    if await connection.fetchrow(QUERIES["move"], *values) is None:
        raise Conflict(LAPSED if before == ("held",) else CHANGED)


def after(gesture: str) -> str:
    """The state that a gesture leads to, as Appointment.status says it."""
    return _GESTURES[gesture][1]


async def follow(connection: Connection, vendor: str, slot: str, state: str) -> bool:
    """Notes what the effector says of who came; whether a case of the floor had booked the slot."""
    values = (vendor, slot, state, clock.now())
    return await connection.fetchval(QUERIES["follow"], *values) is not None


async def of_case(connection: Connection, centre: str, case: UUID) -> Sequence[Held]:
    """The slots of a case, the oldest hold first, at most 100: what its file shows. C3.5."""
    rows = await connection.fetch(QUERIES["of_case"], centre, case)
    return [Held(**dict(row)) for row in rows]


async def missed(connection: Connection, centre: str, since: datetime) -> Sequence[Held]:
    """Who did not come since a moment, the latest first, at most `MOST`. C3.5."""
    rows = await connection.fetch(QUERIES["missed"], centre, since, MOST)
    return [Held(**dict(row)) for row in rows]


async def served(
    connection: Connection, names: Collection[str], since: datetime
) -> Mapping[str, Past]:
    """What these professionals had of the floor since a moment, by name."""
    rows = await connection.fetch(QUERIES["served"], sorted(set(names)), since)
    return {row["who"]: Past(row["served"], row["last"]) for row in rows}


async def taken(
    connection: Connection, slots: Collection[tuple[str, str]]
) -> frozenset[tuple[str, str]]:
    """Which of these (vendor, slot) are held or booked by somebody now."""
    vendors, ids = [one[0] for one in slots], [one[1] for one in slots]
    rows = await connection.fetch(QUERIES["taken"], vendors, ids, clock.now())
    return frozenset((row["vendor"], row["slot"]) for row in rows)
