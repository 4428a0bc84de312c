"""Siting: distances by hand, the optimum against all combinations, scenarios counted by hand."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordee.population.areas.geography import Commune
from cordee.population.siting.covering import best, reached
from cordee.population.siting.distances import ACCESS_MINUTES, kilometres, minutes
from cordee.population.siting.scenarios import Siting
from cordee.population.siting.scenes import Scenario
from cordee.runtime.errors import InvalidRequest


def place(code: str, north: float, people: int = 1000, *, rural: bool = True) -> Commune:
    """A commune on one meridian; a tenth of a degree of latitude is 11.12 km."""
    return Commune(code, code, "A", "E", "", people, north, 5.0, 3, rural)


LINE = [place(str(at), 47.0 + at / 10, 1000 * (at + 1)) for at in range(6)]


@pytest.mark.requirement("G2.5")
def test_distances_are_those_of_the_sphere_and_minutes_those_of_the_model() -> None:
    way = kilometres(LINE, LINE)
    assert abs(way[0, 1] - 11.119) < 0.01
    assert way[2, 2] == 0
    told = minutes(LINE, LINE)
    assert told[0, 0] == ACCESS_MINUTES
    assert abs(told[0, 1] - (11.119 * 1.3 / 55 * 60 + ACCESS_MINUTES)) < 0.01
    assert abs(told[0, 3] - (33.358 * 1.3 / 65 * 60 + ACCESS_MINUTES)) < 0.02
    town = [place("a", 47.0, rural=False), place("b", 47.04, rural=False)]
    assert abs(minutes(town, town)[0, 1] - (4.4478 * 1.3 / 30 * 60 + ACCESS_MINUTES)) < 0.01


@given(st.data())
@settings(max_examples=60)
def test_the_plan_is_the_best_of_all(data: st.DataObject) -> None:
    places, sites = data.draw(st.integers(1, 10)), data.draw(st.integers(1, 6))
    some = st.lists(st.booleans(), min_size=places, max_size=places)
    reach = np.array(data.draw(st.lists(some, min_size=sites, max_size=sites))).T
    numbers = st.lists(st.integers(0, 40), min_size=places, max_size=places)
    cases = np.array(data.draw(numbers), float)
    present = np.array(data.draw(some))
    count = data.draw(st.integers(1, 3))
    found = best(reach, cases, count, present)

    def gain(chosen: tuple[int, ...]) -> float:
        return float(cases[reached(reach, chosen, present) & ~present].sum())

    most = max(gain(one) for one in combinations(range(sites), min(count, sites)))
    assert abs(found.gain - most) < 1e-6
    assert abs(gain(found.sites) - most) < 1e-6
    assert len(found.sites) <= count
    assert list(found.steps) == sorted(found.steps, reverse=True)


@pytest.mark.requirement("G2.5")
def test_scenarios_are_counted_against_today() -> None:
    cases = {str(at): 10.0 * (at + 1) for at in range(6)}
    siting = Siting(LINE, cases, ["0"], radius=20)  # each commune reaches itself and its neighbours
    today = siting.present()
    assert (today.people, today.cases, today.gain) == (3000, 30, 0)
    one, other = siting.outcomes([Scenario("nord", ("5",)), Scenario("milieu", ("2",))])
    assert (one.cases, one.gain) == (30 + 50 + 60, 110)
    assert (other.cases, other.gain) == (30 + 30 + 40, 70)
    assert one.within == ("4", "5")
    assert one.minutes < today.minutes
    assert abs(one.share - 140 / 210) < 1e-9
    proposed, plan = siting.proposed("meilleur", 1)
    assert proposed.sites == ("4",)
    assert plan.gain == 40 + 50 + 60
    two, _ = siting.proposed("deux", 2, among=["3", "5"])
    assert set(two.sites) == {"3", "5"}


@pytest.mark.requirement("G2.5")
def test_what_cannot_be_compared_is_refused() -> None:
    siting = Siting(LINE, {}, [])
    for wrong in ([], [Scenario("x", ())] * 6, [Scenario("x", ("none",))]):
        with pytest.raises(InvalidRequest):
            siting.outcomes(wrong)
    with pytest.raises(InvalidRequest):
        siting.proposed("x", 0)
    with pytest.raises(InvalidRequest):
        Siting(LINE, {}, [], radius=1)
    assert siting.proposed("nobody", 2)[0].sites == ()
