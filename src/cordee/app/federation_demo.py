"""Who may enter the demonstration: its buttons, and the people who sign in by a provider."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from cordee.app.accounts import DemoAccounts, LocalAccounts
from cordee.identity.principal import PATIENT
from cordee.web.ports import Account


@dataclass(frozen=True, slots=True)
class AllAccounts:
    """The screen's `Accounts` of the demonstration: both kinds of sessions side by side."""

    demo: DemoAccounts
    local: LocalAccounts

    def demo_accounts(self) -> Sequence[Account]:
        """Those that have a button."""
        return self.demo.demo_accounts()

    async def sign_in(self, user: str) -> Account | None:
        """The account of a button."""
        return await self.demo.sign_in(user)

    async def resume(self, user: str, session: str, *, is_act: bool = True) -> Account | None:
        """The account of a session on the server, or else of a button."""
        found = await self.local.resume(user, session, is_act=is_act)
        if found is not None:
            return replace(found, is_patient=found.role == PATIENT)
        if await self.local.had(session):
            return None  # it has ended: the cookie of a provider's session opens no button
        return await self.demo.resume(user, session, is_act=is_act)

    async def known(self, users: Collection[str]) -> Mapping[str, Account]:
        """The accounts of these names."""
        return {**await self.local.known(users), **await self.demo.known(users)}

    async def sign_out(self, user: str, session: str) -> None:
        """Closes the session of either kind."""
        await self.local.sign_out(user, session)
        await self.demo.sign_out(user, session)
