"""Operators between two collections, by their sign. Rule: https://hl7.org/fhirpath/N1/#operations."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, DivisionByZero, InvalidOperation

from cordee.fhir.path.atoms import Amount, Atom, boolean, single_atom, system, truth
from cordee.fhir.path.comparison import distinct, equal, equivalent, items_equal, order
from cordee.fhir.path.moments import Moment, later
from cordee.fhir.path.nodes import Nodes
from cordee.fhir.path.units import multiplied, unit
from cordee.runtime.errors import InvalidRequest

Operator = Callable[[Nodes, Nodes], Nodes]
_CALENDAR_OF_CODE = {"s": "second", "ms": "ms"}
_WORDS = {"year", "month", "week", "day", "hour", "minute", "second"}


def negative(nodes: Nodes) -> Nodes:
    """Value with the other sign."""
    value = single_atom(nodes)
    if isinstance(value, Amount):
        return [system(Amount(-value.value, value.unit))]
    return [] if value is None else [system(-_number(value))]


def _number(value: Atom) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InvalidRequest("FHIRPath: a number is expected")
    return value


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _ordered(test: Callable[[int], bool]) -> Operator:
    def run(left: Nodes, right: Nodes) -> Nodes:
        one, other = single_atom(left), single_atom(right)
        if one is None or other is None:
            return []
        found = order(one, other)
        return boolean(None if found is None else test(found))

    return run


def _arithmetic(compute: Callable[[Atom, Atom], Atom]) -> Operator:
    def run(left: Nodes, right: Nodes) -> Nodes:
        one, other = single_atom(left), single_atom(right)
        if one is None or other is None:
            return []
        try:
            value = compute(one, other)
        except (DivisionByZero, ZeroDivisionError, InvalidOperation):
            return []
        return [] if value is None else [system(value)]

    return run


def _plus(left: Atom, right: Atom) -> Atom:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, Moment) and isinstance(right, Amount):
        return _moved(left, right.value, right)
    if isinstance(left, Amount) and isinstance(right, Amount):
        return Amount(left.value + _in_unit(right, left), left.unit)
    return _number(left) + _number(right)


def _minus(left: Atom, right: Atom) -> Atom:
    if isinstance(left, Moment) and isinstance(right, Amount):
        return _moved(left, -right.value, right)
    if isinstance(left, Amount) and isinstance(right, Amount):
        return Amount(left.value - _in_unit(right, left), left.unit)
    return _number(left) - _number(right)


def _moved(start: Moment, amount: Decimal, step: Amount) -> Moment | None:
    stem = step.unit.removesuffix("s") or step.unit
    calendar = _CALENDAR_OF_CODE.get(step.unit) or (stem if stem in _WORDS else None)
    if stem == "millisecond":
        calendar = "ms"
    if calendar is None:
        raise InvalidRequest("FHIRPath: only calendar durations can be added to a date")
    return later(start, amount, calendar)


def _in_unit(amount: Amount, other: Amount) -> Decimal:
    if amount.unit == other.unit:
        return amount.value
    one, wanted = unit(amount.code), unit(other.code)
    if one is None or wanted is None or one.dimensions != wanted.dimensions:
        raise InvalidRequest("FHIRPath: the units of the two quantities do not match")
    ratio = one.factor / wanted.factor
    return amount.value * ratio.numerator / ratio.denominator


def _times(left: Atom, right: Atom) -> Atom:
    if isinstance(left, Amount) or isinstance(right, Amount):
        return _of_amounts(left, right, 1)
    return _number(left) * _number(right)


def _divided(left: Atom, right: Atom) -> Atom:
    if isinstance(left, Amount) or isinstance(right, Amount):
        return _of_amounts(left, right, -1)
    return Decimal(_number(left)) / Decimal(_number(right))


def _of_amounts(left: Atom, right: Atom, power: int) -> Amount:
    one = left if isinstance(left, Amount) else Amount(Decimal(_number(left)), "1")
    other = right if isinstance(right, Amount) else Amount(Decimal(_number(right)), "1")
    value = one.value * other.value if power == 1 else one.value / other.value
    if other.unit == "1":
        return Amount(value, one.unit)
    first, second = unit(one.code), unit(other.code)
    if first is None or second is None:
        raise InvalidRequest("FHIRPath: the units of the two quantities are not known")
    found = multiplied(first, second, power)
    return Amount(value * found.factor.numerator / found.factor.denominator, found.text)


def _quotient(left: Atom, right: Atom) -> Atom:
    one, other = Decimal(_number(left)), Decimal(_number(right))
    return int(one // other) if other else None


def _rest(left: Atom, right: Atom) -> Atom:
    one, other = _number(left), _number(right)
    if not other:
        return None
    rest = Decimal(one) % Decimal(other)
    return int(rest) if isinstance(one, int) and isinstance(other, int) else rest


def _joined(left: Nodes, right: Nodes) -> Nodes:
    one, other = single_atom(left), single_atom(right)
    if not all(value is None or isinstance(value, str) for value in (one, other)):
        raise InvalidRequest("FHIRPath: & joins texts")
    return [system(f"{one or ''}{other or ''}")]


def _member(left: Nodes, right: Nodes) -> Nodes:
    if not left:
        return []
    if len(left) > 1:
        raise InvalidRequest("FHIRPath: one value is expected, there are several")
    return boolean(any(items_equal(left[0], node) for node in right))


def _exclusive(left: Nodes, right: Nodes) -> Nodes:
    one, other = truth(left), truth(right)
    return boolean(None if one is None or other is None else one != other)


OPERATORS: dict[str, Operator] = {
    "=": lambda left, right: boolean(equal(left, right)),
    "!=": lambda left, right: boolean(_not(equal(left, right))),
    "~": lambda left, right: boolean(equivalent(left, right)),
    "!~": lambda left, right: boolean(not equivalent(left, right)),
    "<": _ordered(lambda sign: sign < 0),
    "<=": _ordered(lambda sign: sign <= 0),
    ">": _ordered(lambda sign: sign > 0),
    ">=": _ordered(lambda sign: sign >= 0),
    "+": _arithmetic(_plus),
    "-": _arithmetic(_minus),
    "*": _arithmetic(_times),
    "/": _arithmetic(_divided),
    "div": _arithmetic(_quotient),
    "mod": _arithmetic(_rest),
    "&": _joined,
    "|": lambda left, right: distinct(left + right),
    "in": _member,
    "contains": lambda left, right: _member(right, left),
    "xor": _exclusive,
}
