"""How what a centre proposed is shared among its volunteers, as counts. Rule: C3.6."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cordee.care.market.appeals import VENDOR
from cordee.care.market.equity import gini
from cordee.care.market.volunteers import QUERIES
from cordee.care.regulation.centres import Centre
from cordee.runtime.database import Database

SPAN: Final = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Share:
    """What a volunteer was proposed, what they accepted, how many came."""

    practitioner: str
    name: str
    proposed: int
    accepted: int
    served: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """The shares of a centre's volunteers, by name, with how unequal they are."""

    shares: Sequence[Share]

    @property
    def of_proposed(self) -> float:
        """The Gini index of what was proposed: what the rule of equity answers for."""
        return gini([one.proposed for one in self.shares])

    @property
    def of_accepted(self) -> float:
        """The Gini index of what was accepted: it is also what each one chose."""
        return gini([one.accepted for one in self.shares])


async def distribution(database: Database, centre: Centre, at: datetime) -> Distribution:
    """The distribution of three months; 500 volunteers at most."""
    async with database.steady.acquire() as connection:
        rows = await connection.fetch(QUERIES["distribution"], centre.id, at - SPAN, VENDOR)
    return Distribution([Share(**dict(row)) for row in rows])
