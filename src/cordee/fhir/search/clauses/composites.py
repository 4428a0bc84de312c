"""Composite parameters: parts of one value joined by `$`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from cordee.fhir.indexing.mixtures import mark
from cordee.fhir.indexing.parameters import Component, Parameter
from cordee.fhir.model.text import normalise
from cordee.fhir.search.clauses.context import Asked, Context, refuse_modifier
from cordee.fhir.search.clauses.dates import searched
from cordee.fhir.search.clauses.quantities import value_condition
from cordee.fhir.search.clauses.references import entities
from cordee.fhir.search.clauses.strings import starts_with
from cordee.fhir.search.clauses.tokens import key_text, plain
from cordee.fhir.search.compile.predicates import (
    All,
    AnyOf,
    Keys,
    Not,
    Predicate,
    Side,
    interval_condition,
)
from cordee.fhir.search.values import split_values, system_and_code, unescape
from cordee.runtime.errors import InvalidRequest

_NAMED = {"token", "reference", "uri"}
_Beside = Callable[[list[str]], Side]


def composite(
    context: Context,
    asked: Asked,
) -> Predicate:
    """Each value holds for one and the same element."""
    parameter, modifier, values = asked.parameter, asked.modifier, asked.values
    if modifier is not None:
        raise refuse_modifier(parameter, modifier)
    parts = tuple(_one(context, asked, value) for value in values)
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def _one(context: Context, asked: Asked, value: str) -> Predicate:
    parameter = asked.parameter
    pieces = split_values(value, "$")
    if len(pieces) != len(parameter.components):
        raise InvalidRequest(
            f"{parameter.code}: {len(parameter.components)} parts joined by $ are expected"
        )
    alternatives = tuple(
        _served(context, asked, rows, pieces)
        for rows in context.registry.rows_of(asked.type, parameter.code)
    )
    return alternatives[0] if len(alternatives) == 1 else AnyOf(alternatives)


def _served(context: Context, asked: Asked, rows: Parameter, pieces: list[str]) -> Predicate:
    """The condition on what one parameter wrote: `rows` itself, or one that a union stands on."""
    components = asked.parameter.components
    if all(part.type in _NAMED for part in components):
        if rows.stands_on_resource:
            return _on_resource(context, asked.type, rows, pieces)
        sides = [
            _texts(context, part, piece) for part, piece in zip(components, pieces, strict=True)
        ]
        return _keys(context, rows, sides)
    value, table = _value(context, asked.parameter, pieces)
    stem = context.registry.companion_name(asked.parameter, rows)

    def beside(texts: list[str]) -> Side:
        condition = f"x.param = {rows.number} AND {_companion(context, stem, texts)}{value}"
        return Side(table, condition)

    texts = _texts(context, components[0], pieces[0])
    if rows.companion is None and not rows.stands_on_resource:
        return beside(texts)
    if components[0].type != "token" or "|" not in texts[0]:
        return beside(texts)
    return _with_system(context, asked.type, rows, pieces[0], beside)


def _keys(context: Context, rows: Parameter, sides: list[list[str]]) -> Keys:
    return Keys(tuple(context.keys(f"{rows.name}={'$'.join(texts)}") for texts in product(*sides)))


def _on_resource(
    context: Context, resource_type: str, rows: Parameter, pieces: list[str]
) -> Predicate:
    """There is one element: the codes have a key together, their systems each by themselves."""
    asked = list(zip(rows.components, pieces, strict=True))
    apart = [
        _own(context, resource_type, part, piece)
        for part, piece in asked
        if part.type == "token" and system_and_code(piece)[0] is not None
    ]
    if any(part.type == "token" and not system_and_code(piece)[1] for part, piece in asked):
        return All((*apart, *(_own(context, resource_type, part, piece) for part, piece in asked)))
    together = _keys(context, rows, [_bare(context, part, piece) for part, piece in asked])
    return All((together, *apart)) if apart else together


def _own(context: Context, resource_type: str, part: Component, piece: str) -> Predicate:
    """One component asked by the parameter that defines it."""
    for own in context.parameters(resource_type).values():
        if own.url == part.definition and own.type == part.type == "token":
            return plain(context, resource_type, own, [piece])
    raise InvalidRequest("a part of a composite: only its code alone can be searched here")


def _with_system(
    context: Context, resource_type: str, rows: Parameter, piece: str, beside: _Beside
) -> Predicate:
    """Rows know the code alone: the system must be in the resource too.

    Where elements of the resource differ in their systems, it has exact rows: see
    `indexing.mixtures`.
    """
    system, code = system_and_code(piece)
    near = beside([code.casefold()] if code else [])
    if rows.companion is None:
        return All((near, _own(context, resource_type, rows.components[0], piece)))
    stem = f"{rows.base}.{rows.companion}"
    text = key_text(stem, system, code)
    named = Keys((context.keys(text),))
    if not rows.is_on_elements:
        return All((near, named))
    unmixed = Not(Keys((context.keys(mark(stem)),)))
    return All((near, named, AnyOf((unmixed, beside([text.removeprefix(f"{stem}=")])))))


def _companion(context: Context, stem: str, texts: list[str]) -> str:
    """Condition on the code of a row, empty where any code will do."""
    companions = [context.keys(f"{stem}={text}") for text in texts]
    if not companions:
        return ""
    if len(companions) == 1:
        return f"x.ckey = {context.builder.add(companions[0])} AND "
    return f"x.ckey = ANY ({context.builder.add(companions, 'int8[]')}) AND "


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


def _texts(context: Context, part: Component, piece: str) -> list[str]:
    """What a part is in a key, in the form that it is asked in."""
    if part.type != "token":
        return _bare(context, part, piece)
    system, code = system_and_code(piece)
    if not code and not system:
        raise InvalidRequest("a part of a composite: a code is expected, such as system|code")
    folded = code.casefold()
    return [folded if system is None else f"{system}|{folded}"]


def _bare(context: Context, part: Component, piece: str) -> list[str]:
    """What a part is in a key that knows no system."""
    if part.type == "token":
        return [system_and_code(piece)[1].casefold()]
    if part.type == "reference":
        return entities(context, part.definition, (), unescape(piece))
    return [unescape(piece)]
