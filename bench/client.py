"""A small HTTP/1.1 client: keep-alive, prepared bytes, so that the server is what is measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Figures:
    """Latencies of one run, in seconds."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    errors: int = 0

    def __add__(self, other: Figures) -> Figures:
        """Both runs as one."""
        return Figures(
            self.seconds + other.seconds, [*self.latencies, *other.latencies],
            self.errors + other.errors,
        )  # fmt: skip

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Latency in milliseconds that this share of the requests stays under."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


class Connection:
    """One keep-alive connection."""

    def __init__(self, host: str, port: int, token: str) -> None:
        """Connects at the first request."""
        self._host, self._port = host, port
        self._head = f"Host: {host}\r\nAuthorization: Bearer {token}\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of one request."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=1 << 26)
        reader, writer = self._streams
        kind = "Content-Type: application/fhir+json\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}{kind}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        status = int(answer[9:12])
        lower = answer.lower()
        start = lower.index(b"content-length:") + 15
        size = int(lower[start : lower.index(b"\r\n", start)])
        return status, await reader.readexactly(size) if size else b""

    async def close(self) -> None:
        """Closes the connection."""
        if self._streams is not None:
            self._streams[1].close()


async def load(
    connections: list[Connection],
    make: Callable[[int], tuple[str, str, bytes]],
    *,
    seconds: float,
    most: int = 1_000_000,
) -> Figures:
    """Figures of all connections asking at once for so long; `make(n)` gives the n-th request."""
    figures = Figures()
    counter = iter(range(most))
    started = time.perf_counter()
    ends = started + seconds

    async def one(connection: Connection) -> None:
        for number in counter:
            begun = time.perf_counter()
            if begun >= ends:
                return
            status, _ = await connection.request(*make(number))
            figures.latencies.append(time.perf_counter() - begun)
            figures.errors += status >= 400

    await asyncio.gather(*(one(connection) for connection in connections))
    figures.seconds = time.perf_counter() - started
    return figures
