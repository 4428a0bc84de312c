"""Centres of other installations, which the Hub reaches; remembered for half a minute."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.overflow")
_FRESH_SECONDS: Final = 30.0
_FORMS: Final = {
    "centre": re.compile(r"[a-z0-9][a-z0-9-]{0,62}"),
    "hub": re.compile(r"fr\.health\.[A-Za-z0-9]+"),
    "name": re.compile(r".{1,200}"),
    "department": re.compile(r"[0-9A-Z]{3}"),
}


@dataclass(frozen=True, slots=True)
class Peer:
    """A centre elsewhere: its id, its client of the Hub, its name, its département (`056`)."""

    centre: str
    hub: str
    name: str
    department: str


class Peers:
    """The centres of other installations that this one knows."""

    def __init__(self, database: Database) -> None:
        """`database` holds them."""
        self._database = database
        self._known: Mapping[str, Peer] = {}
        self._read = -_FRESH_SECONDS

    async def all(self) -> Mapping[str, Peer]:
        """The centres by id."""
        if time.monotonic() - self._read > _FRESH_SECONDS:
            async with self._database.steady.acquire() as connection:
                rows = await connection.fetch(QUERIES["peers"])
            self._known = {row["centre"]: Peer(**dict(row)) for row in rows}
            self._read = time.monotonic()
        return self._known

    async def know(self, peer: Peer) -> None:
        """Adds a centre, or changes what is known of it; raises `RuleBroken` for what is none."""
        wrong = [name for name, form in _FORMS.items() if not form.fullmatch(getattr(peer, name))]
        if wrong:
            raise RuleBroken(f"This is no centre of another installation: {', '.join(wrong)}.")
        values = (peer.centre, peer.hub, peer.name, peer.department)
        async with self._database.transaction() as connection:
            await connection.execute(QUERIES["know_peer"], *values)
        self._read = -_FRESH_SECONDS

    async def forget(self, centre: str) -> None:
        """Takes a centre out: no letter goes to it any more. Raises `NotFound`."""
        async with self._database.transaction() as connection:
            if await connection.fetchval(QUERIES["forget_peer"], centre) is None:
                raise NotFound("there is no such centre of another installation")
        self._read = -_FRESH_SECONDS
