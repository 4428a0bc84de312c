"""Endpoints of subscriptions for tests: real HTTP servers, which note what comes and may be slow."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(slots=True)
class Received:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """Its body as JSON values."""
        return orjson.loads(self.body)

    @property
    def status(self) -> dict[str, Any]:
        """The SubscriptionStatus of a notification, by name of parameter; events as a list."""
        return read_status(self.json)


def read_status(bundle: dict[str, Any]) -> dict[str, Any]:
    """The SubscriptionStatus that a notification begins with."""
    found: dict[str, Any] = {"events": []}
    for row in bundle["entry"][0]["resource"]["parameter"]:
        if row["name"] == "notification-event":
            found["events"].append(
                {
                    part["name"]: next(v for k, v in part.items() if k != "name")
                    for part in row["part"]
                }
            )
        else:
            found[row["name"]] = next(v for k, v in row.items() if k != "name")
    return found


@dataclass(slots=True)
class Receiver:
    """An endpoint; `answer` says status and headers of each request, `gate` holds answers back."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    attempts: int = 0
    answer: Callable[[Received], int] = lambda _: 200
    location: str = ""
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    _moved: asyncio.Condition = field(default_factory=asyncio.Condition)
    _server: asyncio.Server | None = None
    _port: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}/told"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in list(self._open):
                writer.close()
            await self._server.wait_closed()
            self._server = None

    async def until(
        self, condition: Callable[[list[Received]], bool], seconds: float = 20
    ) -> list[Received]:
        """What came, as soon as it meets a condition."""
        async with asyncio.timeout(seconds), self._moved:
            await self._moved.wait_for(lambda: condition(self.received))
        return list(self.received)

    async def notices(self, kind: str, count: int = 1, seconds: float = 20) -> list[Received]:
        """The first notifications of a kind, when there are so many."""

        def of_kind(rows: list[Received]) -> list[Received]:
            return [one for one in rows if one.body and one.status["type"] == kind]

        await self.until(lambda rows: len(of_kind(rows)) >= count, seconds)
        return of_kind(self.received)

    def numbers(self) -> list[int]:
        """Numbers of the events that were told with success, in the order in which they came."""
        return [
            int(event["event-number"])
            for one in self.received
            if one.body and one.status["type"] == "event-notification"
            for event in one.status["events"]
        ]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.split("\r\n")
                headers = {
                    k.lower(): v.strip() for k, _, v in (one.partition(":") for one in lines) if k
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, path, _ = first.split(" ")
                one = Received(method, path, headers, body)
                self.attempts += 1
                await self.gate.wait()
                status = self.answer(one)
                if 200 <= status < 300:
                    async with self._moved:
                        self.received.append(one)
                        self._moved.notify_all()
                more = f"Location: {self.location}\r\n" if self.location else ""
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n{more}\r\n".encode())
                await writer.drain()
        self._open.discard(writer)
        writer.close()


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver that answers at once."""
    receiver = Receiver()
    receiver.gate.set()
    await receiver.start()
    try:
        yield receiver
    finally:
        receiver.gate.set()
        await receiver.stop()
