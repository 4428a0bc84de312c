"""JSON Patch on a resource.

Rule: https://www.rfc-editor.org/rfc/rfc6902 and https://hl7.org/fhir/R4/http.html#patch
"""

from __future__ import annotations

from typing import Any

import jsonpatch
import jsonpointer

from cordee.fhir.model.digits import read_json, write_json
from cordee.runtime.errors import InvalidRequest, RuleBroken, TooCostly

MAXIMUM_COPIED_BYTES = 4_000_000
NEEDED = {
    "add": ("path", "value"),
    "remove": ("path",),
    "replace": ("path", "value"),
    "move": ("path", "from"),
    "copy": ("path", "from"),
    "test": ("path", "value"),
}


def apply_json_patch(resource: bytes, patch: bytes) -> bytes:
    """JSON of the resource with the patch applied; decimals keep their digits.

    An array or object that a removal leaves empty goes too, as FHIR has none. Raises
    `InvalidRequest` when the patch is no JSON Patch, `RuleBroken` when it does not fit the
    resource: a path that is not there, or a test that fails; `TooCostly` when it copies too much.
    """
    document = read_json(resource)
    operations = _operations(read_json(patch))
    try:
        document = _applied(document, operations)
    except jsonpatch.JsonPatchTestFailed as caught:
        raise RuleBroken("a test of the patch fails; read the resource again") from caught
    except (jsonpatch.JsonPatchConflict, jsonpointer.JsonPointerException) as caught:
        raise RuleBroken("a path of the patch is not in the resource; correct it") from caught
    except (jsonpatch.JsonPatchException, TypeError) as caught:
        raise InvalidRequest("the patch is no JSON Patch (RFC 6902); correct it") from caught
    return write_json(_pruned(document, operations))


def _applied(document: Any, operations: list[dict[str, Any]]) -> Any:
    copied_bytes = 0
    for operation in operations:
        if operation["op"] == "copy":
            # Each copy may double the resource: thirty of them would fill the memory.
            source = jsonpointer.JsonPointer(operation["from"]).resolve(document)
            copied_bytes += len(write_json(source))
            if copied_bytes > MAXIMUM_COPIED_BYTES:
                raise TooCostly("the copies of the patch are too large; send the values instead")
        document = jsonpatch.JsonPatch([operation]).apply(document, in_place=True)
    return document


def _operations(patch: Any) -> list[dict[str, Any]]:
    if not isinstance(patch, list):
        raise InvalidRequest("a JSON Patch is an array of operations; send one")
    for number, operation in enumerate(patch):
        name = operation.get("op") if isinstance(operation, dict) else None
        if not isinstance(name, str) or name not in NEEDED:
            known = ", ".join(NEEDED)
            raise InvalidRequest(f"operation {number} of the patch: its op is none of {known}")
        for member in NEEDED[name]:
            if member not in operation:
                raise InvalidRequest(
                    f"operation {number} of the patch: {member} is missing; add it"
                )
            if member != "value" and not _is_pointer(operation[member]):
                raise InvalidRequest(
                    f"operation {number} of the patch: {member} is no JSON Pointer"
                )
    return patch


def _is_pointer(value: Any) -> bool:
    return isinstance(value, str) and (not value or value.startswith("/"))


def _pruned(document: Any, operations: list[dict[str, Any]]) -> Any:
    """Take away what the removals of the patch left empty."""
    for operation in operations:
        emptied = {"remove": "path", "move": "from"}.get(operation["op"])
        if emptied is not None:
            parts = jsonpointer.JsonPointer(operation[emptied]).parts
            for depth in range(len(parts) - 1, 0, -1):
                _drop_if_empty(document, parts[:depth])
    return document


def _drop_if_empty(document: Any, parts: list[str]) -> None:
    holder = jsonpointer.JsonPointer.from_parts(parts[:-1]).resolve(document, None)
    if isinstance(holder, dict) and holder.get(parts[-1]) in ([], {}):
        del holder[parts[-1]]
    elif isinstance(holder, list) and parts[-1].isdecimal():
        index = int(parts[-1])
        if index < len(holder) and holder[index] == {}:
            del holder[index]
