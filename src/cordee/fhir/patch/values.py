"""Values that a FHIRPath Patch brings, and their place among the members of an object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cordee.fhir.model.definitions import Element, TypeDefinition, type_definition
from cordee.fhir.patch.places import element_of, held_keys, pairs, set_pairs
from cordee.runtime.errors import InvalidRequest, RuleBroken


@dataclass(frozen=True, slots=True)
class Given:
    """A value, what stands under its `_name`, and its type as a suffix (`String`; "" if none)."""

    value: Any
    extras: Any
    suffix: str

    @classmethod
    def of(cls, part: dict[str, Any], element: Element) -> Given:
        """Read the value of a part: value[x], a resource, or parts for a type without a name.

        Raises `InvalidRequest` when the part holds none of these, or several.
        """
        if isinstance(part.get("resource"), dict):
            return cls(part["resource"], None, "")
        if isinstance(part.get("part"), list):
            return cls(_built(part["part"], element), None, "")
        keys = {key.removeprefix("_") for key in part if key.startswith(("value", "_value"))}
        if len(keys) != 1:
            raise InvalidRequest("a value of the patch is one value[x], resource or list of parts")
        key = keys.pop()
        return cls(part.get(key), part.get("_" + key), key.removeprefix("value"))


def target_key(definition: TypeDefinition, element: Element, given: Given) -> str:
    """JSON property that a value goes to: for a choice, the one of its type.

    Raises `InvalidRequest` when the choice does not allow this type.
    """
    if not element.is_choice:
        return element.name
    key = element.name + given.suffix
    if key not in definition.properties:
        raise InvalidRequest(
            f"{definition.name}.{element.name} does not allow a value of this type"
        )
    return key


def put(holder: dict[str, Any], definition: TypeDefinition, element: Element, given: Given) -> None:
    """Add a value to the members of an object: at the end of a list, or where nothing is yet.

    Raises `RuleBroken` when the element does not repeat and is there already.
    """
    key = target_key(definition, element, given)
    repeats = element.maximum != 1
    taken = any(pairs(holder, other) for other, _ in held_keys(definition, element))
    if taken and not repeats:
        raise RuleBroken(f"{definition.name}.{element.name} is there already; replace it")
    rows = [*pairs(holder, key), (given.value, given.extras)]
    set_pairs(holder, key, rows, repeats=repeats)


def _built(parts: list[Any], element: Element) -> dict[str, Any]:
    """Object of a backbone, from one part for each of its elements."""
    if element.children is None:
        raise InvalidRequest("a value of the patch has parts, but its element has a named type")
    definition = type_definition(element.children)
    members: dict[str, Any] = {}
    for part in parts:
        name = part.get("name") if isinstance(part, dict) else None
        if not isinstance(name, str):
            raise InvalidRequest("a part of a value of the patch has no name; add it")
        _, inner = element_of(definition.name, name)
        put(members, definition, inner, Given.of(part, inner))
    return members
