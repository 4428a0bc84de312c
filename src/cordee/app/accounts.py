"""Who may enter: the accounts of the demonstration in demo mode, local accounts otherwise."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from cordee.app.region.accounts import DEMO_ACCOUNTS, DemoAccount
from cordee.app.region.sites import site
from cordee.identity.accounts.entering import Entrance
from cordee.identity.accounts.sessions import OPEN, Visitor
from cordee.identity.principal import CARER, IDENTITY, PATIENT, Principal
from cordee.runtime.database import Database
from cordee.web.ports import Account

_SCOPES = ("user/*.cruds",)
_CHECK_SECONDS = 10.0
_WITHOUT_RECORDS = frozenset({"P12", "P13", "P14", "P15", "P16", "P17", "admin"})


def principal_of(account: DemoAccount, scopes: tuple[str, ...] = _SCOPES) -> Principal:
    """The principal of a demo account."""
    return Principal(
        account.user,
        account.name,
        account.role,
        f"Organization/{account.structure_id}",
        entity_of(account),
        scopes,
        level=2,
        profession=account.profession if account.profession.isdecimal() else "",
        functions=frozenset(account.functions),
    )


def entity_of(account: DemoAccount) -> str:
    """Whom the account is in the circles: a professional, a relative, the patient, or nobody."""
    if account.practitioner_id:
        return f"Practitioner/{account.practitioner_id}"
    if account.related_person_id:
        return f"RelatedPerson/{account.related_person_id}"
    if account.role == CARER:
        return f"Person/{account.user}"
    return f"Patient/{account.patient_id}" if account.patient_id else ""


def sees_records(account: DemoAccount) -> bool:
    """Whether the role opens records of patients."""
    return account.persona not in _WITHOUT_RECORDS and IDENTITY not in account.functions


def demo_persons() -> Callable[[str], Awaitable[Principal | None]]:
    """Says who an account of the demonstration is, for what was granted before."""
    known = {one.user: principal_of(one) for one in DEMO_ACCOUNTS}

    async def person(user: str) -> Principal | None:
        return known.get(user)

    return person


class DemoAccounts:
    """The screen's `Accounts`: one click in demo mode, closed sessions stay closed."""

    def __init__(self, database: Database, *, is_demo: bool) -> None:
        """Outside of demo mode nobody enters."""
        self._database = database
        self._accounts = {one.user: _account(one) for one in DEMO_ACCOUNTS} if is_demo else {}
        self._open: dict[str, float] = {}

    def demo_accounts(self) -> Sequence[Account]:
        """All of them, in the order of the page."""
        return tuple(self._accounts.values())

    async def sign_in(self, user: str) -> Account | None:
        """The account of a button."""
        return self._accounts.get(user)

    async def resume(self, user: str, session: str, *, is_act: bool = True) -> Account | None:  # noqa: ARG002 -- the port's shape
        """The account of a session that was not closed."""
        if self._open.get(session, 0) < time.monotonic():
            async with self._database.write.acquire() as connection:
                closed = await connection.fetchval(
                    "SELECT EXISTS (SELECT FROM closed_session WHERE id = $1)", session
                )
            if closed:
                return None
            self._open[session] = time.monotonic() + _CHECK_SECONDS
        return self._accounts.get(user)

    async def known(self, users: Collection[str]) -> Mapping[str, Account]:
        """The accounts of these names."""
        return {user: self._accounts[user] for user in users if user in self._accounts}

    async def sign_out(self, user: str, session: str) -> None:  # noqa: ARG002 -- the port's shape
        """Closes a session for all processes."""
        self._open.pop(session, None)
        async with self._database.write.acquire() as connection:
            await connection.execute(
                "INSERT INTO closed_session (id) VALUES ($1) ON CONFLICT DO NOTHING", session
            )


class LocalAccounts:
    """The screen's `Accounts` of an installation: sessions are on the server."""

    def __init__(self, entrance: Entrance) -> None:
        """`entrance` opens the sessions."""
        self._entrance = entrance

    def demo_accounts(self) -> Sequence[Account]:
        """None: these are for the demonstration."""
        return ()

    async def sign_in(self, user: str) -> Account | None:  # noqa: ARG002 -- the port's shape
        """Nobody enters by a button."""
        return None

    async def resume(self, user: str, session: str, *, is_act: bool = True) -> Account | None:
        """The account behind a session, and what is still asked of it."""
        clock = self._entrance.clock()
        visitor = await self._entrance.sessions.resume(session, user, clock, is_act=is_act)
        return _local_account(visitor) if visitor else None

    async def known(self, users: Collection[str]) -> Mapping[str, Account]:
        """The accounts of these names, as they work now."""
        found = await self._entrance.sessions.named(users)
        return {
            one.user: Account(
                user=one.user,
                name=one.name,
                role=one.role,
                structure=structure_name,
                principal=one,
            )
            for one, structure_name in found
        }

    async def had(self, session: str) -> bool:
        """Whether such a session was ever open."""
        return await self._entrance.sessions.had(session)

    async def sign_out(self, user: str, session: str) -> None:  # noqa: ARG002 -- the port's shape
        """Closes a session for all processes."""
        await self._entrance.sessions.close(session, self._entrance.clock())


def _local_account(visitor: Visitor) -> Account:
    principal = visitor.principal()
    return Account(
        user=visitor.login,
        name=visitor.name,
        role=visitor.role,
        structure=visitor.structure_name,
        about=visitor.delegator_name,
        sees_records=visitor.sees_records,
        principal=principal,
        is_patient=principal.role == PATIENT,
        step="" if visitor.step == OPEN else visitor.step,
        visitor=visitor,
    )


def _account(one: DemoAccount) -> Account:
    return Account(
        user=one.user,
        name=one.name,
        role=one.role,
        structure=site(one.structure_id).name,
        persona=one.persona,
        about=one.sentence,
        group=one.group,
        sees_records=sees_records(one),
        principal=principal_of(one),
        is_patient=one.role == PATIENT,
    )
