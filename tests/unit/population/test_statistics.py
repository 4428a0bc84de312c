"""Statistics against values worked by hand or published, and what must hold of any counts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.population.statistics.comparing import Observed, compared
from cordee.population.statistics.equity import equity, ratio
from cordee.population.statistics.rates import estimate, events, poisson_bounds, share
from cordee.population.statistics.references import EUROPEAN, weight
from cordee.population.statistics.smoothing import smoothed
from cordee.population.statistics.standardising import (
    Count,
    added,
    direct,
    expected,
    indirect,
    total,
)
from cordee.population.statistics.trends import cusum, trend
from cordee.runtime.errors import InvalidRequest

YOUNG, OLD = ("female", 40), ("female", 80)
counts = st.integers(0, 500)
people = st.integers(501, 5000)


def near(value: float, wanted: float, by: float = 5e-4) -> bool:
    return abs(value - wanted) <= by


def test_few_cases_have_the_exact_interval() -> None:
    found = share(1, 10)
    assert found.method == "exact"
    assert near(found.low, 0.0025)
    assert near(found.high, 0.4450)
    assert share(0, 10).low == 0
    assert near(share(0, 10).high, 1 - 0.025 ** (1 / 10))


def test_many_cases_have_wilsons_interval() -> None:
    found, z = share(81, 263), 1.959964
    centre = (81 / 263 + z * z / 526) / (1 + z * z / 263)
    assert found.method == "wilson"
    assert near((found.low + found.high) / 2, centre, 1e-6)
    assert near(found.low, 0.2553)
    assert near(found.high, 0.3662)


def test_events_have_the_exact_interval_of_poisson() -> None:
    low, high = poisson_bounds(10)
    assert near(low, 4.7954)
    assert near(high, 18.3904)
    assert poisson_bounds(0)[0] == 0
    assert near(poisson_bounds(0)[1], 3.6889)
    assert events(10, 1000).value == 0.01


@pytest.mark.parametrize(("cases", "of"), [(1, 0), (5, 4), (-1, 4)])
def test_impossible_counts_are_refused(cases: int, of: int) -> None:
    with pytest.raises(InvalidRequest):
        share(cases, of)
    with pytest.raises(InvalidRequest):
        events(-1, 4)


@pytest.mark.requirement("G2.1")
def test_direct_standardisation_by_hand() -> None:
    strata = {YOUNG: Count(10, 1000), OLD: Count(30, 500)}
    found = direct(strata, {YOUNG: 3.0, OLD: 1.0})
    assert near(found.value, 0.75 * 0.01 + 0.25 * 0.06, 1e-12)
    assert found.low < found.value < found.high


def test_the_interval_of_fay_and_feuer_is_that_of_poisson_where_all_weigh_the_same() -> None:
    strata = {YOUNG: Count(4, 1000), OLD: Count(6, 1000)}
    found = direct(strata, {YOUNG: 1.0, OLD: 1.0})
    low, high = poisson_bounds(10)
    assert near(found.low, low / 2000, 1e-9)
    assert near(found.high, high / 2000, 1e-9)


@pytest.mark.requirement("G2.1")
def test_indirect_standardisation_by_hand() -> None:
    reference = {YOUNG: Count(100, 10_000), OLD: Count(200, 4000)}
    strata = {YOUNG: Count(12, 1000), OLD: Count(33, 500)}
    assert near(expected(strata, reference), 10 + 25, 1e-9)
    found = indirect(strata, reference)
    assert near(found.value, 45 / 35, 1e-9)
    low, high = poisson_bounds(45)
    assert near(found.low, low / 35, 1e-9)
    assert near(found.high, high / 35, 1e-9)


@given(counts, people, counts, people)
def test_the_reference_has_a_ratio_of_one(a: int, b: int, c: int, d: int) -> None:
    reference = {YOUNG: Count(a + 1, b), OLD: Count(c, d)}
    assert near(indirect(reference, reference).value, 1, 1e-9)
    own = {key: one.people for key, one in reference.items()}
    whole = total(reference)
    assert near(direct(reference, own).value, whole.cases / whole.people, 1e-9)


@given(counts, people, st.booleans())
def test_bounds_lie_around_the_figure(cases: int, of: int, is_share: bool) -> None:
    found = estimate(cases, of, is_share=is_share)
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value <= found.high + 1e-12


@given(st.lists(st.tuples(counts, people), min_size=2, max_size=12))
def test_smoothing_stays_between_an_area_and_the_mean(areas: list[tuple[int, int]]) -> None:
    told = {str(at): Count(*one) for at, one in enumerate(areas)}
    whole = added([{YOUNG: one} for one in told.values()])[YOUNG]
    mean = whole.cases / whole.people
    for area, one in smoothed(told).items():
        own = told[area].cases / told[area].people
        assert min(own, mean) - 1e-9 <= one.value <= max(own, mean) + 1e-9
        assert 0 <= one.own <= 1


@pytest.mark.requirement("G2.1")
def test_the_smaller_an_area_the_more_it_borrows() -> None:
    told = {"town": Count(900, 10_000), "village": Count(9, 100), "rest": Count(500, 10_000)}
    found = smoothed(told)
    assert found["village"].own < found["town"].own
    assert found["village"].value < found["town"].value < 0.09


def test_weights_of_europe_add_up() -> None:
    assert sum(EUROPEAN.values()) == 100_000
    assert weight(EUROPEAN, 95) == 100
    assert weight(EUROPEAN, 100) == 0


@pytest.mark.requirement("G2.8")
def test_a_rise_is_seen_and_dated() -> None:
    quiet = [10, 9, 11, 10, 12, 8, 10, 10, 9, 11]
    found = cusum([10, 9, 11, 18, 19, 20], quiet)
    assert found.crossed in {3, 4}
    assert found.since == 3
    assert cusum(quiet, quiet).crossed is None
    reference = (15 - 10) / math.log(1.5)
    assert near(found.reference, reference, 1e-9)
    with pytest.raises(InvalidRequest):
        cusum([1], [1])


@pytest.mark.requirement("G2.8")
def test_a_trend_is_a_factor_by_period() -> None:
    found = trend([100, 110, 121, 133, 146, 161, 177, 195], [1000.0] * 8)
    assert near(found.value, 1.1, 2e-3)
    assert found.low < found.value < found.high


@pytest.mark.requirement("G2.10")
def test_groups_are_compared_with_the_first() -> None:
    groups = {str(q): Count(50 + 10 * q, 1000) for q in range(1, 6)}
    found = equity(groups, is_share=True, is_ordered=True)
    assert near(found.groups["1"].value, 0.06, 1e-9)
    assert found.ratio is not None
    assert near(found.ratio.value, 100 / 60, 1e-9)
    assert found.slope is not None
    assert near(found.slope.value, 0.05, 1e-9)
    assert ratio(Count(0, 10), Count(1, 10)) is None


@pytest.mark.requirement("G2.11")
def test_what_changed_more_than_the_controls_is_told_as_a_ratio() -> None:
    observed = [
        Observed("a", True, False, 100, 1000), Observed("a", True, True, 60, 1000),
        Observed("b", False, False, 200, 2000), Observed("b", False, True, 180, 2000),
    ]  # fmt: skip
    found = compared(observed)
    assert near(found.ratio.value, (60 / 100) / (180 / 200), 1e-6)
    error = math.sqrt(1 / 100 + 1 / 60 + 1 / 200 + 1 / 180)
    assert near(found.ratio.low, found.ratio.value * math.exp(-1.959964 * error), 1e-3)
    assert found.few_areas
    assert found.here == (0.1, 0.06)
    with pytest.raises(InvalidRequest):
        compared(observed[:3])
