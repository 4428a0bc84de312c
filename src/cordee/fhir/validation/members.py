"""The members of one type: what each JSON property means, and the report of what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from cordee.fhir.model.definitions import Element, TypeDefinition, is_primitive
from cordee.fhir.validation.problem import (
    FINE,
    Checker,
    Problem,
    Problems,
    below,
    error,
    shown_name,
)
from cordee.fhir.validation.siblings import check_repeated, check_single

Member = tuple[Checker, str | None]
"""Checker of a property, and the stem of its choice when it is one."""

ItemChecker = Callable[[Element, str], Checker]
"""Gives the checker of one item of an element, under the type it has there."""

NULL = error("structure", "null is not allowed here; leave the property out")
NOT_ARRAY = error("structure", "this element repeats: put it in an array")
EMPTY_ARRAY = error("structure", "the array is empty; leave the property out")


class Members:
    """Properties of one type; their checkers are compiled when the property is first met."""

    def __init__(
        self, definition: TypeDefinition, item_checker: ItemChecker, extras: Checker
    ) -> None:
        """`extras` checks what stands beside a primitive: an object with id and extension."""
        self.known: dict[str, Member] = {}
        if definition.kind == "resource":
            self.known["resourceType"] = (_accept, None)
        needed = [element for element in definition.elements.values() if element.minimum]
        self.required = frozenset(e.name for e in needed if not e.is_choice)
        self.required_choices = frozenset(e.name for e in needed if e.is_choice)
        self._definition = definition
        self._item_checker = item_checker
        self._extras = extras
        self._items: dict[str, Checker] = {}

    def resolve(self, key: str) -> Member | None:
        """Member that a property name means, compiled and kept; None when there is none."""
        found = self._definition.properties.get(key)
        if found is None:
            return None
        element, kind = found
        item = self._items[key] = self._item_checker(element, kind)
        whole = item if element.maximum == 1 else _list_checker(item)
        member = self.known[key] = (whole, element.name if element.is_choice else None)
        return member

    def report(self, value: Mapping[str, Any], faults: Mapping[str, Problems]) -> list[Problem]:
        """All problems of an object, in the order of its properties, the missing ones last.

        `faults` holds the problems of the properties that have no `_name` beside them.
        """
        found: list[Problem] = []
        for key in value:
            if key[:1] == "_" and self._takes_extras(key[1:]):
                found += self._paired(key[1:], value)
            elif key not in self.known:
                found += error(
                    "structure",
                    f"{self._definition.name} has no such element; remove it or correct its name",
                    "." + shown_name(key),
                )
            elif key in faults and "_" + key not in value:
                found += below("." + self._stem(key), faults[key])
        present = {key.removeprefix("_") for key in value}
        found += self._several_choices(present)
        found += self._missing(present)
        return found

    def _takes_extras(self, name: str) -> bool:
        found = self._definition.properties.get(name)
        if found is None or found[1] == "xhtml":
            return False
        return not found[0].xml_attribute and is_primitive(found[1])

    def _paired(self, name: str, value: Mapping[str, Any]) -> Problems:
        if name not in self.known:
            self.resolve(name)
        element, _ = self._definition.properties[name]
        if value["_" + name] is None or (name in value and value[name] is None):
            return below("." + element.name, NULL)
        check = check_single if element.maximum == 1 else check_repeated
        found = check(value.get(name), value["_" + name], self._items[name], self._extras)
        return below("." + element.name, found)

    def _stem(self, key: str) -> str:
        found = self._definition.properties.get(key)
        return found[0].name if found else key

    def _several_choices(self, present: Iterable[str]) -> Iterator[Problem]:
        properties = self._definition.properties
        stems = [properties[key][0].name for key in present if key in properties]
        for stem in dict.fromkeys(stem for stem in stems if stems.count(stem) > 1):
            yield from error(
                "structure", f"{stem}[x] has one value of one type only; keep one", "." + stem
            )

    def _missing(self, present: set[str]) -> Iterator[Problem]:
        properties = self._definition.properties
        stems = {properties[key][0].name for key in present if key in properties}
        for element in self._definition.elements.values():
            if element.minimum and element.name not in stems:
                name = f"{element.name}[x]" if element.is_choice else element.name
                yield from error("required", f"{name} is required; add it", "." + element.name)


def _accept(_: Any) -> Problems:
    return FINE


def _list_checker(checker: Checker) -> Checker:
    def check(value: Any) -> Problems:
        if type(value) is not list:
            return NULL if value is None else NOT_ARRAY
        if not value:
            return EMPTY_ARRAY
        found: list[Problem] = []
        for index, item in enumerate(value):
            faults = checker(item)
            if faults:
                found += below(f"[{index}]", faults)
        return found

    return check
