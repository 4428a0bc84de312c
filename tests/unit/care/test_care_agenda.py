"""Interventions: series, what cannot both be, what a link gives away."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from cordee.care.agenda.conflicts import OVERLAP, SHARED_TRANSPORT, conflicts_of, two_places
from cordee.care.agenda.feeds import calendar_of
from cordee.care.agenda.interventions import (
    MOST,
    Intervention,
    Planned,
    ended,
    moments,
    new_appointments,
    read_intervention,
)
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import RuleBroken

MONDAY = datetime(2026, 10, 19, 8, 0, tzinfo=PARIS)


def planned(**more: object) -> Planned:
    values = {
        "sort": "soins", "words": "Pansement", "actor": "Practitioner/samira", "name": "Samira",
        "starts": MONDAY, "minutes": 30,
    } | more  # fmt: skip
    return Planned(**values)  # pyright: ignore[reportArgumentType]


def at(
    hour: float, sort: str = "soins", lasting: int = 30, patient: str = "Patient/p", **more: str
) -> Intervention:
    starts = MONDAY + timedelta(hours=hour)
    return Intervention(
        f"{sort}-{hour}-{patient}", 1, patient, sort, "Cancérologie", starts,
        starts + timedelta(minutes=lasting), more.get("status", "booked"), ("Dr Untel",), (), "", "",
    )  # fmt: skip


@pytest.mark.requirement("B1.7")
def test_a_series_keeps_the_hour_of_the_clock_when_the_clocks_change() -> None:
    days = frozenset(range(7))
    visits = moments(planned(days=days, until=date(2026, 11, 1)))
    assert len(visits) == 14
    assert {start.astimezone(PARIS).hour for start, _ in visits} == {8}
    assert {end - start for start, end in visits} == {timedelta(minutes=30)}


@pytest.mark.parametrize(
    "more",
    [
        {"minutes": 0}, {"minutes": 24 * 60 + 1}, {"days": frozenset({0})},
        {"days": frozenset(range(7)), "until": date(2027, 12, 1)},
        {"days": frozenset({0}), "until": date(2026, 10, 18)},
        {"sort": "nothing-known"},
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_refused(more: dict[str, object]) -> None:
    with pytest.raises(RuleBroken):
        new_appointments("Patient/p", planned(**more), "series")


@given(st.sets(st.integers(0, 6), min_size=1), st.integers(0, MOST - 1))
def test_a_series_falls_on_its_days_and_within_its_end(days: set[int], span: int) -> None:
    until = MONDAY.date() + timedelta(days=span)
    try:
        visits = moments(planned(days=frozenset(days), until=until))
    except RuleBroken:
        assert not any((MONDAY + timedelta(days=i)).weekday() in days for i in range(span + 1))
        return
    local = [start.astimezone(PARIS) for start, _ in visits]
    assert all(one.weekday() in days and one.date() <= until for one in local)
    assert local == sorted(set(local))


@pytest.mark.requirement("B1.7")
def test_two_passages_at_one_moment_and_two_transports_that_could_be_one() -> None:
    found = conflicts_of(
        [at(0, lasting=60), at(0.5, "aide"), at(1, "kine"), at(0.5, "livraison"),
         at(2, "transport"), at(4.5, "transport"), at(9, "transport")]
    )  # fmt: skip
    assert [(one.kind, one.one.sort, one.other.sort) for one in found] == [
        (OVERLAP, "soins", "aide"), (SHARED_TRANSPORT, "transport", "transport"),
    ]  # fmt: skip


@pytest.mark.requirement("B1.7")
def test_what_is_called_off_is_in_nobodys_way() -> None:
    assert conflicts_of([at(0, lasting=60), at(0.5, "aide", status="cancelled")]) == []


def test_somebody_is_not_in_two_places() -> None:
    found = two_places([at(0), at(0.25, patient="Patient/q"), at(1, "aide")])
    assert [(one.one.patient, one.other.patient) for one in found] == [("Patient/p", "Patient/q")]


def test_what_is_oddly_written_is_left_out() -> None:
    [good] = new_appointments("Patient/p", planned(), "s")
    good |= {"id": "a", "meta": {"versionId": "1"}}
    assert read_intervention(good, {}) is not None
    for odd in (
        {**good, "start": None}, {**good, "start": "2026-10-19"}, {**good, "start": "demain"},
        {**good, "participant": []},
    ):  # fmt: skip
        assert read_intervention(odd, {}) is None


def test_what_is_over_does_not_move() -> None:
    [one] = new_appointments("Patient/p", planned(), "s")
    assert ended(one, "fulfilled")["status"] == "fulfilled"
    with pytest.raises(RuleBroken):
        ended(one, "cancelled", "")
    with pytest.raises(RuleBroken):
        ended({**one, "status": "noshow"}, "fulfilled")


@pytest.mark.requirement("B1.7")
def test_a_link_gives_moments_and_nothing_of_health() -> None:
    raw = calendar_of(
        [at(0), at(3, "examen", status="cancelled")], "https://cordee.example", MONDAY
    )
    read = Calendar.from_ical(raw)
    events = list(read.walk("VEVENT"))
    assert [str(one["summary"]) for one in events] == ["Rendez-vous"] * 2
    assert [str(one["status"]) for one in events] == ["CONFIRMED", "CANCELLED"]
    assert events[0].decoded("dtstart") == MONDAY
    for word in ("Pansement", "Untel", "Cancérologie", "soins", "examen", "Patient", "Soins"):
        assert word.encode() not in raw
