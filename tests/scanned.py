"""A clamd for tests: the protocol on a socket, and the ways in which it fails."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

# The test file of EICAR, in two parts: this file itself must not be found.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class FakeClamd:
    """What it saw, and what it does: "answer", "hang", "close", "garble"."""

    address: str
    mode: str = "answer"
    largest: int = 1 << 20
    seen: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            if self.mode == "hang":
                await reader.read(-1)
            elif self.mode == "answer":
                writer.write(await self._answer(reader) + b"\0")
            elif self.mode == "garble":
                writer.write(b"stream: who knows ERROR\0")
            await writer.drain()
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        if await reader.readuntil(b"\0") != b"zINSTREAM\0":
            return b"UNKNOWN COMMAND"
        content = b""
        while size := struct.unpack("!I", await reader.readexactly(4))[0]:
            content += await reader.readexactly(size)
            if len(content) > self.largest:
                return b"INSTREAM size limit exceeded. ERROR"
        self.seen.append(content)
        return b"stream: Eicar-Test-Signature FOUND" if EICAR in content else b"stream: OK"


@contextlib.asynccontextmanager
async def clamd(socket: Path | None = None) -> AsyncIterator[FakeClamd]:
    """A running one, at a Unix socket or on a free port."""
    fake = FakeClamd("")
    if socket is not None:
        server = await asyncio.start_unix_server(fake.serve, socket)
        fake.address = f"unix:{socket}"
    else:
        server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
        fake.address = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        server.close()
