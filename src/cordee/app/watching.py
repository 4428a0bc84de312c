"""The rules on unusual use, run over yesterday and today each hour. Rule: A6.6."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from cordee.access.anomalies.watching import Anomalies
from cordee.runtime.clock import today
from cordee.runtime.database import AWAY, is_outage

_SECONDS = 3600.0
_FIRST = 120.0


async def keep_watch(anomalies: Anomalies) -> None:
    """Looks each hour until cancelled; a database that is away is waited for."""
    log = structlog.get_logger()
    await asyncio.sleep(_FIRST)
    while True:
        try:
            for day in (today() - timedelta(days=1), today()):
                if made := await anomalies.look(day):
                    log.info("unusual_use_found", count=made)
        except AWAY as error:
            if not is_outage(error):
                log.warning("watch_failed", reason=type(error).__name__)
        await asyncio.sleep(_SECONDS)
