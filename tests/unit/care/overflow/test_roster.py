"""The roster of pooled regulators: local hours, gaps, nights in which the clock changes. C2.12."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from cordee.care.overflow.roster import (
    GRACE,
    Roster,
    Slot,
    as_data,
    check,
    monday,
    pool_of,
    slot_of,
)
from cordee.runtime.errors import ResourceInvalid

WEEK = date(2026, 10, 19)  # its Saturday night gains an hour
EVENING, MORNING = time(20), time(8)


def slot(night: int, begins: time = EVENING, ends: time = MORNING, agent: str = "dr.roy") -> Slot:
    return Slot(night, begins, ends, agent, "Dr Roy", "samu-a")


def roster(*slots: Slot, week: date = WEEK) -> Roster:
    return Roster(("samu-a", "samu-b"), week, 1, EVENING, MORNING, slots)


@pytest.mark.requirement("C2.12")
def test_a_turn_runs_from_the_evening_to_the_morning_in_local_hours() -> None:
    one = roster(slot(0, time(23), time(2)), slot(0, time(2), MORNING, "dr.aubry"))
    at = datetime(2026, 10, 19, 23, 30, tzinfo=UTC)  # 01:30 in Paris
    ((running, _since, until),) = one.running(at)
    assert (running.agent, until) == ("dr.roy", datetime(2026, 10, 20, 0, tzinfo=UTC))
    assert [turn.agent for turn, _from, ends in one.running(until) if until < ends] == ["dr.aubry"]
    over = datetime(2026, 10, 20, 6, tzinfo=UTC)
    assert [ends for _turn, _from, ends in one.running(over)] == [over]  # what is in hand is ended
    assert one.running(over + GRACE) == []


@pytest.mark.requirement("C2.12")
@pytest.mark.parametrize(
    ("week", "night", "hours"), [(WEEK, 4, 12), (WEEK, 5, 13), (date(2026, 3, 23), 5, 11)]
)
def test_a_night_of_the_change_of_hour_lasts_one_more_or_one_less(
    week: date, night: int, hours: int
) -> None:
    one = roster(slot(night), week=week)
    first, last = one.night(night)
    assert (last - first).total_seconds() == hours * 3600
    assert one.gaps(night) == []


@pytest.mark.requirement("C2.12")
def test_what_nobody_regulates_is_a_gap() -> None:
    one = roster(slot(0, time(21), time(1)), slot(0, time(0), time(6), "dr.aubry"))
    found = [(a.astimezone(UTC).hour, b.astimezone(UTC).hour) for a, b in one.gaps(0)]
    assert found == [(18, 19), (4, 6)]
    assert one.gaps(1) == [one.night(1)]


@pytest.mark.requirement("C2.12")
@pytest.mark.parametrize(
    ("made", "where"),
    [
        (roster(), "slots"),
        (roster(slot(0, time(7), time(21))), "slot-0"),
        (roster(slot(0, time(12), time(13))), "slot-0"),
        (Roster(("samu-a",), WEEK, 1, EVENING, MORNING, (slot(0),)), "centres"),
        (Roster(("samu-a", "samu-b"), WEEK, 1, EVENING, EVENING, (slot(0),)), "hours"),
    ],
)
def test_what_cannot_be_proposed_is_said(made: Roster, where: str) -> None:
    with pytest.raises(ResourceInvalid) as caught:
        check(made)
    assert where in {issue.expression[0] for issue in caught.value.issues()}


@pytest.mark.requirement("C2.12")
def test_an_hour_that_the_spring_night_does_not_have_is_said_to_be_none() -> None:
    spring = date(2026, 3, 23)
    with pytest.raises(ResourceInvalid) as caught:
        check(roster(slot(5, time(2, 30), time(3)), week=spring))
    assert "ce tour n’a pas lieu" in caught.value.issues()[0].message
    long = roster(slot(5, EVENING, time(2, 30)), slot(5, time(2, 30), MORNING), week=spring)
    check(long)
    assert long.gaps(5) == []


def test_terms_are_read_back() -> None:
    one = roster(slot(0), slot(3, time(22), time(4)))
    check(one)
    assert tuple(slot_of(said) for said in as_data(one)["slots"]) == one.slots
    assert pool_of(("samu-b", "samu-a")) == one.pool == "samu-a--samu-b"
    assert monday(date(2026, 10, 25)) == WEEK
