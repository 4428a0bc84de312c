from __future__ import annotations

from decimal import Decimal

import pytest

from cordee.fhir.path.moments import compared, later, moment


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("2012", "2013", -1),
        ("2012-03", "2012", None),
        ("2012-03", "2011", 1),
        ("2012-01-01T10:00:00.0Z", "2012-01-01T11:00:00+01:00", 0),
        ("2012-01-01T10:00Z", "2012-01-01T10:00", None),
        ("10:30", "10:30:01", None),
    ],
)
def test_order_is_open_where_precision_ends(left: str, right: str, expected: int | None) -> None:
    one, other = moment(left), moment(right)

    assert one is not None
    assert other is not None
    assert compared(one, other) == expected


@pytest.mark.parametrize("text", ["", "2012-13", "2012-02-30", "25:00", "2012T25", "12-01", "T"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert moment(text) is None


@pytest.mark.parametrize(
    ("text", "amount", "unit", "expected"),
    [
        ("2012-01-31", "1", "month", "2012-02-29"),
        ("2012", "-1", "year", "2011"),
        ("2012-12-31T23:59:59.5Z", "1", "second", "2013-01-01T00:00:00.5Z"),
        ("23:30", "45", "minute", "00:15"),
    ],
)
def test_a_duration_is_added_at_the_precision(
    text: str, amount: str, unit: str, expected: str
) -> None:
    start = moment(text)
    assert start is not None

    moved = later(start, Decimal(amount), unit)

    assert moved is not None
    assert moved.text == expected


def test_a_date_out_of_range_is_none() -> None:
    last = moment("9999-12-31")
    assert last is not None
    assert later(last, Decimal(1), "day") is None
