"""FHIR's own functions. Rule: https://hl7.org/fhir/R4/fhirpath.html#functions."""

from __future__ import annotations

import re
from typing import Any

from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.fhir.path.atoms import boolean, single, text_of
from cordee.fhir.path.functions.table import eager, lazy
from cordee.fhir.path.nodes import (
    Frame,
    Node,
    Nodes,
    children,
    definition,
    is_fhir_primitive,
    lineage,
)
from cordee.runtime.errors import InvalidRequest

_LITERAL = re.compile(
    r"(?:https?://.+/)?([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?"
)


def referenced_type(reference: dict[str, Any]) -> str | None:
    """Resource type that a Reference says it points to, by its literal or its `type`."""
    literal = reference.get("reference") or ""
    relative = literal.partition("/")[0]
    if relative in RESOURCE_TYPES:
        return relative
    match = _LITERAL.fullmatch(literal)
    if match is not None and match[1] in RESOURCE_TYPES:
        return match[1]
    named = reference.get("type")
    return named if named in RESOURCE_TYPES else None


@lazy("resolve")
def resolve(nodes: Nodes, frame: Frame) -> Nodes:
    """Target of every reference: contained and bundled ones whole, others typed but empty."""
    root = frame.evaluation.root[0].value if frame.evaluation.root else None
    found: Nodes = []
    for node in nodes:
        reference = node.value if isinstance(node.value, dict) else {"reference": node.value}
        target = _inside(root, reference.get("reference")) or _typed(reference)
        if target is not None:
            found.append(target)
    return found


def _typed(reference: dict[str, Any]) -> Node | None:
    kind = referenced_type(reference)
    if kind is None:
        return None
    resource = {"resourceType": kind}
    literal = _LITERAL.fullmatch(reference.get("reference") or "")
    if literal is not None:
        resource["id"] = literal[2]
    return Node(resource, kind)


def _inside(root: Any, literal: str | None) -> Node | None:
    if not isinstance(root, dict) or not isinstance(literal, str):
        return None
    if literal.startswith("#"):
        for resource in root.get("contained", ()):
            if resource.get("id") == literal[1:]:
                return Node(resource, resource.get("resourceType"))
    if root.get("resourceType") == "Bundle":
        for entry in root.get("entry", ()):
            if entry.get("fullUrl") == literal and "resource" in entry:
                return Node(entry["resource"], entry["resource"].get("resourceType"))
    return None


@eager("extension", 1)
def extension(nodes: Nodes, url: Nodes) -> Nodes:
    """Extensions of every item that have this URL."""
    wanted = text_of(url)
    return [
        found
        for node in nodes
        for found in children(node, "extension")
        if isinstance(found.value, dict) and found.value.get("url") == wanted
    ]


@eager("conformsTo", 1)
def conforms_to(nodes: Nodes, url: Nodes) -> Nodes:
    """Whether the only item is of the type that a StructureDefinition of R4 itself defines.

    Raises `InvalidRequest` for other profiles: the validation knows them, paths do not.
    """
    node, wanted = single(nodes), text_of(url)
    if node is None or wanted is None or node.type_name is None:
        return []
    name = wanted.removeprefix("http://hl7.org/fhir/StructureDefinition/")
    if definition(name) is None:
        raise InvalidRequest("FHIRPath: conformsTo() knows only the types of R4")
    return boolean(name in lineage(node.type_name))


@eager("hasValue")
def has_value(nodes: Nodes) -> Nodes:
    """Whether there is one primitive with a value."""
    node = nodes[0] if len(nodes) == 1 else None
    return boolean(node is not None and node.value is not None and not isinstance(node.value, dict))


@eager("getValue")
def get_value(nodes: Nodes) -> Nodes:
    """Value of the only primitive."""
    node = single(nodes)
    if node is None or node.value is None or not is_fhir_primitive(node.type_name):
        return []
    return [node]
