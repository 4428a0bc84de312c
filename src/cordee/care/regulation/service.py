"""The floor as the screen knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cordee.care.regulation import paper
from cordee.care.regulation.asking import Requests
from cordee.care.regulation.centres import Centre
from cordee.care.regulation.deciding import Deciding
from cordee.care.regulation.desk import Desk
from cordee.care.regulation.lines import Lines
from cordee.care.regulation.osnp import Osnp
from cordee.care.regulation.pooling import Pooled
from cordee.care.regulation.safety import SafetyNet
from cordee.care.regulation.sealing import Box
from cordee.care.regulation.strip import Overflow
from cordee.care.regulation.territory import Territories
from cordee.identity.principal import Principal
from cordee.runtime.database import Database


@dataclass(frozen=True, slots=True)
class Regulation:
    """Calls and cases; decisions and vehicles; appointments to find; papers to enter."""

    desk: Desk
    deciding: Deciding
    osnp: Osnp
    territories: Territories
    requests: Requests
    database: Database
    box: Box
    lines: Lines
    net: SafetyNet
    overflow: Overflow
    pooled: Pooled

    async def enter(
        self, principal: Principal, centre: Centre, sheet: paper.Sheet, at: datetime
    ) -> UUID:
        """The case of a paper; see `care.regulation.paper`."""
        held = paper.Holding(self.database, self.box, principal, centre)
        return await paper.enter(held, sheet, at)
