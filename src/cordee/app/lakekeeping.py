"""The lake fed now and then, by a process of its own that alone opens the folder of its key."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

_EVERY_SECONDS: Final = 600
_AREAS: Final = "areas/communes.csv"


async def keep_lake(parts: Parts) -> None:
    """Feeds the lake now and then, in a process of its own; where no area is told, never."""
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        if (parts.settings.warehouse.folder / _AREAS).exists():
            await _refresh_apart(parts)


async def _refresh_apart(parts: Parts) -> None:
    settings = parts.settings
    told = ["--data", str(settings.data)]
    if settings.database_url:
        told += ["--database-url", settings.database_url]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cordee.app", "population", "refresh", *told,
        stdout=asyncio.subprocess.DEVNULL, preexec_fn=_quietly,
    )  # fmt: skip
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        process.terminate()
        raise
    if code:
        structlog.get_logger().warning("lake_not_fed", code=code)


def _quietly() -> None:
    os.nice(10)
