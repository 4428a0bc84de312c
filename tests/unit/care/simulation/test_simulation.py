"""The simulator, and the acceptance of the overflow: what it changes on an evening that fills."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cordee.care.overflow.conventions import Terms
from cordee.care.simulation.evening import play
from cordee.care.simulation.hypotheses import as_data, check, from_data, heat_wave
from cordee.care.simulation.results import Results, interval, one, p90, together
from cordee.runtime.errors import ResourceInvalid

RED_MINUTES, RED = 3.0, 0.80


@pytest.fixture(scope="module")
def evening() -> Results:
    """The heat wave over thirty seeds."""
    asked = heat_wave()
    return together(asked, [one(asked, seed) for seed in range(30)])


@pytest.mark.requirement("C2.11")
def test_waiting_falls_by_half_at_the_full_centre_and_the_neighbour_stays_below_red(
    evening: Results,
) -> None:
    assert evening.peak_without["samu-a"] > 15
    assert evening.fall.low >= 0.5
    assert evening.peak_with["samu-a"] <= evening.peak_without["samu-a"] / 2
    assert evening.peak_with["samu-b"] < RED_MINUTES
    assert evening.worst["samu-b"] < RED


@pytest.mark.requirement("C2.11")
@pytest.mark.parametrize("calls_day", [1600, 2100])
def test_from_1600_calls_a_day_on_with_the_same_peak_it_does_no_harm_and_helps(
    calls_day: int,
) -> None:
    asked = heat_wave(calls_day)

    found = together(asked, [one(asked, seed) for seed in range(4)])

    assert found.peak_with["samu-a"] <= found.peak_without["samu-a"] / 2
    assert found.worst["samu-b"] < RED


@pytest.mark.requirement("C2.11")
def test_the_peak_is_240_an_hour_and_the_day_has_2600_calls() -> None:
    centre = heat_wave().centres[0]

    assert max(centre.rate(n / 10) for n in range(240)) == pytest.approx(240, rel=0.01)
    assert sum(centre.rate(n / 100) for n in range(2400)) / 100 == pytest.approx(2600, rel=0.01)


@pytest.mark.requirement("C2.11")
def test_a_seed_gives_the_same_evening_and_the_same_callers_with_and_without() -> None:
    asked = heat_wave()

    without, with_it = play(asked, 7)
    again = play(asked, 7)[1]

    assert with_it.rings == again.rings
    assert [(r.home, r.at, r.seconds) for r in without.rings] == [
        (r.home, r.at, r.seconds) for r in with_it.rings
    ]
    assert with_it.rings != play(asked, 8)[1].rings


@pytest.mark.requirement("C2.4", "C2.11")
def test_each_call_is_answered_once_and_the_share_is_kept() -> None:
    asked = replace(heat_wave(), terms=Terms(share=10))

    without, with_it = play(asked, 3)

    assert all(ring.waited >= 0 for ring in with_it.rings)
    assert len(with_it.rings) == len(without.rings)
    moved = [ring for ring in with_it.rings if ring.moved_to]
    assert moved
    assert {ring.home for ring in moved} == {"samu-a"}
    assert len(moved) <= 0.1 * sum(ring.home == "samu-a" for ring in with_it.rings)


@pytest.mark.requirement("C2.4", "C2.11")
def test_a_neighbour_that_fills_takes_no_more() -> None:
    full = heat_wave()
    neighbour = replace(full.centres[1], seats=(3,) * 24)
    asked = replace(full, centres=(full.centres[0], neighbour))

    assert one(asked, 1).moved < one(full, 1).moved / 2


def test_an_interval_holds_its_mean_and_p90_is_a_value_that_was_there() -> None:
    found = interval([1.0, 2.0, 3.0, 4.0])

    assert found.low < found.mean == 2.5 < found.high
    assert p90([float(n) for n in range(1, 11)]) == 9
    assert p90([]) == 0


def test_a_question_survives_its_json_and_a_wrong_one_says_where() -> None:
    asked = heat_wave()

    assert from_data(as_data(asked)) == asked
    with pytest.raises(ResourceInvalid) as error:
        check(replace(asked, runs=3, seed=-1))
    assert {issue.expression[0] for issue in error.value.issues()} == {"runs", "seed"}
