"""The operators of FHIRPath between two values, with its three truths; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cordee.population.views.terms import EMPTY_TEXT, FALSE, NULL, ONE, ZERO, Term, number, op
from cordee.population.views.values import (
    NOTHING,
    Value,
    boolean,
    family,
    listed,
    single,
    truth,
)
from cordee.runtime.errors import InvalidRequest

_ORDERS: Final[Mapping[str, tuple[str, bool]]] = {
    "<": ("less", False),
    "<=": ("at-most", False),
    ">": ("less", True),
    ">=": ("at-most", True),
}
_SUMS: Final[Mapping[str, str]] = {
    "+": "plus", "-": "minus", "*": "times", "/": "quotient", "div": "whole-quotient",
    "mod": "modulo",
}  # fmt: skip
_DAY: Final = number(10)


def binary(operator: str, left: Value, right: Value) -> Value:
    """`left operator right`; raises `InvalidRequest` where the two cannot stand there."""
    if operator in _ORDERS:
        name, is_turned = _ORDERS[operator]
        return boolean(_compared(name, *((right, left) if is_turned else (left, right))))
    if operator in _SUMS:
        return _sum(operator, left, right)
    known = _OTHERS.get(operator)
    if known is None:
        raise InvalidRequest(f"a view cannot say {operator}")
    return known(left, right)


def equal(left: Value, right: Value) -> Term:
    """`left = right`: unknown where one is empty, false where their numbers of items differ."""
    if NOTHING in (left.kind, right.kind):
        return _unknown()
    if left.many and right.many:
        ends = op("less", ZERO, op("size", left.term)), op("less", ZERO, op("size", right.term))
        return op("when", op("and", *ends), op("equal", left.term, right.term), _unknown())
    if left.many or right.many:
        many, one = (left, right) if left.many else (right, left)
        size = op("size", many.term)
        first = Value(op("at", many.term, ZERO), many.kind)
        alone = op("when", op("equal", size, ONE), _same(first, one), FALSE)
        known = op("and", op("less", ZERO, size), op("is-there", one.term))
        return op("when", known, alone, _unknown())
    return _same(left, right)


def _unknown() -> Term:
    return op("none-if", op("true"), op("true"))


def _same(left: Value, right: Value) -> Term:
    if family(left.kind) != family(right.kind):
        raise InvalidRequest(f"{left.kind} cannot be compared with {right.kind}")
    if family(left.kind) == "moment":
        return _moments("equal", left.term, right.term)
    return op("equal", left.term, right.term)


def _compared(name: str, left: Value, right: Value) -> Term:
    if NOTHING in (left.kind, right.kind):
        return _unknown()
    one, other = single(left), single(right)
    kinds = {family(one.kind), family(other.kind)}
    if len(kinds) > 1 or not kinds <= {"number", "text", "moment", "time"}:
        raise InvalidRequest(f"{left.kind} cannot be compared with {right.kind}")
    if kinds == {"moment"}:
        return _moments(name, one.term, other.term)
    return op(name, one.term, other.term)


def _moments(name: str, left: Term, right: Term) -> Term:
    """Compares two moments as far as both are known; unknown where the rest would decide."""
    sizes = op("length", left), op("length", right)
    exact = op("and", *(op("less", _DAY, one) for one in sizes))
    instants = op(name, op("instant", left), op("instant", right))
    least = op("least", op("least", *sizes), _DAY)
    starts = op("left", left, least), op("left", right, least)
    ends = op("is-there", left), op("is-there", right)
    known = op("and", op("and", *ends), op("or", op("unequal", *starts), op("equal", *sizes)))
    return op("when", exact, instants, op("when", known, op(name, *starts), _unknown()))


def _sum(operator: str, left: Value, right: Value) -> Value:
    if NOTHING in (left.kind, right.kind):
        return Value(NULL, NOTHING)
    one, other = single(left), single(right)
    kinds = {family(one.kind), family(other.kind)}
    if operator == "+" and kinds == {"text"}:
        joined = op("joined", one.term, other.term)
        there = op("and", op("is-there", one.term), op("is-there", other.term))
        return Value(op("when", there, joined, NULL), "string")
    if kinds != {"number"}:
        raise InvalidRequest(f"{operator} stands between numbers")
    is_decimal = operator == "/" or "decimal" in (one.kind, other.kind)
    kind = "integer" if operator == "div" or not is_decimal else "decimal"
    return Value(op(_SUMS[operator], one.term, other.term), kind)


def _joined(left: Value, right: Value) -> Value:
    parts = (op("or-else", single(one).term, EMPTY_TEXT) for one in (left, right))
    return Value(op("joined", *parts), "string")


def _within(left: Value, right: Value) -> Value:
    one = single(left)
    found = op("member", listed(right), one.term)
    return boolean(op("when", op("is-there", one.term), found, _unknown()))


def _union(left: Value, right: Value) -> Value:
    kinds = {one.kind for one in (left, right) if one.kind != NOTHING}
    if len({family(one) for one in kinds}) > 1:
        raise InvalidRequest("a union has items of one type")
    found = op("distinct", op("concatenated", listed(left), listed(right)))
    return Value(found, next(iter(sorted(kinds)), NOTHING), True, left.shape or right.shape)


_OTHERS: Final[Mapping[str, Callable[[Value, Value], Value]]] = {
    "and": lambda left, right: boolean(op("and", truth(left), truth(right))),
    "or": lambda left, right: boolean(op("or", truth(left), truth(right))),
    "xor": lambda left, right: boolean(op("unequal", truth(left), truth(right))),
    "implies": lambda left, right: boolean(op("or", op("not", truth(left)), truth(right))),
    "=": lambda left, right: boolean(equal(left, right)),
    "!=": lambda left, right: boolean(op("not", equal(left, right))),
    "&": _joined,
    "in": _within,
    "contains": lambda left, right: _within(right, left),
    "|": _union,
}
