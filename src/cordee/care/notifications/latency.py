"""How long it takes from what happened to a screen, what waits and what failed. Rule: B2.4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cordee.care.notifications.spreading import QUERIES
from cordee.identity.principal import ADMINISTRATOR, STEERING, Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, NotFound

BOUND_SECONDS: Final = 5.0
"""What 95 of 100 screens have to be told within."""
_READERS: Final = frozenset({ADMINISTRATOR, STEERING})
_NOW: Final = timedelta(minutes=5)
_DAY: Final = timedelta(hours=24)
PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Span:
    """Screens told in a span of time; seconds for 50 and 95 of 100, and the longest."""

    start: datetime
    count: int
    p50: float
    p95: float
    longest: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What the page shows. `channels` counts states by channel over a day."""

    now: Span | None
    hours: tuple[Span, ...]
    channels: Mapping[str, Mapping[str, int]]
    events: int
    late: int
    clocks: int


class Latency:
    """The figures of one installation: numbers, no patient and no reader."""

    def __init__(self, database: Database) -> None:
        """Read from the history of notifications."""
        self._database = database

    async def figures(self, principal: Principal) -> Figures:
        """As of now; raises `AccessDenied` for others than administrators and steering."""
        need(principal)
        now = clock.now()
        async with self._database.search.acquire() as connection:
            last = await connection.fetch(QUERIES["latency"], now - _NOW, _DAY)
            hours = await connection.fetch(QUERIES["latency"], now - _DAY, timedelta(hours=1))
            states = await connection.fetch(QUERIES["by_channel"], now - _DAY)
            waiting = await connection.fetchrow(QUERIES["waiting"], now)
        channels: dict[str, dict[str, int]] = {}
        for row in states:
            channels.setdefault(row["channel"], {})[row["state"]] = row["count"]
        spans = [_span(row) for row in last]
        return Figures(
            now=spans[-1] if spans else None, hours=tuple(map(_span, hours)), channels=channels,
            events=waiting["events"] if waiting else 0, late=waiting["late"] if waiting else 0,
            clocks=waiting["clocks"] if waiting else 0,
        )  # fmt: skip

    async def failed(self, principal: Principal, before: int | None = None) -> Sequence[Any]:
        """What was not delivered, the newest first; raises as `figures`."""
        need(principal)
        async with self._database.search.acquire() as connection:
            return await connection.fetch(QUERIES["failed"], before, PAGE)

    async def replay(self, principal: Principal, number: int) -> None:
        """Sends a failed one again; raises `AccessDenied`, `NotFound` for what has not failed."""
        if ADMINISTRATOR not in principal.functions:
            raise AccessDenied("administrators send again")
        async with self._database.transaction() as connection:
            values = (number, clock.now(), principal.user)
            if await connection.fetchval(QUERIES["replay"], *values) is None:
                raise NotFound("this notification has not failed")


def need(principal: Principal) -> None:
    """Raises `AccessDenied` for who may not read figures."""
    if not _READERS & principal.functions:
        raise AccessDenied("these figures are for administrators and steering")


def _span(row: Any) -> Span:
    p50, p95 = row["parts"]
    return Span(row["start"], row["count"], float(p50), float(p95), float(row["longest"]))
