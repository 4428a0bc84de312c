"""Arithmetic functions. Rule: https://hl7.org/fhirpath/N1/#math."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, Overflow

from cordee.fhir.path.atoms import Amount, single_atom, system, whole_number
from cordee.fhir.path.functions.table import eager
from cordee.fhir.path.nodes import Nodes
from cordee.runtime.errors import InvalidRequest

Number = int | Decimal


def _number(nodes: Nodes) -> Number | None:
    value = single_atom(nodes)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InvalidRequest("FHIRPath: a number is expected")
    return value


def _result(compute: Callable[[], Number | None]) -> Nodes:
    try:
        value = compute()
    except (InvalidOperation, Overflow, ZeroDivisionError, ValueError, OverflowError):
        return []
    if value is None or (isinstance(value, Decimal) and not value.is_finite()):
        return []
    return [system(value)]


def _of_one(name: str, compute: Callable[[Number], Number | None]) -> None:
    @eager(name)
    def run(nodes: Nodes) -> Nodes:
        value = _number(nodes)
        return [] if value is None else _result(lambda: compute(value))


_of_one("ceiling", math.ceil)
_of_one("floor", math.floor)
_of_one("truncate", math.trunc)
_of_one("exp", lambda value: Decimal(value).exp())
_of_one("ln", lambda value: Decimal(value).ln() if value > 0 else None)
_of_one("sqrt", lambda value: Decimal(value).sqrt() if value >= 0 else None)


@eager("abs")
def absolute(nodes: Nodes) -> Nodes:
    """Absolute value: without its sign."""
    value = single_atom(nodes)
    if isinstance(value, Amount):
        return [system(Amount(abs(value.value), value.unit))]
    number = _number(nodes)
    return [] if number is None else [system(abs(number))]


@eager("log", 1)
def logarithm(nodes: Nodes, base: Nodes) -> Nodes:
    """Logarithm to a base."""
    value, root = _number(nodes), _number(base)
    if value is None or root is None:
        return []
    return _result(lambda: round(Decimal(value).ln() / Decimal(root).ln(), 20))


@eager("power", 1)
def power(nodes: Nodes, exponent: Nodes) -> Nodes:
    """Value to a power; nothing when the result is no real number."""
    value, raised = _number(nodes), _number(exponent)
    if value is None or raised is None:
        return []
    if isinstance(value, int) and isinstance(raised, int) and 0 <= raised < 64:  # noqa: PLR2004 - past 64 bits
        return _result(lambda: value**raised)
    return _result(lambda: Decimal(value) ** Decimal(raised))


@eager("round", 0, 1)
def rounded(nodes: Nodes, places: Nodes | None = None) -> Nodes:
    """Value with this many decimals, halves away from zero."""
    value, digits = _number(nodes), (whole_number(places) if places else 0) or 0
    if value is None:
        return []
    if digits < 0:
        raise InvalidRequest("FHIRPath: round() takes no negative precision")
    step = Decimal(1).scaleb(-digits)
    return _result(lambda: Decimal(value).quantize(step, rounding=ROUND_HALF_UP))
