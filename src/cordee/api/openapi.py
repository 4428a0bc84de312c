"""The OpenAPI document of the FHIR API, made from what is registered."""

from __future__ import annotations

from typing import Any, Final

import orjson

from cordee import __version__
from cordee.api.searching import INSTANCE_OPERATIONS, TYPE_OPERATIONS
from cordee.api.viewing import KIND
from cordee.fhir.indexing.parameters import Registry
from cordee.fhir.model.definitions import RESOURCE_TYPES

_MEDIA: Final = ("application/fhir+json", "application/fhir+xml")
_PATCHES: Final = (
    "application/json-patch+json", "application/xml-patch+xml", "application/fhir+json",
)  # fmt: skip
_ID: Final = {"type": "string", "pattern": "^[A-Za-z0-9\\-.]{1,64}$"}
_RESULT: Final = (
    "_sort", "_count", "_total", "_summary", "_elements", "_include", "_revinclude", "_filter",
)  # fmt: skip


def openapi_document(registry: Registry, base: str) -> bytes:
    """OpenAPI 3.1 as JSON bytes; `{type}` stands for every resource type."""
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Cordée, FHIR R4", "version": __version__},
        "servers": [{"url": base}],
        "security": [{"bearer": []}],
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Resource": {
                    "type": "object",
                    "required": ["resourceType"],
                    "properties": {"resourceType": {"enum": sorted(RESOURCE_TYPES)}},
                }
            },
        },
        "paths": _paths() | _searches(registry) | _operations(),
    }
    return orjson.dumps(document)


def _paths() -> dict[str, Any]:
    kind, key = _path("type", {"enum": sorted(RESOURCE_TYPES)}), _path("id", _ID)
    version = _path("version", {"type": "integer"})
    return {
        "/metadata": {"get": _operation("capabilities", [], security=[])},
        "/": {
            "get": _operation("search-system", []),
            "post": _operation("batch-transaction", [], body=_MEDIA),
        },
        "/_history": {"get": _operation("history-system", [])},
        "/{type}": {
            "post": _operation("create", [kind], body=_MEDIA),
            "put": _operation("update-conditional", [kind], body=_MEDIA),
            "patch": _operation("patch-conditional", [kind], body=_PATCHES),
            "delete": _operation("delete-conditional", [kind]),
        },
        "/{type}/_search": {
            "post": _operation("search-form", [kind], body=("application/x-www-form-urlencoded",))
        },
        "/{type}/_history": {"get": _operation("history-type", [kind])},
        "/{type}/{id}": {
            "get": _operation("read", [kind, key]),
            "put": _operation("update", [kind, key], body=_MEDIA),
            "patch": _operation("patch", [kind, key], body=_PATCHES),
            "delete": _operation("delete", [kind, key]),
        },
        "/{type}/{id}/_history": {"get": _operation("history-instance", [kind, key])},
        "/{type}/{id}/_history/{version}": {"get": _operation("vread", [kind, key, version])},
    }


def _searches(registry: Registry) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in sorted(RESOURCE_TYPES):
        codes = [*sorted(registry.of(name)), *_RESULT]
        parameters = [{"name": code, "in": "query", "schema": {"type": "string"}} for code in codes]
        found[f"/{name}"] = {"get": _operation(f"search-{name}", parameters)}
    return found


def _operations() -> dict[str, Any]:
    key = _path("id", _ID)
    found: dict[str, Any] = _views()
    for (kind, name), methods in TYPE_OPERATIONS.items():
        found[f"/{kind}/{name}"] = {
            method.lower(): _operation(f"{kind}{name}-{method}", []) for method in methods
        }
    for (kind, name), methods in INSTANCE_OPERATIONS.items():
        which = f"{kind}-id{name}" if (kind, name) in TYPE_OPERATIONS else f"{kind}{name}"
        found[f"/{kind}/{{id}}/{name}"] = {
            method.lower(): _operation(f"{which}-{method}", [key]) for method in methods
        }
    return found


def _views() -> dict[str, Any]:
    """Views of SQL on FHIR: run at once, or exported and fetched."""
    base, key = f"/{KIND}", _path("id", _ID)
    file = _path("file", {"type": "string"})
    return {
        f"{base}/$run": {"post": _operation("view-run", [], body=_MEDIA)},
        f"{base}/$export": {"post": _operation("view-export", [], body=_MEDIA)},
        f"{base}/$export/{{id}}": {
            "get": _operation("view-export-state", [key]),
            "delete": _operation("view-export-cancel", [key]),
        },
        f"{base}/$export/{{id}}/{{file}}": {"get": _operation("view-export-file", [key, file])},
    }


def _path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _operation(
    name: str,
    parameters: list[dict[str, Any]],
    *,
    body: tuple[str, ...] = (),
    security: list[Any] | None = None,
) -> dict[str, Any]:
    content = {media: {"schema": {"$ref": "#/components/schemas/Resource"}} for media in _MEDIA}
    operation: dict[str, Any] = {
        "operationId": name,
        "parameters": parameters,
        "responses": {
            "2XX": {"description": "Done", "content": content},
            "4XX": {"description": "Refused: an OperationOutcome says why", "content": content},
        },
    }
    if body:
        operation["requestBody"] = {"required": True, "content": {media: {} for media in body}}
    if security is not None:
        operation["security"] = security
    return operation
