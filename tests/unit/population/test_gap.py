"""The gap index and the overlays, counted by hand on a few communes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cordee.population.areas.files import CENTRES, COMMUNES, SUPPLY, TEAMS, Folder
from cordee.population.gap import gaps, read, shipped
from cordee.population.indicators.definition import indicator
from cordee.population.overlays import Layer, Overlays
from cordee.population.reading import Reading, Row
from cordee.population.siting.distances import ACCESS_MINUTES
from cordee.population.statistics.rates import Estimate
from cordee.runtime.errors import InvalidRequest

HEAD = (
    "code", "nom", "departement", "epci", "population", "latitude", "longitude", "precarite",
    "ruralite",
)  # fmt: skip
# Three EPCI on one meridian, a tenth of a degree (11.119 km) from commune to commune.
TOWNS = [
    ("1", "Un", "A", "E1", 1000, 47.0, 5.0, 5, "rural"),
    ("2", "Deux", "A", "E1", 3000, 47.1, 5.0, 3, "rural"),
    ("3", "Trois", "A", "E2", 2000, 47.2, 5.0, 2, "rural"),
    ("4", "Quatre", "A", "E3", 4000, 47.3, 5.0, "", "rural"),
]
STEP = 11.1195 * 1.3 / 55 * 60


@pytest.fixture
def overlays(tmp_path: Path) -> Overlays:
    files = Folder(tmp_path)
    files.write(COMMUNES, HEAD, TOWNS)
    files.write(TEAMS, ("nom", "nature", "commune"), [("Mobile", "equipe-mobile", "1")])
    files.write(
        SUPPLY, ("commune", "specialite", "nombre"),
        [("1", "diabétologue", 2), ("4", "diabétologue", 1), ("3", "médecin généraliste", 9)],
    )  # fmt: skip
    return Overlays(files.geography(), files)


def row(code: str, value: float | None) -> Row:
    figure = None if value is None else Estimate(value, value, value, "x")
    return Row(code, (code,), (code,), ("A",), None, None, figure)


def layer(overlays: Overlays, name: str, values: dict[str, float | None]) -> Layer:
    rows = tuple(row(code, value) for code, value in values.items())
    reading = Reading("epci", "standardise", rows, None, 0, None, ("epci",))
    return overlays.layer(name, indicator("diabete"), reading)


VALUES: dict[str, float | None] = {"E1": 0.08, "E2": 0.05, "E3": None}


def test_deprivation_is_the_mean_quintile_of_inhabitants(overlays: Overlays) -> None:
    told = layer(overlays, "precarite", VALUES)
    assert told.values == {"E1": (5 * 1000 + 3 * 3000) / 4000, "E2": 2.0, "E3": None}
    assert told.marked == frozenset()


def test_density_is_for_a_hundred_thousand_and_marks_less_than_half(overlays: Overlays) -> None:
    told = layer(overlays, "densite", VALUES)
    assert told.values == {"E1": 50.0, "E2": 0.0, "E3": 25.0}
    # Region: 3 for 10,000 people, 30 for 100,000; half of it is 15.
    assert told.bound == 15.0
    assert told.marked == {"E2"}


def test_the_way_is_to_the_nearest_specialist_or_centre(overlays: Overlays, tmp_path: Path) -> None:
    told = layer(overlays, "distance", VALUES)
    assert told.values["E1"] == pytest.approx(ACCESS_MINUTES + 0.75 * STEP, abs=0.01)
    assert told.values["E2"] == pytest.approx(ACCESS_MINUTES + STEP, abs=0.01)
    assert told.values["E3"] == ACCESS_MINUTES
    files = Folder(tmp_path)
    files.write(
        CENTRES, ("finess", "nom", "categorie", "activite", "commune"),
        [("1", "Centre", "x", "Éducation thérapeutique, diabète", "3"),
         ("2", "Autre", "x", "Psychiatrie", "2")],
    )  # fmt: skip
    nearer = layer(Overlays(files.geography(), files), "distance", VALUES)
    assert nearer.values["E2"] == ACCESS_MINUTES
    assert nearer.values["E1"] == pytest.approx(ACCESS_MINUTES + 0.75 * STEP, abs=0.01)


def test_teams_are_named_where_they_are(overlays: Overlays) -> None:
    told = layer(overlays, "equipes", VALUES)
    assert told.names == {"E1": ("Mobile",), "E2": (), "E3": ()}
    assert told.marked == {"E1"}


def test_what_is_told_by_no_file_is_none(tmp_path: Path) -> None:
    files = Folder(tmp_path)
    files.write(COMMUNES, HEAD, TOWNS)
    bare = Overlays(files.geography(), files)
    for name in ("densite", "distance"):
        assert set(layer(bare, name, VALUES).values.values()) == {None}
    assert set(layer(bare, "carence", VALUES).values.values()) == {None}


def test_an_unknown_overlay_is_refused(overlays: Overlays) -> None:
    with pytest.raises(InvalidRequest):
        layer(overlays, "x", VALUES)


def test_the_index_is_need_less_offer_in_standard_deviations() -> None:
    """Each term of three areas by hand: 1, 2, 3 have mean 2 and deviation √(2/3)."""
    told: dict[str, dict[str, float | None]] = {
        "a": {"figure": 3, "deprivation": 3, "density": 1, "proximity": 1},
        "b": {"figure": 2, "deprivation": 1, "density": 2, "proximity": 2},
        "c": {"figure": 1, "deprivation": 2, "density": 3, "proximity": 3},
        "d": {"figure": None, "deprivation": 5, "density": 0, "proximity": -90},
    }
    z = (3 / 2) ** 0.5
    found = gaps(shipped(), told)
    assert set(found) == {"a", "b", "c"}
    assert found["a"].value == pytest.approx(2 * z)
    assert (found["a"].need, found["a"].offer) == (pytest.approx(z), pytest.approx(-z))
    assert found["b"].value == pytest.approx(-z / 2)
    assert found["c"].value == pytest.approx(-z / 2 - z)
    assert found["a"].scores["deprivation"] == pytest.approx(z)
    assert gaps(shipped(), {one: told[one] for one in ("a", "b", "d")}) == {}


def test_weights_count_and_a_term_without_spread_says_nothing() -> None:
    text = shipped().text.replace("weight = 1", "weight = 3", 1)
    told: dict[str, dict[str, float | None]] = {
        one: {"figure": at, "deprivation": -at, "density": 7, "proximity": 7}
        for one, at in (("a", 1), ("b", 2), ("c", 3))
    }
    z = (3 / 2) ** 0.5
    found = gaps(read(text), told)
    assert found["c"].value == pytest.approx((3 * z - z) / 4)
    assert found["c"].offer == 0


def test_the_index_of_areas_stands_on_told_figures_alone(tmp_path: Path) -> None:
    """Four EPCI of a commune each: the one of which the figure is not told has no index."""
    files = Folder(tmp_path)
    towns = [(*one[:3], f"E{one[0]}", *one[4:7], at + 1, "rural") for at, one in enumerate(TOWNS)]
    files.write(COMMUNES, HEAD, towns)
    files.write(SUPPLY, ("commune", "specialite", "nombre"), [("1", "diabétologue", 1)])
    overlays = Overlays(files.geography(), files)
    values = {"E1": 0.05, "E2": 0.06, "E3": 0.07, "E4": None}
    told = layer(overlays, "carence", values)
    # Need: both terms are 1, 2, 3 in steps. Offer: density 100, 0, 0; proximity 0, −1, −2 steps.
    z, share = (3 / 2) ** 0.5, 2**0.5
    assert told.values["E1"] == pytest.approx(-z - (share + z) / 2)
    assert told.values["E2"] == pytest.approx(0 - (-share / 2 + 0) / 2)
    assert told.values["E3"] == pytest.approx(z - (-share / 2 - z) / 2)
    assert told.values["E4"] is None
    assert told.marked == {"E3"}
    rows = tuple(row(code, value) for code, value in values.items())
    reading = Reading("epci", "standardise", rows, None, 0, None, ("epci",))
    good = overlays.layer("carence", indicator("diabete-hba1c"), reading)
    assert good.gaps["E3"].scores["figure"] == pytest.approx(-z)


def test_the_index_knows_no_more_digits_than_are_told(tmp_path: Path) -> None:
    files = Folder(tmp_path)
    towns = [(*one[:3], f"E{one[0]}", *one[4:7], at + 1, "rural") for at, one in enumerate(TOWNS)]
    files.write(COMMUNES, HEAD, towns)
    files.write(SUPPLY, ("commune", "specialite", "nombre"), [("1", "diabétologue", 1)])
    overlays = Overlays(files.geography(), files)
    one = layer(overlays, "carence", {"E1": 0.0501, "E2": 0.0604, "E3": 0.0698, "E4": 0.0801})
    other = layer(overlays, "carence", {"E1": 0.0496, "E2": 0.0596, "E3": 0.0703, "E4": 0.0799})
    assert one.gaps == other.gaps
    assert one.gaps


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('formula = "', 'x = "'), "formula: missing"),
        (("gap = 0.5", ""), "marks.gap: missing"),
        (("weight = 1", "weight = -1"), "need.figure.weight"),
        (('origin = "communes', 'o = "communes'), "need.deprivation.origin: missing"),
        (("[need.figure]", "[need.colour]"), "need.colour: none of"),
        (('[care.""]', '[care."x"]'), 'care."": missing'),
        (("fewest = 3", "fewest ="), "no TOML"),
    ],
)
def test_a_definition_that_is_wrong_is_refused(change: tuple[str, str], said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(shipped().text.replace(change[0], change[1], 1))
    assert said in refused.value.message
