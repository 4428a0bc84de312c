"""The way to a service and who is within reach, counted by hand over three communes in a line."""

from __future__ import annotations

import pytest

from cordee.population.areas.access import ways, within_reach
from cordee.population.areas.files import Centre
from cordee.population.areas.geography import Commune, Geography
from cordee.population.indicators.criteria import criterion
from cordee.population.matching import fulfilling, resource_types
from cordee.runtime.clock import today
from cordee.runtime.errors import InvalidRequest

KM = 180 / 3.141592653589793 / 6371.0  # degrees of latitude


def commune(code: str, km: float, people: int) -> Commune:
    return Commune(code, code, "A", "E", "", people, 47.0 + km * KM, 5.0, 3, rural=True)


LINE = (commune("a", 0, 1000), commune("b", 10, 2000), commune("c", 100, 500))
SMALL = (commune("d", 100, 100), commune("e", 110, 300))


@pytest.mark.requirement("G1.8")
def test_the_way_to_the_nearest_that_offers_a_service() -> None:
    """Ten kilometres are 13 by road, at 55 km/h 14.2 minutes, with 4 to the car and from it."""
    centres = [
        Centre("1", "CH", "CH", "chirurgie ; Médecine d'urgence", "a"),
        Centre("2", "Clinique", "CH", "chirurgie", "b"),
    ]
    told = {
        (atom, name): way
        for atom, name, way in ways(
            Geography(LINE, {}, 0), centres, ["médecine d’urgence", "chirurgie", "dialyse"]
        )
    }
    assert told["a", "médecine d’urgence"] == pytest.approx(4.0)
    assert told["b", "médecine d’urgence"] == pytest.approx(13 / 55 * 60 + 4)
    assert told["c", "médecine d’urgence"] == pytest.approx(130 / 65 * 60 + 4)
    assert told["b", "chirurgie"] == pytest.approx(4.0)
    assert not any(name == "dialyse" for _, name in told)


def test_small_communes_have_the_mean_of_their_people() -> None:
    geography = Geography((*LINE, *SMALL), {}, 400)
    centres = [Centre("1", "CH", "CH", "urgence", "c")]
    told = {atom: way for atom, _, way in ways(geography, centres, ["urgence"])}
    group = next(atom for atom in told if atom not in {"a", "b", "c"})
    assert told[group] == pytest.approx((100 * 4 + 300 * (13 / 55 * 60 + 4)) / 400)


@pytest.mark.requirement("G2.3")
def test_generalists_are_shared_between_all_who_are_near() -> None:
    """At 18.2 minutes b weighs a third: two of a for 1,000 + 2,000 / 3; c has its own one."""
    told = within_reach(LINE, {"a": 2.0, "c": 1.0})
    each = 2 / (1000 + 2000 / 3)
    assert told == {
        "a": pytest.approx(each), "b": pytest.approx(each / 3), "c": pytest.approx(1 / 500),
    }  # fmt: skip
    assert within_reach(LINE, {}) == {}


def test_a_record_is_never_asked_for_a_way() -> None:
    asked = criterion({"all": [{"sex": "male"}, {"far": "urgence", "minutes": 30}]}, {}, "rule")
    with pytest.raises(InvalidRequest):
        resource_types(asked)
    with pytest.raises(InvalidRequest):
        fulfilling(asked, [{"resourceType": "Patient", "id": "a", "birthDate": "1960"}], today())
