"""Who regulates for other centres at this moment, as the floor asks it. C2.12, decision 0095."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from cordee.care.regulation.floor import QUERIES
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection, Database


@dataclass(frozen=True, slots=True)
class Duty:
    """A turn: for which centres, from when until when, under which version of which roster.

    One that `is_over` gives the cases that were opened in it alone.
    """

    pool: str
    week: date
    version: int
    own: str
    centres: tuple[str, ...]
    since: datetime
    until: datetime
    is_over: bool = False

    @property
    def others(self) -> tuple[str, ...]:
        """The centres other than one's own."""
        return tuple(one for one in self.centres if one != self.own)


@dataclass(frozen=True, slots=True)
class Act:
    """What is done to a case of a centre: `opened`, `written` or `decided`."""

    centre: str
    case: UUID
    what: str
    at: datetime


class Pool(Protocol):
    """The rosters, as a floor asks them: bound in `app`."""

    async def duty(self, principal: Principal, at: datetime) -> Duty | None:
        """The turn of somebody at a moment; None outside its hours or where it was stopped."""
        ...

    async def opened(
        self, connection: Connection, principal: Principal, duty: Duty, case: UUID
    ) -> bool:
        """Whether somebody opened a case in their turn."""
        ...

    async def note(
        self, connection: Connection, principal: Principal, duty: Duty, act: Act
    ) -> None:
        """Writes what is done under a turn, in the transaction of the caller."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case of another centre of the pool; `is_mine` where the reader decided it in this turn."""

    centre: str
    id: UUID
    number: str
    priority: str
    motive: str
    commune: str
    awaiting: datetime | None
    is_mine: bool


class Pooled:
    """The cases of other centres that a turn opens; they stay in the queue of their centre."""

    def __init__(self, database: Database, pool: Pool) -> None:
        """`pool` says who has a turn."""
        self._database, self.pool = database, pool

    async def enter(
        self, principal: Principal, duty: Duty, case: UUID, what: str, at: datetime
    ) -> str:
        """The other centre of a turn that has a case, with a line of the trace; "" for none.

        A case that was closed before the turn began is not of it. `what` may be "" for no line.
        """
        async with self._database.transaction() as connection:
            values = (case, list(duty.centres), duty.since)
            found: str = await connection.fetchval(QUERIES["case_at"], *values) or ""
            if found not in duty.others:
                return ""
            if duty.is_over and not await self.pool.opened(connection, principal, duty, case):
                return ""
            if what:
                await self.pool.note(connection, principal, duty, Act(found, case, what, at))
        return found

    async def waiting(self, principal: Principal, duty: Duty) -> list[Waiting]:
        """What waits for a physician at the other centres of a turn, then what they decided."""
        async with self._database.write.acquire() as connection:
            values = (list(duty.others), principal.user, duty.since)
            rows = await connection.fetch(QUERIES["awaiting_at"], *values)
        return [Waiting(*(row[name] for name in Waiting.__dataclass_fields__)) for row in rows]
