"""The functions of FHIRPath that a view may call, as terms; pure.

Rule: https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html (the functions that a view
runner supports); others of FHIRPath where a typed column can answer them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.fhir.path.tree import Literal, Member, Tree
from cordee.population.views import boundaries
from cordee.population.views.operators import equal
from cordee.population.views.terms import (
    FALSE,
    NULL,
    ONE,
    TRUE,
    ZERO,
    Term,
    number,
    op,
    text,
    variable,
)
from cordee.population.views.values import (
    CHOICE,
    NOTHING,
    Scope,
    Value,
    boolean,
    family,
    gathered,
    is_there,
    listed,
    member,
    of_type,
    single,
    truth,
)
from cordee.runtime.errors import InvalidRequest

Lower = Callable[[Tree, Scope], Value]
Arguments = Sequence[Tree]


@dataclass(frozen=True, slots=True)
class Asked:
    """A function that is called: on what, with which arguments, where, and who lowers those."""

    value: Value
    arguments: Arguments
    scope: Scope
    lower: Lower

    def one(self, scope: Scope | None = None) -> Value:
        """The value of the only argument."""
        return self.lower(_only(self.arguments), scope or self.scope)


def call(name: str, source: Value, arguments: Arguments, scope: Scope, lower: Lower) -> Value:
    """The value of a function; raises `InvalidRequest` for one that a view has not."""
    if name in _PLAIN and not arguments:
        return _PLAIN[name](source)
    if name in _LOOKING:
        return _LOOKING[name](Asked(source, arguments, scope, lower))
    if name in _TEXTUAL:
        given = [single(lower(one, scope)) for one in arguments]
        return _textual(name, source, given)
    raise InvalidRequest(f"a view cannot call {name}() so")


def item(value: Value, index: Term) -> Value:
    """The item at an index from zero."""
    if value.kind == CHOICE:
        raise InvalidRequest("say which type is meant by ofType(...)")
    if value.many:
        return Value(op("at", value.term, index), value.kind, False, value.shape)
    first = op("when", op("equal", index, ZERO), value.term, NULL)
    return Value(value.term if index == ZERO else first, value.kind, False, value.shape)


def _where(asked: Asked) -> Value:
    """The items for which a criterion is true."""
    value, scope = asked.value, asked.scope
    if value.kind == NOTHING:
        return value
    name = scope.names.fresh("v")
    this = Value(variable(name), value.kind, False, value.shape) if value.many else value
    kept = op("or-else", truth(asked.one(scope.of(this))), FALSE)
    if value.many:
        return Value(op("filter", value.term, name, kept), value.kind, True, value.shape)
    if value.term.name == "row":
        return boolean(op("when", kept, TRUE, NULL))
    return Value(op("when", kept, value.term, NULL), value.kind, False, value.shape)


def _exists(asked: Asked) -> Value:
    return boolean(is_there(_where(asked) if asked.arguments else asked.value))


def _all(asked: Asked) -> Value:
    value, held = asked.value, _where(asked)
    if not value.many:
        return boolean(op("or", op("is-null", value.term), is_there(held)))
    return boolean(op("equal", op("size", value.term), op("size", held.term)))


def _select(asked: Asked) -> Value:
    value, scope = asked.value, asked.scope
    if not value.many:
        return asked.one(scope.of(value))
    name = scope.names.fresh("v")
    inner = asked.one(scope.of(Value(variable(name), value.kind, False, value.shape)))
    if inner.kind == CHOICE:
        raise InvalidRequest("say which type is meant by ofType(...)")
    return Value(gathered(value.term, name, inner), inner.kind, True, inner.shape)


def _of_type(asked: Asked) -> Value:
    return of_type(asked.value, _type_name(asked.arguments))


def _extension(asked: Asked) -> Value:
    wanted = asked.one()
    found = member(asked.value, "extension")
    name = asked.scope.names.fresh("v")
    this = Value(variable(name), found.kind, False, found.shape)
    kept = equal(member(this, "url"), wanted)
    return Value(op("filter", found.term, name, kept), found.kind, True, found.shape)


def _iif(asked: Asked) -> Value:
    if len(asked.arguments) not in (2, 3):
        raise InvalidRequest("iif() takes two or three arguments")
    condition, *given = (asked.lower(one, asked.scope) for one in asked.arguments)
    found = [single(one) for one in given]
    if len({family(one.kind) for one in found if one.kind != NOTHING}) > 1:
        raise InvalidRequest("iif() gives values of one type")
    other = found[1].term if len(found) > 1 else NULL
    kind = next((one.kind for one in found if one.kind != NOTHING), NOTHING)
    return Value(op("when", truth(condition), found[0].term, other), kind)


def _reference_key(asked: Asked) -> Value:
    kind = _type_name(asked.arguments) if asked.arguments else _ANY
    if kind != _ANY and kind not in RESOURCE_TYPES:
        raise InvalidRequest(f"{kind} is no resource type")
    wanted = text(f"(^|/){kind}/([A-Za-z0-9.-]+)(/_history/[^/]+)?$")
    target = member(asked.value, "reference")

    def key(term: Term) -> Term:
        return op("none-if", op("captured", term, wanted, number(2)), text(""))

    if not target.many:
        return Value(key(target.term), "id")
    name = asked.scope.names.fresh("v")
    return Value(gathered(target.term, name, Value(key(variable(name)), "id")), "id", True)


def _resource_key(value: Value) -> Value:
    if value.term.name != "row":
        raise InvalidRequest("getResourceKey() is asked of the resource")
    return member(value, "id")


def _join(asked: Asked) -> Value:
    separator = single(asked.one()).term if asked.arguments else text("")
    return Value(op("words", listed(asked.value), separator), "string")


def _textual(name: str, source: Value, given: Sequence[Value]) -> Value:
    operation, least, most, kind = _TEXTUAL[name]
    one = single(source)
    if family(one.kind) != "text" or not least <= len(given) <= most:
        raise InvalidRequest(f"{name}() is asked of a text, with {least} to {most} arguments")
    terms = [each.term for each in given]
    if name == "substring":
        terms = [op("plus", terms[0], ONE), *(terms[1:] or [op("length", one.term)])]
    return Value(op(operation, one.term, *terms), kind)


def _count(value: Value) -> Value:
    there = op("when", is_there(value), ONE, ZERO)
    return Value(op("size", value.term) if value.many else there, "integer")


def _first(value: Value) -> Value:
    return item(value, ZERO)


def _last(value: Value) -> Value:
    term = op("last", value.term) if value.many else value.term
    return Value(term, value.kind, False, value.shape)


def _tail(value: Value) -> Value:
    term = op("tail", listed(value)) if value.many else NULL
    return Value(term, value.kind, value.many, value.shape)


def _distinct(value: Value) -> Value:
    term = op("distinct", value.term) if value.many else value.term
    return Value(term, value.kind, value.many, value.shape)


def _cast(operation: str, kind: str) -> Callable[[Value], Value]:
    return lambda value: Value(op(operation, single(value).term), kind)


def _measure(operation: str, kind: str = "") -> Callable[[Value], Value]:
    def measured(value: Value) -> Value:
        one = single(value)
        if family(one.kind) != "number":
            raise InvalidRequest(f"a number is expected, not {one.kind}")
        return Value(op(operation, one.term), kind or one.kind)

    return measured


def _only(arguments: Arguments) -> Tree:
    if len(arguments) != 1:
        raise InvalidRequest("the function takes one argument")
    return arguments[0]


def _type_name(arguments: Arguments) -> str:
    given = _only(arguments)
    if isinstance(given, Member):
        return given.name
    if isinstance(given, Literal) and given.kind == "String":
        return str(given.value)
    raise InvalidRequest("a type is expected")


_ANY: Final = "[A-Z][A-Za-z]+"
_PLAIN: Final[Mapping[str, Callable[[Value], Value]]] = {
    "empty": lambda value: boolean(op("not", is_there(value))),
    "not": lambda value: boolean(op("not", truth(value))),
    "count": _count,
    "first": _first,
    "last": _last,
    "tail": _tail,
    "single": single,
    "distinct": _distinct,
    "getResourceKey": _resource_key,
    "lowBoundary": boundaries.low,
    "highBoundary": boundaries.high,
    "toString": _cast("cast-text", "string"),
    "toInteger": _cast("cast-integer", "integer"),
    "toDecimal": _cast("cast-double", "decimal"),
    "abs": _measure("absolute"),
    "ceiling": _measure("ceiling", "integer"),
    "floor": _measure("floor", "integer"),
}
_LOOKING: Final[Mapping[str, Callable[[Asked], Value]]] = {
    "where": _where,
    "exists": _exists,
    "all": _all,
    "select": _select,
    "ofType": _of_type,
    "as": _of_type,
    "extension": _extension,
    "iif": _iif,
    "getReferenceKey": _reference_key,
    "join": _join,
}
_TEXTUAL: Final[Mapping[str, tuple[str, int, int, str]]] = {
    "startsWith": ("starts", 1, 1, "boolean"),
    "endsWith": ("ends", 1, 1, "boolean"),
    "contains": ("holds", 1, 1, "boolean"),
    "matches": ("matches", 1, 1, "boolean"),
    "replace": ("replaced", 2, 2, "string"),
    "substring": ("part", 1, 2, "string"),
    "upper": ("upper", 0, 0, "string"),
    "lower": ("lower", 0, 0, "string"),
    "trim": ("trimmed", 0, 0, "string"),
    "length": ("length", 0, 0, "integer"),
}
