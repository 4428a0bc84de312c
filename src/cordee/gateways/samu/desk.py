"""The page of the Hub for administrators: what is under way, to be repaired, sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog

from cordee.gateways.samu.ledger import TO_REPAIR, Figure, Ledger, Line, is_plain
from cordee.identity.principal import ADMINISTRATOR, Principal
from cordee.runtime import clock
from cordee.runtime.errors import NotFound, RuleBroken

PAGE: Final = 50
_DAY: Final = timedelta(days=1)
_log = structlog.get_logger("cordee.hub")


class Desk:
    """What an administrator sees of the Hub: never the content of a message."""

    def __init__(self, ledger: Ledger, version: str, *, is_linked: bool) -> None:
        """`version` is that of the schemas; empty where our own list judges."""
        self._ledger = ledger
        self.version = version
        self.is_linked = is_linked

    async def figures(self, principal: Principal) -> Sequence[Figure]:
        """Messages by client and state; raises `NotFound` for who runs nothing here."""
        _need_administrator(principal)
        return await self._ledger.figures(clock.now() - _DAY)

    async def to_repair(self, principal: Principal, before: int | None) -> Sequence[Line]:
        """What failed, the newest first, at most `PAGE`."""
        _need_administrator(principal)
        return await self._ledger.listed(TO_REPAIR, before=before, most=PAGE)

    async def again(self, principal: Principal, n: int, recipient: str) -> None:
        """Sends a message again, to another recipient when one is given; raises `RuleBroken`."""
        _need_administrator(principal)
        if recipient and not is_plain(recipient):
            raise RuleBroken("Donnez l’identifiant d’un client du Hub, comme fr.health.samu750.")
        await self._ledger.again(n, recipient)
        _log.info("hub_message_again", n=n, by=principal.user)


def _need_administrator(principal: Principal) -> None:
    if ADMINISTRATOR not in principal.functions:
        raise NotFound("there is no such page")
