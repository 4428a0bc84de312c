"""What a person changes of their own account: second factor, recovery codes, sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cordee.identity.accounts import totp
from cordee.identity.accounts.entering import Entrance
from cordee.identity.accounts.recovery import new_codes, plain
from cordee.identity.accounts.sealing import fingerprint
from cordee.identity.accounts.sessions import HALFWAY, OpenSession, Visitor
from cordee.runtime.database import Connection, Database
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.identity.accounts")
_ISSUER = "Cordée"


@dataclass(frozen=True, slots=True)
class Factors:
    """What protects an account, and where it is open."""

    has_totp: bool
    codes_left: int
    sessions: Sequence[OpenSession]
    has_password: bool = True


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret that waits for its first code: to scan, or to type."""

    address: str
    text: str


class Securing:
    """Changes the credentials of who is signed in; the caller has asked for the password."""

    def __init__(self, database: Database, entrance: Entrance) -> None:
        """`entrance` knows codes."""
        self._database = database
        self._entrance = entrance

    async def factors(self, visitor: Visitor) -> Factors:
        """The state of an account."""
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(_QUERIES["factors"], visitor.account)
        assert row is not None  # noqa: S101 -- an aggregate always has its row
        sessions = await self._entrance.sessions.of(visitor.account, self._entrance.clock())
        return Factors(row["has_totp"], row["codes_left"], sessions, row["has_password"])

    async def start(self, visitor: Visitor) -> Enrolment:
        """A fresh secret for an application; what is already confirmed stays."""
        secret = totp.new_secret()
        sealed = self._entrance.sealer.seal(secret, visitor.account)
        async with self._database.write.acquire() as connection:
            await connection.execute(
                _QUERIES["start_totp"], visitor.account, sealed, self._entrance.clock()
            )
        return _enrolment(secret, visitor)

    async def pending(self, visitor: Visitor) -> Enrolment | None:
        """The secret that still waits for its first code."""
        oldest = self._entrance.clock() - HALFWAY
        async with self._database.write.acquire() as connection:
            sealed = await connection.fetchval(_QUERIES["pending_totp"], visitor.account, oldest)
        if sealed is None:
            return None
        return _enrolment(self._entrance.sealer.open(sealed, visitor.account), visitor)

    async def finish(self, visitor: Visitor, code: str, identifier: str) -> tuple[str, ...]:
        """Enrols the application by its first code; the recovery codes, or () when it is wrong.

        This session has then shown two factors; all others of the account end.
        """
        now, account = self._entrance.clock(), visitor.account
        async with self._database.transaction() as connection:
            sealed = await connection.fetchval(_QUERIES["pending_totp"], account, now - HALFWAY)
            if sealed is None:
                return ()
            secret = self._entrance.sealer.open(sealed, account)
            step = totp.step_of(secret, plain(code), now.timestamp())
            if step is None or not await connection.fetchval(
                _QUERIES["confirm_totp"], account, now, step
            ):
                return ()
            here = fingerprint(identifier)
            await connection.execute(_QUERIES["raise_session"], here)
            await connection.execute(
                _QUERIES["close_sessions"], account, now, "second factor", here
            )
            return await self._renew_codes(connection, visitor, "second factor enrolled")

    async def renew_codes(self, visitor: Visitor) -> tuple[str, ...]:
        """Ten new recovery codes; the former ones open nothing any more."""
        async with self._database.transaction() as connection:
            return await self._renew_codes(connection, visitor, "recovery codes renewed")

    async def remove(self, visitor: Visitor) -> None:
        """Removes the second factor and its recovery codes."""
        async with self._database.transaction() as connection:
            kinds = ["totp", "recovery"]
            await connection.execute(_QUERIES["drop_credentials"], visitor.account, kinds)
            await self._note(connection, visitor, "second factor removed")

    async def _renew_codes(
        self, connection: Connection, visitor: Visitor, why: str
    ) -> tuple[str, ...]:
        codes = new_codes()
        digests = [self._entrance.sealer.digest(plain(code), visitor.account) for code in codes]
        await connection.execute(_QUERIES["drop_credentials"], visitor.account, ["recovery"])
        await connection.execute(
            _QUERIES["add_recovery_codes"], visitor.account, digests, self._entrance.clock()
        )
        await self._note(connection, visitor, why)
        return codes

    async def _note(self, connection: Connection, visitor: Visitor, action: str) -> None:
        await connection.execute(_QUERIES["add_event"], visitor.account, "self", action, "", "")


def _enrolment(secret: bytes, visitor: Visitor) -> Enrolment:
    return Enrolment(totp.address_of(secret, visitor.login, _ISSUER), totp.text_of(secret))
