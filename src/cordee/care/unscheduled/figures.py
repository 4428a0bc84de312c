"""Appointments in town of a period in figures: how soon, kept or not, fitting or not. C3.10."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from cordee.care.unscheduled.holds import QUERIES
from cordee.runtime.database import Database


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of the cases of a period for which an appointment was decided; seconds from the call.

    `called` had their médecin traitant called, of whom `reached` answered and `received` see the
    person; `found` got an appointment, `booked` on a slot, `in_48` of them within 48 hours.
    """

    wished: int
    called: int
    reached: int
    received: int
    found: int
    booked: int
    in_48: int
    median_seconds: float | None
    p90_seconds: float | None
    came: int
    missed: int
    cancelled: int
    judged: int
    fitting: int


_NAMES: Final = tuple(Figures.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Fill:
    """Slots of the region that began in a period: how many were opened, how many were taken."""

    opened: int
    taken: int


class Opened(Protocol):
    """Counts the slots of the region, without patients."""

    async def fill(self, first: datetime, last: datetime) -> Fill:
        """Those that begin between two moments."""
        ...


class AppointmentFigures:
    """The figures of the centres of an installation."""

    def __init__(self, database: Database, opened: Opened) -> None:
        """`opened` counts the region's own slots."""
        self._database, self._opened = database, opened

    async def of(self, centre: str, first: datetime, last: datetime) -> Figures:
        """Those of a centre, by when its cases were opened."""
        async with self._database.steady.acquire() as connection:
            (row,) = await connection.fetch(QUERIES["figures"], centre, first, last)
        return Figures(*(row[name] for name in _NAMES))

    async def all(
        self, centres: Sequence[str], first: datetime, last: datetime
    ) -> tuple[Sequence[Figures], Fill]:
        """Those of several centres in their order, and the slots of the region."""
        found = [await self.of(one, first, last) for one in centres]
        return found, await self._opened.fill(first, last)


def share(part: int, whole: int) -> float | None:
    """A share in percent; None of nothing."""
    return 100 * part / whole if whole else None
