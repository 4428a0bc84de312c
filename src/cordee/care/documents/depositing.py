"""Deposits in the DMP: sent when due, again while it is away, refused ones to a repair queue.

Only a qualified identity goes. The structure that asked sees its queue, tries again or gives up
with its motive. Rules: A3.8, A4.11 (72 hours); decision 0044.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from cordee.care.documents.intake import PUBLISH, QUERIES, WITHDRAW
from cordee.care.documents.ports import (
    REASONS,
    Dmp,
    DmpRefused,
    Publication,
    Shelf,
)
from cordee.identity.ins.patient_reading import read_identity
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import AWAY, Database, is_outage
from cordee.runtime.errors import Deleted, NotFound, RuleBroken, TimedOut, Unavailable

Row = Mapping[str, Any]
AGENT: Final = "dmp"
WAITING, REFUSED, DONE, GIVEN_UP = "waiting", "refused", "done", "given-up"
STATES: Final = (REFUSED, WAITING, DONE, GIVEN_UP)
PAGE: Final = 30
_AT_ONCE: Final = 5
_IDLE_SECONDS: Final = 2.0
_LEASE: Final = timedelta(minutes=5)
_AGAIN: Final = tuple(timedelta(minutes=one) for one in (1, 5, 15, 60, 240))
_LONGEST: Final = timedelta(hours=96)
_RECHECK: Final = timedelta(hours=6)
_SHORTEST_MOTIVE: Final = 5


class Depositing:
    """The queue of one installation; without `dmp` what is asked for waits for a person."""

    def __init__(self, database: Database, shelf: Shelf, dmp: Dmp | None) -> None:
        """`shelf` reads what is sent, traced under a name of its own."""
        self._database = database
        self._shelf = shelf
        self._dmp = dmp

    @property
    def is_connected(self) -> bool:
        """Whether there is a DMP to send to."""
        return self._dmp is not None

    async def run(self) -> None:
        """Sends until cancelled; a database that is away is waited for."""
        while True:
            try:
                await self.send_due()
            except AWAY as error:
                if not is_outage(error):
                    structlog.get_logger().warning("dmp_not_sent", reason=str(error))
            await asyncio.sleep(_IDLE_SECONDS)

    async def send_due(self) -> int:
        """Makes the deposits whose time has come; how many."""
        now = clock.now()
        async with self._database.transaction() as connection:
            rows = await connection.fetch(QUERIES["due_deposits"], now, _AT_ONCE)
            for row in rows:  # another process takes it over when this one dies
                await connection.execute(QUERIES["lease_deposit"], row["n"], now + _LEASE, now)
        for row in rows:
            await self._one(row, now)
        return len(rows)

    async def queue(
        self, principal: Principal, states: Sequence[str], before: int | None, most: int = PAGE
    ) -> list[Row]:
        """Deposits that the structure of somebody asked for, the newest first."""
        values = (principal.structure, list(states), before, most)
        async with self._database.write.acquire() as connection:
            return list(await connection.fetch(QUERIES["queue"], *values))

    async def counts(self, principal: Principal) -> dict[str, int]:
        """How many deposits of their structure are refused, or wait."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["queue_counts"], principal.structure)
        return {row["state"]: row["count"] for row in rows}

    async def states(self, patient: str) -> dict[str, Row]:
        """The newest act on each document of a patient, by document."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["deposit_states"], patient)
        return {row["document"]: row for row in rows}

    async def story(self, patient: str, document: str) -> Row | None:
        """What became of a document: replaced by another, or withdrawn with its reason."""
        async with self._database.write.acquire() as connection:
            return await connection.fetchrow(QUERIES["last_step"], document, patient)

    async def try_again(self, principal: Principal, number: int) -> None:
        """Sends a deposit at once; raises `NotFound` for what is not in the queue."""
        async with self._database.transaction() as connection:
            values = (number, principal.structure, clock.now())
            if await connection.fetchval(QUERIES["try_again"], *values) is None:
                raise NotFound("this deposit does not wait")
            await connection.execute(QUERIES["try"], number, principal.user, "again", "")
        await self.send_due()

    async def give_up(self, principal: Principal, number: int, motive: str) -> None:
        """Ends a deposit that will not be made, with its motive.

        Raises `RuleBroken` without a motive, `NotFound` for what is not in the queue.
        """
        if len(motive.strip()) < _SHORTEST_MOTIVE:
            raise RuleBroken("Dites pourquoi le dépôt est abandonné, en 5 caractères au moins.")
        async with self._database.transaction() as connection:
            values = (number, principal.structure, clock.now(), principal.user, motive.strip())
            if await connection.fetchval(QUERIES["give_up"], *values) is None:
                raise NotFound("this deposit does not wait")
            await connection.execute(
                QUERIES["try"], number, principal.user, "given-up", motive.strip()
            )

    async def _one(self, row: Row, now: datetime) -> None:
        number = row["n"]
        try:
            remote = await self._sent(row, now)
        except (TimedOut, Unavailable) as error:
            await self._waits(row, error, now)
            return
        except DmpRefused as error:
            await self._refused(number, error, now)
            return
        except (NotFound, Deleted, _VoidError):
            await self._void(number)
            return
        async with self._database.transaction() as connection:
            await connection.execute(QUERIES["deposit_done"], number, clock.now(), remote)
            await connection.execute(QUERIES["try"], number, AGENT, "done", "")

    async def _sent(self, row: Row, now: datetime) -> str:
        if self._dmp is None:
            raise DmpRefused("not-connected")
        stored = await self._shelf.stored(row["document"])
        identity = read_identity(stored.patient)
        if identity.ins is None or not identity.may_send_matricule:
            raise DmpRefused("ins-not-qualified")
        if row["act"] == WITHDRAW:
            if await self._dmp.find(identity.ins, row["unique_id"]):
                await self._dmp.withdraw(identity.ins, row["unique_id"])
            return str(row["remote"])
        if stored.document.get("status") == "entered-in-error":
            raise _VoidError
        await self._dmp.need_open(identity.ins)
        replaced = "" if row["act"] == PUBLISH else str(row["replaced"])
        if replaced and not await self._dmp.find(identity.ins, replaced):
            replaced = ""  # it never reached the DMP: the new version goes alone
        publication = Publication(stored, identity.ins, row["unique_id"], now, replaced)
        return await self._dmp.publish(publication)

    async def _void(self, number: int) -> None:
        """Ends the deposit of what is no more there to be sent."""
        said = ("withdrawn", REASONS["withdrawn"])
        async with self._database.transaction() as connection:
            await connection.execute(QUERIES["deposit_void"], number, clock.now(), *said)
            await connection.execute(QUERIES["try"], number, AGENT, *said)

    async def _waits(self, row: Row, error: TimedOut | Unavailable, now: datetime) -> None:
        """Later once more; after four days a person is told."""
        since = now if row["state"] == REFUSED else row["since"]
        if now - since > _LONGEST:
            await self._refused(row["n"], DmpRefused("unreachable"), now)
            return
        tries = 0 if row["state"] == REFUSED else row["tries"]
        moment = now + _AGAIN[min(tries, len(_AGAIN) - 1)]
        values = (row["n"], moment, error.slug, error.message)
        async with self._database.transaction() as connection:
            await connection.execute(QUERIES["deposit_waits"], *values)
            await connection.execute(QUERIES["try"], row["n"], AGENT, error.slug, error.message)

    async def _refused(self, number: int, error: DmpRefused, now: datetime) -> None:
        async with self._database.transaction() as connection:
            said = (error.code, error.message or REASONS[error.code])
            await connection.execute(QUERIES["deposit_refused"], number, now + _RECHECK, *said)
            await connection.execute(QUERIES["try"], number, AGENT, *said)


class _VoidError(Exception):
    """The document was withdrawn before it was sent."""
