"""Numbers of structures and professionals in the shape of FINESS and RPPS, all fictitious."""

from __future__ import annotations

from typing import Final

NINE: Final = 9
TEN: Final = 10


def luhn(digits: str) -> str:
    """The check digit that closes a number by Luhn's rule."""
    total = 0
    for rank, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 - rank % 2)
        total += value - NINE if value > NINE else value
    return str(-total % TEN)


def finess(county: str, number: int) -> str:
    """Nine digits; the county series 960 to 963 has never been used."""
    body = f"96{'ABCD'.index(county)}{number:05d}"
    return body + luhn(body)


def rpps(number: int) -> str:
    """Eleven digits of the series 1099, with a right check digit."""
    body = f"1099{number:06d}"
    return body + luhn(body)
