"""What professionals say of one element: seen by the patient after its announcement, or secret.

A deferral has its end; at the latest then the element shows by itself, and who deferred it is
reminded before. A minor's secret hides from the holders of parental authority. Rule: A3.6, A3.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import orjson

from cordee.access.acting import keep_acting
from cordee.access.explaining import Explaining
from cordee.access.labelling import Change, relabel
from cordee.access.labels import kind_of
from cordee.access.purposes import Kind
from cordee.access.registers import notices, statements
from cordee.access.registers.notices import Notice, What
from cordee.access.registers.statements import Shown, Speaker, Visibility
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.repository import version_of
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import NotFound, RuleBroken, VersionConflict
from cordee.runtime.queries import load_queries

REMIND_AFTER: Final = timedelta(days=15)
REMIND_BEFORE: Final = timedelta(days=3)
ADULT: Final = 18
_BY_RULE: Final = "cordee"
_QUERIES = load_queries("cordee.access.registers")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is said of an element, and whether its patient is a minor."""

    visibility: Visibility
    is_minor: bool


@dataclass(frozen=True, slots=True)
class Deferred:
    """A deferral that runs or has come to its end."""

    patient: str
    resource: str
    at: datetime
    until: datetime
    said_by: str


@dataclass(frozen=True, slots=True)
class _Act:
    """Who says something of which element of which patient."""

    patient: str
    reference: str
    by: Speaker
    acting: int


class Announcing:
    """Deferrals and secrets of one installation."""

    def __init__(self, database: Database, explaining: Explaining, kernel: Kernel) -> None:
        """`kernel` writes the labels."""
        self._database = database
        self._explaining = explaining
        self._kernel = kernel

    async def standing(self, patient: str, reference: str, at: datetime) -> Standing:
        """What is said of an element now."""
        async with self._database.write.acquire() as connection:
            visibility = await statements.visibility_at(connection, reference, at)
            return Standing(visibility, await self._is_minor(connection, patient, at))

    async def defer(
        self, principal: Principal, element: tuple[str, str], until: datetime, at: datetime
    ) -> None:
        """Hides an element (patient, reference) from its patient until a moment.

        Raises `NotFound` for what the professional does not read, `RuleBroken` past 90 days.
        """
        act = await self._need(principal, element, at)
        async with self._database.transaction() as connection:
            for one in await self._relabel(connection, act, Shown.DEFERRED, holds=True):
                await statements.defer(connection, act.patient, one, act.by, until=until)

    async def announce(self, principal: Principal, element: tuple[str, str], at: datetime) -> None:
        """Shows a deferred element to its patient: it was announced."""
        act = await self._need(principal, element, at)
        await self._take_back(act, Shown.DEFERRED)

    async def keep_secret(
        self, principal: Principal, element: tuple[str, str], *, holds: bool, at: datetime
    ) -> None:
        """Hides an element of a minor from the holders of parental authority, or lifts that.

        Raises `RuleBroken` for an adult, and what `defer` raises.
        """
        act = await self._need(principal, element, at)
        if not holds:
            await self._take_back(act, Shown.SECRET)
            return
        async with self._database.transaction() as connection:
            if not await self._is_minor(connection, act.patient, at):
                raise RuleBroken("Cette personne est majeure : ce secret est celui des mineurs.")
            for one in await self._relabel(connection, act, Shown.SECRET, holds=True):
                await statements.mark(connection, act.patient, one, Shown.SECRET, act.by)

    async def release_due(self, at: datetime) -> int:
        """Shows what was deferred until now; how many elements. Each patient is told."""
        done = 0
        for one in await self._deferred("due_deferrals", at):
            by = Speaker(_BY_RULE, at)
            try:
                async with self._database.transaction() as connection:
                    change = Change(one.patient, one.resource, Shown.DEFERRED, False, _BY_RULE)
                    await relabel(self._kernel, connection, change, alone=True)
                    await statements.unmark(
                        connection, one.patient, one.resource, Shown.DEFERRED, by
                    )
                    about = f"{one.resource} {one.until.isoformat()}"
                    await notices.tell(
                        connection,
                        Notice(f"Patient/{one.patient}", What.DEFERRAL_ENDED, one.patient, about),
                        at,
                    )
            except (NotFound, VersionConflict):
                continue  # deleted, or written just now: the next round looks again
            done += 1
        return done

    async def remind(self, at: datetime) -> int:
        """Tells who deferred a result that it is still to be announced; how many runs are close.

        Fifteen days after it was said, and three days before it shows by itself.
        """
        close = [
            one
            for one in await self._deferred("running_deferrals", at)
            if at >= min(one.at + REMIND_AFTER, one.until - REMIND_BEFORE)
        ]
        async with self._database.write.acquire() as connection:
            for one in close:
                about = f"{one.resource} {one.until.isoformat()}"
                recipient = f"user/{one.said_by}"
                await notices.tell(
                    connection, Notice(recipient, What.DEFERRAL_SOON, one.patient, about), at
                )
        return len(close)

    async def _deferred(self, name: str, at: datetime) -> list[Deferred]:
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(_QUERIES[name], at)
        return [Deferred(**dict(row)) for row in rows]

    async def _take_back(self, act: _Act, what: Shown) -> None:
        async with self._database.transaction() as connection:
            for one in await self._relabel(connection, act, what, holds=False):
                await statements.unmark(connection, act.patient, one, what, act.by)

    async def _relabel(
        self, connection: Connection, act: _Act, what: Shown, *, holds: bool
    ) -> tuple[str, ...]:
        change = Change(act.patient, act.reference, what, holds, act.by.user, act.acting)
        return await relabel(self._kernel, connection, change)

    async def _need(self, principal: Principal, element: tuple[str, str], at: datetime) -> _Act:
        explained = await self._explaining.resource(principal, *element, at)
        professional = kind_of(principal) is Kind.PROFESSIONAL and bool(principal.practitioner)
        if explained is None or not explained.decision.permitted or not professional:
            raise NotFound("there is no such element in this record")
        async with self._database.write.acquire() as connection:
            acting = await keep_acting(connection, self._kernel.keys, principal)
        return _Act(*element, Speaker(principal.user, at), acting)

    async def _is_minor(self, connection: Connection, patient: str, at: datetime) -> bool:
        row = await connection.fetchrow(
            _QUERIES["one_resource"], type_number("Patient"), patient,
            self._kernel.keys(f"Patient/{patient}"),
        )  # fmt: skip
        born = orjson.loads(version_of("Patient", row["id"], row).json()) if row else {}
        return is_minor(str(born.get("birthDate", "")), at.astimezone(PARIS).date())


def is_minor(birth_date: str, today: date) -> bool:
    """Whether somebody is under eighteen; False where the whole date is not known."""
    try:
        born = date.fromisoformat(birth_date)
    except ValueError:
        return False
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return years < ADULT
