"""The agents of a structure: who joins, changes and leaves, and what ends with a leaver.

A joiner is never made active: who has an account with the same RPPS is linked to it, everybody else
waits to be linked. A leaver's sessions and what they allowed applications end in the same statement
as the status; every process reads it at the next request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cordee.identity.accounts.register import ACTIVE
from cordee.runtime.clock import now as present
from cordee.runtime.constraints import table_rules
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import Conflict, NotFound, RuleBroken
from cordee.runtime.queries import load_queries

UNLINKED, LINKED, SUSPENDED, LEFT = "unlinked", "linked", "suspended", "left"
HERE: Final = "here"
"""What `Search.status` may say besides: everybody who has not left."""
STATUSES: Final = (UNLINKED, LINKED, SUSPENDED, LEFT)
_QUERIES = load_queries("cordee.identity.provisioning")
_TAKEN: Final = {
    "agent_external": "externalId: another agent of the structure has it",
    "": "the agent breaks a rule: check RPPS and identifiers",
}


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent as the register of staff says them; `login` is their account once linked."""

    local_id: str
    name: str = ""
    source: str = ""
    external_id: str | None = None
    rpps: str | None = None
    expires: datetime | None = None
    id: int = 0
    mie: str = ""
    level: int = 1
    status: str = UNLINKED
    login: str = ""
    made: datetime | None = None
    changed: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether the register says that they work there."""
        return self.status in {UNLINKED, LINKED}


@dataclass(frozen=True, slots=True)
class Search:
    """What agents are asked for; None asks for all."""

    local_id: str | None = None
    external_id: str | None = None
    status: str | None = None
    words: str | None = None
    offset: int = 0
    limit: int = 100


class Agents:
    """The agents of one structure, changed in the name of `actor`."""

    def __init__(
        self,
        database: Database,
        structure: str,
        actor: str,
        clock: Callable[[], datetime] = present,
    ) -> None:
        """`structure` is `Organization/id`; agents of another one do not exist here."""
        self.structure = structure
        self._database = database
        self.actor = actor
        self._clock = clock

    async def add(self, agent: Agent) -> Agent:
        """A joiner; raises `Conflict` when the local identifier is taken."""
        async with self._database.transaction() as connection:
            account = None
            if agent.rpps:
                account = await connection.fetchrow(_QUERIES["account_for_number"], agent.rpps)
            with table_rules(_TAKEN):
                key = await connection.fetchval(
                    _QUERIES["add_agent"], self.structure, agent.local_id, agent.name,
                    agent.source, agent.external_id, agent.rpps, agent.expires,
                    account["id"] if account else None, LINKED if account else UNLINKED,
                )  # fmt: skip
            if key is None:
                raise Conflict(f"userName: {agent.local_id!r} is taken in this structure")
            if account:
                await self._note(connection, account["id"], "agent linked")
        return await self.one(key)

    async def one(self, key: int) -> Agent:
        """An agent by identifier; raises `NotFound`, for one who has left too."""
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(_QUERIES["agent"], self.structure, key)
        if row is None or row["status"] == LEFT:
            raise NotFound("there is no such agent in this structure")
        return _agent(row)

    async def find(self, search: Search) -> tuple[Sequence[Agent], int]:
        """A page of agents by identifier, and how many there are in all."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(
                _QUERIES["agents"], self.structure, search.local_id, search.external_id,
                search.status, search.words, search.offset, search.limit,
            )  # fmt: skip
        return tuple(map(_agent, rows)), rows[0]["total"] if rows else 0

    async def change(self, key: int, agent: Agent) -> Agent:
        """A mover: names, numbers and expiry become what the register says."""
        async with self._database.transaction() as connection:
            with table_rules(_TAKEN):
                await connection.execute(
                    _QUERIES["change_agent"], self.structure, key, agent.name,
                    agent.external_id, agent.rpps, agent.expires, self._clock(),
                )  # fmt: skip
        return await self.one(key)

    async def set_active(self, key: int, *, is_active: bool) -> None:
        """Suspends an agent, or brings them back as they were."""
        row = await self._locked_state(key)
        if is_active == (row["status"] in {UNLINKED, LINKED}):
            return
        if not is_active:
            await self._stop(key, SUSPENDED)
            return
        async with self._database.transaction() as connection:
            status = LINKED if row["account"] else UNLINKED
            await self._set(connection, key, status, None)
            if row["account"]:
                await connection.execute(
                    _QUERIES["set_account_status"], row["account"], ACTIVE, [SUSPENDED]
                )
                await self._note(connection, row["account"], "agent back")

    async def leave(self, key: int) -> None:
        """A leaver: nothing opens any more, at once."""
        await self._locked_state(key)
        await self._stop(key, LEFT)

    async def link(self, key: int, login: str) -> None:
        """Links an agent to an account of this person; raises `NotFound`, `RuleBroken`."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                "SELECT id, rpps FROM account WHERE login = $1", login.strip().casefold()
            )
            agent = await connection.fetchrow(_QUERIES["agent"], self.structure, key)
            if row is None or agent is None:
                raise NotFound("there is no such account, or no such agent in this structure")
            if agent["rpps"] and row["rpps"] and agent["rpps"] != row["rpps"]:
                raise RuleBroken("the RPPS of the agent and of the account are not the same")
            await self._set(connection, key, LINKED, row["id"])
            await self._note(connection, row["id"], "agent linked")

    async def _stop(self, key: int, status: str) -> None:
        now = self._clock()
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(_QUERIES["lock_agent"], self.structure, key)
            await self._set(connection, key, status, None)
            account = row["account"] if row else None
            if account is None:
                return
            stays = await connection.fetchval(
                _QUERIES["works_elsewhere"], account, self.structure, now
            )
            place = self.structure if stays else None
            await connection.execute(_QUERIES["end_sessions_of"], account, now, place)
            await connection.execute(_QUERIES["withdraw_grants"], account, place)
            if not stays:
                await connection.execute(
                    _QUERIES["set_account_status"], account, status, [ACTIVE, SUSPENDED]
                )
            await self._note(connection, account, f"agent {status}")

    async def _locked_state(self, key: int) -> Any:
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(_QUERIES["agent"], self.structure, key)
        if row is None or row["status"] == LEFT:
            raise NotFound("there is no such agent in this structure")
        return row

    async def _set(
        self, connection: Connection, key: int, status: str, account: int | None
    ) -> None:
        await connection.execute(
            _QUERIES["set_agent_status"], self.structure, key, status, account, self._clock()
        )

    async def _note(self, connection: Connection, account: int, action: str) -> None:
        await connection.execute(_QUERIES["note"], account, self.actor, action, self.structure)


def _agent(row: Any) -> Agent:
    names = (
        "id", "local_id", "name", "source", "external_id", "rpps", "expires", "mie", "level",
        "status", "made", "changed",
    )  # fmt: skip
    return Agent(**{name: row[name] for name in names}, login=row["login"] or "")
