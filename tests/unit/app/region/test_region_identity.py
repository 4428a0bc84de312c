"""Matricules, registers, names and clearance: the small rules behind the people."""

from __future__ import annotations

from datetime import date

import pytest

from cordee.app.region.chance import dice
from cordee.app.region.first_names import MEN, WOMEN
from cordee.app.region.ins import key, matricule, slot
from cordee.app.region.labs import clearance
from cordee.app.region.moments import age_on, moment_text
from cordee.app.region.names import given_names, surname
from cordee.app.region.registers import finess, luhn, rpps


@pytest.mark.parametrize(
    ("body", "expected"),
    [("2390470550000", "33"), ("2610770550000", "70"), ("1470939198000", "13")],
)
def test_key_of_a_matricule(body: str, expected: str) -> None:
    assert key(body) == expected


def test_corsican_communes_have_keys() -> None:
    assert key("269052A004001") == key("2690519004001")
    assert key("269052B004001") == key("2690518004001")


def test_matricule_has_fifteen_characters() -> None:
    assert matricule("1", 1947, 9, "39198", 0) == "147093919800013"


@pytest.mark.requirement("G1.12")
def test_no_two_people_share_a_slot() -> None:
    assert len({slot(index) for index in range(47_952)}) == 47_952


def test_registers_close_with_luhn() -> None:
    for number in (finess("A", 101), finess("D", 42), rpps(1), rpps(288)):
        assert luhn(number[:-1]) == number[-1]
    assert len(finess("B", 7)) == 9
    assert len(rpps(7)) == 11


def test_three_hundred_first_names() -> None:
    names = {name for table in (WOMEN, MEN) for period in table for name in period}

    assert len(names) > 270


def test_names_are_stable_and_plausible() -> None:
    first = (given_names(dice(1, "x"), True, 1939), surname(dice(1, "y")))
    second = (given_names(dice(1, "x"), True, 1939), surname(dice(1, "y")))

    assert first == second
    assert 1 <= len(first[0]) <= 3


def test_clearance_falls_with_age_and_creatinine() -> None:
    assert clearance(118, 87, True) == 36
    assert clearance(70, 40, True) > clearance(70, 80, True) > clearance(140, 80, True)


def test_moments_have_the_offset_of_the_season() -> None:
    winter, summer = date(2026, 11, 22).toordinal(), date(2026, 7, 1).toordinal()

    assert moment_text(winter, 130) == "2026-11-22T02:10:00+01:00"
    assert moment_text(summer, 0) == "2026-07-01T00:00:00+02:00"
    assert moment_text(date(2026, 10, 25).toordinal(), 720).endswith("+01:00")
    assert moment_text(date(2026, 3, 29).toordinal(), 720).endswith("+02:00")


def test_age_counts_full_years() -> None:
    born = date(1939, 4, 4).toordinal()

    assert age_on(date(2026, 4, 3).toordinal(), born) == 86
    assert age_on(date(2026, 4, 4).toordinal(), born) == 87
