"""Conversion between System types. Rule: https://hl7.org/fhirpath/N1/#conversion."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from cordee.fhir.path.atoms import Amount, Atom, boolean, single_atom, system, text_of
from cordee.fhir.path.functions.table import eager
from cordee.fhir.path.moments import Moment, moment
from cordee.fhir.path.nodes import Nodes
from cordee.fhir.path.parser import CALENDAR_UNITS
from cordee.fhir.path.units import unit

_INTEGER = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?")
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(?:'([^']+)'|([a-z]+))?")
_TRUE = {"true", "t", "yes", "y", "1", "1.0"}
_FALSE = {"false", "f", "no", "n", "0", "0.0"}


def _to_boolean(value: Atom) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return bool(value) if value in (0, 1) else None
    if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    return None


def _to_integer(value: Atom) -> int | None:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return None


def _to_decimal(value: Atom) -> Decimal | None:
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    return None


def _to_text(value: Atom) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return None if value is None or isinstance(value, dict) else str(value)


def _to_date(value: Atom) -> Moment | None:
    found = moment(value) if isinstance(value, str) else value
    if not isinstance(found, Moment) or found.kind == "Time":
        return None
    return moment(found.text.partition("T")[0], "Date")


def _to_date_time(value: Atom) -> Moment | None:
    if isinstance(value, Moment):
        return moment(value.text, "DateTime") if value.kind != "Time" else None
    return moment(value, "DateTime") if isinstance(value, str) else None


def _to_time(value: Atom) -> Moment | None:
    if isinstance(value, Moment):
        return value if value.kind == "Time" else None
    return moment(value.removeprefix("T"), "Time") if isinstance(value, str) else None


def _to_quantity(value: Atom) -> Amount | None:
    if isinstance(value, Amount):
        return value
    if isinstance(value, int | Decimal):
        return Amount(Decimal(value), "1")
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None or (match[3] and match[3] not in CALENDAR_UNITS):
        return None
    try:
        return Amount(Decimal(match[1]), match[2] or match[3] or "1")
    except InvalidOperation:
        return None


_CONVERSIONS: dict[str, Callable[[Atom], Atom]] = {
    "Boolean": _to_boolean,
    "Integer": _to_integer,
    "Decimal": _to_decimal,
    "String": _to_text,
    "Date": _to_date,
    "DateTime": _to_date_time,
    "Time": _to_time,
}


def _register(name: str, convert: Callable[[Atom], Atom]) -> None:
    def converted(nodes: Nodes) -> Nodes:
        value = convert(single_atom(nodes))
        return [] if value is None else [system(value)]

    def converts(nodes: Nodes) -> Nodes:
        return boolean(convert(single_atom(nodes)) is not None) if nodes else []

    eager(f"to{name}")(converted)
    eager(f"convertsTo{name}")(converts)


for _name, _convert in _CONVERSIONS.items():
    _register(_name, _convert)


@eager("toQuantity", 0, 1)
def to_quantity(nodes: Nodes, into: Nodes | None = None) -> Nodes:
    """Quantity of a number or text; with a unit, converted to it."""
    value = _to_quantity(single_atom(nodes))
    wanted = text_of(into) if into else None
    if value is None or wanted is None or value.unit == wanted:
        return [] if value is None else [system(value)]
    converted = _in_unit(value, wanted)
    return [] if converted is None else [system(converted)]


def _in_unit(value: Amount, wanted: str) -> Amount | None:
    """Amount in another unit; None when it measures something else."""
    one, other = unit(value.code), unit(Amount(value.value, wanted).code)
    if one is None or other is None or one.dimensions != other.dimensions:
        return None
    ratio = one.factor / other.factor
    return Amount(value.value * ratio.numerator / ratio.denominator, wanted)


@eager("convertsToQuantity", 0, 1)
def converts_to_quantity(nodes: Nodes, into: Nodes | None = None) -> Nodes:
    """Whether there is a Quantity in a number or text."""
    return boolean(bool(to_quantity(nodes, into))) if nodes else []
