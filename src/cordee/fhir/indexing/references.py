"""References, canonicals and URIs as keys. Rule: https://hl7.org/fhir/R4/search.html#reference.

The key of a reference is the key of its target xor the key of `Type.param`: SQL can make it from
the target's row, which is what chains, `_has` and `_revinclude` in one statement stand on.
"""

from __future__ import annotations

import re
from typing import Any

from cordee.fhir.indexing.extracted import Emit, Extracted
from cordee.fhir.indexing.keys import KeyMaker, token_texts
from cordee.fhir.indexing.parameters import Parameter

_HISTORY = "/_history/"
_LOCAL = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}")


def target(literal: str | None) -> str | None:
    """Literal reference as it is indexed: without version; None when contained or absent."""
    if not literal or literal[0] == "#":
        return None
    return literal.partition(_HISTORY)[0] if _HISTORY in literal else literal


def is_local(literal: str) -> bool:
    """Whether a reference without version is `Type/id`."""
    return _LOCAL.fullmatch(literal) is not None


def emitter(parameter: Parameter, kind: str, keys: KeyMaker) -> Emit | None:
    """Writer of the keys of one kind of value; None when it points to nothing."""
    if kind == "Reference":
        return _references(parameter, keys)
    if kind in {"canonical", "uri", "url"}:
        return _canonicals(parameter, keys)
    return _resources(parameter, keys)


def _references(parameter: Parameter, keys: KeyMaker) -> Emit:
    name, code, means_patient = parameter.name, parameter.code, parameter.means_patient
    salt = keys(name)

    def emit(reference: dict[str, Any], out: Extracted, _owner: dict[str, Any]) -> None:
        literal = target(reference.get("reference"))
        if literal is not None:
            out.refs.append(f"{code}>{literal}")
            if not (means_patient and out.patient and literal == f"Patient/{out.patient}"):
                out.keys.append(salt ^ keys(literal))
        identifier = reference.get("identifier")
        if identifier is not None and identifier.get("value"):
            texts = token_texts(f"{name}:identifier", identifier.get("system"), identifier["value"])
            out.keys += [keys(text) for text in texts[:2]]

    return emit


def _canonicals(parameter: Parameter, keys: KeyMaker) -> Emit:
    salt, code = keys(parameter.name), parameter.code

    def emit(value: str, out: Extracted, _owner: dict[str, Any]) -> None:
        literal = target(value)
        if literal is None:
            return
        url = literal.partition("|")[0]
        out.refs.append(f"{code}>{url}")
        out.keys.append(salt ^ keys(url))
        if url != literal:
            out.keys.append(salt ^ keys(literal))

    return emit


def _resources(parameter: Parameter, keys: KeyMaker) -> Emit:
    """Keys of a resource that stands where a reference is meant: `Bundle.entry[0].resource`."""
    salt, code = keys(parameter.name), parameter.code

    def emit(value: Any, out: Extracted, _owner: dict[str, Any]) -> None:
        if isinstance(value, dict) and value.get("id") and value.get("resourceType"):
            literal = f"{value['resourceType']}/{value['id']}"
            out.refs.append(f"{code}>{literal}")
            out.keys.append(salt ^ keys(literal))

    return emit


def short(value: Any) -> list[str]:
    """Short form of a reference or canonical, as a part of a composite key."""
    literal = target(value.get("reference") if isinstance(value, dict) else value)
    return [literal] if literal else []


def local_references(resource: dict[str, Any]) -> list[str]:
    """Every `Type/id` that a resource refers to."""
    found: list[str] = []
    _walk(resource, found)
    return found


def _walk(value: dict[str, Any], found: list[str]) -> None:
    for name, child in value.items():
        kind = type(child)
        if kind is str:
            if name == "reference" and (local := target(child)) and is_local(local):
                found.append(local)
        elif kind is dict:
            _walk(child, found)
        elif kind is list:
            for item in child:
                if type(item) is dict:
                    _walk(item, found)
