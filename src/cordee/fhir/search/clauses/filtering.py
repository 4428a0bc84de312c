"""`_filter` trees to predicates."""

from __future__ import annotations

from cordee.fhir.indexing.parameters import Parameter
from cordee.fhir.model.text import normalise
from cordee.fhir.search.clauses.clause import (
    UnknownParameter,
    follow,
    simple,
)
from cordee.fhir.search.clauses.context import Context
from cordee.fhir.search.compile.predicates import All, AnyOf, Not, Predicate, Side
from cordee.fhir.search.filter import Combined, Filter, Negated, Test
from cordee.runtime.errors import InvalidRequest

_PREFIXED = frozenset({"gt", "lt", "ge", "le", "ap", "sa", "eb", "ne", "eq"})
_MODIFIERS = {"in": "in", "ni": "not-in", "sb": "below", "ss": "above"}
_LIKES = {"co": "%{}%", "sw": "{}%", "ew": "%{}"}
_COLUMNS = frozenset({"_id", "_lastUpdated", "_list"})


async def filtered(context: Context, resource_type: str, tree: Filter) -> Predicate:
    """Predicate of a filter; raises `InvalidRequest` where an operator does not fit."""
    match tree:
        case Negated(part):
            return Not(await filtered(context, resource_type, part))
        case Combined(word, parts):
            made = tuple([await filtered(context, resource_type, part) for part in parts])
            return All(made) if word == "and" else AnyOf(made)
        case Test(path, _, _) if len(path) > 1:
            rest = Test(path[1:], tree.operator, tree.value)
            return await follow(
                context,
                resource_type,
                path[0],
                lambda beyond, target: filtered(beyond, target, rest),
            )
        case Test():
            return await _test(context, resource_type, tree)


async def _test(context: Context, resource_type: str, test: Test) -> Predicate:
    code = test.path[0][0]
    parameter = context.parameter(resource_type, code)
    if parameter is None and code not in _COLUMNS:
        raise UnknownParameter(f"_filter: {resource_type} has no search parameter {code}")
    if test.operator == "pr":
        wanted = {"true": "false", "false": "true"}.get(test.value)
        if wanted is None:
            raise InvalidRequest("_filter: pr takes true or false")
        return await simple(context, resource_type, (code, "missing"), [wanted])
    if parameter is None or parameter.type in {"date", "number", "quantity"}:
        return await _compared(context, resource_type, code, test)
    if parameter.type == "string" or (parameter.type == "uri" and test.operator in _LIKES):
        return _text(context, resource_type, parameter, test)
    return await _named(context, resource_type, parameter, test)


async def _compared(context: Context, resource_type: str, code: str, test: Test) -> Predicate:
    if test.operator == "po":
        return await simple(context, resource_type, (code, None), [f"ap{test.value}"])
    if test.operator not in _PREFIXED:
        raise InvalidRequest(f"_filter: {test.operator} does not fit {code}")
    prefix = "" if code in {"_id", "_list"} else test.operator
    return await simple(context, resource_type, (code, None), [prefix + test.value])


def _text(context: Context, resource_type: str, parameter: Parameter, test: Test) -> Predicate:
    folded = normalise(test.value) if parameter.type == "string" else test.value
    numbers = ", ".join(
        str(one.number) for one in context.registry.rows_of(resource_type, parameter.code)
    )
    if test.operator in {"eq", "ne"}:
        condition = f"x.v = {context.builder.add(folded, 'text')}"
    elif test.operator in _LIKES:
        escaped = folded.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        pattern = _LIKES[test.operator].format(escaped)
        condition = f"x.v LIKE {context.builder.add(pattern, 'text')}"
    else:
        raise InvalidRequest(f"_filter: {test.operator} does not fit {parameter.code}")
    found = Side("sp_str", f"x.param IN ({numbers}) AND {condition}")
    return Not(found) if test.operator == "ne" else found


async def _named(
    context: Context, resource_type: str, parameter: Parameter, test: Test
) -> Predicate:
    code, operator = parameter.code, test.operator
    if operator in {"eq", "re"}:
        return await simple(context, resource_type, (code, None), [test.value])
    if operator == "ne":
        return Not(await simple(context, resource_type, (code, None), [test.value]))
    if operator in _MODIFIERS and parameter.type == "token":
        return await simple(context, resource_type, (code, _MODIFIERS[operator]), [test.value])
    if operator in {"co", "sw"} and parameter.type == "token":
        return await simple(context, resource_type, (code, "text"), [test.value])
    raise InvalidRequest(f"_filter: {operator} does not fit {code}")
