"""SCIM 2.0 as values: an agent as a User and back, filters, patches, what is served.

Rules: RFC 7643 (schemas), RFC 7644, sections 3.4.2 and 3.5.2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from cordee.identity.provisioning.agents import HERE, Agent, Search
from cordee.runtime.errors import InvalidRequest

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
AGENT: Final = "urn:cordee:params:scim:schemas:extension:agent:1.0:User"
LIST: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR: Final = "urn:ietf:params:scim:api:messages:2.0:Error"
PATCH: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_CORE: Final = "urn:ietf:params:scim:schemas:core:2.0:"
_FILTER: Final = re.compile(r'^\s*(\w+)\s+eq\s+("(?:[^"\\]|\\.)*"|true|false)\s*$', re.IGNORECASE)
_LONGEST: Final = 200
MOST: Final = 200
_TRUE, _FALSE = "true", "false"


def user_of(agent: Agent, base: str) -> dict[str, Any]:
    """An agent as a SCIM User; `base` is the address of the service."""
    meta: dict[str, Any] = {"resourceType": "User", "location": f"{base}/Users/{agent.id}"}
    for name, moment in (("created", agent.made), ("lastModified", agent.changed)):
        if moment is not None:
            meta[name] = moment.isoformat()
    extension: dict[str, Any] = {"status": agent.status, "level": agent.level}
    if agent.rpps:
        extension["rpps"] = agent.rpps
    if agent.expires:
        extension["expires"] = agent.expires.isoformat()
    found: dict[str, Any] = {
        "schemas": [USER, AGENT],
        "id": str(agent.id),
        "userName": agent.local_id,
        "displayName": agent.name,
        "active": agent.is_active,
        AGENT: extension,
        "meta": meta,
    }
    if agent.external_id:
        found["externalId"] = agent.external_id
    return found


def agent_of(told: Mapping[str, Any], source: str) -> tuple[Agent, bool]:
    """The agent of a User that was sent, and whether they are active; raises `InvalidRequest`."""
    login = told.get("userName")
    if not isinstance(login, str) or not 0 < len(login.strip()) <= _LONGEST:
        raise InvalidRequest("userName: the local identifier is needed")
    extension = told.get(AGENT)
    more: Mapping[str, Any] = extension if isinstance(extension, dict) else {}
    agent = Agent(
        local_id=login.strip(),
        name=_name(told),
        source=source,
        external_id=_text(told.get("externalId"), "externalId"),
        rpps=_text(more.get("rpps"), "rpps"),
        expires=_moment(more.get("expires")),
    )
    return agent, _boolean(told.get("active", True), "active")


def search_of(query: Mapping[str, str]) -> Search:
    """What is asked for; raises `InvalidRequest` for a filter that is not served."""
    start, count = _number(query.get("startIndex"), 1), _number(query.get("count"), 100)
    found = Search(status=HERE, offset=max(start, 1) - 1, limit=max(0, min(count, MOST)))
    text = query.get("filter")
    if text is None:
        return found
    matched = _FILTER.match(text)
    if matched is None:
        raise InvalidRequest('filter: use userName eq "...", or externalId eq "..."')
    name, value = matched[1].casefold(), re.sub(r"\\(.)", r"\1", matched[2].strip('"'))
    if name == "username":
        return replace(found, local_id=value)
    if name == "externalid":
        return replace(found, external_id=value)
    raise InvalidRequest("filter: use userName or externalId")


def patched(agent: Agent, told: Mapping[str, Any]) -> tuple[Agent, bool]:
    """An agent after a PatchOp, and whether they are active then; raises `InvalidRequest`."""
    operations = told.get("Operations")
    if PATCH not in (told.get("schemas") or ()) or not isinstance(operations, list):
        raise InvalidRequest(f"schemas: {PATCH} with Operations is expected")
    is_active = agent.is_active
    for one in operations:
        if not isinstance(one, dict) or str(one.get("op", "")).casefold() not in _OPERATIONS:
            raise InvalidRequest("op: use add, replace or remove")
        is_removal = str(one["op"]).casefold() == "remove"
        path, value = one.get("path"), None if is_removal else one.get("value")
        pairs = {str(path): value} if path else value
        if not isinstance(pairs, dict):
            raise InvalidRequest("path: without one the value is an object")
        for name, given in pairs.items():
            agent, is_active = _with(agent, is_active, name, given)
    return agent, is_active


def service_configuration(base: str) -> dict[str, Any]:
    """What this service can do (RFC 7643, section 5)."""
    no = {"supported": False}
    return {
        "schemas": [_CORE + "ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": no | {"maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MOST},
        "changePassword": no,
        "sort": no,
        "etag": no,
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token of the establishment",
                "description": "Made by `cordee scim add`; it speaks for one structure.",
                "primary": True,
            }
        ],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": f"{base}/ServiceProviderConfig",
        },
    }


def resource_types(base: str) -> list[dict[str, Any]]:
    """The one kind of resource."""
    return [
        {
            "schemas": [_CORE + "ResourceType"],
            "id": "User",
            "name": "User",
            "endpoint": "/Users",
            "schema": USER,
            "schemaExtensions": [{"schema": AGENT, "required": False}],
            "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/User"},
        }
    ]


def schemas(base: str) -> list[dict[str, Any]]:
    """The attributes that are read and served, and no others."""
    core = [
        _attribute("userName", required=True, uniqueness="server"),
        _attribute("externalId", uniqueness="server"),
        _attribute("displayName"),
        _attribute("active", kind="boolean"),
        _attribute("name", kind="complex")
        | {"subAttributes": [_attribute(one) for one in ("formatted", "givenName", "familyName")]},
    ]
    agent = [
        _attribute("rpps"),
        _attribute("expires", kind="dateTime"),
        _attribute("status", mutability="readOnly"),
        _attribute("level", kind="integer", mutability="readOnly"),
    ]
    return [
        {
            "schemas": [_CORE + "Schema"],
            "id": key,
            "name": name,
            "attributes": attributes,
            "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{key}"},
        }
        for key, name, attributes in ((USER, "User", core), (AGENT, "Agent", agent))
    ]


_OPERATIONS: Final = {"add", "replace", "remove"}


def _with(agent: Agent, is_active: bool, name: str, value: Any) -> tuple[Agent, bool]:
    if name == AGENT and isinstance(value, dict):
        for inner, given in value.items():
            agent, is_active = _with(agent, is_active, inner, given)
        return agent, is_active
    short = name.removeprefix(f"{USER}:").removeprefix(f"{AGENT}:").casefold()
    if short == "active":
        return agent, _boolean(value, "active")
    read = _CHANGES.get(short)
    if read is None:
        raise InvalidRequest(f"path: {name[:80]!r} cannot be changed")
    return replace(agent, **read(value)), is_active


_CHANGES: Final[Mapping[str, Callable[[Any], dict[str, Any]]]] = {
    "displayname": lambda value: {"name": _text(value, "displayName") or ""},
    "name.formatted": lambda value: {"name": _text(value, "name.formatted") or ""},
    "name": lambda value: {"name": _name({"name": value})},
    "externalid": lambda value: {"external_id": _text(value, "externalId")},
    "rpps": lambda value: {"rpps": _text(value, "rpps")},
    "expires": lambda value: {"expires": _moment(value)},
}


def _attribute(name: str, *, kind: str = "string", **more: Any) -> dict[str, Any]:
    usual = {
        "multiValued": False, "required": False, "caseExact": False, "mutability": "readWrite",
        "returned": "default", "uniqueness": "none",
    }  # fmt: skip
    return {"name": name, "type": kind, **usual, **more}


def _name(told: Mapping[str, Any]) -> str:
    name = told.get("name")
    parts: Mapping[str, Any] = name if isinstance(name, dict) else {}
    joined = " ".join(str(parts.get(one) or "") for one in ("givenName", "familyName")).strip()
    return str(told.get("displayName") or parts.get("formatted") or joined)[:_LONGEST]


def _text(value: Any, name: str) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise InvalidRequest(f"{name}: a text is expected")
    return value.strip()


def _boolean(value: Any, name: str) -> bool:
    """Some clients send the words."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.casefold() in {_TRUE, _FALSE}:
        return value.casefold() == _TRUE
    raise InvalidRequest(f"{name}: true or false is expected")


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise InvalidRequest("expires: a date and time with its offset is expected") from error
    if moment.tzinfo is None:
        raise InvalidRequest("expires: a date and time with its offset is expected")
    return moment


def _number(text: str | None, default: int) -> int:
    if text is None:
        return default
    try:
        return int(text)
    except ValueError as error:
        raise InvalidRequest("startIndex and count are whole numbers") from error
