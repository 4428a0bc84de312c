"""Retention: the rules that hold, what they would destroy, what they did. Rule: A6.11.

The database destroys by rule only (function `retain`), and never sooner than the least that it
knows for a class, whatever a rule says. The trail goes by whole blocks, by the owner's command.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from cordee.access.acting import keep_acting
from cordee.access.glasses import need
from cordee.fhir.indexing.keys import KeyMaker
from cordee.governance.retention.classes import SYSTEM_USER, DataClass, How, shipped_classes
from cordee.identity.principal import DPO, Principal
from cordee.runtime.constraints import table_rules
from cordee.runtime.database import AWAY, Connection, Database, is_outage
from cordee.runtime.errors import RuleBroken
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.governance.retention")
_MOST: Final = 200
_LONGEST: Final = 36_500
_MOST_BATCHES: Final = 100
"""Of a thousand rows, of one class in one round; what is left goes in the next one."""
ROUND: Final = timedelta(hours=1)
_log = structlog.get_logger("cordee.retention")
_SYSTEM: Final = Principal(SYSTEM_USER, "Cordée", "system", "", "", ())


@dataclass(frozen=True, slots=True)
class Kept:
    """A class as it is kept now; `over` rows have passed its time, None where none are counted."""

    rule: DataClass
    since: datetime | None
    by: str
    over: int | None


@dataclass(frozen=True, slots=True)
class Word:
    """What the DPO said of a class, once."""

    at: datetime
    by: str
    code: str
    days: int
    basis: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What was destroyed: of the trail, `digest` is the keyed one of its purge."""

    at: datetime
    by: str
    code: str
    before: datetime
    gone: int
    digest: bytes


class Retention:
    """The rules of one installation."""

    def __init__(self, database: Database, keys: KeyMaker) -> None:
        """`keys` hashes entities as the index does."""
        self._database = database
        self._keys = keys

    async def table(self, principal: Principal, at: datetime) -> tuple[Kept, ...]:
        """All classes with what a round would destroy now; `AccessDenied` but for the DPO."""
        need(principal, DPO)
        async with self._database.write.acquire() as connection:
            rows = {row["class"]: row for row in await connection.fetch(_QUERIES["rules"])}
            found = []
            for one in (await rules(connection)).values():
                said = rows.get(one.code)
                over = await _over(connection, one, at)
                found.append(
                    Kept(one, said["at"] if said else None, said["by"] if said else "", over)
                )
        return tuple(found)

    async def history(self, principal: Principal) -> tuple[Word, ...]:
        """What the DPO said, the newest first."""
        need(principal, DPO)
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(_QUERIES["history"], _MOST)
        return tuple(
            Word(row["at"], row["by"], row["class"], row["days"], row["basis"]) for row in rows
        )

    async def proofs(self, principal: Principal) -> tuple[Proof, ...]:
        """What was destroyed, the newest first."""
        need(principal, DPO)
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(_QUERIES["proofs"], _MOST)
            purges = await connection.fetch(_QUERIES["purges"])
        found = [
            Proof(row["at"], row["by"], row["class"], row["before"], row["gone"], row["digest"])
            for row in rows
        ]
        found += [
            Proof(row["at"], row["by"], "trail", row["before"], row["lines"], row["mac"])
            for row in purges
        ]
        return tuple(sorted(found, key=lambda one: one.at, reverse=True))

    async def say(
        self, principal: Principal, code: str, days: int, *, basis: str, at: datetime
    ) -> None:
        """Keeps how long a class is kept from now on; raises `RuleBroken` for what cannot be."""
        need(principal, DPO)
        known = shipped_classes().get(code)
        if known is None:
            raise RuleBroken("Cette classe de données n’existe pas.")
        if not 0 <= days <= _LONGEST:
            raise RuleBroken("Donnez un nombre de jours, de 0 à 36 500.")
        async with self._database.transaction() as connection:
            shortest = await connection.fetchval(_QUERIES["shortest"], code)
            if shortest is not None and timedelta(days=days) < shortest:
                raise RuleBroken(f"Cette classe se garde {shortest.days} jours au moins.")
            with table_rules({"": "Donnez la base légale, en 10 caractères au moins."}):
                await connection.execute(_QUERIES["say"], at, principal.user, code, days, basis)


async def rules(connection: Connection) -> dict[str, DataClass]:
    """The classes as they are kept now: the shipped table, and the DPO's word above it."""
    said = {row["class"]: row for row in await connection.fetch(_QUERIES["rules"])}
    return {
        code: replace(one, days=said[code]["days"], basis=said[code]["basis"])
        if code in said
        else one
        for code, one in shipped_classes().items()
    }


async def due(connection: Connection, at: datetime) -> bool:
    """Whether an hour has gone by since the last round."""
    last = await connection.fetchval(_QUERIES["last_round"])
    return last is None or at - last >= ROUND


async def apply_rules(connection: Connection, keys: KeyMaker | None, at: datetime) -> int:
    """Destroys what is over, class by class, each with its proof in the trail; how many rows.

    A class that cannot go waits for the next round, and holds no other one up.
    """
    gone = 0
    acting = await keep_acting(connection, keys, _SYSTEM) if keys else None
    for one in (await rules(connection)).values():
        if one.how is not How.RULE:
            continue
        try:
            async for batch in _batches(connection, one, at, acting):
                gone += batch
        except AWAY as error:
            if is_outage(error):
                raise
            # What the database says of it may quote a row.
            _log.warning("retention_failed", data_class=one.code, reason=type(error).__name__)
    await connection.execute(_QUERIES["remember_round"], at)
    return gone


async def _batches(
    connection: Connection, one: DataClass, at: datetime, acting: int | None
) -> AsyncIterator[int]:
    for _ in range(_MOST_BATCHES):
        row = await connection.fetchrow(
            _QUERIES["retain"], one.code, at - one.length, SYSTEM_USER, acting, True
        )
        if row is None or not row["gone"]:
            return
        yield row["gone"]


async def _over(connection: Connection, one: DataClass, at: datetime) -> int | None:
    before = at - one.length
    if one.how is How.COMMAND:
        return await connection.fetchval(_QUERIES["over_trail"], before)
    if one.how is How.NONE:
        return None
    row = await connection.fetchrow(_QUERIES["retain"], one.code, before, SYSTEM_USER, None, False)
    return row["gone"] if row else None
