"""One ASGI application: FHIR, operations and the web application, by path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

from cordee.api.backchannel import BackChannel
from cordee.api.bounds import Bounds
from cordee.api.fhir import FhirApi
from cordee.api.oauth import OAuthApi
from cordee.api.oauth_http import send_preflight, with_cors
from cordee.api.openapi import openapi_document
from cordee.api.scim import ScimApi
from cordee.api.sockets import Sockets
from cordee.api.subscription_operations import SOCKET_PATH
from cordee.app.federation import federated
from cordee.app.federation_emulator import Emulator
from cordee.app.gates import LimitedOAuth, read_only
from cordee.app.notifications import make_desk
from cordee.app.sas import sas_faces
from cordee.app.tls import with_hsts
from cordee.app.views_port import ViewsPort
from cordee.app.wiring import Parts
from cordee.identity.accounts.entering import Entrance
from cordee.identity.accounts.sealing import Sealer
from cordee.runtime.database import AWAY

Application = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]
_LOOPBACK = {"127.0.0.1", "::1", "testclient"}
_NOT_OURS = ("/oauth", "/.well-known")


def make_application(parts: Parts, web: Application | None) -> Application:
    """The application of a process; `web` answers what nothing else does."""
    fhir = _for_browsers(_fhir(parts))
    faces = _faces(parts)
    sockets = _sockets(parts)

    async def application(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await sockets(scope, receive, send)
            return
        send = with_hsts(send) if parts.settings.is_secure else send
        path: str = scope["path"]
        face = next((one for one in faces if one.knows(path)), None)
        if face is not None:
            await face(scope, receive, send)
        elif path == "/fhir" or path.startswith("/fhir/"):
            await fhir(scope, receive, send)
        elif path.startswith(("/health/", "/metrics")):
            await _operations(parts, scope, send)
        elif path == "/openapi.json":
            await _say(send, 200, openapi_document(parts.kernel.registry, parts.kernel.base))
        elif path.startswith(_NOT_OURS) or web is None:
            await _say(send, 404, b'{"error":"not found"}')
        else:
            await web(scope, receive, send)

    return application


def _fhir(parts: Parts) -> FhirApi:
    told = parts.settings
    bounds = Bounds(told.rates, read_only(told), told.scanner)
    api = FhirApi(parts.kernel, parts.guard, parts.smart.bearers, bounds, parts.subscriptions)
    api.notifications = make_desk(parts)
    api.views = ViewsPort(told)
    api.measures = parts.population
    return api


def _sockets(parts: Parts) -> Application:
    """Sockets of subscriptions; at another address there is none, and what is neither is left."""
    face = Sockets(parts.subscriptions)

    async def answer(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket" and scope["path"] == SOCKET_PATH:
            await face(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    return answer


def _faces(parts: Parts) -> list[Any]:
    """Applications that know their own paths, in the order in which they are asked."""
    entrance = Entrance(parts.database, Sealer(parts.settings.keys))
    oauth = LimitedOAuth(OAuthApi(parts.smart), parts.settings.rates.oauth)
    faces: list[Any] = [oauth, BackChannel(federated(parts, entrance).leaving)]
    faces.append(ScimApi(parts.database, parts.kernel.base.removesuffix("/fhir")))
    faces += sas_faces(parts)
    if parts.settings.demo:
        faces.append(Emulator(parts))
    return faces


def _for_browsers(fhir: Application) -> Application:
    """The same, with what lets an application of another origin read its answers (CORS)."""

    async def answer(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        names = {name for name, _ in scope["headers"]}
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in names:
            await send_preflight(send)
        else:
            await fhir(scope, receive, with_cors(send))

    return answer


async def _operations(parts: Parts, scope: MutableMapping[str, Any], send: Any) -> None:
    client = scope.get("client")
    if client and client[0] not in _LOOPBACK:
        await _say(send, 404, b'{"error":"not found"}')
        return
    if scope["path"] == "/health/live":
        await _say(send, 200, b'{"status":"live"}')
    elif scope["path"] == "/health/ready":
        ready = await _ready(parts)
        await _say(send, 200 if ready else 503, orjson.dumps({"ready": ready}))
    elif scope["path"] == "/metrics":
        await _say(send, 200, _metrics(parts), b"text/plain; version=0.0.4")
    else:
        await _say(send, 404, b'{"error":"not found"}')


async def _ready(parts: Parts) -> bool:
    try:
        async with parts.database.write.acquire() as connection:
            return await connection.fetchval("SELECT true") is True
    except AWAY:
        return False


def _metrics(parts: Parts) -> bytes:
    rows = {
        "cordee_journal_published": parts.listener.newest,
        "cordee_database_connections": sum(
            one.size for one in (parts.database.write, parts.database.search, parts.database.steady)
        ),
    }
    return "".join(
        f"# TYPE {name} gauge\n{name} {value}\n" for name, value in rows.items()
    ).encode()


async def _say(send: Any, status: int, body: bytes, media: bytes = b"application/json") -> None:
    headers = [(b"content-type", media), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
