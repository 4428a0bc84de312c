"""Quantity and number values as rows. Rule: https://hl7.org/fhir/R4/search.html#quantity."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from cordee.fhir.indexing.extracted import Emit, Extracted
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.indexing.parameters import Parameter
from cordee.fhir.indexing.units import canonical, canonical_key, raw_key

CURRENCIES = "urn:iso:std:iso:4217"
_NUMBERS = {"decimal", "integer", "positiveInt", "unsignedInt"}
_QUANTITIES = {"Quantity", "Age", "Duration", "Count", "Distance"}
_OPEN_BELOW, _OPEN_ABOVE = {"<", "<="}, {">", ">="}


class Amount(NamedTuple):
    """Bounds of a value and its unit; infinite where a comparator opens it."""

    low: float
    high: float
    system: str | None
    code: str | None
    unit: str | None


def reader(kind: str) -> Callable[[Any], Amount | None] | None:
    """Reader of the amount of one kind of value; None when it is no number."""
    if kind in _NUMBERS:
        return lambda value: Amount(float(value), float(value), None, None, None)
    if kind in _QUANTITIES:
        return _quantity
    return {"Range": _range, "Money": _money, "SampledData": _samples}.get(kind)


def emitter(
    parameter: Parameter,
    kind: str,
    keys: KeyMaker,
    companions: Callable[[dict[str, Any]], tuple[int, ...]] | None = None,
) -> Emit | None:
    """Writer of the rows of one kind of value; None when it is no number.

    A unit that is written otherwise than its code has a row of its own, for `number||unit`.
    """
    read, number = reader(kind), parameter.number
    if read is None:
        return None
    units = _unit_keys(keys)
    written = lru_cache(maxsize=2048)(lambda unit: raw_key(keys, unit))

    def emit(value: Any, out: Extracted, owner: dict[str, Any]) -> None:
        amount = read(value)
        if amount is None:
            return
        raw, key, code = units(amount.system, amount.code, amount.unit)
        low, high = amount.low, amount.high
        if code is not None:
            low, high = in_base_units(low, code), in_base_units(high, code)
        units_of = {raw, written(amount.unit)} if amount.code and amount.unit else {raw}
        for ckey in companions(owner) if companions else (0,):
            for one in units_of:
                out.quantities.append((number, ckey, key, low, high, one, amount.low, amount.high))

    return emit


@lru_cache(maxsize=16384)
def in_base_units(value: float, code: str) -> float:
    """Amount in UCUM base units, by the decimal that was written; infinite stays infinite."""
    if math.isinf(value):
        return value
    converted = canonical(Decimal(repr(value)), code)
    return value if converted is None else float(converted[0])


def _unit_keys(
    keys: KeyMaker,
) -> Callable[[str | None, str | None, str | None], tuple[int, int, str | None]]:
    @lru_cache(maxsize=2048)
    def found(
        system: str | None, code: str | None, unit: str | None
    ) -> tuple[int, int, str | None]:
        raw = raw_key(keys, code or unit)
        key, convertible = canonical_key(keys, system, code)
        return raw, key or raw, convertible

    return found


def _quantity(value: dict[str, Any]) -> Amount | None:
    number, sign = value.get("value"), value.get("comparator")
    if number is None:
        return None
    exact = float(number)
    low = -math.inf if sign in _OPEN_BELOW else exact
    high = math.inf if sign in _OPEN_ABOVE else exact
    return Amount(low, high, value.get("system"), value.get("code"), value.get("unit"))


def _range(value: dict[str, Any]) -> Amount | None:
    low, high = _quantity(value.get("low") or {}), _quantity(value.get("high") or {})
    named = low or high
    if named is None:
        return None
    return named._replace(low=low.low if low else -math.inf, high=high.high if high else math.inf)


def _money(value: dict[str, Any]) -> Amount | None:
    number = value.get("value")
    if number is None:
        return None
    return Amount(float(number), float(number), CURRENCIES, value.get("currency"), None)


def _samples(value: dict[str, Any]) -> Amount | None:
    """Range of a SampledData: its limits, else what its data reaches, in the unit of its origin."""
    origin = _quantity(value.get("origin") or {})
    if origin is None:
        return None
    factor = float(value.get("factor", 1))
    marks = {"E": None, "L": value.get("lowerLimit"), "U": value.get("upperLimit")}
    numbers = [_sample(text, marks) for text in (value.get("data") or "").split()]
    reached = [number * factor + origin.low for number in numbers if number is not None]
    if not reached:
        return origin
    return origin._replace(low=min(reached), high=max(reached))


def _sample(text: str, marks: dict[str, Any]) -> float | None:
    if text in marks:
        return marks[text]
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
