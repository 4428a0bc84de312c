"""`/fhir/ws`: notifications over a websocket, bound by `bind-with-token`.

Rule: http://hl7.org/fhir/uv/subscriptions-backport/STU1.1/channels.html#websockets.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

from cordee.fhir.subscriptions.engine import Subscriptions
from cordee.fhir.subscriptions.streaming import Stream, take_token

_BIND: Final = "bind-with-token"
_BIND_SECONDS: Final = 30
_MOST: Final = 2000
_LONGEST: Final = 200
_POLICY, _TOO_MANY = 1008, 1013


@dataclass(slots=True)
class Sockets:
    """ASGI application of the sockets of one process."""

    engine: Subscriptions
    open: int = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:  # noqa: ARG002 -- the shape of ASGI
        """One socket, from its opening to its end."""
        await receive()  # websocket.connect
        if self.open >= _MOST:
            await send({"type": "websocket.close", "code": _TOO_MANY})
            return
        await send({"type": "websocket.accept"})
        self.open += 1
        try:
            await _Socket(self.engine, receive, send).serve()
        finally:
            self.open -= 1


@dataclass(slots=True)
class _Socket:
    """One connection: words come in, notifications go out, one at a time."""

    engine: Subscriptions
    receive: Any
    send: Any
    _bound: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def serve(self) -> None:
        try:
            if not await self._bind(await self._first()):
                await self._close(_POLICY)
                return
            while True:
                message = await self.receive()
                if message["type"] == "websocket.disconnect":
                    return
                if not await self._bind(message.get("text") or ""):
                    await self._say("error: bind-with-token and a token of yours are expected")
        except TimeoutError:
            await self._close(_POLICY)
        finally:
            for task in self._bound.values():
                task.cancel()
            await asyncio.gather(*self._bound.values(), return_exceptions=True)

    async def _first(self) -> str:
        async with asyncio.timeout(_BIND_SECONDS):
            message = await self.receive()
        return message.get("text") or ""

    async def _bind(self, text: str) -> bool:
        """Begins the streams of a token; False for one that is not known, or was used."""
        word, _, token = text[:_LONGEST].strip().partition(" ")
        if word != _BIND or not token:
            return False
        keys = await take_token(self.engine, token.strip())
        for key in keys:
            if key not in self._bound:
                self._bound[key] = asyncio.create_task(self._stream(key))
        return bool(keys)

    async def _stream(self, key: str) -> None:
        with contextlib.suppress(OSError):
            async for frame in Stream(self.engine, key).frames(greets=True):
                await self._say(frame.body.decode())

    async def _say(self, text: str) -> None:
        async with self._turn:
            await self.send({"type": "websocket.send", "text": text})

    async def _close(self, code: int) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            await self.send({"type": "websocket.close", "code": code})
