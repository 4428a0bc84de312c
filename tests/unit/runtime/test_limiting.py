"""Token buckets: who asks too often waits, nobody else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.runtime.errors import InvalidRequest, Throttled
from cordee.runtime.limiting import Limiter, Rates, read_rates


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_minute_of_requests_passes_at_once_and_the_next_one_waits() -> None:
    clock = Clock()
    limiter = Limiter(60, clock=clock)

    taken = [limiter.take("a") for _ in range(61)]

    assert taken == [0] * 60 + [1]
    assert limiter.take("b") == 0
    clock.now += 1
    assert [limiter.take("a"), limiter.take("a")] == [0, 1]


def test_a_slow_limit_says_how_long() -> None:
    clock = Clock()
    limiter = Limiter(2, clock=clock)
    assert [limiter.take("a") for _ in range(3)] == [0, 0, 30]

    with pytest.raises(Throttled) as refused:
        limiter.check("a")

    assert refused.value.seconds == 30
    clock.now += 30
    limiter.check("a")


def test_zero_is_no_limit() -> None:
    limiter = Limiter(0, clock=Clock())

    assert {limiter.take("a") for _ in range(10_000)} == {0}


def test_the_memory_is_bounded() -> None:
    limiter = Limiter(1, clock=Clock(), most_keys=10)

    for key in range(1000):
        limiter.take(key)

    assert len(limiter._buckets) == 10
    assert limiter.take(999) > 0
    assert limiter.take(0) == 0


@given(st.lists(st.floats(0, 30), min_size=1, max_size=200), st.integers(1, 120))
def test_never_more_than_a_minute_at_once_and_the_steady_rate(
    pauses: list[float], per_minute: int
) -> None:
    clock = Clock()
    limiter = Limiter(per_minute, clock=clock)
    passed = 0
    for pause in pauses:
        clock.now += pause
        passed += limiter.take("a") == 0

    assert passed <= per_minute + sum(pauses) * per_minute / 60 + 1e-6


def test_rates_are_read_by_name() -> None:
    assert read_rates("") == Rates()
    assert read_rates("person=5, entry=0") == Rates(person=5, entry=0)


@pytest.mark.parametrize("text", ["people=3", "person", "person=-1", "person=many", "=4"])
def test_rates_that_are_none_name_their_variable(text: str) -> None:
    with pytest.raises(InvalidRequest, match="CORDEE_RATES"):
        read_rates(text)
