"""What an upload is looked at by before it is kept: the port, and clamd behind it.

clamd's protocol: `zINSTREAM`, chunks with their length in four bytes, an empty one at the end; see
`man clamd`. One connection a scan, over TCP or a Unix socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from cordee.runtime.errors import InvalidRequest, RuleBroken, Unavailable

_CHUNK = 64 * 1024
_LONGEST_ANSWER = 4096


class Infected(RuleBroken):
    """The upload holds malware; nothing of it was kept."""


class Scanner(Protocol):
    """Looks at uploads."""

    async def check(self, content: bytes) -> None:
        """Returns when nothing was found.

        Raises `Infected`, `RuleBroken` for what is too large to be looked at, and `Unavailable`
        when nobody looked.
        """
        ...


@dataclass(frozen=True, slots=True)
class Clamd:
    """A clamd at `host` and `port`, or at the Unix socket `path`."""

    host: str = ""
    port: int = 3310
    path: str = ""
    seconds: float = 30.0

    async def check(self, content: bytes) -> None:
        """Sends it to clamd; nothing passes that clamd has not called clean."""
        try:
            answer = await asyncio.to_thread(self._ask, content)
        except OSError as error:  # a time-out too
            raise Unavailable(
                "uploads cannot be looked at for malware at the moment; nothing was kept, send it"
                " again later"
            ) from error
        _judge(answer)

    def _ask(self, content: bytes) -> str:
        with self._connected() as connection:
            # clamd may answer, and close, in the middle of what is too large for it.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                _send(connection, content)
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while part := connection.recv(_LONGEST_ANSWER):
                    answer += part
            return answer[:_LONGEST_ANSWER].decode(errors="replace").strip("\0\n ")

    def _connected(self) -> socket.socket:
        if not self.path:
            return socket.create_connection((self.host, self.port), self.seconds)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(self.seconds)
        try:
            connection.connect(self.path)
        except OSError:
            connection.close()
            raise
        return connection


def read_scanner(address: str) -> Clamd | None:
    """The clamd of `tcp://host:port` or `unix:/path`, None for no address; `InvalidRequest`."""
    if not address:
        return None
    parts = urlsplit(address)
    if parts.scheme == "unix" and parts.path.startswith("/"):
        return Clamd(path=parts.path)
    if parts.scheme == "tcp" and parts.hostname:
        with contextlib.suppress(ValueError):
            return Clamd(host=parts.hostname, port=parts.port or Clamd.port)
    raise InvalidRequest("CORDEE_CLAMD: give tcp://host:port or unix:/path")


def _send(connection: socket.socket, content: bytes) -> None:
    connection.sendall(b"zINSTREAM\0")
    for start in range(0, len(content), _CHUNK):
        chunk = content[start : start + _CHUNK]
        connection.sendall(struct.pack("!I", len(chunk)) + chunk)
    connection.sendall(struct.pack("!I", 0))


def _judge(answer: str) -> None:
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return
    if said.endswith(" FOUND"):
        raise Infected(
            f"the upload holds malware ({said.removesuffix(' FOUND')}); nothing was kept"
        )
    if "size limit exceeded" in said:
        raise RuleBroken("the upload is too large to be looked at for malware; nothing was kept")
    raise Unavailable("uploads could not be looked at for malware; nothing was kept")
