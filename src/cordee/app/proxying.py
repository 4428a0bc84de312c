"""Requests that come through a proxy: who the caller is by its word, who it is itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, cast

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from cordee.api.presenting import PEER

Application = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]


def behind_proxies(application: Application, proxies: Sequence[str]) -> Application:
    """The application, told by proxies of these networks whom they speak for.

    Who opened the connection stays known: a certificate is believed from a proxy only.
    """
    # uvicorn types its applications by its own protocol, which ours meets.
    told: Any = ProxyHeadersMiddleware(cast("Any", application), trusted_hosts=list(proxies))

    async def answer(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        scope[PEER] = scope.get("client")
        await told(scope, receive, send)

    return answer
