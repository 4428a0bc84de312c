"""The order rotates among equals, never against the patient; the index says how unequal it is."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.care.market.equity import Candidate, Past, bands, gini, rotated

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.text("abcdefgh", min_size=1, max_size=3),
        st.timedeltas(timedelta(), timedelta(hours=60)),
        st.floats(0, 80),
    ),
    max_size=12, unique_by=lambda one: one.key,
)  # fmt: skip
PAST = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3),
    st.builds(
        Past, st.integers(0, 9), st.none() | st.integers(0, 99).map(lambda h: NOW - timedelta(hours=h))
    ),
)  # fmt: skip


@pytest.mark.requirement("C3.6")
@given(CANDIDATES, PAST, st.randoms())
def test_nobody_is_lost_and_the_order_does_not_depend_on_who_came_in_first(
    candidates: list[Candidate], past: dict[str, Past], shuffling: random.Random
) -> None:
    found = rotated(candidates, past)
    mixed = list(candidates)
    shuffling.shuffle(mixed)

    assert sorted(found, key=lambda one: one.key) == sorted(candidates, key=lambda one: one.key)
    assert rotated(mixed, past) == found


@pytest.mark.requirement("C3.6")
@given(CANDIDATES, PAST)
def test_equity_never_puts_a_later_or_farther_band_first(
    candidates: list[Candidate], past: dict[str, Past]
) -> None:
    found = rotated(candidates, past)

    assert [bands(one) for one in found] == sorted(bands(one) for one in candidates)
    for one, other in pairwise(found):
        if bands(one) == bands(other):
            assert past.get(one.key, Past()).served <= past.get(other.key, Past()).served


@pytest.mark.requirement("C3.6")
@given(st.integers(2, 9), st.integers(1, 60))
def test_equal_candidates_are_served_in_turn(size: int, patients: int) -> None:
    equals = [Candidate(f"d{n}", timedelta(hours=1), 3) for n in range(size)]
    past: dict[str, Past] = {}
    for n in range(patients):
        first = rotated(equals, past)[0]
        had = past.get(first.key, Past())
        past[first.key] = Past(had.served + 1, NOW + timedelta(minutes=n))

    counts = [past.get(one.key, Past()).served for one in equals]
    assert sum(counts) == patients
    assert max(counts) - min(counts) <= 1


@pytest.mark.requirement("C3.6")
def test_who_never_answers_does_not_stay_first() -> None:
    equals = [Candidate(key, timedelta(hours=1), 3) for key in "abc"]
    past: dict[str, Past] = {}
    asked: Counter[str] = Counter()
    for n in range(9):
        first = rotated(equals, past)[0].key
        asked[first] += 1
        past[first] = Past(0, NOW + timedelta(minutes=n))

    assert asked == {"a": 3, "b": 3, "c": 3}


@pytest.mark.requirement("C3.6")
@given(st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_the_index_is_that_of_its_formula(counts: list[int]) -> None:
    size, mean = len(counts), sum(counts) / len(counts)
    pairs = sum(abs(one - other) for one in counts for other in counts)

    expected = pairs / (2 * size * size * mean) if mean else 0.0
    assert gini(counts) == pytest.approx(expected)
    assert 0 <= gini(counts) < 1


def test_the_index_of_known_distributions() -> None:
    assert gini([4, 4, 4]) == 0
    assert gini([]) == 0
    assert gini([0, 0, 0, 8]) == pytest.approx(0.75)
