"""The FHIR R4 API as a bare ASGI application: parse, guard, interact, answer.

Rule: https://hl7.org/fhir/R4/http.html. No framework stands on this path; see decision 0004.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import structlog

from cordee.access.guard import Guard
from cordee.api import (
    auditing,
    http,
    interacting,
    searching,
    subscribing,
    subscription_operations,
    view_exports,
    viewing,
)
from cordee.api.bounds import Bounds
from cordee.api.degraded import refuse_writing
from cordee.api.http import Answer, Receive, Request, Send, WrongMethod
from cordee.api.measuring import Measures
from cordee.api.presenting import presented_of
from cordee.api.session import Session
from cordee.api.turns import Turns
from cordee.api.viewing import Views
from cordee.care.notifications.desk import NotificationDesk
from cordee.fhir.capability import capability_statement
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.model.definitions import RESOURCE_TYPES, type_number
from cordee.fhir.store.scope import Trace
from cordee.fhir.subscriptions.engine import Subscriptions
from cordee.identity.smart.bearers import Bearers
from cordee.identity.smart.proving import Presented
from cordee.runtime.database import is_outage
from cordee.runtime.errors import (
    AccessDenied,
    NotAuthenticated,
    NotFound,
    ProductError,
    Unavailable,
)

_log = structlog.get_logger()
_READING = {"GET", "HEAD"}
Handler = Callable[[Session], Awaitable[Answer]]


class FhirApi:
    """ASGI application of everything under `/fhir`."""

    def __init__(
        self,
        kernel: Kernel,
        guard: Guard,
        bearers: Bearers,
        bounds: Bounds | None = None,
        subscriptions: Subscriptions | None = None,
    ) -> None:
        """All parts are open; nothing is started here."""
        self._subscriptions = subscriptions
        self.notifications: NotificationDesk | None = None
        self.views: Views | None = None
        self.measures: Measures | None = None
        self._bounds = bounds or Bounds()
        self._kernel = kernel
        self._guard = guard
        self._bearers = bearers
        self._prefix = "/fhir"
        self._turns = Turns(self._bounds.rates)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """One request to one answer; every error becomes an OperationOutcome."""
        request = http.read_request(scope, receive, self._prefix)
        request.scanner = self._bounds.scanner
        try:
            http.negotiate(request)
            answer = await self._answer(request, self._presented(scope))
        except ProductError as error:
            answer = http.failure(error)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if is_outage(error):
                _log.warning("database_away", kind=type(error).__name__, method=request.method)
                answer = http.failure(Unavailable("the database is away; try again in a moment"))
                await http.reply(request, answer, send)
                return
            _log.exception("fhir_request_failed", method=request.method, kind=type(error).__name__)
            answer = http.unexpected()
        await http.reply(request, answer, send)

    def _presented(self, scope: MutableMapping[str, Any]) -> Presented:
        return presented_of(scope, self._bearers.issuer, self._bearers.proxies)

    async def _answer(self, request: Request, presented: Presented) -> Answer:
        if request.parts == ["metadata"] and request.method in _READING:
            return Answer(200, capability_statement(self._kernel.registry, self._kernel.base))
        if request.parts[:1] == [".well-known"]:
            raise NotFound("there is nothing at this address")
        session = await self._session(request, presented)
        try:
            return await _route(session)(session)
        except AccessDenied as error:
            await self._note(session, error)
            raise

    async def _note(self, session: Session, error: AccessDenied) -> None:
        """A refusal that says why is a line of the trail; one that hides is as if nothing was."""
        scope, first = session.scope, session.request.parts[:1]
        number = type_number(first[0]) if first and first[0] in RESOURCE_TYPES else None
        detail = f"refused {error.slug} {session.request.method}"
        await self._kernel.coalescer.trace(
            Trace(scope.agent, "E", number, (), detail, scope.acting)
        )

    async def _session(self, request: Request, presented: Presented) -> Session:
        header = request.headers.get("authorization", "")
        scheme, _, token = header.partition(" ")
        if scheme.lower() not in {"bearer", "dpop"} or not token:
            raise NotAuthenticated("a bearer token is needed; `cordee token` makes one")
        principal = await self._bearers.present(scheme.lower(), token.strip(), presented)
        self._turns.check(principal, request.parts)
        if self._bounds.is_read_only():
            refuse_writing(request.method, request.parts)
        scope = await self._guard.scope(principal)
        told = (self._subscriptions, self.notifications, self.views, self.measures)
        return Session(self._kernel, scope, request, _route, principal, *told)


def _route(session: Session) -> Handler:
    """The handler of a path; raises `NotFound` or `MethodNotAllowed`."""
    parts, method = session.request.parts, session.request.method
    if parts and parts[0] in RESOURCE_TYPES:
        if parts[0] == auditing.KIND:
            table = _event_routes(parts)
        elif parts[0] == subscribing.KIND:
            table = _subscription_routes(parts)
        else:
            table = _TYPE_ROUTES if len(parts) == 1 else _instance_routes(parts)
    elif parts[:1] == [viewing.KIND]:
        table = view_exports.routes(parts)
    else:
        table = _SYSTEM_ROUTES.get("/".join(parts))
    if table is None:
        raise NotFound("there is nothing at this address")
    handler = table.get("GET" if method == "HEAD" else method)
    if handler is None:
        raise WrongMethod(method, {*table, *(["HEAD"] if "GET" in table else [])})
    return handler


def _event_routes(parts: list[str]) -> Mapping[str, Handler] | None:
    """Routes of AuditEvent: it has a trail, no history."""
    if len(parts) == 1:
        return auditing.TYPE_ROUTES
    if len(parts) > 2:  # noqa: PLR2004 -- type and id
        return None
    return auditing.BELOW_TYPE.get(parts[1], auditing.INSTANCE_ROUTES)


def _subscription_routes(parts: list[str]) -> Mapping[str, Handler] | None:
    """Routes of Subscription: its owner's, and those of its operations."""
    match parts[1:]:
        case []:
            return subscribing.TYPE_ROUTES
        case [name] if name.startswith("$"):
            return subscription_operations.TYPE_OPERATIONS.get((subscribing.KIND, name))
        case [name]:
            return subscribing.BELOW_TYPE.get(name, subscribing.INSTANCE_ROUTES)
        case [_, name] if name.startswith("$"):
            return subscription_operations.INSTANCE_OPERATIONS.get((subscribing.KIND, name))
        case [_, "_history", *rest]:
            return subscribing.HISTORY_ROUTES.get(len(rest))
        case _:
            return None


def _instance_routes(parts: list[str]) -> Mapping[str, Handler] | None:
    """Routes below a type: `Type/…` with at least one part more."""
    kind, *rest = parts
    if len(rest) == 1:
        if rest[0].startswith("$"):
            return searching.TYPE_OPERATIONS.get((kind, rest[0]))
        return _BELOW_TYPE.get(rest[0], _INSTANCE_ROUTES)
    if rest[1].startswith("$"):
        operation = searching.INSTANCE_OPERATIONS.get((kind, rest[1]))
        return operation if rest[2:] == [] else None
    if rest[1] == "_history":
        return _HISTORY_ROUTES.get(len(rest[2:]))
    return _compartment_routes(parts)


def _compartment_routes(parts: list[str]) -> Mapping[str, Handler] | None:
    kind, rest = parts[0], parts[2:]
    if kind not in searching.COMPARTMENTS:
        return None
    if rest[0] != "*" and rest[0] not in RESOURCE_TYPES:
        return None
    if len(rest) == 1:
        return {"GET": searching.search_compartment}
    return {"POST": searching.search_compartment} if rest[1:] == ["_search"] else None


async def _metadata(session: Session) -> Answer:
    """GET of the CapabilityStatement inside a batch."""
    return Answer(200, capability_statement(session.kernel.registry, session.kernel.base))


_SYSTEM_ROUTES: Mapping[str, Mapping[str, Handler]] = {
    "metadata": {"GET": _metadata},
    "": {"GET": searching.search_system, "POST": interacting.bundle},
    "_search": {"POST": searching.search_system_by_form},
    "_history": {"GET": interacting.system_history},
}
_TYPE_ROUTES: Mapping[str, Handler] = {
    "GET": searching.search_type,
    "POST": interacting.create,
    "PUT": interacting.conditional_update,
    "PATCH": interacting.conditional_patch,
    "DELETE": interacting.conditional_delete,
}
_BELOW_TYPE: Mapping[str, Mapping[str, Handler]] = {
    "_search": {"POST": searching.search_by_form},
    "_history": {"GET": interacting.type_history},
}
_HISTORY_ROUTES: Mapping[int, Mapping[str, Handler]] = {
    0: {"GET": interacting.instance_history},
    1: {"GET": interacting.vread},
}
_INSTANCE_ROUTES: Mapping[str, Handler] = {
    "GET": interacting.read,
    "PUT": interacting.update,
    "PATCH": interacting.patch,
    "DELETE": interacting.delete,
}
