"""Composite parameters: parts of one value joined by `$`."""

from __future__ import annotations

from itertools import product

from cordee.fhir.indexing.parameters import Component, Parameter
from cordee.fhir.model.text import normalise
from cordee.fhir.search.clauses.context import Asked, Context, refuse_modifier
from cordee.fhir.search.clauses.dates import searched
from cordee.fhir.search.clauses.quantities import value_condition
from cordee.fhir.search.clauses.references import entities
from cordee.fhir.search.clauses.strings import starts_with
from cordee.fhir.search.clauses.tokens import plain
from cordee.fhir.search.compile.predicates import (
    All,
    AnyOf,
    Keys,
    Predicate,
    Side,
    interval_condition,
)
from cordee.fhir.search.values import split_values, system_and_code, unescape
from cordee.runtime.errors import InvalidRequest

_NAMED = {"token", "reference", "uri"}


def composite(
    context: Context,
    asked: Asked,
) -> Predicate:
    """Each value holds for one and the same element."""
    parameter, modifier, values = asked.parameter, asked.modifier, asked.values
    resource_type = asked.type
    if modifier is not None:
        raise refuse_modifier(parameter, modifier)
    parts = tuple(_one(context, resource_type, parameter, value) for value in values)
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def _one(context: Context, resource_type: str, parameter: Parameter, value: str) -> Predicate:
    pieces = split_values(value, "$")
    if len(pieces) != len(parameter.components):
        raise InvalidRequest(
            f"{parameter.code}: {len(parameter.components)} parts joined by $ are expected"
        )
    alternatives = tuple(
        _rows(context, resource_type, (parameter, rows), pieces)
        for rows in context.registry.rows_of(resource_type, parameter.code)
    )
    return alternatives[0] if len(alternatives) == 1 else AnyOf(alternatives)


def _rows(
    context: Context,
    resource_type: str,
    served: tuple[Parameter, Parameter],
    pieces: list[str],
) -> Predicate:
    """`served` is the parameter and the one whose index rows serve it."""
    parameter, rows = served
    kinds = [part.type for part in parameter.components]
    if all(kind in _NAMED for kind in kinds):
        sides = [
            _shorts(context, part, piece)
            for part, piece in zip(parameter.components, pieces, strict=True)
        ]
        keys = tuple(
            context.keys(f"{rows.name}={'$'.join(combination)}") for combination in product(*sides)
        )
        return _narrowed(context, resource_type, parameter, pieces, Keys(keys))
    stem = context.registry.companion_name(parameter, rows)
    companions = [
        context.keys(f"{stem}={short}")
        for short in _shorts(context, parameter.components[0], pieces[0])
    ]
    values, table = _value(context, parameter, pieces)
    if len(companions) == 1:
        ckey = f"x.ckey = {context.builder.add(companions[0])}"
    else:
        ckey = f"x.ckey = ANY ({context.builder.add(companions, 'int8[]')})"
    found = Side(table, f"x.param = {rows.number} AND {ckey} AND {values}")
    return _narrowed(context, resource_type, parameter, pieces[:1], found)


def _value(context: Context, parameter: Parameter, pieces: list[str]) -> tuple[str, str]:
    """Condition of the second part (and the third) on its side table, and that table."""
    kinds = [part.type for part in parameter.components]
    if kinds[1:] == ["number", "number"]:
        low = value_condition(context, parameter, pieces[1])
        high = value_condition(context, parameter, pieces[2])
        # Two numbers share a row: the first in its canonical bounds, the second in its raw ones.
        return f"{low.replace('x.raw', 'x.')} AND {high}", "sp_qty"
    match kinds[1]:
        case "quantity" | "number":
            return value_condition(context, parameter, pieces[1]), "sp_qty"
        case "date":
            prefix, low, high = searched(parameter.code, pieces[1])
            return interval_condition(
                (prefix, low, high), ("x.lo", "x.hi"), context.builder
            ), "sp_date"
        case _:
            return starts_with(context, normalise(unescape(pieces[1]))), "sp_str"


def _shorts(context: Context, part: Component, piece: str) -> list[str]:
    if part.type == "token":
        return [system_and_code(piece)[1].casefold()]
    if part.type == "reference":
        return entities(context, part.definition, (), unescape(piece))
    return [unescape(piece)]


def _narrowed(
    context: Context,
    resource_type: str,
    parameter: Parameter,
    pieces: list[str],
    found: Predicate,
) -> Predicate:
    """Index rows know codes without their systems: where one is asked for, it must be there too."""
    by_url = {one.url: one for one in context.parameters(resource_type).values()}
    more: list[Predicate] = []
    for part, piece in zip(parameter.components, pieces, strict=False):
        own = by_url.get(part.definition)
        if part.type == "token" and own is not None and system_and_code(piece)[0]:
            more.append(plain(context, resource_type, own, [piece]))
    return All((found, *more)) if more else found
