"""What becomes true by itself at its time: deferred results show, reminders go out, ties end.

One process of a server does it; two at once do no harm, since a version is written once.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import structlog

from cordee.access.announcing import Announcing
from cordee.access.explaining import Explaining
from cordee.access.tying import turn_all
from cordee.fhir.interactions.kernel import Kernel
from cordee.runtime.database import AWAY, Database, is_outage
from cordee.runtime.errors import ProductError

_SECONDS = 60.0


async def keep_promises(database: Database, kernel: Kernel) -> None:
    """Looks every minute until cancelled; a database that is away is waited for."""
    announcing = Announcing(database, Explaining(database, kernel.keys), kernel)
    log = structlog.get_logger()
    while True:
        try:
            now = datetime.now(UTC)
            released = await announcing.release_due(now)
            await announcing.remind(now)
            await turn_all(database, now)
            if released:
                log.info("deferred_shown", count=released)
        except ProductError as error:
            log.warning("promises_failed", reason=error.slug)
        except AWAY as error:
            if not is_outage(error):
                log.warning("promises_failed", reason=type(error).__name__)
        await asyncio.sleep(_SECONDS)
