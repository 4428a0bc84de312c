"""Calls of the INSi as jobs: asked on the screen or by the clock, made again when no answer comes.

A call never holds a transaction open. Rules: A1.2, A1.6; decision 0027.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from cordee.fhir.interactions.kernel import Kernel
from cordee.identity.ins.changes import Outcome, after_answer
from cordee.identity.ins.insi.lookup import look_up, retrieval
from cordee.identity.ins.insi.ports import Answer, Found, InsTeleservice, Several
from cordee.identity.ins.statuses import Identity, Status, with_retrieval
from cordee.identity.ins.traits import differences
from cordee.identity.patients.files import QUERIES, Files
from cordee.identity.patients.qualifying import Qualifying
from cordee.runtime import clock
from cordee.runtime.database import AWAY, is_outage
from cordee.runtime.errors import InvalidRequest, NotFound, RuleBroken, TimedOut, Unavailable

AGENT = "insi"
_AT_ONCE = 10
_IDLE_SECONDS = 1.0
_LEASE = timedelta(minutes=3)
_AGAIN = tuple(timedelta(minutes=one) for one in (1, 5, 15, 60, 240))
_LOOKED_FOR = timedelta(hours=1)
_KEPT = (Status.RECUP, Status.QUAL)


@dataclass(frozen=True, slots=True)
class Said:
    """How a call ended: code of the INSi or a word of ours, and a sentence without any trait."""

    outcome: str
    sentence: str


class Caller:
    """Makes the calls that are due."""

    def __init__(
        self, kernel: Kernel, insi: InsTeleservice, *, recheck: timedelta | None = None
    ) -> None:
        """`insi` is the teleservice or its emulator.

        After `recheck` it is asked again about each file with an INS, None for never.
        """
        self._recheck = recheck
        self._queued: datetime | None = None
        self._kernel = kernel
        self._files = Files(kernel)
        self._insi = insi
        self._qualifying = Qualifying(kernel, insi)

    async def run(self) -> None:
        """Calls until cancelled; a database that is away is waited for."""
        while True:
            try:
                await self._queue_hourly()
                await self.call_due()
            except AWAY as error:
                if not is_outage(error):
                    structlog.get_logger().warning("insi_not_called", reason=str(error))
            await asyncio.sleep(_IDLE_SECONDS)

    async def ask(self, patient: str, asked_by: str) -> None:
        """Queues a call; nothing when one waits already."""
        async with self._kernel.database.write.acquire() as connection:
            await connection.fetchval(QUERIES["ask_insi"], patient, asked_by, clock.now())

    async def _queue_hourly(self) -> None:
        due = self._queued is None or self._queued <= clock.now() - _LOOKED_FOR
        if self._recheck is not None and due:
            self._queued = clock.now()
            await self.queue_stale(self._recheck)

    async def queue_stale(self, after: timedelta, most: int = 100) -> int:
        """Queues the files with an INS that the INSi was not asked about for so long; how many."""
        before = clock.now() - after
        async with self._kernel.database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["stale_files"], before, most)
            for row in rows:
                await connection.fetchval(QUERIES["ask_insi"], row["id"], AGENT, clock.now())
        return len(rows)

    async def call_due(self) -> int:
        """Makes the calls whose time has come; how many."""
        async with self._kernel.database.transaction() as connection:
            rows = await connection.fetch(QUERIES["due_calls"], clock.now(), _AT_ONCE)
            for row in rows:  # another worker takes it over when this one dies
                await connection.execute(QUERIES["lease_call"], row["n"], clock.now() + _LEASE)
        for row in rows:
            await self._one(row["n"], row["patient"], row["asked_by"], row["tries"])
        return len(rows)

    async def _one(self, number: int, patient: str, asked_by: str, tries: int) -> None:
        try:
            said = await self._said(patient, asked_by)
        except (TimedOut, Unavailable) as error:
            await self._again(number, patient, tries, error)
            return
        async with self._kernel.database.write.acquire() as connection:
            await connection.execute(QUERIES["call_ends"], number, said.outcome, said.sentence)

    async def _again(
        self, number: int, patient: str, tries: int, error: TimedOut | Unavailable
    ) -> None:
        """Later once more; after the last try the cell is told."""
        async with self._kernel.database.write.acquire() as connection:
            if tries < len(_AGAIN):
                moment = clock.now() + _AGAIN[tries]
                await connection.execute(QUERIES["call_waits"], number, moment, error.message)
                return
            await connection.execute(QUERIES["call_ends"], number, "late", error.message)
            due = clock.now() + timedelta(days=1)
            await connection.fetchval(
                QUERIES["add_task"], "unknown", patient, "", 0.0, [error.message], due
            )

    async def _said(self, patient: str, asked_by: str) -> Said:
        try:
            async with self._kernel.database.write.acquire() as connection:
                file = await self._files.get(connection, patient)
            answer = await look_up(self._insi, file.identity, user=asked_by)
            if file.identity.status in _KEPT:
                return await self._checked(patient, answer)
            return await self._retrieved(patient, answer, asked_by)
        except NotFound:
            return Said("gone", "Le dossier n’existe plus.")
        except RuleBroken as error:
            return Said("blocked", error.message)
        except InvalidRequest as error:
            return Said("refused", error.message)

    async def _retrieved(self, patient: str, answer: Answer, asked_by: str) -> Said:
        """PROV to RECUP, VALI to QUAL, when the answer is one person with the same traits."""
        if isinstance(answer, Several):
            return Said("02", "Plusieurs identités : complétez les prénoms et le lieu.")
        if not isinstance(answer, Found):
            return Said("01", "Aucune identité avec ces traits : vérifiez-les sur la pièce.")
        told = retrieval(answer, on=clock.today())

        def step(identity: Identity) -> Identity:
            if differences(identity.traits, told.traits):
                raise _DifferentError
            return with_retrieval(identity, told)

        try:
            await self._qualifying.move(patient, step, ("insi 00", "", asked_by))
        except _DifferentError:
            return Said("differs", "Une identité, mais des traits diffèrent : comparez-les.")
        return Said("00", "Une seule identité, aux mêmes traits.")

    async def _checked(self, patient: str, answer: Answer) -> Said:
        """An identity with INS that the INSi no longer confirms falls, with a task of the day."""
        if isinstance(answer, Several):
            return Said("02", "Plusieurs identités répondent ; rien n’a changé.")
        told = retrieval(answer, on=clock.today()) if isinstance(answer, Found) else None
        outcomes: list[Outcome] = []

        def step(identity: Identity) -> Identity:
            outcomes.append(after_answer(identity, told, now=clock.now()))
            return outcomes[-1].identity

        await self._qualifying.move(patient, step, ("insi changed", "", AGENT))
        task = outcomes[-1].task
        if task is None:
            return Said("00", "L’INSi confirme l’identité.")
        async with self._kernel.database.write.acquire() as connection:
            await connection.fetchval(
                QUERIES["add_task"], "changed", patient, "", 0.0, [task.sentence], task.due
            )
        return Said("changed", task.sentence)


class _DifferentError(Exception):
    """The INSi knows one person, with other traits."""
