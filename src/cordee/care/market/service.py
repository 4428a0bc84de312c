"""The place de marché as the screen knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cordee.care.market.appeals import Market
from cordee.care.market.distribution import Distribution, distribution
from cordee.care.market.volunteers import Volunteers
from cordee.care.regulation.centres import Centre
from cordee.runtime.database import Database


@dataclass(frozen=True, slots=True)
class Places:
    """Volunteers, appeals, and how they are shared."""

    volunteers: Volunteers
    market: Market
    database: Database

    async def distribution(self, centre: Centre, at: datetime) -> Distribution:
        """What a centre proposed in three months, by volunteer."""
        return await distribution(self.database, centre, at)


def places(database: Database) -> Places:
    """The place de marché of an installation."""
    return Places(Volunteers(database), Market(database), database)
