"""Nights of training: begun, held, ended by a trainer; joined by who trains. C1.13, 0094."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

import orjson

from cordee.care.regulation.centres import Centre, centre_of, is_physician
from cordee.care.training import night
from cordee.identity.principal import REGULATION, TRAINING, Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.training")
BOTH, TAKERS, PHYSICIANS = "both", "takers", "physicians"
ROLES: Final = (BOTH, TAKERS, PHYSICIANS)
"""Who trains: both, call-takers alone (no decision is judged), physicians (a machine sorts)."""
FASTEST: Final = 60
_MOST_SEED: Final = 999_999
_RUNS: Final = "running"
_HELD: Final = "paused"


@dataclass(frozen=True, slots=True)
class Asked:
    """The night that a trainer asks for."""

    seed: int
    total: int = night.MOST
    speed: int = 1
    roles: str = BOTH


@dataclass(frozen=True, slots=True)
class Night:
    """A night; `elapsed` in seconds of its own clock, `rung` calls of `total` have come."""

    id: UUID
    centre: str
    seed: int
    total: int
    speed: int
    roles: str
    state: str
    started: datetime
    elapsed: float
    rung: int
    ended: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether it was ended."""
        return self.state == "ended"


@dataclass(frozen=True, slots=True)
class Seat:
    """Who trains or has trained in a night."""

    agent: str
    name: str
    role: str
    is_here: bool


class Nights:
    """The nights of all centres of an installation."""

    def __init__(self, database: Database) -> None:
        """`database` holds them, with their clocks."""
        self._database = database

    async def start(
        self, principal: Principal, centre: Centre, of: tuple[UUID, Asked],
        at: datetime, communes: Mapping[str, str],
    ) -> None:  # fmt: skip
        """Begins a night by the number of its form: sent twice, it is one.

        Raises `AccessDenied` for who is no trainer, `RuleBroken` for a wrong number or where
        another night is under way.
        """
        need_trainer(principal)
        number, asked = of
        check(asked)
        cases = night.night_of(asked.seed, asked.total, sorted(communes.items()))
        async with self._database.transaction() as connection:
            own = await _own_centre(connection, centre)
            values = (number, own, asked.seed, asked.total, asked.speed, asked.roles)
            if await connection.fetchval(QUERIES["begin"], *values, at, principal.user) is None:
                if await connection.fetchrow(QUERIES["night"], number, centre.id) is not None:
                    return
                raise RuleBroken("Une nuit est déjà en cours : terminez-la d’abord.")
            await connection.execute(
                QUERIES["lay_down"], number, [one.n for one in cases], [one.due for one in cases],
                [uuid5(number, str(one.n)) for one in cases],
                [orjson.dumps(night.as_data(one)).decode() for one in cases],
            )  # fmt: skip

    async def pause(self, principal: Principal, centre: Centre, number: UUID, at: datetime) -> None:
        """Stops the clock of a night that runs."""
        await self._hold(principal, centre, (number, at), (_RUNS, _HELD))

    async def resume(
        self, principal: Principal, centre: Centre, number: UUID, at: datetime
    ) -> None:
        """Lets the clock of a night go on."""
        await self._hold(principal, centre, (number, at), (_HELD, _RUNS))

    async def end(self, principal: Principal, centre: Centre, number: UUID, at: datetime) -> None:
        """Ends a night: its floor is emptied, everybody is back on the real one."""
        need_trainer(principal)
        await self.night(principal, centre, number)
        async with self._database.transaction() as connection:
            await end_night(connection, number, at)

    async def join(self, principal: Principal, centre: Centre, number: UUID, at: datetime) -> None:
        """Sits somebody of the centre in a night; raises `RuleBroken` where their role has none."""
        found = await self.night(principal, centre, number)
        if found.is_over:
            raise RuleBroken("Cette nuit est terminée.")
        wanted = {TAKERS: False, PHYSICIANS: True}.get(found.roles)
        if wanted is not None and is_physician(principal) != wanted:
            who = "aux médecins régulateurs" if wanted else "aux ARM"
            raise RuleBroken(f"Cette nuit est réservée {who}.")
        values = (number, principal.user, principal.name, principal.role, at)
        async with self._database.transaction() as connection:
            await connection.execute(QUERIES["leave"], principal.user, at)
            await connection.execute(QUERIES["join"], *values)

    async def leave(self, principal: Principal, at: datetime) -> None:
        """Puts somebody back on the real floor."""
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["leave"], principal.user, at)

    async def nights(self, principal: Principal, centre: Centre) -> list[Night]:
        """The nights of a centre, the newest first, 30 at most: for a trainee those they sat in."""
        who = "" if is_trainer(principal) else principal.user
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["nights"], centre.id, who)
        return [_night(row) for row in rows]

    async def night(self, principal: Principal, centre: Centre, number: UUID) -> Night:
        """A night of somebody's centre; raises `NotFound` for one of another."""
        if REGULATION not in principal.functions:
            raise NotFound("there is no such night")
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["night"], number, centre.id)
        if row is None:
            raise NotFound("there is no such night")
        return _night(row)

    async def seats(self, number: UUID) -> list[Seat]:
        """Who trains in a night, by name."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["seats"], number)
        return [Seat(row["agent"], row["name"], row["role"], row["is_here"]) for row in rows]

    async def floor(self, centre: Centre) -> Centre | None:
        """The centre of training of a real one; None before its first night."""
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["centre_of"], centre.id)
        return None if row is None else centre_of(row, is_training=True)

    async def told(self, centre: Centre, call: UUID | None) -> night.Told | None:
        """What the file says of a call of a centre of training; None for a case without one."""
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["told"], centre.id, call)
        return None if row is None else night.from_data(orjson.loads(row["content"]))

    async def _hold(
        self, principal: Principal, centre: Centre, of: tuple[UUID, datetime],
        states: tuple[str, str],
    ) -> None:  # fmt: skip
        need_trainer(principal)
        number, at = of
        await self.night(principal, centre, number)
        source, state = states
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["hold"], number, at, state, [source])


def is_trainer(principal: Principal) -> bool:
    """Whether somebody may start nights and see the scores of all."""
    return {TRAINING, REGULATION} <= principal.functions


def need_trainer(principal: Principal) -> None:
    """Raises `AccessDenied` for who may not start a night."""
    if not is_trainer(principal):
        raise AccessDenied("Une nuit de formation est menée par un formateur de la régulation.")


def check(asked: Asked) -> None:
    """Raises `RuleBroken`, at its field, for a number that a night cannot have."""
    if not 0 <= asked.seed <= _MOST_SEED:
        raise RuleBroken("Donnez une graine de 0 à 999999.", expression=("graine",))
    if not 1 <= asked.total <= night.MOST:
        raise RuleBroken(f"Donnez de 1 à {night.MOST} cas.", expression=("cas",))
    if not 1 <= asked.speed <= FASTEST:
        raise RuleBroken(f"Donnez une vitesse de 1 à {FASTEST}.", expression=("vitesse",))
    if asked.roles not in ROLES:
        raise RuleBroken("Choisissez qui s’entraîne.", expression=("roles",))


async def end_night(connection: Connection, number: UUID, at: datetime) -> None:
    """Ends a night in the caller's transaction; one that was ended stays as it is."""
    centre = await connection.fetchval(QUERIES["end"], number, at)
    if centre is None:
        return
    for name in ("end_calls", "end_cases", "end_missions"):
        await connection.execute(QUERIES[name], centre, at)
    await connection.execute(QUERIES["end_vehicles"], centre)
    await connection.execute(QUERIES["end_seats"], number, at)


async def _own_centre(connection: Connection, centre: Centre) -> str:
    """The id of the centre of training of a real one, made with its vehicles the first time."""
    own = f"formation-{centre.id}"
    hub = "fr.health.formation" + re.sub(r"[^A-Za-z0-9]", "", centre.id)
    await connection.execute(QUERIES["open_centre"], own, centre.id, hub)
    await connection.execute(QUERIES["tie_centre"], own, centre.id)
    await connection.execute(QUERIES["lend_vehicles"], own, centre.id)
    return own


def _night(row: Mapping[str, Any]) -> Night:
    names: Sequence[str] = (
        "id", "centre", "seed", "total", "speed", "roles", "state", "started", "elapsed", "rung",
        "ended",
    )  # fmt: skip
    return Night(*(row[name] for name in names))
