"""Composite values: components that are true of one element together.

Rule: https://hl7.org/fhir/R4/search.html#composite. Components that are all tokens or references
become keys `Type.param=a$b`; a token beside a value becomes rows whose `ckey` is the key of
`Type.param=a`. Two numbers share a row: the first in its canonical bounds, the second in its raw
ones.

On an element a token stands in each form that it is searched by (`system|code`, `code`, `|code`,
`system|`). On the resource itself the code alone stands: there is one element, so that the keys
of the components say the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

from cordee.fhir.indexing import dates, quantities, references, strings, tokens
from cordee.fhir.indexing.extracted import Emit, Extracted
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.indexing.parameters import Component, Parameter
from cordee.fhir.model.definitions import Element
from cordee.fhir.path.compiler import compile_nodes
from cordee.fhir.path.nodes import Node, resource_node
from cordee.fhir.path.plain import branch_values, plain_branches

Typed = tuple[Any, str, Element | None]
Values = Callable[[dict[str, Any], dict[str, Any]], list[Typed]]
_Companions = Callable[[dict[str, Any], dict[str, Any]], list[int]]
_NAMED = {"token", "reference", "uri"}


def values_of(expression: str, type_name: str) -> Values:
    """Reader of the typed values of an expression, from an element and its resource."""
    branches = plain_branches(expression, type_name)
    if branches is not None:
        return lambda value, _root: [
            (found, branch.type_name, branch.element)
            for branch in branches
            for found in branch_values(branch, value)
        ]
    evaluate = compile_nodes(expression)

    def general(value: dict[str, Any], root: dict[str, Any]) -> list[Typed]:
        nodes = evaluate(Node(value, type_name), resource_node(root))
        return [(node.value, node.type_name, None) for node in nodes if node.type_name]

    return general


def emitter(parameter: Parameter, type_name: str, keys: KeyMaker) -> Emit:
    """Writer of a composite on one element of type `type_name`; its owner is the resource.

    `type_name` is the resource type for the resource itself.
    """
    kinds = [part.type for part in parameter.components]
    parts = [(part, values_of(part.expression, type_name)) for part in parameter.components]
    if all(kind in _NAMED for kind in kinds):
        return _keys(parameter, parts, type_name, keys)
    companions = _companions(parameter, parts[0], type_name, keys)
    if kinds[1:] == ["number", "number"]:
        return _number_pairs(parameter, parts, companions)
    return _rows(parameter, parts, companions, keys)


def forms(system: str | None, code: str) -> tuple[str, ...]:
    """All forms that a token is searched by, its code casefolded."""
    folded = code.casefold()
    return (f"{system}|{folded}", folded, f"{system}|") if system else (folded, f"|{folded}")


def shorts(values: list[Typed], kind: str, *, all_forms: bool) -> list[str]:
    """Values of a token or reference component as they stand in a key."""
    found: list[str] = []
    for value, type_name, element in values:
        if kind != "token":
            found += references.short(value)
            continue
        read = tokens.reader(type_name, element)
        for system, code in read(value) if read is not None else ():
            found += forms(system, code) if all_forms else (code.casefold(),)
    return list(dict.fromkeys(found))


def _keys(
    parameter: Parameter, parts: list[tuple[Component, Values]], type_name: str, keys: KeyMaker
) -> Emit:
    name, number = parameter.name, parameter.number
    all_forms = type_name != parameter.base
    backwards = parts[::-1]
    last = plain_branches(parts[-1][0].expression, type_name)
    needed = {branch.steps[0].name for branch in last or () if branch.steps}

    def emit(value: Any, out: Extracted, root: dict[str, Any]) -> None:
        if needed and needed.isdisjoint(value):
            return
        named: list[tuple[Component, list[Typed]]] = []
        for part, values in backwards:
            found = values(value, root)
            if not found:
                return
            named.append((part, found))
        out.has.append(number)  # also where a concept is in words only, and so has no key
        sides = [shorts(found, part.type, all_forms=all_forms) for part, found in reversed(named)]
        for combination in product(*sides):
            out.keys.append(keys(f"{name}={'$'.join(combination)}"))

    return emit


def _companions(
    parameter: Parameter, first: tuple[Component, Values], type_name: str, keys: KeyMaker
) -> _Companions:
    """Keys of the first component of an element."""
    (part, values), name = first, parameter.name
    all_forms = type_name != parameter.base
    return lambda value, root: [
        keys(f"{name}={short}")
        for short in shorts(values(value, root), part.type, all_forms=all_forms)
    ]


def _rows(
    parameter: Parameter,
    parts: list[tuple[Component, Values]],
    companions: _Companions,
    keys: KeyMaker,
) -> Emit:
    """Writer of rows: the first component is the key, the second the value."""
    second, valued = parts[1]
    writers: dict[str, Emit | None] = {}
    found: list[int] = []

    def writer(kind: str) -> Emit | None:
        if kind not in writers:
            writers[kind] = _writer(parameter, second.type, kind, keys, lambda _: tuple(found))
        return writers[kind]

    def emit(value: Any, out: Extracted, root: dict[str, Any]) -> None:
        values = valued(value, root)
        found[:] = companions(value, root) if values else []
        for item, kind, _ in values if found else ():
            write = writer(kind)
            if write is not None:
                out.has.append(parameter.number)
                write(item, out, value)

    return emit


def _writer(
    parameter: Parameter,
    kind: str,
    value_kind: str,
    keys: KeyMaker,
    companions: Callable[[dict[str, Any]], tuple[int, ...]],
) -> Emit | None:
    if kind in {"quantity", "number"}:
        return quantities.emitter(parameter, value_kind, keys, companions)
    if kind == "date":
        return dates.emitter(parameter, value_kind, companions)
    return strings.emitter(parameter, value_kind, keys, companions)


def _number_pairs(
    parameter: Parameter, parts: list[tuple[Component, Values]], companions: _Companions
) -> Emit:
    _, (_, lower), (_, upper) = parts
    number = parameter.number

    def emit(value: Any, out: Extracted, root: dict[str, Any]) -> None:
        starts, ends = _numbers(lower(value, root)), _numbers(upper(value, root))
        for ckey in companions(value, root) if starts and ends else ():
            out.has.append(number)
            for start, end in product(starts, ends):
                out.quantities.append((number, ckey, 0, start, start, 0, end, end))

    return emit


def _numbers(values: list[Typed]) -> list[float]:
    readers = [(quantities.reader(kind), value) for value, kind, _ in values]
    amounts = [read(value) for read, value in readers if read is not None]
    return [amount.low for amount in amounts if amount is not None]
