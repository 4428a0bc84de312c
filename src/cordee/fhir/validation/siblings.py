"""The `_name` properties that give ids and extensions to primitives.

Rule: https://hl7.org/fhir/R4/json.html#primitive
"""

from __future__ import annotations

from typing import Any

from cordee.fhir.validation.problem import FINE, Checker, Problem, Problems, below, error

NOT_SIBLING = error(
    "structure",
    "the property that starts with _ is an object with id or extension, and nothing else",
)
NO_VALUE = error(
    "structure", "this place has neither a value nor an extension; remove it from both arrays"
)
LENGTHS = error(
    "structure", "the array and its _ array differ in length; fill the shorter one with null"
)


def check_single(value: Any, sibling: Any, checker: Checker, extras: Checker) -> Problems:
    """Problems of a primitive that has a `_name` beside it; value None when it stands alone."""
    found = FINE if value is None else checker(value)
    if sibling is None:
        return found
    return [*found, *_check_sibling(sibling, extras, stands_alone=value is None)]


def check_repeated(values: Any, siblings: Any, checker: Checker, extras: Checker) -> Problems:
    """Problems of an array of primitives and of the `_name` array beside it."""
    if type(siblings) is not list or not siblings:
        return error("structure", "the property that starts with _ must be an array like the other")
    if values is None:
        values = [None] * len(siblings)
    if type(values) is not list or not values:
        return error("structure", "an array with at least one item is expected here")
    if len(values) != len(siblings):
        return LENGTHS
    found: list[Problem] = []
    for index, (value, sibling) in enumerate(zip(values, siblings, strict=True)):
        if value is None and sibling is None:
            found += below(f"[{index}]", NO_VALUE)
        else:
            found += below(f"[{index}]", check_single(value, sibling, checker, extras))
    return found


def _check_sibling(sibling: Any, extras: Checker, *, stands_alone: bool) -> Problems:
    if type(sibling) is not dict:
        return NOT_SIBLING
    if not sibling.keys() <= {"id", "extension"}:
        return NOT_SIBLING
    if not stands_alone and isinstance(sibling.get("id"), str) and len(sibling) == 1:
        return FINE
    return extras(sibling)
