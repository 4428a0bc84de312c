"""What is typed in the search box."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.care.record.query import PatientQuery, parse_query, plain

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    "text",
    [
        "04/04/1939",
        "4/4/1939",
        "4 avril 1939",
        "4 AVR. 1939",
        "1939-04-04",
        "04041939",
        "04.04.1939",
        "04-04-1939",
        "04/04/39",
        "née le 4 avril 1939",
    ],
)
def test_every_usual_date_is_read(text: str) -> None:
    assert parse_query(text, today=TODAY) == PatientQuery(birth_date="1939-04-04")


@pytest.mark.parametrize(
    ("text", "birth_date"),
    [
        ("1er mai 1950", "1950-05-01"),
        ("12 août 1960", "1960-08-12"),
        ("3 févr. 2019", "2019-02-03"),
        ("03/1958", "1958-03"),
        ("1958", "1958"),
        ("31/02/1958", None),
        ("04/04/20", "2020-04-04"),
        ("04/04/27", "1927-04-04"),
    ],
)
def test_dates_as_precise_as_typed(text: str, birth_date: str | None) -> None:
    assert parse_query(text, today=TODAY).birth_date == birth_date


@pytest.mark.parametrize(
    "text",
    [
        "239047055000033",
        "2 39 04 70 550 000 33",
        "2 39 04 70 550 000 33".replace(" ", "\u00a0"),
        "INS 2 39 04 70 550 000 33",
    ],
)
def test_the_ins_is_read_with_or_without_spaces(text: str) -> None:
    assert parse_query(text, today=TODAY) == PatientQuery(ins="239047055000033")


def test_a_corsican_ins_keeps_its_letter() -> None:
    assert parse_query("1 58 03 2a 004 005 12", today=TODAY).ins == "158032A00400512"


def test_names_and_year_together() -> None:
    query = parse_query("Morvan 1939", today=TODAY)
    assert query == PatientQuery(names=("morvan",), birth_date="1939")
    assert not query.is_broad


def test_names_lose_accents_hyphens_and_titles() -> None:
    query = parse_query("Mme LECŒUR-ÉVRARD  Anaïs, née le 30/12/1991", today=TODAY)
    assert query.names == ("lecoeur", "evrard", "anais")
    assert query.birth_date == "1991-12-30"


@pytest.mark.parametrize("text", ["m", "1939", "", "?"])
def test_too_little_starts_no_search(text: str) -> None:
    query = parse_query(text, today=TODAY)
    assert query.is_broad or query.is_empty


def test_plain_text() -> None:
    assert plain("  Ǽneas  DUCŒUR  l’Été ") == "aeneas ducoeur l’ete"


@given(st.text(max_size=300))
def test_no_text_breaks_the_parser(text: str) -> None:
    query = parse_query(text, today=TODAY)
    assert len(query.names) <= 6
    assert query.ins is None or len(query.ins) == 15
