"""Shared workstations: a short code opens again what its person has open there, and nothing else.

A short code is no factor: it stands for factors shown on the same workstation within the life of
the session, which keeps its level. After five errors it opens nothing until it is set again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import orjson

from cordee.identity.accounts.entering import Entrance, Outcome, note
from cordee.identity.accounts.sealing import fingerprint
from cordee.identity.accounts.sessions import OPEN, WHOLE, Origin, Visitor
from cordee.identity.accounts.throttling import CODE, Attempt, Throttle
from cordee.runtime.constraints import table_rules
from cordee.runtime.database import Database
from cordee.runtime.queries import load_queries

MOST_ERRORS: Final = 5
_QUERIES = load_queries("cordee.identity.accounts")
_CODE: Final = re.compile(r"[0-9]{6,8}")
_LONGEST_BADGE: Final = 100


@dataclass(frozen=True, slots=True)
class Switched:
    """Whose session is open now, and the page it showed last; `wait` seconds when too early."""

    login: str = ""
    place: str = "/"
    wait: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A form that was sent to a locked session."""

    path: str
    fields: dict[str, str]


class Switching:
    """Short codes, badges, and what a lock must not lose."""

    def __init__(self, database: Database, entrance: Entrance) -> None:
        """`entrance` holds the clock, the passwords and the key that seals drafts."""
        self._database = database
        self._entrance = entrance
        self._throttle = Throttle(database)

    async def has_code(self, visitor: Visitor) -> bool:
        """Whether the person has a short code that still opens."""
        async with self._database.write.acquire() as connection:
            found = await connection.fetchrow(_QUERIES["short_code"], visitor.account)
        return found is not None and found["failures"] < MOST_ERRORS

    async def set_code(self, visitor: Visitor, code: str, badge: str, origin: Origin) -> bool:
        """Sets a short code, and a badge where its number is given; False for one too simple.

        Raises `RuleBroken` when the badge is somebody else's.
        """
        if not _CODE.fullmatch(code) or len(set(code)) < 3 or code in "0123456789876543210":  # noqa: PLR2004 -- neither one digit nor a row
            return False
        stored = await self._entrance.passwords.hash(code)
        digest = self._badge(badge)
        async with self._database.transaction() as connection:
            with table_rules({"": "this badge is somebody else's"}):
                await connection.execute(
                    _QUERIES["set_short_code"], visitor.account, stored, digest,
                    self._entrance.clock(),
                )  # fmt: skip
            await note(connection, visitor.account, "short code set", origin)
        return True

    async def unlock(self, visitor: Visitor, code: str, identifier: str, origin: Origin) -> Outcome:
        """Opens a locked session again, as it was."""
        attempt = await self._attempt(str(visitor.account), origin)
        if isinstance(attempt, int):
            return Outcome(wait=attempt)
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(_QUERIES["short_code"], visitor.account)
        if not await self._is_right(row, code):
            return Outcome()
        await self._throttle.was_right(attempt)
        async with self._database.transaction() as connection:
            await connection.execute(
                _QUERIES["unlock_session"], fingerprint(identifier), self._entrance.clock()
            )
            await note(connection, visitor.account, "unlocked", origin, "short code")
        return Outcome(OPEN)

    async def switch(self, who: str, code: str, fresh: str, origin: Origin) -> Switched:
        """Moves the session that somebody has open on this workstation to `fresh`.

        `who` is a login, or what the reader of a badge types.
        """
        attempt = await self._attempt(f"station {who.casefold()[:200]}", origin)
        if isinstance(attempt, int):
            return Switched(wait=attempt)
        now = self._entrance.clock()
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(
                _QUERIES["station_session"], fingerprint(origin.station),
                who.strip().casefold()[:200], self._badge(who), now,
            )  # fmt: skip
        if not origin.station or not await self._is_right(row, code) or row is None:
            return Switched()
        await self._throttle.was_right(attempt)
        async with self._database.transaction() as connection:
            moved = await connection.fetchval(
                _QUERIES["move_session"], row["id"], fingerprint(fresh), now
            )
            if moved is None:
                return Switched()
            await note(connection, row["account"], "unlocked", origin, "workstation")
        return Switched(row["login"], row["place"])

    async def leave_place(self, identifier: str, place: str) -> None:
        """Locks a session and notes the page to come back to."""
        async with self._database.write.acquire() as connection:
            await connection.execute(_QUERIES["leave_place"], fingerprint(identifier), place[:500])

    async def keep(self, visitor: Visitor, identifier: str, draft: Draft) -> None:
        """Keeps a form that was sent while the session was locked, in place of a former one."""
        plain = orjson.dumps(draft.fields)
        sealed = self._entrance.sealer.seal(plain, visitor.account)
        async with self._database.write.acquire() as connection:
            await connection.execute(
                _QUERIES["keep_draft"], fingerprint(identifier), draft.path, sealed,
                self._entrance.clock() + WHOLE,
            )  # fmt: skip

    async def draft(self, visitor: Visitor, identifier: str) -> Draft | None:
        """The form that waits in this session."""
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(
                _QUERIES["draft"], fingerprint(identifier), self._entrance.clock()
            )
        if row is None:
            return None
        fields = orjson.loads(self._entrance.sealer.open(row["sealed"], visitor.account))
        return Draft(row["path"], fields)

    async def drop(self, identifier: str) -> None:
        """The form was sent again, or given up."""
        async with self._database.write.acquire() as connection:
            await connection.execute(_QUERIES["drop_draft"], fingerprint(identifier))

    async def _is_right(self, row: Any, code: str) -> bool:
        stored = row["secret"] if row is not None and row["failures"] < MOST_ERRORS else None
        is_right = await self._entrance.passwords.verify(stored, code)
        if row is not None:
            async with self._database.write.acquire() as connection:
                await connection.execute(
                    _QUERIES["count_short_code"], row["account"], 0 if is_right else 1
                )
        return is_right

    async def _attempt(self, person: str, origin: Origin) -> Attempt | int:
        name = f"short code {person}"
        return await self._throttle.count(name, origin.address, self._entrance.clock(), CODE)

    def _badge(self, number: str) -> bytes | None:
        plain = number.strip()[:_LONGEST_BADGE]
        return self._entrance.sealer.digest(f"badge {plain}", 0) if plain else None
