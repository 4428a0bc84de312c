"""Bounds of a value of limited precision. Rule: https://hl7.org/fhirpath/#lowboundary."""

from __future__ import annotations

from calendar import monthrange
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

from cordee.fhir.path.atoms import Amount, Atom, boolean, single_atom, system, whole_number
from cordee.fhir.path.functions.table import eager
from cordee.fhir.path.moments import Moment, moment
from cordee.fhir.path.nodes import Nodes
from cordee.fhir.path.units import unit
from cordee.runtime.errors import InvalidRequest

_WIDEST = 31
_DECIMALS = 8
_EXACT = Context(prec=80)
# Digits of a date or time at each precision, by how many parts it has.
_DATE_DIGITS = {1: 4, 2: 6, 3: 8, 4: 10, 5: 12, 6: 14}
_TIME_DIGITS = {1: 2, 2: 4, 3: 6}
_LAST_DIGITS = {"Date": 8, "DateTime": 17, "Time": 9}
_WHOLE_SECOND_PARTS = {"DateTime": 6, "Time": 3}


@eager("lowBoundary", 0, 1)
def low_boundary(nodes: Nodes, digits: Nodes | None = None) -> Nodes:
    """Least value that a value of this precision may stand for."""
    return _boundary(nodes, digits, upper=False)


@eager("highBoundary", 0, 1)
def high_boundary(nodes: Nodes, digits: Nodes | None = None) -> Nodes:
    """Greatest value that a value of this precision may stand for."""
    return _boundary(nodes, digits, upper=True)


def _boundary(nodes: Nodes, digits: Nodes | None, *, upper: bool) -> Nodes:
    value, wanted = single_atom(nodes), whole_number(digits) if digits else None
    found: Atom = None
    if isinstance(value, Moment):
        found = _moment_bound(value, wanted, upper=upper)
    elif isinstance(value, Amount):
        bound = _number_bound(value.value, wanted, upper=upper)
        found = None if bound is None else Amount(bound, value.unit)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        found = _number_bound(Decimal(value), wanted, upper=upper)
    elif value is not None:
        raise InvalidRequest("FHIRPath: only numbers, quantities, dates and times have bounds")
    return [] if found is None else [system(found)]


def _number_bound(value: Decimal, wanted: int | None, *, upper: bool) -> Decimal | None:
    digits = _DECIMALS if wanted is None else wanted
    if not 0 <= digits <= _WIDEST:
        return None
    half = Decimal(5).scaleb(int(value.as_tuple().exponent) - 1)
    bound = value + half if upper else value - half
    rounding = ROUND_CEILING if upper else ROUND_FLOOR
    return bound.quantize(Decimal(1).scaleb(-digits), rounding=rounding, context=_EXACT)


def _moment_bound(value: Moment, wanted: int | None, *, upper: bool) -> Moment | None:
    last = _LAST_DIGITS[value.kind]
    digits = last if wanted is None else wanted
    if value.kind == "Time":
        return moment(_clock(value.parts, upper=upper)[: _time_length(digits)], "Time")
    if not 0 < digits <= last:
        return None
    parts = [*value.parts]
    year, month = int(parts[0]), int(parts[1]) if len(parts) > 1 else (12 if upper else 1)
    day = int(parts[2]) if len(parts) > 2 else (monthrange(year, month)[1] if upper else 1)  # noqa: PLR2004 - a day
    date = f"{year:04d}-{month:02d}-{day:02d}"
    if digits <= 8:  # noqa: PLR2004 - a date
        return moment(date[: {4: 4, 6: 7}.get(digits, 10)])
    clock = _clock(tuple(parts[3:]), upper=upper)[: _time_length(digits - 8)]
    return moment(f"{date}T{clock}{_zone(value, upper=upper)}", "DateTime")


def _clock(parts: tuple[int | Decimal, ...], *, upper: bool) -> str:
    hour, minute = 23 if upper else 0, 59 if upper else 0
    if parts:
        hour = int(parts[0])
    if len(parts) > 1:
        minute = int(parts[1])
    second = Decimal(parts[2]) if len(parts) > 2 else Decimal("59.999" if upper else 0)  # noqa: PLR2004 - seconds
    return f"{hour:02d}:{minute:02d}:{second:06.3f}"


def _time_length(digits: int) -> int:
    return {2: 2, 4: 5, 6: 8}.get(digits, 12)


def _zone(value: Moment, *, upper: bool) -> str:
    """Zone as written; without one the last or first on earth."""
    if value.zone is None:
        return "-12:00" if upper else "+14:00"
    hours, minutes = divmod(abs(value.zone), 60)
    return f"{'-' if value.zone < 0 else '+'}{hours:02d}:{minutes:02d}" if value.zone else "Z"


@eager("precision")
def precision(nodes: Nodes) -> Nodes:
    """How many digits a number has after its point, or a date or time in all."""
    value = single_atom(nodes)
    if isinstance(value, Moment):
        table = _TIME_DIGITS if value.kind == "Time" else _DATE_DIGITS
        digits = table[len(value.parts)]
        if len(value.parts) == _WHOLE_SECOND_PARTS.get(value.kind) and "." in value.text:
            digits += 3
        return [system(digits)]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return [system(max(-int(Decimal(value).as_tuple().exponent), 0))]
    return []


@eager("comparable", 1)
def comparable(nodes: Nodes, other: Nodes) -> Nodes:
    """Whether the units of two quantities measure the same."""
    one, two = single_atom(nodes), single_atom(other)
    if not isinstance(one, Amount) or not isinstance(two, Amount):
        return []
    first, second = unit(one.code), unit(two.code)
    if first is None or second is None:
        return boolean(False)
    return boolean(first.dimensions == second.dimensions)
