"""The register of accounts: who is added, in which situation, until when, and who leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cordee.identity.accounts.passwords import Passwords, random_password
from cordee.identity.principal import FUNCTIONS
from cordee.runtime.clock import now as present
from cordee.runtime.constraints import table_rules
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import Conflict, InvalidRequest, NotFound, RuleBroken
from cordee.runtime.queries import load_queries

ACTIVE, SUSPENDED, LEFT = "active", "suspended", "left"
_QUERIES = load_queries("cordee.identity.accounts")
_MONTHS: Final = 6
_LONGEST = 200
_RPPS: Final = re.compile(r"[0-9A-Z]{8,32}")


@dataclass(frozen=True, slots=True)
class Situation:
    """As what and where a person works: `structure` is `Organization/id`."""

    role: str
    structure: str
    structure_name: str = ""
    profession: str = ""
    practitioner: str = ""
    sees_records: bool = True
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A person to add; temporary when there is a supervisor."""

    login: str
    name: str
    ends: datetime | None = None
    supervisor: str = ""


class Register:
    """Adds accounts and ends them; each change is a line of `account_event`."""

    def __init__(
        self,
        database: Database,
        actor: str,
        passwords: Passwords | None = None,
        clock: Callable[[], datetime] = present,
    ) -> None:
        """`actor` is who changes, as the trace names them."""
        self._database = database
        self._actor = actor
        self._passwords = passwords or Passwords()
        self._clock = clock

    async def add(self, person: NewAccount, situations: Sequence[Situation]) -> str:
        """Adds an account; its first password, which has to be changed at the first entry.

        Raises `InvalidRequest`, `NotFound` (no such supervisor), `RuleBroken` (a temporary account
        of more than six months), `Conflict` (the login is taken).
        """
        login = _login(person.login)
        if not person.name.strip():
            raise InvalidRequest("a name is needed, as colleagues say it")
        now = self._clock()
        if person.supervisor:
            _check_temporary(person.ends, now)
        first = random_password()
        stored = await self._passwords.hash(first)
        async with self._database.transaction() as connection:
            if person.supervisor:
                await _account(connection, person.supervisor)
            account = await connection.fetchval(
                _QUERIES["add_account"], login, person.name.strip(), person.ends,
                person.supervisor.casefold() or None, bool(person.supervisor), now,
            )  # fmt: skip
            if account is None:
                raise Conflict(f"there is already an account {login!r}")
            await connection.execute(_QUERIES["set_password"], account, stored, now, True)
            for situation in situations:
                await self._add_situation(connection, account, situation)
            await self._note(connection, account, "added")
        return first

    async def add_situation(self, login: str, situation: Situation) -> None:
        """Adds a situation to a person; one that is there already stays."""
        async with self._database.transaction() as connection:
            account = await _account(connection, login)
            await self._add_situation(connection, account, situation)

    async def end_situation(self, login: str, structure: str) -> None:
        """Ends all situations of a person in one structure; raises `NotFound`."""
        async with self._database.transaction() as connection:
            account = await _account(connection, login)
            ended = await connection.fetch(
                _QUERIES["end_situation"], account, structure, self._clock()
            )
            if not ended:
                raise NotFound(f"{login} has no situation in {structure}")
            await self._note(connection, account, "situation ended", structure)

    async def place(self, login: str, situations: Sequence[Situation]) -> int:
        """Gives a person these situations and no other; how many were added or ended."""
        roles = [one.role for one in situations]
        structures = [one.structure for one in situations]
        async with self._database.transaction() as connection:
            account = await _account(connection, login)
            added = [await self._add_situation(connection, account, one) for one in situations]
            ended = await connection.fetch(
                _QUERIES["end_other_situations"], account, roles, structures, self._clock()
            )
            for row in ended:
                await self._note(connection, account, "situation ended", row["structure"])
        return sum(added) + len(ended)

    async def find(self, login: str) -> dict[str, Any] | None:
        """Login, name, status and end of an account; None when there is none."""
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(_QUERIES["find_account"], login.casefold())
        return dict(row) if row else None

    async def set_status(self, login: str, status: str) -> None:
        """Suspends, ends or brings back an account; its sessions are dead at once when it stops."""
        if status not in {ACTIVE, SUSPENDED, LEFT}:
            raise InvalidRequest(f"status {status!r}: use active, suspended or left")
        async with self._database.transaction() as connection:
            account = await _account(connection, login)
            await connection.execute(_QUERIES["set_status"], login.casefold(), status)
            if status != ACTIVE:
                await self._close_sessions(connection, account, status)
            await self._note(connection, account, status)

    async def set_end(self, login: str, ends: datetime | None) -> None:
        """Moves the end of an account: a temporary one by at most six months from now."""
        now = self._clock()
        async with self._database.transaction() as connection:
            account = await _account(connection, login)
            if await connection.fetchval("SELECT temporary FROM account WHERE id = $1", account):
                _check_temporary(ends, now)
            await connection.execute(_QUERIES["set_end"], login.casefold(), ends, now)
            await self._note(connection, account, "end", ends.isoformat() if ends else "none")

    async def set_rpps(self, login: str, rpps: str) -> None:
        """The national number of a person, or none; raises `RuleBroken` when another has it."""
        if rpps and not _RPPS.fullmatch(rpps):
            raise InvalidRequest(f"RPPS {rpps!r}: give its eleven digits")
        async with self._database.transaction() as connection:
            account = await _account(connection, login)
            with table_rules({"": "another account has this RPPS"}):
                await connection.execute(_QUERIES["set_rpps"], account, rpps or None)
            await self._note(connection, account, "rpps", rpps or "none")

    async def reset(self, login: str, *, keeps_second: bool = False) -> str:
        """A new first password; the second factor and all sessions are gone."""
        first = random_password()
        stored = await self._passwords.hash(first)
        async with self._database.transaction() as connection:
            account = await _account(connection, login)
            await connection.execute(_QUERIES["set_password"], account, stored, self._clock(), True)
            if not keeps_second:
                kinds = ["totp", "recovery"]
                await connection.execute(_QUERIES["drop_credentials"], account, kinds)
            await self._close_sessions(connection, account, "reset")
            await self._note(connection, account, "reset")
        return first

    async def delegate(
        self, delegate: str, professional: str, starts: datetime, ends: datetime | None
    ) -> None:
        """Lets a person act in the name of a professional, between two moments."""
        async with self._database.transaction() as connection:
            account = await _account(connection, delegate)
            await _account(connection, professional)
            made = await connection.fetch(
                _QUERIES["delegate"], account, professional.casefold(), starts, ends, self._actor
            )
            if not made:
                raise RuleBroken(f"{professional} has no situation that {delegate} could act in")
            await self._note(connection, account, "delegation", professional)

    async def end_delegation(self, delegate: str, professional: str) -> None:
        """Ends what a professional had delegated to a person."""
        async with self._database.transaction() as connection:
            account = await _account(connection, delegate)
            await connection.execute(
                _QUERIES["end_delegations"], account, professional.casefold(), self._clock()
            )
            await self._note(connection, account, "delegation ended", professional)

    async def all(self) -> Sequence[dict[str, Any]]:
        """Every account with its state, by login."""
        async with self._database.write.acquire() as connection:
            return [dict(row) for row in await connection.fetch(_QUERIES["list_accounts"])]

    async def _add_situation(
        self, connection: Connection, account: int, situation: Situation
    ) -> bool:
        if not situation.structure.startswith("Organization/"):
            raise InvalidRequest(f"structure {situation.structure!r}: use Organization/id")
        if situation.practitioner and not situation.practitioner.startswith("Practitioner/"):
            raise InvalidRequest(f"practitioner {situation.practitioner!r}: use Practitioner/id")
        unknown = set(situation.functions) - FUNCTIONS
        if unknown:
            known = ", ".join(sorted(FUNCTIONS))
            raise InvalidRequest(f"function {min(unknown)!r}: use one of {known}")
        added = await connection.fetchval(
            _QUERIES["add_situation"], account, situation.role, situation.profession,
            situation.structure,
            situation.structure_name or situation.structure.removeprefix("Organization/"),
            situation.practitioner, situation.sees_records, list(situation.functions),
        )  # fmt: skip
        if added:
            await self._note(connection, account, "situation added", situation.structure)
        return added is not None

    async def _close_sessions(self, connection: Connection, account: int, why: str) -> None:
        await connection.execute(_QUERIES["close_sessions"], account, self._clock(), why, None)

    async def _note(
        self, connection: Connection, account: int, action: str, detail: str = ""
    ) -> None:
        await connection.execute(_QUERIES["add_event"], account, self._actor, action, "", detail)


def _login(text: str) -> str:
    login = text.strip().casefold()
    if not login or len(login) > _LONGEST or not login.isprintable() or " " in login:
        raise InvalidRequest(f"login {text!r}: use letters, digits, dots, without spaces")
    return login


def _check_temporary(ends: datetime | None, now: datetime) -> None:
    if ends is None:
        raise RuleBroken("a temporary account needs an end: at most six months from now")
    month = now.month - 1 + _MONTHS
    latest = (now.year + month // 12, month % 12 + 1, now.day)
    if (ends.year, ends.month, ends.day) > latest:
        raise RuleBroken("a temporary account ends at most six months from now; renew it then")


async def _account(connection: Connection, login: str) -> int:
    account = await connection.fetchval(_QUERIES["account_id"], login.casefold())
    if account is None:
        raise NotFound(f"there is no account {login!r}")
    return account
