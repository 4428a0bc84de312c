"""Plan of one resource type: a tree of properties whose leaves write keys and rows.

A resource is walked once, and only where a search parameter looks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cordee.fhir.indexing import (
    composites,
    dates,
    mixtures,
    places,
    quantities,
    references,
    strings,
    tokens,
    uris,
)
from cordee.fhir.indexing.extracted import Emit, Extracted
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.indexing.parameters import Parameter, Registry
from cordee.fhir.model.definitions import Element
from cordee.fhir.path.compiler import compile_nodes
from cordee.fhir.path.nodes import SYSTEM, Nodes, resource_node
from cordee.fhir.path.plain import Branch, Filter, Step, branch_values, filter_test
from cordee.fhir.path.roots import root_properties
from cordee.runtime.errors import InvalidRequest

Owner = dict[str, Any]
Companions = Callable[[Owner], tuple[int, ...]]


class Twig:
    """What is done at one property: numbers that have a value, writers, and the twigs below.

    `is_owner` marks the elements that composites stand on.
    """

    __slots__ = ("below", "filtered", "is_owner", "numbers", "writers")

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.writers: list[Emit] = []
        self.below: dict[str, Twig] = {}
        self.filtered: dict[tuple[Filter, ...], tuple[Callable[[Any], bool], Twig]] = {}
        self.is_owner = False

    def grown(self, steps: tuple[Step, ...]) -> Twig:
        """Twig at the end of some steps; it grows when it is not there."""
        twig = self
        for step in steps:
            twig = twig.below.setdefault(step.name, Twig())
            if step.filters:
                test = filter_test(step.filters)
                twig = twig.filtered.setdefault(step.filters, (test, Twig()))[1]
        return twig

    def below_visits(self) -> dict[str, Emit]:
        """Visits of the twigs below, by property."""
        return {name: twig.visit() for name, twig in self.below.items()}

    def visit(self) -> Emit:
        """Writer of one item and of all that lies below it."""
        parts: list[Emit] = list(self.writers)
        if self.below:
            parts.append(_descent(self.below_visits(), is_owner=self.is_owner))
        parts += [_gate(test, twig.visit()) for test, twig in self.filtered.values()]
        numbers = tuple(dict.fromkeys(self.numbers))
        if len(parts) == 1 and len(numbers) == 1:
            return _leaf(numbers[0], parts[0])

        def visit(value: Any, out: Extracted, owner: Owner) -> None:
            out.has += numbers
            for part in parts:
                part(value, out, owner)

        return visit if numbers or len(parts) != 1 else parts[0]


def _leaf(number: int, write: Emit) -> Emit:
    def visit(value: Any, out: Extracted, owner: Owner) -> None:
        out.has.append(number)
        write(value, out, owner)

    return visit


def _gate(test: Callable[[Any], bool], write: Emit) -> Emit:
    def visit(value: Any, out: Extracted, owner: Owner) -> None:
        if test(value):
            write(value, out, owner)

    return visit


def _descent(visits: dict[str, Emit], *, is_owner: bool) -> Emit:
    def visit(value: Any, out: Extracted, owner: Owner) -> None:
        if type(value) is dict:
            walk(visits, value, out, value if is_owner else owner)

    return visit


def walk(visits: dict[str, Emit], value: dict[str, Any], out: Extracted, owner: Owner) -> None:
    """Visit the properties of an object that some parameter looks at."""
    for name, child in value.items():
        visit = visits.get(name)
        if visit is None or child is None:
            continue
        if type(child) is list:
            for item in child:
                if item is not None:
                    visit(item, out, owner)
        else:
            visit(child, out, owner)


class Plan:
    """How one resource type is extracted."""

    __slots__ = ("root", "visits", "whole")

    def __init__(self, registry: Registry, resource_type: str, keys: KeyMaker) -> None:
        """Works out every parameter of the type."""
        self.root = Twig()
        self.whole: list[Emit] = []
        for parameter in registry.extracted(resource_type):
            if parameter.type == "composite":
                self._add_composite(parameter, keys)
            else:
                self._add(parameter, keys)
        self.visits = self.root.below_visits()

    def run(self, resource: dict[str, Any], out: Extracted) -> None:
        """Write down all that the parameters say of a resource."""
        walk(self.visits, resource, out, resource)
        for write in self.whole:
            write(resource, out, resource)

    def _add(self, parameter: Parameter, keys: KeyMaker) -> None:
        branches = parameter.branches
        if branches is None:
            self.whole.append(_general(parameter, keys))
            return
        companions = _companions(parameter, keys)
        for branch in branches:
            write = writer(parameter, branch.type_name, branch.element, keys, companions)
            if write is None:
                continue
            twig = self.root.grown(branch.steps)
            twig.numbers.append(parameter.number)
            twig.writers.append(write)
            if parameter.companion is not None and len(branch.steps) > 1:
                self.root.grown(branch.steps[:-1]).is_owner = True
                self.whole.append(mixtures.emitter(parameter, branch, keys))

    def _add_composite(self, parameter: Parameter, keys: KeyMaker) -> None:
        branches = parameter.branches
        if branches is None:
            self.whole.append(_general_composite(parameter, keys))
            return
        for branch in branches:
            write = composites.emitter(parameter, branch.type_name, keys)
            self.whole.append(_on_branch(branch, write) if branch.steps else write)


def writer(
    parameter: Parameter,
    kind: str,
    element: Element | None,
    keys: KeyMaker,
    companions: Companions | None = None,
) -> Emit | None:
    """Writer of one kind of value under a parameter; None when they do not go together."""
    makers: dict[str, Callable[[], Emit | None]] = {
        "token": lambda: tokens.emitter(parameter, kind, element, keys),
        "reference": lambda: references.emitter(parameter, kind, keys),
        "string": lambda: strings.emitter(parameter, kind, keys, companions),
        "date": lambda: dates.emitter(parameter, kind, companions),
        "quantity": lambda: quantities.emitter(parameter, kind, keys, companions),
        "number": lambda: quantities.emitter(parameter, kind, keys),
        "uri": lambda: uris.emitter(parameter, kind, keys),
        "special": lambda: places.emitter(parameter),
    }
    return makers[parameter.type]()


def _on_branch(branch: Branch, write: Emit) -> Emit:
    first = branch.steps[0].name

    def emit(_value: Any, out: Extracted, resource: Owner) -> None:
        if first not in resource:
            return
        for value in branch_values(branch, resource):
            write(value, out, resource)

    return emit


def _companions(parameter: Parameter, keys: KeyMaker) -> Companions | None:
    """Keys of the codes of the element that a value stands on; 0 where there is none."""
    if parameter.companion is None:
        return None
    start = f"{parameter.base}.{parameter.companion}="
    known: dict[str, int] = {}

    def found(owner: Owner) -> tuple[int, ...]:
        ckeys: list[int] = []
        for coding in (owner.get("code") or {}).get("coding", ()):
            code = coding.get("code")
            if not code:
                continue
            ckey = known.get(code)
            if ckey is None:
                ckey = known[code] = keys(start + code.casefold())
            if ckey not in ckeys:
                ckeys.append(ckey)
        return tuple(ckeys) or (0,)

    return found


def _general(parameter: Parameter, keys: KeyMaker) -> Emit:
    """Writer by the whole of FHIRPath; a value on which the expression fails is left out.

    Where the resource has no property that the expression looks at, what it gives is known.
    """
    evaluate = compile_nodes(parameter.expression or "{}")
    writers: dict[str, Emit | None] = {}

    def emit(_value: Any, out: Extracted, resource: Owner) -> None:
        for node in _evaluated(evaluate, resource):
            kind = _fhir_kind(node.type_name)
            if kind not in writers:
                writers[kind] = writer(parameter, kind, None, keys)
            write = writers[kind]
            if write is not None and node.value is not None:
                out.has.append(parameter.number)
                write(node.value, out, resource)

    looked_at = root_properties(parameter.expression or "{}", parameter.base)
    return emit if looked_at is None else _unless_absent(parameter.base, looked_at, emit)


def _unless_absent(resource_type: str, looked_at: frozenset[str], write: Emit) -> Emit:
    absent = Extracted()
    write(None, absent, {"resourceType": resource_type})

    def emit(value: Any, out: Extracted, resource: Owner) -> None:
        if looked_at.isdisjoint(resource):
            out.has += absent.has
            out.keys += absent.keys
            out.strings += absent.strings
            out.dates += absent.dates
            out.quantities += absent.quantities
        else:
            write(value, out, resource)

    return emit


def _general_composite(parameter: Parameter, keys: KeyMaker) -> Emit:
    evaluate = compile_nodes(parameter.expression or "{}")
    writers: dict[str, Emit] = {}

    def emit(_value: Any, out: Extracted, resource: Owner) -> None:
        for node in _evaluated(evaluate, resource):
            kind = node.type_name or ""
            if kind not in writers:
                writers[kind] = composites.emitter(parameter, kind, keys)
            writers[kind](node.value, out, resource)

    return emit


def _evaluated(evaluate: Callable[..., Nodes], resource: Owner) -> Nodes:
    try:
        return evaluate(resource_node(resource))
    except InvalidRequest:
        return []


def _fhir_kind(type_name: str | None) -> str:
    """FHIR type for what a System type is extracted as."""
    if type_name is None or not type_name.startswith(SYSTEM):
        return type_name or ""
    name = type_name.removeprefix(SYSTEM)
    return name if name == "Quantity" else name[0].lower() + name[1:]
