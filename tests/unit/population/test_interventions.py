"""Before and after an action: periods that do not overlap, controls alike, told counts alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.population.areas.geography import Commune, Geography
from cordee.population.asking import Action
from cordee.population.indicators.compiling import back
from cordee.population.indicators.criteria import Span
from cordee.population.interventions import Followed, followed, moments, month_end, whole_since
from cordee.population.reading import Row
from cordee.population.statistics.comparing import Observed, compared
from cordee.population.statistics.controls import Profile, profile, proposed
from cordee.runtime.errors import InvalidRequest

LAST = date(2026, 10, 31)
DAY = date(2025, 10, 1)
BEFORE, AFTER = date(2025, 9, 30), date(2026, 9, 30)


@given(st.dates(date(2015, 1, 1), LAST), st.sampled_from((0, 6, 12, 24)))
def test_periods_stand_around_the_action_and_do_not_overlap(day: date, months: int) -> None:
    found = moments(months, day, LAST)
    ends = [*found.before, *found.after]
    span = Span(months=max(months, 1))
    starts = [back(one, span) + timedelta(days=1) for one in ends]
    assert all(month_end(one) and one.month % 3 == 0 for one in ends)
    assert all(one < day for one in found.before)
    assert all(day <= start for start in starts[len(found.before) :])
    assert all(one <= LAST for one in ends)
    leap = timedelta(days=1)
    assert all(start + leap > end for start, end in zip(starts[1:], ends[:-1], strict=True))
    assert (found.next is None) == bool(found.after)
    if found.next:
        assert found.next > LAST


def test_a_year_after_the_first_of_a_quarter_is_known_when_it_is_over() -> None:
    found = moments(12, DAY, LAST)
    assert (found.before[-1], found.after) == (BEFORE, (AFTER,))
    assert found.before[0] == date(2023, 9, 30)
    late = moments(12, date(2025, 10, 2), LAST)
    assert (late.before[-1], late.after, late.next) == (BEFORE, (), date(2026, 12, 31))
    assert moments(12, date(2025, 12, 31), LAST).next == date(2026, 12, 31)
    assert moments(24, DAY, LAST).next == date(2027, 9, 30)


@pytest.mark.parametrize("day", [date(2026, 11, 1), date(1950, 1, 1)])
def test_an_action_to_come_is_refused(day: date) -> None:
    with pytest.raises(InvalidRequest):
        moments(12, day, LAST)


def test_controls_are_alike_first_and_near_before() -> None:
    here = Profile(4, rural=True)
    some = [
        ("far", Profile(4, rural=True), 0.9), ("near", Profile(4, rural=True), 0.11),
        ("town", Profile(4, rural=False), 0.1), ("rich", Profile(1, rural=True), 0.1),
    ]  # fmt: skip
    assert proposed(here, 0.1, some) == (("near", "far"), "quintile-ruralite")
    assert proposed(here, 0.1, some[1:]) == (("town", "near"), "quintile")
    assert proposed(Profile(2, rural=True), 0.1, some[1:]) == (("rich", "near"), "ruralite")
    assert proposed(Profile(2, rural=None), 0.1, some) == (
        ("rich", "town", "near", "far"), "niveau",
    )  # fmt: skip
    assert proposed(here, 0.1, []) == ((), "niveau")


def commune(code: str, people: int, quintile: int, *, rural: bool | None) -> Commune:
    return Commune(code, code, "A", code, "", people, 47.0, 5.0, quintile, rural)


def test_a_profile_is_that_of_most_people() -> None:
    some = [commune("a", 3000, 5, rural=True), commune("b", 1000, 2, rural=False)]
    assert profile(some) == Profile(4, rural=True)
    assert profile([commune("a", 10, 0, rural=None)]) == Profile(0, rural=None)


GEOGRAPHY = Geography(tuple(commune(code, 5000, 3, rural=False) for code in "abcde"), {}, few=1000)
Counts = Mapping[date, Mapping[str, tuple[int, int] | None]]


def rows(told: Mapping[str, tuple[int, int] | None]) -> list[Row]:
    """Rows by code; a code such as `a+b` is told for its members together."""
    return [
        Row(code, (code,), tuple(code.split("+")), ("A",), *(one or (None, None)))
        for code, one in told.items()
    ]


def ask(told: Counts, *, acted: str = "a", controls: str = "") -> Followed:
    asked = Action("x", "epci", tuple(acted), DAY, tuple(controls))
    return followed(asked, GEOGRAPHY, moments(12, DAY, LAST), lambda end: rows(told.get(end, {})))


TOLD = {
    BEFORE: {"a": (100, 1000), "b": (200, 2000), "c": (50, 1000), "d": None, "e": (90, 1000)},
    AFTER: {"a": (60, 1000), "b": (180, 2000), "c": (50, 1000), "d": (30, 1000), "e": (80, 1000)},
}


def test_the_effect_is_that_of_the_four_told_counts() -> None:
    found = ask(TOLD, controls="b")
    (effect,) = found.effects
    ratio = effect.compared.ratio
    assert math.isclose(ratio.value, (60 / 100) / (180 / 200), rel_tol=1e-9)
    error = 1.959964 * math.sqrt(1 / 100 + 1 / 60 + 1 / 200 + 1 / 180)
    assert math.isclose(ratio.low, ratio.value * math.exp(-error), rel_tol=1e-6)
    assert [(one.is_after, one.here is None) for one in found.points] == [
        (False, True), (False, True), (False, False), (True, False),
    ]  # fmt: skip


def test_controls_are_proposed_and_none_is_untold() -> None:
    found = ask(TOLD)
    assert set(found.controls) == {"b", "c", "e"}
    assert found.controls[0] == "b"
    assert found.alike == "quintile-ruralite"


def test_what_is_not_told_before_and_after_does_not_count() -> None:
    found = ask(TOLD, acted="ad", controls="b")
    assert found.untold == ("d",)
    assert found.points[-1].here is not None
    assert found.points[-1].here.cases == 60
    none = ask(TOLD, acted="d", controls="b")
    assert none.effects == ()
    assert all(one.here is None for one in none.points)


def test_a_merged_group_counts_where_it_is_all_on_one_side() -> None:
    told = {
        BEFORE: {"a+b": (40, 2000), "c": (50, 1000)}, AFTER: {"a+b": (30, 2000), "c": (50, 1000)},
    }  # fmt: skip
    whole = ask(told, acted="ab", controls="c")
    assert whole.points[-1].here is not None
    assert whole.points[-1].here.cases == 30
    assert whole.untold == ()
    part = ask(told, acted="a", controls="c")
    assert part.effects == ()
    other = {BEFORE: told[BEFORE], AFTER: {"a": (15, 900), "b": (15, 900), "c": (50, 1000)}}
    assert ask(other, acted="ab", controls="c").effects == ()


def test_a_period_before_the_source_is_whole_is_said() -> None:
    months = {date(2024, 10, 1): 30, date(2024, 11, 1): 100, date(2024, 12, 1): 110}
    assert whole_since(months) == date(2024, 11, 1)
    assert whole_since({}) is None
    asked, when = Action("x", "epci", ("a",), DAY, ("b",)), moments(12, DAY, LAST)
    found = followed(asked, GEOGRAPHY, when, lambda _end: [], date(2024, 11, 1))
    assert [found.is_partial(one.end) for one in found.points] == [True, True, True, False]
    early = followed(asked, GEOGRAPHY, when, lambda _end: [], date(2024, 10, 1))
    assert not early.is_partial(BEFORE)
    assert not followed(asked, GEOGRAPHY, when, lambda _end: []).is_partial(BEFORE)


@pytest.mark.parametrize(("acted", "controls"), [("", "b"), ("z", "b"), ("a", "z"), ("a", "ab")])
def test_sides_that_cannot_be_are_refused(acted: str, controls: str) -> None:
    with pytest.raises(InvalidRequest):
        ask(TOLD, acted=acted, controls=controls)


def test_one_area_alone_does_not_make_the_interval_narrower_than_its_counts() -> None:
    observed = [
        Observed("a", True, False, 100, 1000), Observed("a", True, True, 60, 1000),
    ] + [
        Observed(f"c{at}", False, after, 300 + at, 3000)
        for at in range(7)
        for after in (False, True)
    ]  # fmt: skip
    found = compared(observed)
    least = 1.959964 * math.sqrt(1 / 100 + 1 / 60)
    assert math.log(found.ratio.high / found.ratio.value) > least
    assert not found.few_areas
