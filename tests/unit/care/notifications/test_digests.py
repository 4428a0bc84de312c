"""The three letters of a day, on the clocks of Paris: also on the nights when they change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.care.notifications.digests import HOURS, next_digest
from cordee.runtime.clock import PARIS


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.requirement("B2.11")
@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-22T06:59", "2026-11-22T07:00"),
        ("2026-11-22T07:00", "2026-11-22T13:00"),
        ("2026-11-22T18:59", "2026-11-22T19:00"),
        ("2026-11-22T19:00", "2026-11-23T07:00"),
        ("2026-03-28T23:30", "2026-03-29T07:00"),  # an hour is left out that night
        ("2026-10-24T23:30", "2026-10-25T07:00"),  # an hour comes twice
    ],
)
def test_the_next_moment(now: str, then: str) -> None:
    assert next_digest(paris(now)) == paris(then)


@pytest.mark.requirement("B2.11")
def test_the_night_of_spring_is_an_hour_shorter() -> None:
    evening = paris("2026-03-28T19:00")

    assert next_digest(evening) - evening.astimezone(UTC) == timedelta(hours=11)


_FIRST, _LAST = (datetime(year, 1, 1) for year in (2024, 2030))  # noqa: DTZ001 -- bounds of a draw


@given(st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)))
def test_it_lies_ahead_at_one_of_the_three_hours(now: datetime) -> None:
    then = next_digest(now)

    assert timedelta() < then - now <= timedelta(hours=13)
    assert then.astimezone(PARIS).time() in HOURS
