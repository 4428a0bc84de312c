"""SIP over TCP: connections, frames by Content-Length, answers matched to what was asked.

RFC 3261 sections 7, 17 and 18; over TCP nothing is sent twice. TLS is the business of who listens.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from secrets import token_hex
from typing import Any, Final

import structlog
from sipmessage import URI, Message, Parameters, Request, Response, Via

_LARGEST: Final = 65_536
_END: Final = b"\r\n\r\n"
_MAGIC: Final = "z9hG4bK"
_PROVISIONAL: Final = 200
Peer = tuple[str, int]


class Wire:
    """The end of SIP of this process."""

    def __init__(self, host: str, port: int, hear: Callable[[Request, Peer], None]) -> None:
        """`hear` is given each request that is no answer; port 0 takes a free one."""
        self.host, self.port = host, port
        self._hear = hear
        self._server: asyncio.Server | None = None
        self._open: dict[Peer, asyncio.StreamWriter] = {}
        self._awaited: dict[str, asyncio.Future[Response]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listens."""
        self._server = await asyncio.start_server(self._accepted, self.host, self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Closes every connection; what is awaited is given up."""
        if self._server is not None:
            self._server.close()
        for one in self._awaited.values():
            one.cancel()
        for writer in self._open.values():
            writer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def via(self) -> Via:
        """The way back of a new request, with a branch of its own."""
        branch = Parameters(branch=f"{_MAGIC}{token_hex(8)}")
        return Via(transport="TCP", host=self.host, port=self.port, parameters=branch)

    async def ask(self, request: Request, peer: Peer) -> asyncio.Future[Response]:
        """Sends a request; what is given ends with its final answer."""
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        branch = str(request.via[0].parameters.get("branch"))
        self._awaited[branch] = future
        future.add_done_callback(lambda _: self._awaited.pop(branch, None))
        await self.send(request, peer)
        return future

    async def send(self, message: Request | Response, peer: Peer) -> None:
        """Sends a message; raises `OSError` where nobody listens."""
        writer = self._open.get(peer)
        if writer is None or writer.is_closing():
            reader, writer = await asyncio.open_connection(*peer)
            self._open[peer] = writer
            self._keep(self._read(reader, writer, peer))
        message.content_length = len(message.body)
        writer.write(bytes(message))
        await writer.drain()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer: Peer = writer.get_extra_info("peername")[:2]
        self._open[peer] = writer
        await self._read(reader, writer, peer)

    async def _read(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer
    ) -> None:
        try:
            while True:
                message = await _frame(reader)
                if isinstance(message, Request):
                    self._hear(message, peer)
                else:
                    self._answered(message)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except (ValueError, asyncio.LimitOverrunError):
            structlog.get_logger().warning("sip_not_understood")
        finally:
            if self._open.get(peer) is writer:
                del self._open[peer]
            with contextlib.suppress(OSError):
                writer.close()

    def _answered(self, response: Response) -> None:
        future = self._awaited.get(str(response.via[0].parameters.get("branch")))
        if future is not None and not future.done() and response.code >= _PROVISIONAL:
            future.set_result(response)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def peer_of(uri: URI) -> Peer:
    """Where a SIP address is reached."""
    return uri.host, uri.port or 5060


async def _frame(reader: asyncio.StreamReader) -> Request | Response:
    """The next message; raises `ValueError` for what is none, `IncompleteReadError` at the end."""
    head = (await reader.readuntil(_END)).lstrip(b"\r\n")
    while not head:
        head = (await reader.readuntil(_END)).lstrip(b"\r\n")
    message = Message.parse(head if head.endswith(_END) else head + _END)
    length = message.content_length or 0
    if length > _LARGEST:
        raise ValueError("too long")
    message.body = await reader.readexactly(length)
    return message
