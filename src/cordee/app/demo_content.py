"""What the people of the demonstration have begun, once its region is there."""

from __future__ import annotations

from typing import Final

import structlog

from cordee.app.demo_agenda import begin_agenda
from cordee.app.demo_campaigns import begin_campaigns
from cordee.app.demo_communities import begin_communities
from cordee.app.demo_coordination import begin_coordination
from cordee.app.demo_discharges import begin_discharges
from cordee.app.demo_emergency import begin_emergency
from cordee.app.demo_families import begin_families
from cordee.app.demo_homes import begin_homes
from cordee.app.demo_market import begin_market
from cordee.app.demo_overflow import begin_overflow
from cordee.app.demo_plans import begin_plans
from cordee.app.demo_regulation import begin_regulation
from cordee.app.demo_residents import begin_residents
from cordee.app.demo_training import begin_training
from cordee.app.demo_work import begin_work
from cordee.app.wiring import Parts, Place
from cordee.runtime.database import single_connection
from cordee.runtime.errors import ProductError

MARK: Final = "demo"
"""Key of the installation that says which region was made in it."""
_HINT: Final = "a region of an earlier release? another folder (--data) makes it anew"
_PARTS: Final = (
    begin_work, begin_coordination, begin_agenda, begin_discharges, begin_plans, begin_homes,
    begin_communities,
    begin_campaigns,
    begin_families,
    begin_residents,
    begin_emergency,
    begin_regulation,
    begin_overflow,
    begin_market,
    begin_training,
)  # fmt: skip


async def begin_work_of_all(parts: Parts) -> None:
    """Begins it; a demonstration without its region has nobody who works.

    A region that an earlier release made may lack whom a part names: that part is left.
    """
    if not await region_is_made(parts.place):
        return
    for begin in _PARTS:
        try:
            await begin(parts)
        except (ProductError, LookupError) as error:
            structlog.get_logger().warning(
                "demo_part_left", part=begin.__name__, kind=type(error).__name__, hint=_HINT
            )


async def region_is_made(place: Place) -> bool:
    """Whether the region of the demonstration was made in an installation."""
    async with single_connection(place.owner_url) as connection:
        return bool(
            await connection.fetchval(
                "SELECT EXISTS (SELECT FROM installation WHERE key = $1)", MARK
            )
        )
