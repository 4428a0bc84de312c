"""Who regulates for other centres at this moment, as the floor asks it. C2.12, decision 0095."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from cordee.care.regulation.floor import QUERIES
from cordee.identity.principal import Principal
from cordee.runtime.database import Database


@dataclass(frozen=True, slots=True)
class Duty:
    """A turn that runs: for which centres, until when, under which version of which roster."""

    pool: str
    week: date
    version: int
    own: str
    centres: tuple[str, ...]
    until: datetime

    @property
    def others(self) -> tuple[str, ...]:
        """The centres other than one's own."""
        return tuple(one for one in self.centres if one != self.own)


class Pool(Protocol):
    """The rosters, as a floor asks them: bound in `app`."""

    async def duty(self, principal: Principal, at: datetime) -> Duty | None:
        """The turn of somebody at a moment; None outside its hours or where it was stopped."""
        ...

    async def note(
        self, principal: Principal, duty: Duty, of: tuple[str, UUID], what: str, at: datetime
    ) -> None:
        """Writes that a case (its centre, its id) is opened, written or decided: before it is."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case of another centre of the pool that waits for a physician."""

    centre: str
    id: UUID
    number: str
    priority: str
    motive: str
    commune: str
    awaiting: datetime


class Pooled:
    """The cases of other centres that a turn opens; they stay in the queue of their centre."""

    def __init__(self, database: Database, pool: Pool) -> None:
        """`pool` says who has a turn."""
        self._database, self.pool = database, pool

    async def centre_of(self, duty: Duty, case: UUID) -> str:
        """The other centre of a turn that has a case, "" for none."""
        async with self._database.write.acquire() as connection:
            found = await connection.fetchval(QUERIES["case_at"], case, list(duty.centres))
        return found if found in duty.others else ""

    async def waiting(self, duty: Duty) -> list[Waiting]:
        """What waits for a physician at the other centres of a turn; 100 at most."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["awaiting_at"], list(duty.others))
        return [Waiting(*(row[name] for name in Waiting.__dataclass_fields__)) for row in rows]
