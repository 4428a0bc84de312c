"""Entering: a password, a second factor, a situation; and coming back to a locked session.

The identifier of a session changes each time that it opens more than before (fixation). Whoever is
refused learns nothing: an unknown person, a wrong password and a closed account look and last the
same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cordee.identity.accounts import totp
from cordee.identity.accounts.passwords import Passwords, is_weak
from cordee.identity.accounts.recovery import plain
from cordee.identity.accounts.sealing import Sealer, fingerprint
from cordee.identity.accounts.sessions import (
    CODE,
    OPEN,
    RENEW,
    SITUATION,
    WHOLE,
    Opening,
    Origin,
    Sessions,
    Visitor,
)
from cordee.identity.accounts.throttling import CODE as CODE_LIMIT
from cordee.identity.accounts.throttling import Attempt, Throttle
from cordee.runtime.clock import now as present
from cordee.runtime.database import Connection, Database
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.identity.accounts")
_LONGEST_LOGIN = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: the step that comes, none when refused; `wait` seconds when too early.

    `error` says why a new password was refused: "weak", "same".
    """

    step: str = ""
    wait: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A situation that can be chosen; `delegator` is the professional in whose name."""

    key: str
    role: str
    structure_name: str
    delegator: str


class Entrance:
    """Lets people of local accounts in."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        passwords: Passwords | None = None,
        clock: Callable[[], datetime] = present,
    ) -> None:
        """All state is in `database`."""
        self.sessions = Sessions(database)
        self.passwords = passwords or Passwords()
        self.sealer = sealer
        self.clock = clock
        self._database = database
        self._throttle = Throttle(database)

    async def enter(self, login: str, password: str, identifier: str, origin: Origin) -> Outcome:
        """Opens the session `identifier` for who knows the password; a code may still be asked."""
        now = self.clock()
        login = login.casefold()[:_LONGEST_LOGIN]
        attempt = await self._throttle.count(login, origin.address, now)
        if isinstance(attempt, int):
            return Outcome(wait=attempt)
        async with self._database.write.acquire() as connection:
            found = await connection.fetchrow(_QUERIES["find_entrant"], login, now)
        is_right = await self.passwords.verify(found["secret"] if found else None, password)
        if found is None or not is_right:
            await self._refused(found["id"] if found else None, "password", origin)
            return Outcome()
        await self._throttle.was_right(attempt)
        async with self._database.transaction() as connection:
            if found["has_second"]:
                opening = Opening(found["id"], CODE, 1, origin)
            else:
                opening = await self._next(connection, found["id"], 1, origin)
            await self.sessions.open(connection, identifier, opening, now)
            await note(connection, found["id"], "entered", origin, opening.step)
        return Outcome(opening.step)

    async def confirm(
        self, visitor: Visitor, code: str, identifier: str, fresh: str, origin: Origin
    ) -> Outcome:
        """Closes `identifier` and opens `fresh` for who shows a code of their application."""
        now = self.clock()
        attempt = await self._attempt_code(visitor, origin, now)
        if isinstance(attempt, int):
            return Outcome(wait=attempt)
        step = ""
        async with self._database.transaction() as connection:
            factor = await self.accept(connection, visitor.account, code, now)
            if factor:
                opening = await self._next(connection, visitor.account, 2, origin)
                await connection.execute(
                    _QUERIES["close_session"], fingerprint(identifier), now, "rotated"
                )
                await self.sessions.open(connection, fresh, opening, now)
                await note(connection, visitor.account, "second factor", origin, factor)
                step = opening.step
        if not step:
            await self._refused(visitor.account, "code", origin)
            return Outcome()
        await self._throttle.was_right(attempt)
        return Outcome(step)

    async def unlock(
        self, visitor: Visitor, proof: str, identifier: str, origin: Origin
    ) -> Outcome:
        """Opens a locked session again, as it was: by the password, or by a code of six digits."""
        now = self.clock()
        is_code = len(plain(proof)) == totp.DIGITS and plain(proof).isdigit()
        attempt = (
            await self._attempt_code(visitor, origin, now)
            if is_code
            else await self._throttle.count(visitor.login, origin.address, now)
        )
        if isinstance(attempt, int):
            return Outcome(wait=attempt)
        if is_code:
            async with self._database.transaction() as connection:
                is_right = bool(await self.accept(connection, visitor.account, proof, now))
        else:
            is_right = await self.knows(visitor.account, proof)
        if not is_right:
            await self._refused(visitor.account, "unlock", origin)
            return Outcome()
        await self._throttle.was_right(attempt)
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE session SET locked = false, seen = $2 WHERE id = $1 AND closed IS NULL",
                fingerprint(identifier), now,
            )  # fmt: skip
            await note(connection, visitor.account, "unlocked", origin)
        return Outcome(OPEN)

    async def step_up(
        self, visitor: Visitor, code: str, identifier: str, origin: Origin
    ) -> Outcome:
        """Raises an open session to two factors by a code."""
        now = self.clock()
        attempt = await self._attempt_code(visitor, origin, now)
        if isinstance(attempt, int):
            return Outcome(wait=attempt)
        async with self._database.transaction() as connection:
            factor = await self.accept(connection, visitor.account, code, now)
            if factor:
                await self.raise_level(connection, identifier)
                await note(connection, visitor.account, "second factor", origin, factor)
        if not factor:
            await self._refused(visitor.account, "code", origin)
            return Outcome()
        await self._throttle.was_right(attempt)
        return Outcome(OPEN)

    async def prove(self, visitor: Visitor, password: str, origin: Origin) -> Outcome:
        """Whether it is this person, before something of their account is changed."""
        attempt = await self._throttle.count(visitor.login, origin.address, self.clock())
        if isinstance(attempt, int):
            return Outcome(wait=attempt)
        if not await self.knows(visitor.account, password):
            await self._refused(visitor.account, "password", origin)
            return Outcome()
        await self._throttle.was_right(attempt)
        return Outcome(OPEN)

    async def renew(
        self, visitor: Visitor, password: str, identifier: str, origin: Origin
    ) -> Outcome:
        """Replaces the password; every other session of the account ends."""
        if is_weak(password, visitor.login):
            return Outcome(error="weak")
        if await self.knows(visitor.account, password):
            return Outcome(error="same")
        stored, now = await self.passwords.hash(password), self.clock()
        here = fingerprint(identifier)
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["set_password"], visitor.account, stored, now, False)
            await connection.execute(
                _QUERIES["close_sessions"], visitor.account, now, "password changed", here
            )
            await note(connection, visitor.account, "password changed", origin)
            if visitor.step != RENEW:
                return Outcome(OPEN)
            opening = await self._next(connection, visitor.account, visitor.level, origin)
            await self._step(connection, here, opening, now)
        return Outcome(opening.step)

    async def admit(
        self, connection: Connection, account: int, level: int, identifier: str, origin: Origin
    ) -> str:
        """Opens a session for who has shown all factors elsewhere; the step that comes."""
        opening = await self._work(connection, account, level, origin)
        await self.sessions.open(connection, identifier, opening, self.clock())
        return opening.step

    async def raise_level(self, connection: Connection, identifier: str) -> None:
        """The session has now shown two factors; a locked one is open again."""
        await connection.execute(_QUERIES["show_again"], fingerprint(identifier), self.clock())

    async def choices(self, visitor: Visitor) -> Sequence[Choice]:
        """The situations that this person can work in now."""
        async with self._database.write.acquire() as connection:
            return await self._choices(connection, visitor.account)

    async def choose(self, visitor: Visitor, key: str, identifier: str, origin: Origin) -> Outcome:
        """Puts the session in one of the situations; refused when it is not one of theirs."""
        now = self.clock()
        async with self._database.transaction() as connection:
            known = await self._choices(connection, visitor.account)
            if key not in {choice.key for choice in known}:
                return Outcome()
            opening = _opening(visitor.account, visitor.level, origin, key)
            await self._step(connection, fingerprint(identifier), opening, now)
            await note(connection, visitor.account, "situation", origin, key)
        return Outcome(OPEN)

    async def accept(self, connection: Connection, account: int, code: str, now: datetime) -> str:
        """The factor that a code proves, spent by it: "totp", "recovery code", or nothing."""
        typed = plain(code)
        if len(typed) != totp.DIGITS or not typed.isascii() or not typed.isdigit():
            digest = self.sealer.digest(typed, account)
            spent = await connection.fetchval(_QUERIES["spend_recovery_code"], account, digest, now)
            return "recovery code" if spent else ""
        sealed = await connection.fetchval(_QUERIES["confirmed_totp"], account)
        if sealed is None:
            return ""
        step = totp.step_of(self.sealer.open(sealed, account), typed, now.timestamp())
        if step is None:
            return ""
        spent = await connection.fetchval(_QUERIES["spend_totp_step"], account, step, now)
        return "totp" if spent else ""

    async def knows(self, account: int, password: str) -> bool:
        """Whether it is the password of the account."""
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(_QUERIES["password_of"], account)
        return await self.passwords.verify(row["secret"] if row else None, password)

    async def _attempt_code(self, visitor: Visitor, origin: Origin, now: datetime) -> Attempt | int:
        person = f"code {visitor.account}"
        return await self._throttle.count(person, origin.address, now, CODE_LIMIT)

    async def _next(
        self, connection: Connection, account: int, level: int, origin: Origin
    ) -> Opening:
        """What comes once all factors are shown: a new password, a choice, or work."""
        must_change = await connection.fetchval(
            "SELECT must_change FROM credential WHERE account = $1 AND kind = 'password'", account
        )
        if must_change:
            return Opening(account, RENEW, level, origin)
        return await self._work(connection, account, level, origin)

    async def _work(
        self, connection: Connection, account: int, level: int, origin: Origin
    ) -> Opening:
        """The only situation, or the choice among several."""
        known = await self._choices(connection, account)
        if len(known) == 1:
            return _opening(account, level, origin, known[0].key)
        return Opening(account, SITUATION, level, origin)

    async def _choices(self, connection: Connection, account: int) -> Sequence[Choice]:
        rows = await connection.fetch(_QUERIES["list_choices"], account, self.clock())
        return tuple(
            Choice(_key(row), row["role"], row["structure_name"], row["delegator"]) for row in rows
        )

    async def _step(
        self, connection: Connection, session: bytes, opening: Opening, now: datetime
    ) -> None:
        await connection.execute(
            _QUERIES["step_session"], session, opening.step, opening.situation, opening.delegation,
            now, WHOLE,
        )  # fmt: skip

    async def _refused(self, account: int | None, what: str, origin: Origin) -> None:
        async with self._database.write.acquire() as connection:
            await note(connection, account, "refused", origin, what)


def _key(row: Any) -> str:
    return f"{row['situation']}-{row['delegation']}" if row["delegation"] else str(row["situation"])


def _opening(account: int, level: int, origin: Origin, key: str) -> Opening:
    situation, _, delegation = key.partition("-")
    return Opening(
        account, OPEN, level, origin, int(situation), int(delegation) if delegation else None
    )


async def note(
    connection: Connection, account: int | None, action: str, origin: Origin, detail: str = ""
) -> None:
    """Adds a line to what happened to an account, in the transaction of the connection."""
    await connection.execute(
        _QUERIES["add_event"], account, "self", action, origin.address[:64], detail
    )
