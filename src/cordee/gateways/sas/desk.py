"""The SAS guide as an administrator sees it: dead letters, accounts at vendors. Rule: C3.7."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from cordee.gateways.sas.appointments import Alone, Ledger, Letter, Taken
from cordee.gateways.sas.regulators import Accounts, Known
from cordee.identity.principal import ADMINISTRATOR, Principal
from cordee.runtime.errors import NotFound

_log = structlog.get_logger(__name__)


class Desk:
    """What is to be repaired: never the content of a message. `NotFound` for all others."""

    def __init__(self, ledger: Ledger, accounts: Accounts) -> None:
        """The ledger of INT_R03, the accounts of INT_R02."""
        self._ledger, self._accounts = ledger, accounts

    async def letters(self, principal: Principal) -> Sequence[Letter]:
        """Appointments that could not be used, the oldest first."""
        _need_administrator(principal)
        return await self._ledger.dead()

    async def alone(self, principal: Principal) -> Sequence[Alone]:
        """Appointments of our regulators that belong to no case."""
        _need_administrator(principal)
        return await self._ledger.alone()

    async def accounts(self, principal: Principal) -> Sequence[Known]:
        """Accounts of regulators, what vendors have not taken first."""
        _need_administrator(principal)
        return await self._accounts.known()

    async def take(self, principal: Principal, number: int) -> Taken:
        """Takes a dead letter again; what became of it."""
        _need_administrator(principal)
        _log.info("sas_letter_again", n=number, by=principal.user)
        return await self._ledger.again(number)

    async def lay_aside(self, principal: Principal, number: int) -> None:
        """Gives a dead letter up."""
        _need_administrator(principal)
        _log.info("sas_letter_aside", n=number, by=principal.user)
        await self._ledger.lay_aside(number)

    async def tell(self, principal: Principal, vendor: str, number: str) -> None:
        """Tells a vendor of an account again."""
        _need_administrator(principal)
        _log.info("sas_account_again", vendor=vendor, by=principal.user)
        await self._accounts.again(vendor, number)


def _need_administrator(principal: Principal) -> None:
    if ADMINISTRATOR not in principal.functions:
        raise NotFound("there is no such page")
