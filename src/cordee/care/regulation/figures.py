"""Figures of a floor by hour: pickup, calls given up, load, time to decide a P0. Rule: C1.12."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cordee.care.regulation.centres import Centre
from cordee.care.regulation.floor import QUERIES
from cordee.runtime.database import Database


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of a centre; shares are of all that rang, None where nothing did."""

    start: datetime
    calls: int
    in_30: int
    in_60: int
    abandoned: int
    received: int
    handed: int
    positions: int
    p0: int
    p0_seconds: float | None

    def share(self, part: int) -> int | None:
        """A part of the calls in percent."""
        return round(100 * part / self.calls) if self.calls else None

    @property
    def load(self) -> float | None:
        """Calls for each position that took one."""
        return round(self.calls / self.positions, 1) if self.positions else None


async def hours_of(
    database: Database, centre: Centre, first: datetime, last: datetime
) -> list[Hour]:
    """The hours of a span in which something rang, the newest first; no person in them."""
    async with database.steady.acquire() as connection:
        rows = await connection.fetch(QUERIES["hours"], centre.id, first, last)
        vital = await connection.fetch(QUERIES["p0_times"], centre.id, first, last)
    p0 = {row["hour"]: (row["p0"], row["median"]) for row in vital}
    found = [
        Hour(
            row["hour"], row["calls"], row["in_30"], row["in_60"], row["abandoned"],
            row["received"], row["handed"], row["positions"],
            *p0.get(row["hour"], (0, None)),
        )
        for row in rows
    ]  # fmt: skip
    return found[::-1]
