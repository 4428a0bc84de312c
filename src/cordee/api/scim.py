"""`/scim/v2`: the people of a structure, as its own register of staff says them.

Rule: RFC 7644. The token says which structure; agents of another one do not exist here.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import orjson
import structlog

from cordee.api.oauth_http import body_of, fields_of, headers_of
from cordee.identity.provisioning.agents import Agents
from cordee.identity.provisioning.scim import (
    ERROR,
    LIST,
    agent_of,
    patched,
    resource_types,
    schemas,
    search_of,
    service_configuration,
    user_of,
)
from cordee.identity.provisioning.tokens import ProvisioningTokens
from cordee.identity.smart.failures import OAuthError
from cordee.runtime.database import Database, is_outage
from cordee.runtime.errors import (
    Conflict,
    InvalidRequest,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
    ProductError,
    RuleBroken,
    Unavailable,
)

PREFIX: Final = "/scim/v2"
_MEDIA: Final = "application/scim+json"
_log = structlog.get_logger()
_Answer = tuple[int, Any]


class ScimApi:
    """ASGI application of provisioning."""

    def __init__(self, database: Database, base: str) -> None:
        """`base` is the address of this installation."""
        self._database = database
        self._tokens = ProvisioningTokens(database)
        self._base = base + PREFIX

    def knows(self, path: str) -> bool:
        """Whether the path is one of these."""
        return path == PREFIX or path.startswith(PREFIX + "/")

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """One request to one answer."""
        headers: list[tuple[str, str]] = []
        try:
            status, content = await self._answer(scope, receive)
        except OAuthError as error:
            status, content = _failure(InvalidRequest(error.message))
        except ProductError as error:
            status, content = _failure(error)
            if isinstance(error, NotAuthenticated):
                headers.append(("www-authenticate", 'Bearer realm="cordee scim"'))
        except Exception as error:
            if not is_outage(error):
                _log.exception("scim_failed", kind=type(error).__name__)
            status, content = _failure(Unavailable("the service does not answer; try again"))
        body = b"" if content is None else orjson.dumps(content)
        headers += [("cache-control", "no-store"), ("content-length", str(len(body)))]
        if body:
            headers.append(("content-type", _MEDIA))
        if status == 201 and content:  # noqa: PLR2004 -- Created
            headers.append(("location", content["meta"]["location"]))
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: MutableMapping[str, Any], receive: Any) -> _Answer:
        scheme, _, token = headers_of(scope).get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not token:
            raise NotAuthenticated("a bearer token of the establishment is needed")
        structure, label = await self._tokens.structure_of(token.strip())
        agents = Agents(self._database, structure, f"scim:{label}"[:80])
        method, path = scope["method"], scope["path"].removeprefix(PREFIX).strip("/")
        kind, _, key = path.partition("/")
        if kind != "Users":
            return self._described(method, kind, key)
        told = _read(await body_of(receive)) if method in {"POST", "PUT", "PATCH"} else {}
        if not key:
            query = fields_of(scope["query_string"])
            return await self._collection(agents, method, told, query)
        return await self._single(agents, method, _key(key), told)

    def _described(self, method: str, kind: str, key: str) -> _Answer:
        if method != "GET":
            raise MethodNotAllowed("only GET is possible here")
        if kind == "ServiceProviderConfig":
            return 200, service_configuration(self._base)
        every = {"ResourceTypes": resource_types, "Schemas": schemas}.get(kind)
        if every is None:
            raise NotFound("there is no such endpoint")
        found = every(self._base)
        if not key:
            return 200, _list(found, len(found), 1)
        for one in found:
            if one["id"] == key:
                return 200, one
        raise NotFound("there is no such description")

    async def _collection(
        self, agents: Agents, method: str, told: Mapping[str, Any], query: Mapping[str, str]
    ) -> _Answer:
        if method == "GET":
            search = search_of(query)
            found, total = await agents.find(search)
            there = [user_of(one, self._base) for one in found]
            return 200, _list(there, total, search.offset + 1)
        if method != "POST":
            raise MethodNotAllowed("use GET or POST")
        agent, is_active = agent_of(told, agents.actor)
        made = await agents.add(agent)
        if not is_active:
            await agents.set_active(made.id, is_active=False)
        return 201, user_of(await agents.one(made.id), self._base)

    async def _single(
        self, agents: Agents, method: str, key: int, told: Mapping[str, Any]
    ) -> _Answer:
        known = await agents.one(key)
        if method == "GET":
            return 200, user_of(known, self._base)
        if method == "DELETE":
            await agents.leave(key)
            return 204, None
        if method == "PATCH":
            agent, is_active = patched(known, told)
        elif method == "PUT":
            agent, is_active = agent_of(told, known.source)
            if agent.local_id != known.local_id:
                raise RuleBroken("userName: it stays as it is; make a new agent")
        else:
            raise MethodNotAllowed("use GET, PUT, PATCH or DELETE")
        await agents.change(key, agent)
        await agents.set_active(key, is_active=is_active)
        return 200, user_of(await agents.one(key), self._base)


def _list(found: list[dict[str, Any]], total: int, start: int) -> dict[str, Any]:
    return {
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(found),
        "Resources": found,
    }


def _failure(error: ProductError) -> _Answer:
    content = {"schemas": [ERROR], "status": str(error.status), "detail": error.message}
    kinds = {Conflict: "uniqueness", InvalidRequest: "invalidValue", RuleBroken: "mutability"}
    kind = kinds.get(type(error))
    if error.message.startswith("filter:"):
        kind = "invalidFilter"
    if kind:
        content["scimType"] = kind
    status = 400 if isinstance(error, RuleBroken) else error.status
    return status, content | {"status": str(status)}


def _read(raw: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest("the body is no JSON") from error
    if not isinstance(told, dict):
        raise InvalidRequest("the body is no JSON object")
    return told


def _key(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:  # noqa: PLR2004 -- an int8
        raise NotFound("there is no such agent in this structure")
    return int(text)
