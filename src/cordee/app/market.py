"""The place de marché bound to the base, and the loop that widens its rounds."""

from __future__ import annotations

from typing import Final

from cordee.care.market.appeals import Market
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.looping import turning

_IDLE_SECONDS: Final = 5.0


class MarketLoop:
    """Begins the next round of appeals whose ten minutes are over, in the process that leads."""

    def __init__(self, database: Database) -> None:
        """Nothing runs before `run`."""
        self._market = Market(database)

    async def run(self) -> None:
        """Turns until cancelled; a database that is away is waited for."""
        await turning(self.turn, "market_stopped", _IDLE_SECONDS)

    async def turn(self) -> int:
        """What is due now."""
        return await self._market.turn(clock.now())
