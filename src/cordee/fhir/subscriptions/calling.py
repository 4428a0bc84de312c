"""Calls of endpoints over HTTP: bounded, without redirects, and never into our own network.

The name of an endpoint is looked up here and each address is judged before it is connected to: a
name that comes to mean an inner address later is refused then.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpcore
from httpcore._backends.anyio import AnyIOBackend

from cordee.fhir.subscriptions.checking import may_call
from cordee.fhir.subscriptions.ports import Network

_MOST_ANSWER: Final = 64 * 1024
_MOST_OPEN: Final = 128
_KEPT_SECONDS: Final = 30
_GONE: Final = 410
_AGAIN: Final = frozenset({408, 425, 429})
"""Answers below 500 that mean: later."""


class Failed(Exception):
    """A call that came to nothing; `reason` is a word that says nothing of the content.

    `is_final` when the same call will not do any better, `is_gone` when there will be no other.
    """

    def __init__(self, reason: str, *, is_final: bool = False, is_gone: bool = False) -> None:
        """`reason` as it is kept and shown to the owner."""
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final
        self.is_gone = is_gone


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an endpoint."""

    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    seconds: float


class _Refused(OSError):
    """The endpoint lies where it must not."""


class _Outward(httpcore.AsyncNetworkBackend):
    """Connections to addresses that may be called."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        self._inner: httpcore.AsyncNetworkBackend = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- the shape of the library
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError("the name is not known") from error
        addresses = list(dict.fromkeys(row[4][0] for row in found))
        if not all(may_call(self._networks, str(one)) for one in addresses):
            raise _Refused("inner address")
        problem: Exception = httpcore.ConnectError("no address")
        for one in addresses[:3]:
            try:
                return await self._inner.connect_tcp(
                    str(one), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002 -- the shape of the library
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 -- the shape of the library
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 -- the shape of the library
    ) -> httpcore.AsyncNetworkStream:
        raise _Refused("inner address")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Caller:
    """The way out to endpoints, for one process."""

    def __init__(self, networks: Sequence[Network], *, trust: ssl.SSLContext | None = None) -> None:
        """`networks` are the inner ones that may be called; `trust` other than the system's."""
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trust or ssl.create_default_context(),
            max_connections=_MOST_OPEN,
            max_keepalive_connections=_MOST_OPEN,
            keepalive_expiry=_KEPT_SECONDS,
            network_backend=_Outward(networks),
        )

    async def close(self) -> None:
        """Closes what is open."""
        await self._pool.aclose()

    async def call(self, call: Call) -> None:
        """One request, answered 2xx; raises `Failed`."""
        try:
            async with asyncio.timeout(call.seconds):
                status = await self._answered(call)
        except TimeoutError as error:
            raise Failed("timeout") from error
        except _Refused as error:
            raise Failed("address-not-allowed", is_final=True) from error
        except (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError, ValueError) as error:
            raise Failed("address-not-usable", is_final=True) from error
        except (OSError, httpcore.NetworkError, httpcore.TimeoutException,
                httpcore.ProtocolError, httpcore.ProxyError) as error:  # fmt: skip
            raise Failed("no-answer") from error
        if 200 <= status < 300:  # noqa: PLR2004 -- success
            return
        is_final = status < 500 and status not in _AGAIN  # noqa: PLR2004 -- the server's own trouble
        raise Failed(f"http-{status}", is_final=is_final, is_gone=status == _GONE)

    async def _answered(self, call: Call) -> int:
        """Status of the answer, whose body is read within bounds so that the connection is kept."""
        headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in call.headers]
        headers.append((b"Content-Length", str(len(call.body)).encode()))
        bounds = dict.fromkeys(("connect", "read", "write", "pool"), call.seconds)
        async with self._pool.stream(
            call.method, call.url, headers=headers, content=call.body,
            extensions={"timeout": bounds},
        ) as answer:  # fmt: skip
            size = 0
            async for chunk in answer.aiter_stream():
                size += len(chunk)
                if size > _MOST_ANSWER:
                    break
            return answer.status
