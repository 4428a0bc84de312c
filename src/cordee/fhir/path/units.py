"""UCUM codes to their base units, so that 500 mg and 0.5 g are the same amount.

Rule: https://ucum.org/ucum#section-Grammar-of-Units-and-Unit-Terms (case-sensitive codes).
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from cordee.fhir.path.unit_atoms import ARBITRARY, BASES, CUSTOMARY, METRIC, PREFIXES, SCALES

UCUM = "http://unitsofmeasure.org"
_EXACT = Context(prec=40)
_WORD = re.compile(
    r"""\s*(?:(?P<note>\{[^{}]*\})
    | (?P<power>10[*^])(?P<power_of>[+-]?\d+)?
    | (?P<number>\d+)
    | (?P<mark>[./()])
    | (?P<symbol>(?:[A-Za-z%'"_]|\[[^\]\s]+\])+)(?P<exponent>[+-]?\d+)?)""",
    re.VERBOSE,
)
_LONGEST = 60
_WIDEST_EXPONENT = 400


class Unit(NamedTuple):
    """A unit in base units: (value + offset) * factor `dimensions`."""

    factor: Fraction
    offset: Fraction
    dimensions: tuple[tuple[str, int], ...]

    @property
    def text(self) -> str:
        """Canonical UCUM code of the base units, as in `g.m-3`; `1` without dimension."""
        return (
            ".".join(f"{base}{power if power != 1 else ''}" for base, power in self.dimensions)
            or "1"
        )


_NUMBER_ONE = Unit(Fraction(1), Fraction(0), ())


def canonical(value: Decimal, code: str) -> tuple[Decimal, str] | None:
    """Amount in base units and their UCUM code; None when `code` is no known UCUM code."""
    known = _scale(code)
    if known is None:
        return None
    offset, numerator, denominator, text = known
    shifted = _EXACT.add(value, offset) if offset else value
    amount = _EXACT.multiply(shifted, numerator)
    return (_EXACT.divide(amount, denominator) if denominator != 1 else amount), text


@lru_cache(maxsize=4096)
def unit(code: str) -> Unit | None:
    """Definition of a UCUM code in base units; None when it is no known code."""
    if not code or len(code) > _LONGEST:
        return None
    if code in SCALES:
        offset, factor = SCALES[code]
        return Unit(Fraction(factor), Fraction(offset), (("K", 1),))
    try:
        return _Reader(code).whole()
    except _NoUnit:
        return None


@lru_cache(maxsize=4096)
def _scale(code: str) -> tuple[Decimal, Decimal, Decimal, str] | None:
    known = unit(code)
    if known is None:
        return None
    offset = Decimal(known.offset.numerator) / Decimal(known.offset.denominator)
    return offset, Decimal(known.factor.numerator), Decimal(known.factor.denominator), known.text


class _NoUnit(Exception):
    """The text is no unit that is known here."""


def multiplied(left: Unit, right: Unit, power: int = 1) -> Unit:
    """Product of `left` and `right` to the power; neither may have a zero of its own."""
    powers = dict(left.dimensions)
    for base, exponent in right.dimensions:
        powers[base] = powers.get(base, 0) + exponent * power
    dimensions = tuple(sorted((base, exponent) for base, exponent in powers.items() if exponent))
    return Unit(left.factor * right.factor**power, Fraction(0), dimensions)


class _Reader:
    """Reads a unit term from left to right; `/` and `.` bind alike."""

    def __init__(self, code: str) -> None:
        self._words: list[re.Match[str]] = []
        position = 0
        while position < len(code):
            match = _WORD.match(code, position)
            if match is None:
                raise _NoUnit
            self._words.append(match)
            position = match.end()
        self._at = 0

    def whole(self) -> Unit:
        term = self._term()
        if self._at != len(self._words):
            raise _NoUnit
        return term

    def _mark(self) -> str | None:
        return self._words[self._at]["mark"] if self._at < len(self._words) else None

    def _term(self) -> Unit:
        power = 1
        if self._mark() == "/":
            self._at, power = self._at + 1, -1
        term = multiplied(_NUMBER_ONE, self._component(), power)
        while (mark := self._mark()) in {".", "/"}:
            self._at += 1
            term = multiplied(term, self._component(), 1 if mark == "." else -1)
        return term

    def _component(self) -> Unit:
        if self._at >= len(self._words):
            raise _NoUnit
        word = self._words[self._at]
        self._at += 1
        if word["mark"] == "(":
            component = self._term()
            if self._mark() != ")":
                raise _NoUnit
            self._at += 1
            return component
        component = _simple(word)
        if self._at < len(self._words) and self._words[self._at]["note"]:
            self._at += 1
        return component


def _simple(word: re.Match[str]) -> Unit:
    if word["note"]:
        return _NUMBER_ONE
    if word["number"]:
        if not int(word["number"]):
            raise _NoUnit
        return Unit(Fraction(int(word["number"])), Fraction(0), ())
    if word["power"]:
        exponent = int(word["power_of"] or 1)
        if abs(exponent) > _WIDEST_EXPONENT:
            raise _NoUnit
        return Unit(Fraction(10) ** exponent, Fraction(0), ())
    if not word["symbol"]:
        raise _NoUnit
    exponent = int(word["exponent"] or 1)
    if abs(exponent) > 9:  # noqa: PLR2004 - no clinical unit goes past the second power of a cube
        raise _NoUnit
    return multiplied(_NUMBER_ONE, _symbol(word["symbol"]), exponent)


@lru_cache(maxsize=1024)
def _symbol(symbol: str) -> Unit:
    atom = _atom(symbol)
    if atom is not None:
        return atom
    for length in (1, 2):
        prefix, rest = symbol[:length], symbol[length:]
        if prefix in PREFIXES and (rest in BASES or rest in METRIC or rest in ARBITRARY):
            metric = _atom(rest)
            if metric is not None:
                return metric._replace(factor=metric.factor * Fraction(PREFIXES[prefix]))
    raise _NoUnit


def _atom(symbol: str) -> Unit | None:
    if symbol in BASES or symbol in ARBITRARY:
        return Unit(Fraction(1), Fraction(0), ((symbol, 1),))
    defined = METRIC.get(symbol) or CUSTOMARY.get(symbol)
    if defined is None:
        return None
    factor, text = defined
    based = _Reader(text).whole()
    return based._replace(factor=based.factor * Fraction(factor))
