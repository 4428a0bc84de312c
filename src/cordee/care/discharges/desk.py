"""What the screen asks of discharges, together."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.care.discharges.calling import Calls
from cordee.care.discharges.figures import Figures
from cordee.care.discharges.homecare import HomeCare
from cordee.care.discharges.letters import Letters
from cordee.care.discharges.planner import Discharges
from cordee.care.discharges.relays import Relays


@dataclass(frozen=True, slots=True)
class DischargeDesk:
    """The services of discharges of one process; `site` is where people enter."""

    planners: Discharges
    home: HomeCare
    relays: Relays
    calls: Calls
    figures: Figures
    letters: Letters
    site: str
