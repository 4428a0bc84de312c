"""The rosters of pooled regulators: proposed by week, signed by all, stopped by one. C2.12, 0095.

A case stays in the queue of its centre. A turn gives its regulator the right to open and decide the
cases of the other centres, for as long as it lasts; nothing is moved, so nothing comes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from cordee.care.overflow.desk import centre_of
from cordee.care.overflow.roster import (
    NIGHTS,
    Roster,
    as_data,
    check,
    monday,
    pool_of,
    slot_of,
)
from cordee.care.overflow.transfers import Actor
from cordee.care.regulation.pooling import Act, Duty
from cordee.identity.principal import REGULATION, Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import AccessDenied, Conflict, NotFound
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.overflow")
_PHYSICIAN: Final = "10"


@dataclass(frozen=True, slots=True)
class Version:
    """A version as the register has it; `stopped` are the centres whose switch is pressed."""

    roster: Roster
    proposed: datetime
    by: str
    stopped: Mapping[str, str]

    @property
    def stands(self) -> bool:
        """Whether all have signed it and nobody has stopped its pool."""
        return self.roster.is_signed and not self.stopped


@dataclass(frozen=True, slots=True)
class Worked:
    """The cases of one centre in one night; waits are in seconds, None where none was decided."""

    night: int
    centre: str
    cases: int
    waiting: int
    median: float | None
    p90: float | None
    pooled: int


class Rosters:
    """The rosters of one installation; see `care.regulation.pooling.Pool` too."""

    def __init__(self, database: Database) -> None:
        """`database` holds them: ids, hours and names of regulators, nothing of a patient."""
        self._database = database

    async def duty(self, principal: Principal, at: datetime) -> Duty | None:
        """The turn of a physician of the regulation at a moment."""
        if REGULATION not in principal.functions or principal.profession != _PHYSICIAN:
            return None
        own = principal.structure.removeprefix("Organization/")
        today = monday(at.astimezone(PARIS).date())
        weeks = [today, today - timedelta(days=NIGHTS)]
        async with self._database.steady.acquire() as connection:
            known = await _versions(connection, own, weeks)
        found: list[Duty] = []
        for one in in_force(known):
            for slot, since, until in one.roster.running(at):
                if slot.agent == principal.user and slot.centre == own:
                    roster = one.roster
                    values = (roster.pool, roster.week, roster.version, own, roster.centres)
                    found.append(Duty(*values, since, until, is_over=at >= until))
        return min(found, key=lambda duty: duty.is_over, default=None)

    async def opened(
        self, connection: Connection, principal: Principal, duty: Duty, case: UUID
    ) -> bool:
        """Whether the trace of a turn says that somebody opened a case in it."""
        values = (duty.pool, principal.user, case, duty.since, duty.until)
        return bool(await connection.fetchval(QUERIES["was_opened"], *values))

    async def note(
        self, connection: Connection, principal: Principal, duty: Duty, act: Act
    ) -> None:
        """Writes one line of the trace, with what it says or not at all."""
        await connection.execute(
            QUERIES["note_roster_act"], duty.pool, duty.week, duty.version, act.centre, duty.own,
            act.case, act.what, act.at, principal.user, principal.name,
        )  # fmt: skip

    async def week(self, centre: str, week: date) -> list[Version]:
        """All versions of a week that name a centre, by pool, the newest first."""
        async with self._database.steady.acquire() as connection:
            return await _versions(connection, centre, [week])

    async def regulators(self, centres: Sequence[str], at: datetime) -> list[Mapping[str, Any]]:
        """Who may be named: centre, agent, name, role."""
        async with self._database.steady.acquire() as connection:
            return list(await connection.fetch(QUERIES["regulators"], list(centres), at))

    async def propose(self, principal: Principal, roster: Roster, seen: int, at: datetime) -> int:
        """The number of a new version, signed by who proposes it; `seen` was the last one.

        Raises `ResourceInvalid` for wrong terms, `Conflict` when somebody was quicker.
        """
        centre, by = _signer(principal, roster.centres)
        check(roster)
        said = orjson.dumps(as_data(roster)).decode()
        key = (roster.pool, roster.week)
        async with self._database.transaction() as connection:
            known = await _versions(connection, centre, [roster.week])
            newest = max((v.roster.version for v in known if v.roster.pool == key[0]), default=0)
            values = (*key, seen + 1, sorted(roster.centres), said, at, by.user, by.name)
            made = await connection.fetchval(QUERIES["propose_roster"], *values)
            if newest != seen or made is None:
                raise Conflict("Une autre version vient d’être proposée : relisez-la d’abord.")
            await connection.execute(
                QUERIES["sign_roster"], *key, seen + 1, centre, at, by.user, by.name
            )
        return seen + 1

    async def sign(
        self, principal: Principal, pool: str, of: tuple[date, int], at: datetime
    ) -> None:
        """Signs a version for one's centre; `NotFound` for who is no party.

        A version that a newer one has replaced is not signed any more: `Conflict`.
        """
        centre, (week, version) = centre_of(principal), of
        async with self._database.transaction() as connection:
            known = await _versions(connection, centre, [week])
            versions = {v.roster.version: v for v in known if v.roster.pool == pool}
            if version not in versions:
                raise NotFound("there is no such roster")
            _centre, by = _signer(principal, versions[version].roster.centres)
            if version < max(versions):
                raise Conflict("Une version plus récente existe : signez celle-là.")
            values = (pool, week, version, centre, at, by.user, by.name)
            await connection.execute(QUERIES["sign_roster"], *values)

    async def stop(self, principal: Principal, pool: str, at: datetime, *, stops: bool) -> None:
        """The kill switch of one's centre, for anybody of its regulation; or lifts it again."""
        centre = centre_of(principal)
        if centre not in pool.split("--") or pool != pool_of(pool.split("--")):
            raise NotFound("there is no such pool")
        async with self._database.write.acquire() as connection:
            values = (pool, centre, stops, at, principal.user, principal.name)
            await connection.execute(QUERIES["stop_roster"], *values)

    async def nights(self, roster: Roster) -> list[Worked]:
        """What each centre sent to a physician in each night of a week."""
        spans = [roster.night(n) for n in range(NIGHTS)]
        values = (roster.pool, list(roster.centres), [a for a, _b in spans], [b for _a, b in spans])
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["pool_nights"], *values)
        return [Worked(*(row[name] for name in Worked.__dataclass_fields__)) for row in rows]


def in_force(known: Sequence[Version]) -> list[Version]:
    """Of each pool and week, the newest version that all have signed, where nobody stopped it."""
    found: dict[tuple[str, date], Version] = {}
    for one in known:
        if one.roster.is_signed:
            found.setdefault((one.roster.pool, one.roster.week), one)
    return [one for one in found.values() if one.stands]


def _signer(principal: Principal, centres: Sequence[str]) -> tuple[str, Actor]:
    centre = centre_of(principal)
    if centre not in centres:
        raise NotFound("this centre is no party")
    if principal.profession != _PHYSICIAN:
        raise AccessDenied("Un médecin régulateur propose et signe pour son centre.")
    return centre, Actor(principal.user, principal.name)


async def _versions(connection: Connection, centre: str, weeks: Sequence[date]) -> list[Version]:
    rows = await connection.fetch(QUERIES["rosters"], centre, list(weeks))
    return [_version(row) for row in rows]


def _version(row: Mapping[str, Any]) -> Version:
    terms = orjson.loads(row["terms"])
    roster = Roster(
        tuple(row["centres"]), row["week"], row["version"], time.fromisoformat(terms["begins"]),
        time.fromisoformat(terms["ends"]), tuple(slot_of(one) for one in terms["slots"]),
        orjson.loads(row["signed"]),
    )  # fmt: skip
    return Version(roster, row["proposed"], row["proposed_name"], orjson.loads(row["stopped"]))
