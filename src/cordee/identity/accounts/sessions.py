"""Sessions on the server: opened, resumed, locked after fifteen minutes, closed everywhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from cordee.identity.accounts.sealing import fingerprint
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.queries import load_queries

OPEN, CODE, RENEW, SITUATION, LOCKED = "open", "code", "renew", "situation", "locked"
IDLE: Final = timedelta(minutes=15)
WHOLE: Final = timedelta(hours=12)
HALFWAY: Final = timedelta(
    minutes=10
)  # to show the second factor, choose a password or a situation
SCOPES: Final = ("user/*.cruds",)
_QUERIES = load_queries("cordee.identity.accounts")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from."""

    address: str
    agent: str
    station: str = ""
    """The mark of the workstation, empty where it has none."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is behind a session, and how far they are: `step` is "open" once all is shown."""

    account: int
    login: str
    name: str
    step: str
    level: int
    role: str = ""
    profession: str = ""
    structure: str = ""
    structure_name: str = ""
    practitioner: str = ""
    situation: str = ""
    sees_records: bool = False
    delegated_by: str = ""
    delegator_name: str = ""
    functions: frozenset[str] = frozenset()
    means: str = "password"
    broken: datetime | None = None
    """Since when the national service is broken: no new access to the DMP is opened."""

    def principal(self) -> Principal:
        """The visitor as a caller; a delegate goes where the other may, under their own name."""
        return Principal(
            self.login,
            self.name,
            self.role,
            self.structure,
            self.practitioner,
            SCOPES,
            level=self.level,
            situation=self.situation,
            delegated_by=self.delegated_by,
            profession=self.profession,
            functions=self.functions,
        )


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One session as its owner sees it."""

    id: str
    opened: datetime
    seen: datetime
    address: str
    agent: str
    level: int


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new session starts with."""

    account: int
    step: str
    level: int
    origin: Origin
    situation: int | None = None
    delegation: int | None = None


class Sessions:
    """The sessions of local accounts; identifiers are stored as their digests."""

    def __init__(self, database: Database) -> None:
        """Every question goes to `database`: what ends there ends in all processes at once."""
        self._database = database

    async def open(
        self, connection: Connection, identifier: str, opening: Opening, now: datetime
    ) -> None:
        """Opens a session in the transaction of the connection."""
        lasts = WHOLE if opening.step == OPEN else HALFWAY
        await connection.execute(
            _QUERIES["open_session"], fingerprint(identifier), opening.account, opening.step,
            opening.level, now, now + lasts, opening.origin.address[:64],
            opening.origin.agent[:200], opening.situation, opening.delegation,
            fingerprint(opening.origin.station) if opening.origin.station else None,
        )  # fmt: skip

    async def resume(
        self, identifier: str, login: str, now: datetime, *, is_act: bool = True
    ) -> Visitor | None:
        """Who is behind it; None when it is closed, over, or its account may not enter any more.

        `is_act` is False for what a page asks by itself: it does not put off the lock.
        """
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(
                _QUERIES["resume_session"], fingerprint(identifier), login, now, now - IDLE, is_act
            )
        return _visitor(row) if row else None

    async def had(self, identifier: str) -> bool:
        """Whether there is or was such a session, in whatever state."""
        async with self._database.write.acquire() as connection:
            return bool(await connection.fetchval(_QUERIES["had_session"], fingerprint(identifier)))

    async def lock(self, identifier: str) -> None:
        """Locks it now."""
        await self._do("lock_session", fingerprint(identifier))

    async def close(self, identifier: str, now: datetime, why: str = "left") -> None:
        """Closes it for all processes."""
        await self._do("close_session", fingerprint(identifier), now, why)

    async def close_one(self, account: int, shown: str, now: datetime) -> None:
        """Closes a session of the list of its owner; another's, or none, changes nothing."""
        if len(shown) == 2 * len(fingerprint("")) and set(shown) <= set("0123456789abcdef"):
            await self._do("close_session_of", account, now, shown)

    async def of(self, account: int, now: datetime) -> Sequence[OpenSession]:
        """The open sessions of an account, the last used one first."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(_QUERIES["list_sessions"], account, now)
        return tuple(OpenSession(**row) for row in rows)

    async def named(self, logins: Collection[str]) -> list[tuple[Principal, str]]:
        """Who has these logins, without any right, and the name of the structure they work in."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(_QUERIES["named"], list(logins))
        return [
            (
                Principal(
                    row["login"],
                    row["name"],
                    row["role"],
                    row["structure"],
                    row["practitioner"],
                    (),
                    situation=row["situation"],
                    profession=row["profession"],
                    functions=frozenset(row["functions"]),
                ),
                row["structure_name"],
            )
            for row in rows
        ]

    async def person(self, login: str) -> Principal | None:
        """Who has this login now, None when they may not enter any more."""
        async with self._database.write.acquire() as connection:
            may = await connection.fetchval(_QUERIES["may_enter"], login)
        found = await self.named([login]) if may else []
        return replace(found[0][0], scopes=SCOPES) if found else None

    async def _do(self, name: str, *values: Any) -> None:
        async with self._database.write.acquire() as connection:
            await connection.execute(_QUERIES[name], *values)


def shown_id(identifier: str) -> str:
    """How a session is named in the list of its owner: its digest, which opens nothing."""
    return fingerprint(identifier).hex()


def _visitor(row: Any) -> Visitor:
    step = LOCKED if row["is_locked"] else row["step"]
    if row["situation"] is None:
        return Visitor(
            row["account"],
            row["login"],
            row["name"],
            step,
            row["level"],
            means=row["means"],
            broken=row["broken"],
        )
    return Visitor(
        account=row["account"],
        login=row["login"],
        name=row["name"],
        step=step,
        level=row["level"],
        role=row["role"],
        profession=row["profession"],
        structure=row["structure"],
        structure_name=row["structure_name"],
        practitioner=row["practitioner"],
        situation=str(row["situation"]),
        sees_records=row["sees_records"],
        delegated_by=row["delegator"] or "",
        delegator_name=row["delegator_name"] or "",
        functions=frozenset(row["functions"]),
        means=row["means"],
        broken=row["broken"],
    )
