"""Loops that run for as long as the process: one that falls is said, and begins again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

_BREATH_SECONDS: Final = 1.0
Loop = Callable[[], Awaitable[None]]
"""Makes the loop anew each time it is called."""


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
