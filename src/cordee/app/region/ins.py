"""Matricules INS of people who do not exist, on the test authority, with right keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cordee.identity.ins.matricule import key

ORDERS: Final = 999
MONTHS: Final = 12
SEXES: Final = 2
SPREAD: Final = 7919
MALE, FEMALE = "1", "2"


@dataclass(frozen=True, slots=True)
class Slot:
    """The part of a matricule that keeps two people apart: sex, parity of year, month, order."""

    sex: str
    odd_year: bool
    month: int
    order: int


def matricule(sex: str, year: int, month: int, commune: str, order: int) -> str:
    """Fifteen characters: sex, year, month, commune, order and key."""
    body = f"{sex}{year % 100:02d}{month:02d}{commune}{order:03d}"
    return body + key(body)


def slot(index: int) -> Slot:
    """Where a person of the region stands among matricules.

    Two indexes under 47,952 never share a slot, so two people never share a matricule, whatever
    process made them.
    """
    turn, order = divmod(index, ORDERS)
    turn += order * SPREAD
    turn, month = divmod(turn, MONTHS)
    turn, sex = divmod(turn, SEXES)
    return Slot(MALE if sex else FEMALE, bool(turn % 2), month + 1, order + 1)
