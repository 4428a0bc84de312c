"""Rules of a release one by one: thresholds, dominance, merging, noise, JSON, utility."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from tests.populations import region

from cordee.population.disclosure.cells import Cell, Key, Lattice, Rules, Stamp, Table
from cordee.population.disclosure.merging import Surroundings, merged
from cordee.population.disclosure.released import Hidden, Merged, Released, Shown
from cordee.population.disclosure.releasing import release
from cordee.population.disclosure.utility import utility
from cordee.runtime.errors import InvalidRequest

STAMP = Stamp("diabetes/1", "load-1", "2025-01-01", "2025-12-31")
SECRET = bytes(range(16))


def line(counts: dict[str, tuple[int, int | None]], **more: object) -> tuple[Table, Lattice]:
    """Communes on a line, asked one by one and in total."""
    cells = tuple(Cell(code, (), n, d) for code, (n, d) in counts.items())
    codes = list(counts)
    near = {c: frozenset(codes[max(0, at - 1) : at + 2]) - {c} for at, c in enumerate(codes)}
    areas = {
        "commune": {c: frozenset((c,)) for c in codes},
        "region": {"r": frozenset(codes)},
    }
    asked = (*(Key("commune", c) for c in codes), Key("region", "r"))
    parents = {"commune": {c: c[0] for c in codes}}
    return Table(cells, asked, STAMP), Lattice(areas, {}, {"commune": near}, parents)


def got(counts: dict[str, tuple[int, int | None]], rules: Rules | None = None) -> Released:
    return release(*line(counts), rules or Rules())


@pytest.mark.requirement("G2.1")
def test_few_none_and_nearly_all_are_hidden_alike() -> None:
    shown = got(
        {
            "a1": (0, 500),
            "a2": (10, 500),
            "a3": (495, 500),
            "a4": (5, 9),
            "a5": (60, 500),
            "a6": (70, 500),
            "a7": (80, 500),
        }
    )
    hidden = [key.area for key, one in shown.figures.items() if isinstance(one, Hidden)]
    assert {"a1", "a2", "a3", "a4"} <= set(hidden)
    words = {one.text for one in shown.figures.values() if isinstance(one, Hidden)}
    assert len(words) == 1 and words.pop().startswith("moins de 11")
    assert all(one.n >= 11 for one in shown.shown().values())
    assert shown.shown()[Key("region", "r")] == Shown(720, 3009)


def test_one_small_figure_takes_the_cheapest_other_with_it_and_no_more() -> None:
    shown = got({"a1": (3, None), "a2": (20, None), "a3": (300, None), "a4": (400, None)})
    hidden = {key.area for key, one in shown.figures.items() if isinstance(one, Hidden)}
    assert hidden == {"a1", "a2"}


def test_where_nothing_is_small_nothing_is_hidden() -> None:
    shown = got({"a1": (30, 90), "a2": (40, 90), "a3": (50, 90)})
    assert len(shown.shown()) == 4
    assert shown.shown()[Key("commune", "a1")].rate == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("parts", "hidden"),
    [
        ((("h1", 90), ("h2", 6)), True),  # more than 85 % from one
        ((("h1", 52), ("h2", 46)), True),  # the second could work out the first: p% rule
        ((("h1", 40), ("h2", 30)), False),
    ],
)
def test_a_figure_behind_which_one_structure_stands_is_hidden(
    parts: tuple[tuple[str, int], ...], hidden: bool
) -> None:
    table, lattice = line({"a1": (100, None), "a2": (60, None), "a3": (300, None)})
    cells = (replace(table.cells[0], structures=parts), *table.cells[1:])
    shown = release(replace(table, cells=cells), lattice, Rules())
    count = sum(isinstance(one, Hidden) for one in shown.figures.values())
    assert isinstance(shown.figures[Key("commune", "a1")], Hidden) is hidden
    assert count == (2 if hidden else 0)  # one more, so that the total does not tell it


@pytest.mark.requirement("G2.1")
def test_small_areas_are_merged_with_a_neighbour_of_their_departement() -> None:
    counts = {
        "a1": (50, 900),
        "a2": (40, 900),
        "b1": (4, 900),
        "b2": (60, 900),
        "b3": (5, 900),
        "b4": (2, 900),
        "b5": (9, 900),
    }
    shown = got(counts, Rules(merge=("commune",)))
    assert shown.figures[Key("commune", "b1")] == Merged("+b1")
    assert shown.areas["commune"]["+b1"] == ("b1", "b2")
    assert shown.group_of(Key("commune", "b4")) == ("b3", "b4", "b5")
    assert shown.resolved(Key("commune", "b4")) == Shown(16, 2700)
    assert not any(isinstance(one, Hidden) for one in shown.figures.values())


@pytest.mark.requirement("G2.1")
def test_groups_stay_as_they_were() -> None:
    counts = {"a1": (50, 900), "b1": (4, 900), "b2": (60, 900), "b3": (55, 900)}
    first = got(counts, Rules(merge=("commune",)))
    table, lattice = line(counts | {"b1": (70, 900)})
    later = replace(STAMP, version="load-9", start="2026-01-01", end="2026-12-31")
    second = release(replace(table, stamp=later), lattice, Rules(merge=("commune",)), [first])
    assert second.areas["commune"]["+b1"] == first.areas["commune"]["+b1"]
    around = Surroundings({"x": ("y",), "y": ("x",)}, {}, (frozenset("xy"),))
    assert merged({"x": (20,), "y": (20,)}, around) == (frozenset("xy"),)


def test_an_area_without_neighbours_is_hidden() -> None:
    assert merged({"x": (3,), "y": (30,)}, Surroundings({}, {})) == (
        frozenset("x"),
        frozenset("y"),
    )


def test_a_release_goes_through_json_and_back() -> None:
    table, lattice = region(random.Random(3), dimensions=2)
    shown = release(table, lattice, Rules(merge=("commune",)))
    text = json.dumps(shown.to_json())
    assert Released.from_json(json.loads(text)) == shown
    with pytest.raises(InvalidRequest):
        Released.from_json({"k": 11})


def test_noise_is_the_same_for_the_same_people_and_bounded() -> None:
    table, lattice = line({"a1": (100, 900), "a2": (60, 900), "a3": (300, 900)})
    cells = tuple(replace(c, record_keys=(c.n * 7919, c.n * 104729)) for c in table.cells)
    table = replace(table, cells=cells)
    rules = Rules(noise=4, secret=SECRET)
    shown = release(table, lattice, rules)
    assert shown.figures == release(table, lattice, rules).figures
    exact = release(table, lattice, Rules())
    pairs = [(one, exact.shown()[key]) for key, one in shown.shown().items()]
    assert all(abs(a.n - b.n) <= 4 and abs((a.d or 0) - (b.d or 0)) <= 8 for a, b in pairs)
    assert any(a != b for a, b in pairs)
    alone = replace(table, asked=table.asked[:1])
    key = table.asked[0]
    assert release(alone, lattice, rules).figures[key] == shown.figures[key]


def test_a_change_between_far_periods_is_no_group_of_people() -> None:
    counts = {"a1": (50, None), "a2": (60, None), "a3": (300, None)}
    first = got(counts)
    table, lattice = line(counts | {"a1": (53, None)})
    near = release(
        replace(table, stamp=replace(STAMP, version="load-2")), lattice, Rules(), [first]
    )
    next_year = replace(STAMP, version="load-3", start="2026-01-01", end="2026-12-31")
    far = release(replace(table, stamp=next_year), lattice, Rules(), [first])
    assert isinstance(near.figures[Key("commune", "a1")], Hidden)
    assert len(far.shown()) == 4
    same = release(*line(counts), Rules(), [first])
    assert same.figures == first.figures


def test_utility_counts_what_is_left() -> None:
    counts = {"a1": (3, None), "a2": (20, None), "a3": (300, None), "a4": (400, None)}
    table, lattice = line(counts)
    worth = utility(release(table, lattice, Rules()), table, lattice)
    assert (worth.own, worth.kept, worth.largest) == (0.6, 0.6, 1)
    assert worth.covered == pytest.approx((723 * 2 - 23) / (723 * 2))
    worth = utility(release(table, lattice, Rules(merge=("commune",))), table, lattice)
    assert (worth.kept, worth.covered, worth.largest) == (1, 1, 2)


def test_what_cannot_be_is_refused() -> None:
    table, lattice = line({"a1": (30, 90)})
    with pytest.raises(InvalidRequest):
        replace(table, cells=(Cell("a1", (), 30, 20),))
    with pytest.raises(InvalidRequest):
        release(replace(table, asked=(Key("commune", "zz"),)), lattice, Rules())
    with pytest.raises(InvalidRequest):
        release(replace(table, asked=(Key("commune", "a1", (("sex", "F"),)),)), lattice, Rules())
    with pytest.raises(InvalidRequest):
        Rules(noise=3)
    with pytest.raises(InvalidRequest):
        Rules(k=1)


def test_an_earlier_release_of_areas_nobody_knows_now_is_refused() -> None:
    first = got({"a1": (50, None), "a2": (60, None), "old": (300, None)})
    table, lattice = line({"a1": (50, None), "a2": (360, None)})
    with pytest.raises(InvalidRequest, match="old"):
        release(table, lattice, Rules(), [first])
