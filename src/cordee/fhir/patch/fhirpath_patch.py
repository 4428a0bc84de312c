"""FHIRPath Patch: the operations of a Parameters resource applied to a resource.

Rule: https://hl7.org/fhir/R4/fhirpatch.html
"""

from __future__ import annotations

from typing import Any

from cordee.fhir.model.definitions import Element
from cordee.fhir.model.digits import read_json, write_json
from cordee.fhir.patch.operations import Operation, operations
from cordee.fhir.patch.places import (
    Place,
    element_of,
    find_places,
    held_keys,
    members_kind,
    members_of,
    pairs,
    path_steps,
    set_pairs,
)
from cordee.fhir.patch.values import Given, put, target_key
from cordee.runtime.errors import InvalidRequest, RuleBroken


def apply_fhirpath_patch(resource: bytes, parameters: bytes) -> bytes:
    """JSON of the resource with the operations applied; decimals keep their digits.

    Raises `InvalidRequest` when the Parameters are no FHIRPath Patch, `RuleBroken` when an
    operation does not fit the resource.
    """
    document = read_json(resource)
    for operation in operations(read_json(parameters)):
        _CHANGES[operation.kind](document, operation)
    return write_json(document)


def _add(document: dict[str, Any], operation: Operation) -> None:
    place = _one(find_places(document, path_steps(operation.path)))
    definition, element = element_of(members_kind(place), operation.needed_name())
    holder = members_of(place, create=True)
    if holder is None:
        raise RuleBroken("an add of the patch has a path to something without elements")
    put(holder, definition, element, Given.of(operation.needed_value(), element))


def _insert(document: dict[str, Any], operation: Operation) -> None:
    holder, element, kind = _list(document, operation.path)
    rows = pairs(holder, element.name)
    index = operation.whole_number("index")
    if index > len(rows):
        raise RuleBroken("an insert of the patch has an index beyond the end of its list")
    given = Given.of(operation.needed_value(), element)
    definition, _ = element_of(kind, element.name)
    target_key(definition, element, given)
    rows.insert(index, (given.value, given.extras))
    set_pairs(holder, element.name, rows, repeats=True)


def _move(document: dict[str, Any], operation: Operation) -> None:
    holder, element, _ = _list(document, operation.path)
    rows = pairs(holder, element.name)
    source, destination = (operation.whole_number(name) for name in ("source", "destination"))
    if max(source, destination) >= len(rows):
        raise RuleBroken("a move of the patch has a position beyond the end of its list")
    rows.insert(destination, rows.pop(source))
    set_pairs(holder, element.name, rows, repeats=True)


def _delete(document: dict[str, Any], operation: Operation) -> None:
    places = find_places(document, path_steps(operation.path))
    if places:
        _take_away(_one(places))


def _replace(document: dict[str, Any], operation: Operation) -> None:
    place = _one(find_places(document, path_steps(operation.path)))
    holder, parent = _holder(place)
    definition, element = element_of(members_kind(parent), place.key)
    given = Given.of(operation.needed_value(), element)
    key = target_key(definition, element, given)
    if place.index is not None:
        rows = pairs(holder, key)
        rows[place.index] = (given.value, given.extras)
        set_pairs(holder, key, rows, repeats=True)
        return
    for other, _ in held_keys(definition, element):
        if other != key:
            set_pairs(holder, other, [], repeats=False)
    set_pairs(holder, key, [(given.value, given.extras)], repeats=False)


def _take_away(place: Place) -> None:
    """Remove a place, and each parent that this leaves empty."""
    holder, parent = _holder(place)
    rows = pairs(holder, place.key)
    del rows[place.index or 0]
    set_pairs(holder, place.key, rows, repeats=place.index is not None)
    if holder:
        return
    if isinstance(parent.value, dict):
        if parent.parent is not None:
            _take_away(parent)
        return
    # The extensions of a primitive are gone: its value stays, where it has one.
    if parent.value is None:
        _take_away(parent)
        return
    outer, _ = _holder(parent)
    rows = pairs(outer, parent.key)
    rows[parent.index or 0] = (parent.value, None)
    set_pairs(outer, parent.key, rows, repeats=parent.index is not None)


def _one(places: list[Place]) -> Place:
    if len(places) != 1:
        found = "several elements" if places else "nothing"
        raise RuleBroken(f"a path of the patch leads to {found}; it must lead to one element")
    return places[0]


def _holder(place: Place) -> tuple[dict[str, Any], Place]:
    parent = place.parent
    holder = None if parent is None else members_of(parent)
    if parent is None or holder is None:
        raise RuleBroken("a path of the patch leads to the resource itself; update or delete it")
    return holder, parent


def _list(document: dict[str, Any], path: str) -> tuple[dict[str, Any], Element, str]:
    """Holder of the list that a path names, the element of the list, and the type of the holder.

    The list itself may be absent.
    """
    steps = path_steps(path)
    last = steps.pop()
    if not last.name or last.argument is not None:
        raise InvalidRequest("the path of an insert or a move ends with the name of its list")
    place = _one(find_places(document, steps))
    kind = members_kind(place)
    _, element = element_of(kind, last.name)
    if element.maximum == 1:
        raise InvalidRequest("the path of an insert or a move leads to no list; use add or replace")
    holder = members_of(place, create=True)
    if holder is None:
        raise RuleBroken("the path of an insert or a move leads to something without elements")
    return holder, element, kind


_CHANGES = {
    "add": _add,
    "insert": _insert,
    "delete": _delete,
    "replace": _replace,
    "move": _move,
}
