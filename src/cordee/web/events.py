"""Server-sent events: tells an open page that a record, or somebody's inbox, has moved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from starlette.responses import StreamingResponse

HEARTBEAT_SECONDS = 15.0
LONGEST_SECONDS = 600.0


def change_stream(
    changes: AsyncIterator[str], known: str, counts: AsyncIterator[int] | None = None
) -> StreamingResponse:
    """Give a stream with one `dossier` event for each change after `known`.

    With `counts`, one `compte` event each time that the number of unread events moves: a page holds
    one stream open, not two. A comment is sent when nothing happens, so that a dead connection is
    noticed; the stream ends after ten minutes, so that the right to read is decided again.
    """
    sources: dict[str, AsyncIterator[Any]] = {"dossier": changes}
    if counts is not None:
        sources["compte"] = counts
    return _streamed(sources, {"dossier": known})


def count_stream(counts: AsyncIterator[int]) -> StreamingResponse:
    """Give a stream with one `compte` event now and whenever an inbox moves."""
    return _streamed({"compte": counts}, {})


def _streamed(
    sources: Mapping[str, AsyncIterator[Any]], known: dict[str, str]
) -> StreamingResponse:
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    body = _events(sources, known)
    return StreamingResponse(body, media_type="text/event-stream", headers=headers)


async def _events(
    sources: Mapping[str, AsyncIterator[Any]], known: dict[str, str]
) -> AsyncIterator[str]:
    """What the sources say, as it comes; ends with the first of them that ends."""
    loop = asyncio.get_running_loop()
    end = loop.time() + LONGEST_SECONDS
    pending: dict[asyncio.Future[Any], str] = {}
    yield "retry: 1000\n\n"
    try:
        for name, source in sources.items():
            pending[asyncio.ensure_future(_next(source))] = name
        while loop.time() < end:
            done, _ = await asyncio.wait(
                pending, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                yield ": ...\n\n"
            for one in done:
                name = pending.pop(one)
                said = one.result()
                if said is None:
                    return
                if name != "dossier" or str(said) != known.get(name):
                    known[name] = str(said)
                    yield _event(name, str(said))
                pending[asyncio.ensure_future(_next(sources[name]))] = name
    finally:
        await _close(sources, pending)


def _event(name: str, said: str) -> str:
    number = f"id: {said}\n" if name == "dossier" else ""
    return f"event: {name}\n{number}data: {said}\n\n"


async def _next(source: AsyncIterator[Any]) -> Any:
    return await anext(source, None)


async def _close(
    sources: Mapping[str, AsyncIterator[Any]], pending: Mapping[asyncio.Future[Any], str]
) -> None:
    for one in pending:
        one.cancel()
    for one in pending:
        with suppress(asyncio.CancelledError, Exception):
            await one
    for source in sources.values():
        aclose = getattr(source, "aclose", None)
        if aclose is not None:
            await aclose()
