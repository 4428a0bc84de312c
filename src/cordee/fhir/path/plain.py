"""Expressions that are plain steps through known properties, found out before any resource is read.

`Observation.value as Quantity` is the one property `valueQuantity`; unions are several branches;
`where(resolve() is Patient)` and `where(system = 'phone')` are filters on a step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from cordee.fhir.model.definitions import Element
from cordee.fhir.path.functions.fhir import referenced_type
from cordee.fhir.path.nodes import definition, lineage, properties
from cordee.fhir.path.parser import parse
from cordee.fhir.path.tree import Binary, Call, Literal, Member, Tree, TypeTest
from cordee.fhir.path.types import WRITTEN_SO, type_names

Filter = tuple[str, str]
"""("type", "Patient") for the target of a reference, (".system", "phone") for an equality."""


@dataclass(frozen=True, slots=True)
class Step:
    """One property, and the filters that its items must pass."""

    name: str
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """Steps from a value to the leaves of one static type; `element` defines the leaf.

    `is_single` when no step repeats.
    """

    steps: tuple[Step, ...]
    type_name: str
    element: Element | None = None
    is_single: bool = True


class _NotPlain(Exception):
    """The expression needs the whole language."""


def plain_branches(text: str, type_name: str) -> tuple[Branch, ...] | None:
    """Branches of an expression that starts at `type_name`; None when it is not plain.

    Branches of other types (`Patient.name` seen from a Person) and undefined elements fall away.
    """
    try:
        return tuple(dict.fromkeys(_branches(parse(text), type_name)))
    except _NotPlain:
        return None


def branch_values(branch: Branch, value: dict[str, Any]) -> list[Any]:
    """JSON values at the end of a branch."""
    found: list[Any] = [value]
    for step in branch.steps:
        below: list[Any] = []
        for item in found:
            child = item.get(step.name) if isinstance(item, dict) else None
            if isinstance(child, list):
                below += child
            elif child is not None:
                below.append(child)
        found = [item for item in below if passes(item, step.filters)]
    return found


def passes(item: Any, filters: tuple[Filter, ...]) -> bool:
    """Whether an item is what every filter asks for."""
    return all(_test(item, name, wanted) for name, wanted in filters)


def filter_test(filters: tuple[Filter, ...]) -> Callable[[Any], bool]:
    """Test of one item against filters."""
    return lambda item: passes(item, filters)


def _test(item: Any, name: str, wanted: str) -> bool:
    if not isinstance(item, dict):
        return False
    return referenced_type(item) == wanted if name == "type" else item.get(name[1:]) == wanted


def _branches(tree: Tree, start: str) -> list[Branch]:
    if isinstance(tree, Binary) and tree.operator == "|":
        return _branches(tree.left, start) + _branches(tree.right, start)
    if isinstance(tree, Member):
        return _member(tree, start)
    if isinstance(tree, TypeTest) and tree.operator == "as":
        return _narrowed(_branches(tree.operand, start), tree.type_name)
    if isinstance(tree, Call) and len(tree.arguments) == 1 and tree.source is not None:
        argument = tree.arguments[0]
        if tree.name in {"as", "ofType"} and isinstance(argument, Member) and not argument.source:
            return _narrowed(_branches(tree.source, start), argument.name)
        if tree.name == "where":
            return _filtered(_branches(tree.source, start), _filter(argument))
    raise _NotPlain


def _member(tree: Member, start: str) -> list[Branch]:
    if tree.source is None:
        if tree.name[:1].isupper() and definition(tree.name) is not None:
            return [Branch((), start)] if tree.name in lineage(start) else []
        return list(_below(Branch((), start), tree.name))
    return [
        found for branch in _branches(tree.source, start) for found in _below(branch, tree.name)
    ]


def _below(branch: Branch, stem: str) -> Iterator[Branch]:
    if branch.type_name == "Resource":
        raise _NotPlain
    known = definition(branch.type_name)
    element = known.elements.get(stem) if known else None
    for name, kind in properties(branch.type_name, stem) or ():
        single = branch.is_single and element is not None and element.maximum == 1
        yield Branch((*branch.steps, Step(name)), kind, element, single)


def _narrowed(branches: list[Branch], type_name: str) -> list[Branch]:
    names = type_names(type_name) | {WRITTEN_SO.get(type_name, type_name)}
    return [branch for branch in branches if not names.isdisjoint(lineage(branch.type_name))]


def _filter(tree: Tree) -> Filter:
    if (
        isinstance(tree, TypeTest)
        and tree.operator == "is"
        and tree.operand == Call(None, "resolve", (), getattr(tree.operand, "position", 0))
    ):
        return ("type", tree.type_name.removeprefix("FHIR."))
    if (
        isinstance(tree, Binary)
        and tree.operator == "="
        and isinstance(tree.left, Member)
        and tree.left.source is None
        and isinstance(tree.right, Literal)
        and tree.right.kind == "String"
    ):
        return (f".{tree.left.name}", str(tree.right.value))
    raise _NotPlain


def _filtered(branches: list[Branch], condition: Filter) -> list[Branch]:
    if any(not branch.steps for branch in branches):
        raise _NotPlain
    found: list[Branch] = []
    for branch in branches:
        if condition[0] == "type" and branch.type_name != "Reference":
            raise _NotPlain
        last = branch.steps[-1]
        last = replace(last, filters=(*last.filters, condition))
        found.append(replace(branch, steps=(*branch.steps[:-1], last)))
    return found
