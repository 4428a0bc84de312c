"""Places in a resource that a simple FHIRPath names, with what holds them.

Read here: element names, indexes, `first()`, `last()`, `single()`, `where(...)`, `ofType(...)`,
`as(...)` and `extension('url')`. The criteria of `where` may be any FHIRPath.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import orjson

from cordee.fhir.model.definitions import Element, TypeDefinition, is_primitive, type_definition
from cordee.fhir.model.digits import write_json
from cordee.fhir.path.compiler import compile_path
from cordee.runtime.errors import InvalidRequest

NAME = re.compile(r"\s*(?:`([^`]+)`|([A-Za-z_][A-Za-z0-9_]*))\s*")
INDEX = re.compile(r"\[\s*([0-9]{1,9})\s*\]\s*")
LITERAL = re.compile(r"'(?:[^'\\]|\\.)*'|`[^`]*`")
MAXIMUM_LENGTH = 2000


@dataclass(slots=True)
class Place:
    """A value, its type, and how its parent holds it: by property, and by index in an array."""

    value: Any
    kind: str
    parent: Place | None = None
    key: str = ""
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: a name, an index, or a function with the text of its argument."""

    name: str
    argument: str | None = None
    index: int | None = None


def find_places(resource: dict[str, Any], steps: list[Step]) -> list[Place]:
    """Places that the steps lead to, from the resource; empty when nothing is there.

    Raises `InvalidRequest` when a name is no element of the type it is asked of.
    """
    root = Place(resource, str(resource.get("resourceType")))
    places = [root]
    for number, step in enumerate(steps):
        is_type = number == 0 and step.argument is None and step.name[:1].isupper()
        if not is_type:
            places = _follow(places, step)
        elif step.name not in (root.kind, "Resource", "DomainResource"):
            raise InvalidRequest("a path of the patch starts with another resource type")
    return places


def path_steps(path: str) -> list[Step]:
    """Split a path into its steps.

    Raises `InvalidRequest` when it is not one that a patch may use.
    """
    steps: list[Step] = []
    position = 0
    while position < len(path) <= MAXIMUM_LENGTH:
        found = INDEX.match(path, position)
        if found and steps:
            steps.append(Step("", index=int(found[1])))
            position = found.end()
            continue
        if steps:
            position = _after_dot(path, position)
        step, position = _named_step(path, position)
        steps.append(step)
    if not steps:
        raise InvalidRequest("a path of the patch is empty or too long; correct it")
    return steps


def members_of(place: Place, *, create: bool = False) -> dict[str, Any] | None:
    """JSON object with the children of a place: for a primitive, what stands under its `_name`."""
    if isinstance(place.value, dict):
        return place.value
    if place.parent is None:
        return None
    holder = members_of(place.parent)
    if holder is None:
        return None
    rows = pairs(holder, place.key)
    at = place.index or 0
    if rows[at][1] is None and create:
        rows[at] = (rows[at][0], {})
        set_pairs(holder, place.key, rows, repeats=place.index is not None)
    extras = holder.get("_" + place.key)
    return extras[at] if isinstance(extras, list) else extras


def members_kind(place: Place) -> str:
    """Type whose elements are the children of a place."""
    return "Element" if is_primitive(place.kind) else place.kind


def pairs(holder: dict[str, Any], key: str) -> list[tuple[Any, Any]]:
    """Values of a property, each with what stands under its `_name`; one pair when it is single."""
    values, extras = (holder.get(name) for name in (key, "_" + key))
    values, extras = (
        side if isinstance(side, list) else [] if side is None else [side]
        for side in (values, extras)
    )
    return list(zip_longest(values, extras))


def set_pairs(
    holder: dict[str, Any], key: str, rows: list[tuple[Any, Any]], *, repeats: bool
) -> None:
    """Write the values of a property and its `_name` back, without what is empty."""
    for name, side in ((key, 0), ("_" + key, 1)):
        items = [row[side] for row in rows]
        if all(item is None for item in items):
            holder.pop(name, None)
        else:
            holder[name] = items if repeats else items[0]


def element_of(kind: str, name: str) -> tuple[TypeDefinition, Element]:
    """Definition of a type and its element of this name (`value`, or `valueString`).

    Raises `InvalidRequest` when the type has no such element.
    """
    definition = type_definition(kind)
    element = definition.elements.get(name)
    if element is None and name in definition.properties:
        element = definition.properties[name][0]
    if element is None:
        shown = name if NAME.fullmatch(name) else "this name"
        raise InvalidRequest(f"{kind} has no element {shown}; correct the patch")
    return definition, element


def element_kind(element: Element, kind: str, value: Any) -> str:
    """Name of the type that a value of an element has."""
    if kind == "Resource":
        return str(value.get("resourceType")) if isinstance(value, dict) else kind
    return element.children or kind


def held_keys(definition: TypeDefinition, element: Element) -> list[tuple[str, str]]:
    """JSON properties that may hold an element, each with its type."""
    if not element.is_choice:
        return [(element.name, element.types[0])]
    return [(key, kind) for key, (other, kind) in definition.properties.items() if other is element]


def _after_dot(path: str, position: int) -> int:
    if path[position] != ".":
        raise InvalidRequest("a path of the patch is no simple path; use names and indexes")
    return position + 1


def _named_step(path: str, position: int) -> tuple[Step, int]:
    found = NAME.match(path, position)
    if found is None:
        raise InvalidRequest("a path of the patch is no simple path; use names and indexes")
    name, end = found[1] or found[2], found.end()
    if path[end : end + 1] != "(":
        return Step(name), end
    closing = _closing(path, end)
    return Step(name, argument=path[end + 1 : closing].strip()), closing + 1


def _closing(path: str, opening: int) -> int:
    """Position of the parenthesis that closes the one at `opening`."""
    depth, position = 0, opening
    while position < len(path):
        literal = LITERAL.match(path, position)
        if literal:
            position = literal.end()
            continue
        depth += {"(": 1, ")": -1}.get(path[position], 0)
        if depth == 0:
            return position
        position += 1
    raise InvalidRequest("a path of the patch has a parenthesis too few; correct it")


def _follow(places: list[Place], step: Step) -> list[Place]:
    if step.index is not None:
        return places[step.index : step.index + 1]
    if step.argument is None:
        return [child for place in places for child in _children(place, step.name)]
    function = _FUNCTIONS.get(step.name)
    if function is None:
        raise InvalidRequest("a path of the patch calls a function that a patch does not know")
    return function(places, step.argument)


def _children(place: Place, name: str) -> Iterator[Place]:
    holder = members_of(place)
    definition, element = element_of(members_kind(place), name)
    if holder is None:
        return
    for key, kind in held_keys(definition, element):
        items, extras = holder.get(key), holder.get("_" + key)
        if items is None and extras is None:
            continue
        if isinstance(items, list) or isinstance(extras, list):
            for index, (item, _) in enumerate(pairs(holder, key)):
                yield Place(item, element_kind(element, kind, item), place, key, index)
        else:
            yield Place(items, element_kind(element, kind, items), place, key)


def _where(places: list[Place], criteria: str) -> list[Place]:
    return [place for place in places if _is_true(place, criteria)]


def _is_true(place: Place, criteria: str) -> bool:
    if place.value is None:
        return False
    plain = orjson.loads(write_json(place.value))
    return compile_path(criteria, place.kind)(plain) == [True]


def _single(places: list[Place], _: str) -> list[Place]:
    if len(places) > 1:
        raise InvalidRequest("a path of the patch asks for a single element and finds several")
    return places


def _of_type(places: list[Place], name: str) -> list[Place]:
    return [place for place in places if place.kind == name.removeprefix("FHIR.")]


def _extension(places: list[Place], url: str) -> list[Place]:
    found = [child for place in places for child in _children(place, "extension")]
    return _where(found, f"url = {url}")


_FUNCTIONS: dict[str, Callable[[list[Place], str], list[Place]]] = {
    "where": _where,
    "first": lambda places, _: places[:1],
    "last": lambda places, _: places[-1:],
    "single": _single,
    "ofType": _of_type,
    "as": _of_type,
    "extension": _extension,
}
