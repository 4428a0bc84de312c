"""The centres of an installation, and who is at one. Its regulation alone sees its floor."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from cordee.care.regulation.floor import QUERIES
from cordee.care.regulation.queue import Parameters
from cordee.care.regulation.sealing import Row
from cordee.identity.principal import REGULATION, Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken

_FRESH_SECONDS: Final = 30.0
_TURN_SECONDS: Final = 0.5
_PHYSICIAN: Final = "10"


@dataclass(frozen=True, slots=True)
class Centre:
    """A SAMU: the id of its Organization, its client id on the Hub, what it has set.

    One of training has invented calls alone, and nothing that it decides leaves it. Decision 0094.
    """

    id: str
    name: str
    hub: str
    department: str
    parameters: Parameters
    is_training: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """Who is at a position; `busy` since when they are on a call."""

    agent: str
    name: str
    role: str
    is_paused: bool
    busy: datetime | None
    post: str = ""


class Centres:
    """The centres, remembered for half a minute, and the moves on their floors."""

    def __init__(self, database: Database) -> None:
        """`database` holds them."""
        self._database = database
        self._known: Mapping[str, Centre] = {}
        self._read = -_FRESH_SECONDS
        self._moves: dict[str, tuple[float, int]] = {}

    async def all(self) -> Mapping[str, Centre]:
        """The real centres by id."""
        if time.monotonic() - self._read > _FRESH_SECONDS:
            async with self._database.steady.acquire() as connection:
                rows = await connection.fetch(QUERIES["centres"])
            self._known = {row["id"]: centre_of(row) for row in rows}
            self._read = time.monotonic() if rows else self._read
        return self._known

    async def of(self, principal: Principal) -> Centre:
        """The centre of somebody with the function; raises `NotFound` for all others."""
        centres = await self.all()
        centre = centres.get(principal.structure.removeprefix("Organization/"))
        if REGULATION not in principal.functions or centre is None:
            raise NotFound("there is no floor of regulation here")
        return centre

    async def seat(self, principal: Principal, centre: Centre) -> Centre | None:
        """The centre of training at which somebody of a centre sits now; None on the real floor."""
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["seated"], centre.id, principal.user)
        return None if row is None else centre_of(row, is_training=True)

    async def sit(self, principal: Principal, centre: Centre, at: datetime) -> None:
        """Notes that somebody is at a position, at most once a minute."""
        async with self._database.write.acquire() as connection:
            values = (centre.id, principal.user, principal.name, principal.role, at)
            await connection.execute(QUERIES["sit"], *values)

    async def positions(self, centre: Centre, at: datetime) -> list[Position]:
        """Who was at a position in the last ten minutes, by name; at most 200."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["positions"], centre.id, at)
        return [
            Position(
                row["agent"], row["name"], row["role"], row["is_paused"], row["busy"], row["post"]
            )
            for row in rows
        ]

    async def take_post(self, principal: Principal, centre: Centre, post: str) -> None:
        """Notes at which telephone somebody sits; raises `RuleBroken` for one not of the centre."""
        if post and post not in centre.parameters.telephony.posts:
            raise RuleBroken("Choisissez un poste de la liste.", expression=("poste",))
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["take_post"], centre.id, principal.user, post)

    async def moves(self, centre: Centre) -> AsyncIterator[str]:
        """The number of the last stamp of a centre now, then after each move; read once for all."""
        known = -1
        while True:
            number = await self._revision(centre.id)
            if number != known:
                known = number
                yield str(number)
            await asyncio.sleep(_TURN_SECONDS)

    async def _revision(self, centre: str) -> int:
        read, number = self._moves.get(centre, (-1.0, 0))
        if time.monotonic() - read < _TURN_SECONDS * 0.8:
            return number
        self._moves[centre] = (time.monotonic(), number)  # the others do not ask meanwhile
        async with self._database.steady.acquire() as connection:
            number = int(await connection.fetchval(QUERIES["revision"], centre) or 0)
        self._moves[centre] = (time.monotonic(), number)
        return number


def centre_of(row: Row, *, is_training: bool = False) -> Centre:
    """A row of `regulation_centre`."""
    parameters = msgspec.json.decode(row["parameters"], type=Parameters)
    return Centre(
        row["id"], row["name"], row["hub"], row["department"], parameters, is_training
    )  # fmt: skip


def need_physician(principal: Principal) -> None:
    """Raises `AccessDenied` for who is no physician: a decision is theirs. C1.7."""
    if principal.profession != _PHYSICIAN:
        raise AccessDenied("Une décision de régulation est prise par un médecin.")


def is_physician(principal: Principal) -> bool:
    """Whether somebody may decide."""
    return principal.profession == _PHYSICIAN
