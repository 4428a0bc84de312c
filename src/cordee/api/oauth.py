"""The endpoints of the authorization server, and its two discovery documents.

Rules: RFC 6749, 7009, 7591, 7662; https://hl7.org/fhir/smart-app-launch/STU2.2/.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson
import structlog

from cordee.api.oauth_http import (
    OAuthAnswer,
    body_of,
    fields_of,
    form_of,
    headers_of,
    refusal,
    send_answer,
    send_preflight,
)
from cordee.api.presenting import presented_of
from cordee.identity.smart.authenticating import authenticate
from cordee.identity.smart.authorizing import Refused
from cordee.identity.smart.clients import METHODS, PUBLIC, Client, new_client
from cordee.identity.smart.failures import OAuthError
from cordee.identity.smart.scopes import INTROSPECT
from cordee.identity.smart.server import AuthorizationServer
from cordee.runtime.database import is_outage
from cordee.runtime.errors import NotAuthenticated

_log = structlog.get_logger()
_MOST_WAITING = 100
CONSENT = "/autoriser"
SMART = "/fhir/.well-known/smart-configuration"
OPENID = "/.well-known/openid-configuration"


class OAuthApi:
    """ASGI application of everything under `/oauth`, and of discovery."""

    def __init__(self, server: AuthorizationServer) -> None:
        """The server is open."""
        self._server = server
        self._routes: dict[str, dict[str, Callable[..., Awaitable[OAuthAnswer]]]] = {
            "/oauth/authorize": {"GET": self._authorize, "POST": self._authorize},
            "/oauth/token": {"POST": self._token},
            "/oauth/introspect": {"POST": self._introspect},
            "/oauth/revoke": {"POST": self._revoke},
            "/oauth/register": {"POST": self._register},
            "/oauth/jwks": {"GET": self._jwks},
            SMART: {"GET": self._smart},
            OPENID: {"GET": self._openid},
        }

    def knows(self, path: str) -> bool:
        """Whether the path is one of these."""
        return path in self._routes

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """One request to one answer in JSON."""
        table = self._routes[scope["path"]]
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        if method == "OPTIONS":
            await send_preflight(send)
            return
        handler = table.get(method)
        if handler is None:
            allowed = [("allow", ", ".join(sorted(table)))]
            content = {"error": "invalid_request", "error_description": "use another method"}
            await send_answer(send, OAuthAnswer(405, content, allowed))
            return
        await send_answer(send, await self._answer(handler, scope, receive))

    async def _answer(
        self, handler: Any, scope: MutableMapping[str, Any], receive: Any
    ) -> OAuthAnswer:
        try:
            return await handler(scope, receive)
        except OAuthError as error:
            return refusal(error)
        except Exception as error:
            kind = type(error).__name__
            if is_outage(error):
                _log.warning("database_away", kind=kind)
                return OAuthAnswer(503, {"error": "temporarily_unavailable"})
            _log.exception("oauth_request_failed", path=scope["path"], kind=kind)
            return OAuthAnswer(500, {"error": "server_error"})

    async def _authorize(self, scope: MutableMapping[str, Any], receive: Any) -> OAuthAnswer:
        if scope["method"] == "POST":
            given = await form_of(headers_of(scope), receive)
        else:
            given = fields_of(scope["query_string"])
        try:
            name = await self._server.authorizer.begin(given)
        except Refused as refused:
            return OAuthAnswer(303, headers=[("location", refused.location)])
        return OAuthAnswer(303, headers=[("location", f"{CONSENT}/{name}")])

    async def _token(self, scope: MutableMapping[str, Any], receive: Any) -> OAuthAnswer:
        client, form = await self._client(scope, receive)
        bearers = self._server.bearers
        presented = presented_of(scope, bearers.issuer, bearers.proxies)
        return OAuthAnswer(200, await self._server.exchange.answer(client, form, presented))

    async def _introspect(self, scope: MutableMapping[str, Any], receive: Any) -> OAuthAnswer:
        headers = headers_of(scope)
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() in {"bearer", "dpop"}:
            await self._may_introspect(scope, scheme.lower(), token.strip())
            form = await form_of(headers, receive)
            return OAuthAnswer(200, await self._server.exchange.introspect(None, _token_of(form)))
        client, form = await self._client(scope, receive)
        if client.kind == PUBLIC:
            raise OAuthError("invalid_client", "a client with a secret or a key is expected")
        return OAuthAnswer(200, await self._server.exchange.introspect(client, _token_of(form)))

    async def _may_introspect(
        self, scope: MutableMapping[str, Any], scheme: str, token: str
    ) -> None:
        """Raises `OAuthError` for who shows a token without the scope for it."""
        bearers = self._server.bearers
        presented = presented_of(scope, bearers.issuer, bearers.proxies)
        try:
            found = await bearers.shown(scheme, token, presented)
        except NotAuthenticated as error:
            raise OAuthError("invalid_client", "the token does not hold") from error
        if INTROSPECT not in found.claims["scope"].split():
            raise OAuthError("invalid_client", f"a token with the scope {INTROSPECT} is expected")

    async def _revoke(self, scope: MutableMapping[str, Any], receive: Any) -> OAuthAnswer:
        client, form = await self._client(scope, receive)
        await self._server.exchange.revoke(client, _token_of(form))
        return OAuthAnswer(200)

    async def _register(self, _: MutableMapping[str, Any], receive: Any) -> OAuthAnswer:
        told = _metadata(await body_of(receive))
        waiting = await self._server.store.row("waiting_clients")
        if waiting[0] >= _MOST_WAITING:
            return OAuthAnswer(429, {"error": "temporarily_unavailable"})
        method = told.get("token_endpoint_auth_method", "client_secret_basic")
        if method not in METHODS:
            raise OAuthError("invalid_client_metadata", "token_endpoint_auth_method: not known")
        addresses = told.get("redirect_uris", [])
        if not isinstance(addresses, list) or not all(isinstance(one, str) for one in addresses):
            raise OAuthError("invalid_redirect_uri", "redirect_uris: a list is expected")
        client, secret = new_client(
            str(told.get("client_name", "")), METHODS[method], addresses,
            str(told.get("scope", "")), jwks=told.get("jwks"), jwks_uri=told.get("jwks_uri"),
            bound=_bound(told),
            launch_url=told.get("initiate_login_uri"),
        )  # fmt: skip
        await self._server.store.add_client(client)
        return OAuthAnswer(201, _registered(client, secret, method))

    async def _jwks(self, _: MutableMapping[str, Any], __: Any) -> OAuthAnswer:
        return OAuthAnswer(200, self._server.keys.jwks(), keeps=True)

    async def _smart(self, _: MutableMapping[str, Any], __: Any) -> OAuthAnswer:
        return OAuthAnswer(200, self._server.configuration(), keeps=True)

    async def _openid(self, _: MutableMapping[str, Any], __: Any) -> OAuthAnswer:
        return OAuthAnswer(200, self._server.openid_configuration(), keeps=True)

    async def _client(
        self, scope: MutableMapping[str, Any], receive: Any
    ) -> tuple[Client, dict[str, str]]:
        headers = headers_of(scope)
        form = await form_of(headers, receive)
        client = await authenticate(
            self._server.store, form, headers.get("authorization", ""), self._server.token_endpoint,
            self._server.keysets,
        )  # fmt: skip
        return client, form


def _bound(told: dict[str, Any]) -> str:
    """What the tokens of an application are bound to (RFC 9449, 5.2; RFC 8705, 3.4)."""
    if told.get("dpop_bound_access_tokens") is True:
        return "dpop"
    return "mtls" if told.get("tls_client_certificate_bound_access_tokens") is True else ""


def _token_of(form: dict[str, str]) -> str:
    token = form.get("token")
    if token is None:
        raise OAuthError("invalid_request", "token: it is needed")
    return token


def _metadata(raw: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise OAuthError("invalid_client_metadata", "the body is no JSON") from error
    if not isinstance(told, dict):
        raise OAuthError("invalid_client_metadata", "the body is no JSON object")
    return told


def _registered(client: Client, secret: str | None, method: str) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "client_id": client.id,
        "client_name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "scope": client.scopes,
        "token_endpoint_auth_method": method,
        "approved": client.approved,
    }
    if client.jwks_uri is not None:
        answer["jwks_uri"] = client.jwks_uri
    if client.bound:
        name = {"dpop": "dpop", "mtls": "tls_client_certificate"}[client.bound]
        answer[f"{name}_bound_access_tokens"] = True
    if secret is not None:
        answer |= {"client_secret": secret, "client_secret_expires_at": 0}
    return answer
