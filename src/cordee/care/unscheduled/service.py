"""Unscheduled care as the screen knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cordee.care.unscheduled.booking import Bookings
from cordee.care.unscheduled.feedback import Feedback
from cordee.care.unscheduled.figures import AppointmentFigures
from cordee.care.unscheduled.search import Search
from cordee.identity.principal import Principal


class Entering(Protocol):
    """The accounts that vendors of slots have for regulators (INT_R02)."""

    async def enter(self, principal: Principal) -> None:
        """Wants an account for who begins to look for slots."""
        ...


@dataclass(frozen=True, slots=True)
class Unscheduled:
    """Slots are searched, then held and booked; effectors answer; figures say how it goes."""

    search: Search
    bookings: Bookings
    feedback: Feedback
    figures: AppointmentFigures
    accounts: Entering | None = None
