"""Sealed lines of the trail, in their order, to a syslog repository (ATNA) or a file.

How far the lines were sent is kept with the installation: after a cut, sending goes on there. A
repository may get a line twice, never miss one.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from cordee.access.trail.reading import TrailLine, line_of
from cordee.access.trail.syslog import framed, syslog_message
from cordee.runtime.database import Connection
from cordee.runtime.errors import InvalidRequest, Unavailable
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.access.trail")
_MANY: Final = 1000
_SENT: Final = "trail-sent"
_SECONDS: Final = 30.0
_KNOWN: Final = "SELECT (value ->> 'n')::int8 FROM installation WHERE key = $1"
_REMEMBER: Final = """
INSERT INTO installation (key, value) VALUES ($1, jsonb_build_object('n', $2::int8))
ON CONFLICT (key) DO UPDATE SET value = excluded.value
"""
_SECURE: Final = 6514
_PLAIN: Final = 601


async def sealed_lines(connection: Connection, after: int) -> AsyncIterator[list[TrailLine]]:
    """Sealed lines after a number, in parts, in their order."""
    while rows := await connection.fetch(_QUERIES["next_lines"], after, _MANY):
        yield [line_of(row) for row in rows]
        after = rows[-1]["n"]


async def send_lines(connection: Connection, address: str, host: str) -> int:
    """Sends what was sealed and not yet sent; how many lines.

    `address` is `tls://host:port` or, on a network of one's own, `tcp://host:port`. Raises
    `InvalidRequest` for another address, `Unavailable` when the repository does not answer.
    """
    write, close = await _opened(address)
    sent = 0
    try:
        after = await connection.fetchval(_KNOWN, _SENT) or 0
        async for lines in sealed_lines(connection, after):
            await write(b"".join(framed(syslog_message(one, host)) for one in lines))
            await connection.execute(_REMEMBER, _SENT, lines[-1].n)
            sent += len(lines)
    except OSError as error:
        raise Unavailable("the syslog repository does not take the lines") from error
    finally:
        await close()
    return sent


async def _opened(
    address: str,
) -> tuple[Callable[[bytes], Awaitable[None]], Callable[[], Awaitable[None]]]:
    parts = urlsplit(address)
    if parts.scheme not in {"tls", "tcp"} or not parts.hostname:
        raise InvalidRequest("--to: give tls://host:port, or tcp://host:port on a closed network")
    secure = parts.scheme == "tls"
    context = ssl.create_default_context() if secure else None
    port = parts.port or (_SECURE if secure else _PLAIN)
    try:
        _, writer = await asyncio.wait_for(
            asyncio.open_connection(parts.hostname, port, ssl=context), _SECONDS
        )
    except (OSError, TimeoutError) as error:
        raise Unavailable("the syslog repository does not answer") from error

    async def write(data: bytes) -> None:
        writer.write(data)
        await writer.drain()

    async def close() -> None:
        writer.close()
        try:
            await writer.wait_closed()
        except OSError:
            return

    return write, close
