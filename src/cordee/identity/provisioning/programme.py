"""The programme of a structure in numbers: who is linked, what was federated, its targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cordee.identity.accounts.register import Register
from cordee.runtime.clock import now
from cordee.runtime.database import Database
from cordee.runtime.errors import InvalidRequest, NotFound
from cordee.runtime.queries import load_queries

PERIOD: Final = timedelta(days=30)
RENEWAL: Final = timedelta(days=180)
_WHOLE: Final = 100
_QUERIES = load_queries("cordee.identity.provisioning")


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of a structure over `PERIOD`; a target is a percent, None when none was said."""

    agents: int
    linked: int
    sessions: int
    federated: int
    consultations: int
    consulted: int
    consulted_target: int | None
    linked_target: int | None
    federated_target: int | None

    @property
    def linked_percent(self) -> int | None:
        """Percent of agents who are linked; None without an agent."""
        return _percent(self.linked, self.agents)

    @property
    def federated_percent(self) -> int | None:
        """Percent of sessions with a federated identity of two factors; None without a session."""
        return _percent(self.federated, self.sessions)

    @property
    def consulted_percent(self) -> int | None:
        """Percent of documents of the DMP opened under a federated identity of two factors."""
        return _percent(self.consulted, self.consultations)


@dataclass(frozen=True, slots=True)
class Ending:
    """A temporary person whose account ends."""

    login: str
    name: str
    ends: datetime
    supervisor: str | None


@dataclass(frozen=True, slots=True)
class Programme:
    """The numbers of one structure, and what its people may change."""

    database: Database
    structure: str

    async def progress(self) -> Progress:
        """How far the structure is."""
        async with self.database.write.acquire() as connection:
            row = await connection.fetchrow(_QUERIES["dashboard"], self.structure, now() - PERIOD)
        assert row is not None  # noqa: S101 -- a row of counts is always there
        return Progress(**row)

    async def aim(
        self, linked: int, federated: int, actor: str, *, consulted: int | None = None
    ) -> None:
        """Says the targets, in percent; raises `InvalidRequest`."""
        told = (linked, federated, consulted or 0)
        if not all(0 <= one <= _WHOLE for one in told):
            raise InvalidRequest("a target is a percent")
        async with self.database.write.acquire() as connection:
            await connection.execute(
                _QUERIES["set_target"], self.structure, linked, federated, actor, consulted
            )

    async def unknown(self) -> Sequence[dict[str, Any]]:
        """Who showed a valid identity that nobody here has, the last one first."""
        async with self.database.write.acquire() as connection:
            rows = await connection.fetch(_QUERIES["unknown"], self.structure)
        return [dict(row) for row in rows]

    async def ending(self) -> Sequence[Ending]:
        """The temporary people of the structure, whose account ends first."""
        async with self.database.write.acquire() as connection:
            rows = await connection.fetch(_QUERIES["ending_accounts"], self.structure, now())
        return tuple(Ending(**row) for row in rows)

    async def renew(self, login: str, actor: str) -> datetime:
        """Six months more for a temporary person of the structure; raises `NotFound`."""
        if login not in {one.login for one in await self.ending()}:
            raise NotFound("this person is no temporary agent of the structure")
        ends = now() + RENEWAL
        await Register(self.database, actor).set_end(login, ends)
        return ends


def _percent(part: int, whole: int) -> int | None:
    return round(_WHOLE * part / whole) if whole else None
