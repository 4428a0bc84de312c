"""Server-sent events: tells an open page that its patient's record has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from starlette.responses import StreamingResponse

HEARTBEAT_SECONDS = 15.0
LONGEST_SECONDS = 600.0


def change_stream(changes: AsyncIterator[str], known: str) -> StreamingResponse:
    """Give a stream with one `dossier` event for each change after `known`.

    A comment is sent when nothing happens, so that a dead connection is noticed; the stream
    ends after ten minutes, so that the right to read is decided again.
    """
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    body = _events(changes, known)
    return StreamingResponse(body, media_type="text/event-stream", headers=headers)


async def _events(changes: AsyncIterator[str], known: str) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    end = loop.time() + LONGEST_SECONDS
    pending: asyncio.Future[str] | None = None
    yield "retry: 1000\n\n"
    try:
        while loop.time() < end:
            pending = pending or asyncio.ensure_future(_next(changes))
            done, _ = await asyncio.wait({pending}, timeout=HEARTBEAT_SECONDS)
            if not done:
                yield ": ...\n\n"
                continue
            number, pending = pending.result(), None
            if number is None:
                return
            if number != known:
                known = number
                yield f"event: dossier\nid: {number}\ndata: {number}\n\n"
    finally:
        await _close(changes, pending)


async def _next(changes: AsyncIterator[str]) -> Any:
    return await anext(changes, None)


async def _close(changes: AsyncIterator[str], pending: asyncio.Future[str] | None) -> None:
    if pending is not None:
        pending.cancel()
        with suppress(asyncio.CancelledError):
            await pending
    aclose = getattr(changes, "aclose", None)
    if aclose is not None:
        await aclose()
