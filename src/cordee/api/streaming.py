"""Answers without an end: sent as they come, until the client goes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final

EVENTS: Final = "text/event-stream"
_PING_SECONDS: Final = 15
_PING: Final = b": \n\n"


async def stream(receive: Any, send: Any, media: str, chunks: AsyncIterator[bytes]) -> None:
    """Sends chunks as they come until the client goes; between events, signs of life."""
    headers = [
        (b"content-type", media.encode()),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    sending = asyncio.create_task(_send_all(send, chunks, media == EVENTS))
    going = asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait({sending, going}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, going):
            task.cancel()
        await asyncio.gather(sending, going, return_exceptions=True)
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


async def _send_all(send: Any, chunks: AsyncIterator[bytes], pings: bool) -> None:
    coming: asyncio.Future[bytes] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(chunks))
            done, _ = await asyncio.wait({coming}, timeout=_PING_SECONDS if pings else None)
            body = _PING
            if done:
                try:
                    body = coming.result()
                except StopAsyncIteration:
                    break
                coming = None
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        if coming is not None:
            coming.cancel()
            with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
                await coming


async def _gone(receive: Any) -> None:
    """Returns when the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass
