"""Loops that run for as long as the process: turns, and what becomes of a loop that falls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from cordee.runtime.database import AWAY, is_outage
from cordee.runtime.errors import Unavailable

_BREATH_SECONDS: Final = 1.0
_AT_ONCE_SECONDS: Final = 0.01
Loop = Callable[[], Awaitable[None]]
"""Makes the loop anew each time it is called."""


async def turning(turn: Callable[[], Awaitable[object]], stopped: str, idle: float) -> None:
    """Takes turns until cancelled: at once again where one says that there is more, else rests.

    `stopped` is the name of the line in the log for what is no outage; `idle` is in seconds. A
    database that is away is waited for; other errors are the caller's.
    """
    while True:
        more: object = False
        try:
            more = await turn()
        except Unavailable:
            pass
        except AWAY as error:
            if not is_outage(error):
                structlog.get_logger().warning(stopped, reason=str(error))
        await asyncio.sleep(_AT_ONCE_SECONDS if more else idle)


async def kept(loop: Loop) -> None:
    """Runs a loop until cancelled; what it should have dealt with itself is logged by its kind."""
    while True:
        try:
            await loop()
        except Exception as error:  # a reader that stops in silence is worse than any of them
            structlog.get_logger().error("loop_fell", loop=_name(loop), kind=type(error).__name__)
        else:
            return
        await asyncio.sleep(_BREATH_SECONDS)


def _name(loop: Loop) -> str:
    return str(getattr(loop, "__qualname__", "") or type(loop).__name__)
