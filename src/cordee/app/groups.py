"""The daily count of the active records of groups, bound to the kernel."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from cordee.access.guard import Guard
from cordee.app.store import KernelStore, system
from cordee.care.homes.groups import AGENT, Groups
from cordee.fhir.interactions.kernel import Kernel
from cordee.runtime import clock
from cordee.runtime.database import AWAY, Database, is_outage
from cordee.runtime.errors import ProductError

_ROUND_SECONDS: Final = 3600.0
_FIRST_SECONDS: Final = 120.0


def groups(database: Database, kernel: Kernel, guard: Guard) -> Groups:
    """The counts of groups of homes."""
    return Groups(database, KernelStore(kernel, guard))


async def keep_counted(database: Database, kernel: Kernel, guard: Guard) -> None:
    """Counts once a day, looking each hour; a database that is away is waited for."""
    desk, wait = groups(database, kernel, guard), _FIRST_SECONDS
    while True:
        await asyncio.sleep(wait)
        wait = _ROUND_SECONDS
        try:
            await desk.count(system(AGENT), clock.now())
        except ProductError as error:
            structlog.get_logger().warning("groups_not_counted", reason=error.slug)
        except AWAY as error:
            if not is_outage(error):
                structlog.get_logger().warning("groups_not_counted", reason=type(error).__name__)
