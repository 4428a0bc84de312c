"""French numbers, units, dates, ages and spaces."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.runtime import french

NB, NARROW = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("12.10"), "12,10"),
        (Decimal("0.5"), "0,5"),
        (Decimal(-3), "\u22123"),
        (1124, f"1{NARROW}124"),
        (Decimal("7543210.50"), f"7{NARROW}543{NARROW}210,50"),
        (Decimal("1E+3"), f"1{NARROW}000"),
    ],
)
def test_a_number_keeps_its_digits(value: Decimal | int, text: str) -> None:
    assert french.number(value) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=0))
def test_no_digit_is_lost(value: Decimal) -> None:
    digits = [c for c in french.number(value) if c.isdigit()]
    assert digits == [c for c in f"{value:f}" if c.isdigit()]


def test_units_are_spelled_as_clinicians_write_them() -> None:
    assert french.quantity(Decimal("6.1"), "mmol/L") == f"6,1{NB}mmol/L"
    assert french.unit("umol/L") == "µmol/L"
    assert french.unit("mm[Hg]") == "mmHg"
    assert french.unit("10*9/L") == "G/L"
    assert french.quantity(Decimal("2.4"), "{INR}") == "2,4"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("5.0", "mg", f"5{NB}mg"),
        ("2.50", "mg", f"2,5{NB}mg"),
        ("0.5", "g", f"500{NB}mg"),
        ("0.075", "mg", f"75{NB}microgrammes"),
        ("0.0000625", "g", f"62,5{NB}microgrammes"),
        ("100", "ug", f"100{NB}microgrammes"),
        ("0", "mg", f"0{NB}mg"),
    ],
)
def test_a_dose_has_no_useless_decimal(value: str, unit: str, text: str) -> None:
    assert french.dose(Decimal(value), unit) == text


def test_dates_are_as_precise_as_recorded() -> None:
    assert french.short_date("1958-03-12") == "12/03/1958"
    assert french.short_date("1958-03") == "03/1958"
    assert french.short_date("1958") == "1958"
    assert french.short_date("not a date") == ""
    assert french.long_date("1958-03-12") == f"12{NB}mars 1958"
    assert french.long_date("2026-05-01") == f"1er{NB}mai 2026"
    assert french.weekday(date(2026, 11, 24)) == f"mardi 24{NB}novembre"


def test_instants_are_told_in_the_time_of_paris() -> None:
    assert french.clock("2026-11-24T07:10:00Z") == f"8{NB}h{NB}10"
    assert french.short_date("2026-06-30T22:30:00Z") == "01/07/2026"
    assert french.clock("2026-11-24") == ""


@pytest.mark.parametrize(
    ("born", "text"),
    [
        ("1939-04-04", f"87{NB}ans"),
        ("1939-11-25", f"86{NB}ans"),
        ("2025-09-24", f"14{NB}mois"),
        ("2026-11-12", f"12{NB}jours"),
        ("1939", f"environ 87{NB}ans"),
        ("2030-01-01", ""),
        ("", ""),
    ],
)
def test_ages(born: str, text: str) -> None:
    assert french.age(born, date(2026, 11, 24)) == text


def test_zero_is_singular() -> None:
    assert french.plural(0, "résultat", "résultats") == f"0{NB}résultat"
    assert french.plural(2, "résultat", "résultats") == f"2{NB}résultats"


def test_the_matricule_is_grouped() -> None:
    assert french.matricule("239047055000033").replace(NB, " ") == "2 39 04 70 550 000 33"
    assert french.matricule("12") == "12"


def test_french_spaces() -> None:
    assert french.typeset("Pourquoi ? « Oui » : 100 %") == (
        f"Pourquoi{NARROW}? «{NARROW}Oui{NARROW}»{NB}: 100{NB}%"
    )
    assert french.typeset("%(a)s sur %(b)s") == "%(a)s sur %(b)s"
    assert french.bound("Dr Anne Le Goff") == f"Dr{NB}Anne Le Goff"
