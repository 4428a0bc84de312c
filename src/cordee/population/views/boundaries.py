"""The least and the greatest value that a written value may stand for; pure.

Rule: https://hl7.org/fhirpath/#lowboundaryprecision-integer-decimal--date--datetime--time. A
decimal is read as it was written, since its digits say how precise it is.
"""

from __future__ import annotations

from typing import Final

from cordee.population.views.terms import NULL, Term, number, op, text
from cordee.population.views.values import NOTHING, Value, single
from cordee.runtime.errors import InvalidRequest

_YEAR, _MONTH, _DAY = 4, 7, 10
_MINUTE, _SECOND = 16, 19
_EARLIEST_ZONE: Final = "+14:00"
_LATEST_ZONE: Final = "-12:00"


def low(value: Value) -> Value:
    """The least value."""
    return _boundary(value, is_high=False)


def high(value: Value) -> Value:
    """The greatest value."""
    return _boundary(value, is_high=True)


def _boundary(value: Value, *, is_high: bool) -> Value:
    one = single(value)
    if one.kind == NOTHING:
        return one
    if one.kind == "decimal" and one.shape is not None:
        one.shape.is_exact = True
        return Value(_decimal(one.term, "plus" if is_high else "minus"), "decimal")
    if one.kind == "date":
        return Value(_date(one.term, is_high=is_high), "date")
    if one.kind in ("dateTime", "instant"):
        return Value(_moment(one.term, is_high=is_high), one.kind)
    if one.kind == "time":
        return Value(_padded(one.term, _TIMES[is_high]), "time")
    raise InvalidRequest(f"{one.kind} has no boundary")


def _decimal(written: Term, sign: str) -> Term:
    digits = op("length", op("captured", written, text("[.]([0-9]*)"), number(1)))
    half = op("times", number("0.5"), op("power", number("10.0"), op("negative", digits)))
    exact = op(sign, op("cast-double", written), half)
    return op("round", exact, number(12))


def _date(written: Term, *, is_high: bool) -> Term:
    month = op("joined", written, text("-12" if is_high else "-01"))
    of_year = op("joined", month, text("-31" if is_high else "-01"))
    first = op("joined", written, text("-01"))
    of_month = op("cast-text", op("month-end", first)) if is_high else first
    size = op("length", written)
    rest = op("when", op("equal", size, number(_MONTH)), of_month, written)
    return op("when", op("equal", size, number(_YEAR)), of_year, rest)


def _moment(written: Term, *, is_high: bool) -> Term:
    zone = text(_LATEST_ZONE if is_high else _EARLIEST_ZONE)
    day = _date(written, is_high=is_high)
    clock = text("T23:59:59.999" if is_high else "T00:00:00.000")
    whole = op("joined", op("joined", day, clock), zone)
    return op("when", op("at-most", op("length", written), number(_DAY)), whole, written)


_TIMES: Final = ((":00:00.000", ":00.000", ".000"), (":59:59.999", ":59.999", ".999"))


def _padded(written: Term, rests: tuple[str, str, str]) -> Term:
    found = written
    for size, rest in zip((2, 5, 8), rests, strict=True):
        is_it = op("equal", op("length", written), number(size))
        found = op("when", is_it, op("joined", written, text(rest)), found)
    return op("when", op("is-there", written), found, NULL)
