from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.fhir.indexing.intervals import MAX, MIN, covering, interval
from cordee.runtime.errors import InvalidRequest

MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59))  # noqa: DTZ001 - texts
ZONES = st.sampled_from(["", "Z", "+02:00", "-11:30", "+14:00"])


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2024", "2023-12-31T23:00:00+00:00", "2024-12-31T23:00:00+00:00"),
        ("2024-02", "2024-01-31T23:00:00+00:00", "2024-02-29T23:00:00+00:00"),
        ("2024-07-14", "2024-07-13T22:00:00+00:00", "2024-07-14T22:00:00+00:00"),
        ("2024-03-31", "2024-03-30T23:00:00+00:00", "2024-03-31T22:00:00+00:00"),
        ("2024-07-14T10:00Z", "2024-07-14T10:00:00+00:00", "2024-07-14T10:01:00+00:00"),
        ("2024-07-14T10:00:05", "2024-07-14T08:00:05+00:00", "2024-07-14T08:00:06+00:00"),
        ("2024-07-14T10:00:05.1Z", "2024-07-14T10:00:05.1+00:00", "2024-07-14T10:00:05.2+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00", "2017-01-01T00:00:01+00:00"),
    ],
)
def test_a_date_is_as_wide_as_its_precision(text: str, low: str, high: str) -> None:
    assert interval(text) == (datetime.fromisoformat(low), datetime.fromisoformat(high))


@given(MOMENTS, ZONES)
def test_a_less_precise_date_holds_the_more_precise_one(moment: datetime, zone: str) -> None:
    text = moment.isoformat(timespec="microseconds")
    clocks = [text[:length] + zone for length in (16, 19, 23, 26)]
    dates = [text[:4], text[:7], text[:10]]
    chains = [clocks, [*dates, *(text[:length] for length in (16, 19, 26))]]

    for chain in chains:
        intervals = [interval(written) for written in chain]
        for (low, high), (inner_low, inner_high) in pairwise(intervals):
            assert MIN <= low <= inner_low < inner_high <= high <= MAX


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-12:00", "9999", "0001", "0001-01-01"])
def test_the_ends_of_time_do_not_overflow(text: str) -> None:
    low, high = interval(text)

    assert MIN <= low < high <= MAX


@pytest.mark.parametrize(
    "text",
    ["", "24", "2024-13", "2024-02-30", "2024-1-1", "2024-01-01T25:00", "2024-01-01T10", "x"],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        interval(text)


def test_the_covering_interval_reaches_from_the_first_to_the_last() -> None:
    start, hour = datetime(2024, 1, 1, tzinfo=UTC), timedelta(hours=1)

    found = covering([(start + hour, start + 2 * hour), (start, start + hour)])

    assert found == (start, start + 2 * hour)
    assert covering([]) is None
