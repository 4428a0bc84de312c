"""Values on their way through a FHIRPath expression, and the steps from one to its children."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cordee.fhir.model.definitions import TypeDefinition, is_primitive, type_definition

SYSTEM = "System."


class Node:
    """A value with the name of its type and, for a primitive, what lies beside it (`_given`).

    `type_name` is a FHIR type ("code", "Patient.contact"), a "System.String", or None where the
    definitions do not know the element.
    """

    __slots__ = ("extra", "type_name", "value")

    def __init__(self, value: Any, type_name: str | None, extra: Any = None) -> None:
        self.value = value
        self.type_name = type_name
        self.extra = extra


Nodes = list[Node]


@dataclass(slots=True)
class Evaluation:
    """Shared by all steps of one evaluation: the resource and the values given from outside."""

    root: Nodes
    environment: Mapping[str, Any] = field(default_factory=dict)


class Frame:
    """Surroundings of one step: `$this`, `$index`, `$total`."""

    __slots__ = ("evaluation", "index", "this", "total")

    def __init__(
        self,
        this: Nodes,
        evaluation: Evaluation,
        index: int | None = None,
        total: Nodes | None = None,
    ) -> None:
        self.this = this
        self.evaluation = evaluation
        self.index = index
        self.total = total or []

    def of(self, node: Node, index: int) -> Frame:
        """Frame of one item of a collection."""
        return Frame([node], self.evaluation, index, self.total)


Compiled = Callable[[Frame], Nodes]


@lru_cache(maxsize=4096)
def definition(name: str | None) -> TypeDefinition | None:
    """Definition of a type; None when there is none."""
    if name is None or name.startswith(SYSTEM):
        return None
    try:
        return type_definition(name)
    except KeyError:
        return None


@lru_cache(maxsize=4096)
def lineage(name: str) -> tuple[str, ...]:
    """Type and its ancestors, nearest first."""
    names = [name]
    known = definition(name)
    while known is not None and known.base and known.base not in names:
        names.append(known.base)
        known = definition(known.base)
    return tuple(names)


@lru_cache(maxsize=16384)
def properties(type_name: str, stem: str) -> tuple[tuple[str, str], ...] | None:
    """JSON properties that hold an element, each with its type; None when it is undefined.

    An element that is any resource has the type "Resource": the value says which.
    """
    known = definition(type_name)
    element = known.elements.get(stem) if known else None
    if known is None or element is None:
        return None
    if not element.is_choice:
        return ((stem, element.children or element.types[0]),)
    return tuple(
        (name, kind) for name, (choice, kind) in known.properties.items() if choice is element
    )


def resource_node(resource: dict[str, Any]) -> Node:
    """Node of a whole resource, typed by its `resourceType`."""
    return Node(resource, resource.get("resourceType"))


def children(node: Node, stem: str) -> Iterator[Node]:
    """Children of `node` under one name; none when it has none."""
    value = node.value
    if isinstance(value, dict):
        found = properties(node.type_name, stem) if node.type_name else None
        for name, kind in found or _guessed(value, stem, node.type_name):
            yield from _items(value, name, kind)
    elif node.extra is not None and isinstance(node.extra, dict) and stem in {"id", "extension"}:
        kind = "Extension" if stem == "extension" else "string"
        yield from _items(node.extra, stem, kind)


def all_children(node: Node) -> Iterator[Node]:
    """Every child of `node`, in the order of its JSON."""
    value = node.value if isinstance(node.value, dict) else node.extra
    if not isinstance(value, dict):
        return
    known = definition(node.type_name) if value is node.value else None
    for name in dict.fromkeys(key.removeprefix("_") for key in value):
        if name != "resourceType":
            yield from _items(value, name, _child_type(known, name))


def _child_type(known: TypeDefinition | None, name: str) -> str | None:
    found = known.properties.get(name) if known else None
    if found is None:
        return "Extension" if name == "extension" else None
    element, kind = found
    return element.children or kind


def _guessed(
    value: dict[str, Any], stem: str, type_name: str | None
) -> tuple[tuple[str, None], ...]:
    """Properties of an element that no definition knows: only where the type is unknown too."""
    if type_name is not None and definition(type_name) is not None:
        return ()
    return ((stem, None),) if stem in value or f"_{stem}" in value else ()


def _items(value: dict[str, Any], name: str, kind: str | None) -> Iterator[Node]:
    found = value.get(name)
    extra = value.get("_" + name)
    if found is None and extra is None:
        return
    if isinstance(found, list) or isinstance(extra, list):
        values = found if isinstance(found, list) else []
        extras = extra if isinstance(extra, list) else []
        for index in range(max(len(values), len(extras))):
            item = values[index] if index < len(values) else None
            beside = extras[index] if index < len(extras) else None
            if item is not None or beside is not None:
                yield _typed(item, kind, beside)
    else:
        yield _typed(found, kind, extra)


def _typed(value: Any, kind: str | None, extra: Any) -> Node:
    if isinstance(value, dict) and "resourceType" in value:
        return Node(value, value["resourceType"])
    if kind == "Reference" and isinstance(value, dict):
        return Node(value, kind)
    return Node(value, kind if kind != "Resource" else None, extra)


def is_fhir_primitive(name: str | None) -> bool:
    """Whether a node of this type holds a JSON value rather than an object."""
    return name is not None and is_primitive(name)
