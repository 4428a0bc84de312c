from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.identity.ins.alphabet import is_strict_name, strict_name
from cordee.identity.ins.births import calendar_date, conventional_date, date_of_age
from cordee.identity.ins.statuses import Identity
from cordee.identity.ins.traits import Sex, StrictTraits, differences, strict_traits
from cordee.runtime.errors import InvalidRequest, ResourceInvalid

TODAY = date(2026, 11, 22)
ODETTE = StrictTraits(
    "MORVANDEL", "ODETTE", "ODETTE LOUISE", date(1939, 4, 12), Sex.FEMALE, "70550"
)


@pytest.mark.parametrize(
    ("typed", "strict"),
    [
        ("Noël d’Été", "NOEL D'ETE"),
        ("œuvrard-bænziger", "OEUVRARD-BAENZIGER"),
        ("  Le   Goff ", "LE GOFF"),
        ("Groß", "GROSS"),
        ("Łukasz Ørsted", "LUKASZ ORSTED"),
        ("Martin--Durand", "MARTIN--DURAND"),
        ("N’Guyen‑Pham", "N'GUYEN-PHAM"),
        ("St. Jean", "ST JEAN"),
    ],
)
def test_names_take_the_alphabet_of_the_ins(typed: str, strict: str) -> None:
    assert strict_name(typed) == strict
    assert is_strict_name(strict)


@pytest.mark.parametrize("name", ["", "-DUPONT", "DUPONT-", "DUPONT2", "ДУПОН", "A/B", "Durand"])
def test_what_is_no_name_is_refused(name: str) -> None:
    assert not is_strict_name(name)


@given(st.text(max_size=40))
def test_strict_name_is_stable(text: str) -> None:
    assert strict_name(strict_name(text)) == strict_name(text)


def test_unknown_parts_of_a_date_follow_the_convention() -> None:
    assert conventional_date(1950, 6, None) == date(1950, 6, 1)
    assert conventional_date(1950, None, 14) == date(1950, 1, 14)
    assert conventional_date(1950, None, None) == date(1950, 12, 31)
    with pytest.raises(InvalidRequest, match="calendrier"):
        conventional_date(1950, 2, 30)


@pytest.mark.requirement("A1.12")
def test_age_alone_gives_the_end_of_the_decade() -> None:
    assert date_of_age(80, TODAY) == date(1940, 12, 31)
    assert date_of_age(0, date(2030, 6, 1)) == date(2029, 12, 31)  # never a date to come
    with pytest.raises(InvalidRequest):
        date_of_age(200, TODAY)


@pytest.mark.parametrize(
    ("text", "day", "lunar"),
    [
        ("1939-04-12", date(1939, 4, 12), None),
        ("1950-00-00", date(1950, 12, 31), "1950-00-00"),
        ("1950-06-00", date(1950, 6, 1), "1950-06-00"),
        ("1950-00-14", date(1950, 1, 14), "1950-00-14"),
        ("1948-02-30", date(1948, 2, 1), "1948-02-30"),
        ("1948-13-45", date(1948, 12, 31), "1948-13-45"),
    ],
)
def test_date_of_the_insi_is_kept_beside_the_date_of_the_calendar(
    text: str, day: date, lunar: str | None
) -> None:
    assert calendar_date(text) == (day, lunar)


def test_traits_are_cleaned_and_the_first_name_taken_from_the_list() -> None:
    typed = StrictTraits("Le Goff", "", "Anne-Lise Marie", date(1980, 2, 29), Sex.FEMALE, "2a004")

    assert strict_traits(typed, today=TODAY) == StrictTraits(
        "LE GOFF", "ANNE-LISE", "ANNE-LISE MARIE", date(1980, 2, 29), Sex.FEMALE, "2A004"
    )


def test_first_name_may_be_in_two_words() -> None:
    typed = replace(ODETTE, first_given_name="Odette Louise", birth_given_names="Odette Louise Eve")

    assert strict_traits(typed, today=TODAY).other_given_names == ("EVE",)


def test_all_problems_are_told_in_french() -> None:
    typed = StrictTraits("X2", "PAUL", "JEAN", date(2030, 1, 1), Sex.MALE, "75")

    with pytest.raises(ResourceInvalid) as refused:
        strict_traits(typed, today=TODAY)

    found = [issue.expression[0] for issue in refused.value.issues()]
    assert found == [
        "Patient.name.family",
        "Patient.name.given",
        "Patient.birthDate",
        "Patient.extension",
    ]
    assert "lettres sans accent" in refused.value.issues()[0].message


def test_differences_are_told_by_their_french_name_and_unknown_ones_are_none() -> None:
    returned = replace(ODETTE, birth_name="VAYSSADE", birth_place="70551")
    found = differences(replace(ODETTE, birth_place=""), returned)

    assert [(one.field, one.label) for one in found] == [("birth_name", "nom de naissance")]


def test_five_traits_are_needed_to_be_complete() -> None:
    assert ODETTE.is_complete
    assert not replace(ODETTE, birth_place="").is_complete
    assert not replace(ODETTE, sex=Sex.UNKNOWN).is_complete
    assert not replace(ODETTE, birth_date=None).is_complete


@pytest.mark.requirement("A6.12")
def test_traits_show_nothing_in_a_trace() -> None:
    shown = repr(Identity(ODETTE)) + repr(differences(ODETTE, replace(ODETTE, sex=Sex.MALE)))

    assert "MORVANDEL" not in shown and "1939" not in shown
