"""Values, cursors, filters and parameters of searches, without a database."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.fhir.search import filter as filters
from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.compile.predicates import AnyOf, Keys, Nothing, OfPatient
from cordee.fhir.search.cursor import Cursor, read_cursor, write_cursor
from cordee.fhir.search.filter import Combined, Negated, parse_filter
from cordee.fhir.search.query import read_query
from cordee.fhir.search.resolving import either
from cordee.fhir.search.values import precision_range, split_values, system_and_code, unescape
from cordee.runtime.errors import InvalidRequest


@given(st.lists(st.text(), min_size=1))
def test_escaped_alternatives_come_back_whole(parts: list[str]) -> None:
    escaped = [part.replace("\\", "\\\\").replace(",", "\\,").replace("|", "\\|") for part in parts]

    assert [unescape(part) for part in split_values(",".join(escaped))] == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", (None, "a")),
        ("s|a", ("s", "a")),
        ("s|", ("s", "")),
        ("|a", ("", "a")),
        ("s|a\\|b", ("s", "a|b")),
    ],
)
def test_parts_of_a_token(text: str, parts: tuple[str | None, str]) -> None:
    assert system_and_code(text) == parts


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("5.4", "5.35", "5.45"),
        ("100", "99.5", "100.5"),
        ("1e2", "50", "150"),
        ("0.10", "0.095", "0.105"),
    ],
)
def test_precision_is_that_of_the_digits(text: str, low: str, high: str) -> None:
    assert precision_range(Decimal(text)) == (Decimal(low), Decimal(high))


@given(
    st.lists(st.none() | st.text(), min_size=1).map(tuple),
    st.none() | st.integers(0, 2**40),
    st.booleans(),
)
def test_cursor_comes_back(values: tuple[str | None, ...], total: int | None, guess: bool) -> None:
    assert read_cursor(write_cursor(Cursor(values, total, guess))) == Cursor(values, total, guess)


@given(st.text())
def test_a_strange_cursor_is_refused(text: str) -> None:
    try:
        read_cursor(text)
    except InvalidRequest as error:
        assert "follow the links" in error.message


def test_filter_binds_and_before_or() -> None:
    name, city = (
        filters.Test((("name", None),), "eq", "a"),
        filters.Test((("city", None),), "co", 'b "c"'),
    )

    tree = parse_filter('name eq a or name eq a and not (city co "b \\"c\\"")')

    assert tree == Combined("or", (name, Combined("and", (name, Negated(city)))))


@given(st.text(alphabet='ab ()"\\andornoteq.:', max_size=40))
def test_any_filter_is_read_or_refused(text: str) -> None:
    try:
        parse_filter(text)
    except InvalidRequest as error:
        assert error.message.startswith("_filter, character")


def test_parameters_are_numbered_anew_for_a_part_of_a_statement() -> None:
    builder = Builder()
    first, second = builder.add(1), builder.add("b", "text")
    assert builder.add(1) == first

    sql, values = builder.bound(f"SELECT {second}, {second}, {first}")

    assert sql == "SELECT $1::text, $1::text, $2::int8"
    assert values == ["b", 1]


def test_alternatives_of_one_kind_become_one() -> None:
    first, second = Keys((1,), sorted=True), Keys((2,), sorted=True)

    assert either([first, Nothing(), second]) == Keys((1, 2), sorted=True)
    assert either([Keys((1,), sorted=True), Keys((2,))]) == Keys((1, 2))
    assert either([Nothing()]) == Nothing()
    assert either([OfPatient((1,)), Keys((2,))]) == AnyOf((Keys((2,)), OfPatient((1,))))


def test_contained_resources_are_asked_for_by_name() -> None:
    query = read_query("Patient", [("_contained", "both"), ("_containedType", "contained")])

    assert (query.contained, query.contained_type, query.criteria) == ("both", "contained", [])
    for name in ("_contained", "_containedType"):
        with pytest.raises(InvalidRequest, match=name):
            read_query("Patient", [(name, "some")])
