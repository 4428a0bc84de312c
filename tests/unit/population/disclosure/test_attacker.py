"""The attacker against releases: hundreds of random populations, and nothing below k is found."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from tests.attacking import attack
from tests.populations import ask, atoms, later, region

from cordee.population.disclosure.cells import Key, Lattice, Rules, Table
from cordee.population.disclosure.incidence import CellIndex
from cordee.population.disclosure.released import Hidden, Released, Shown
from cordee.population.disclosure.releasing import audit, release
from cordee.population.disclosure.versions import footprint


def careless(table: Table, lattice: Lattice) -> Released:
    """What many do: small figures are left out, and nothing more."""
    figures, index = {}, CellIndex(table)
    empty = release(table, lattice, Rules(k=10**9))
    for key in table.asked:
        mask = index.mask(footprint(key, lattice.communes(key.level, key.area), lattice))
        inside = [cell for cell, here in zip(table.cells, mask, strict=True) if here]
        n, d = sum(c.n for c in inside), sum(c.d or 0 for c in inside)
        small = n < 11 or (table.with_people and d - n < 11)
        figures[Key(key.level, key.area, tuple(sorted(key.bands)))] = (
            Hidden() if small else Shown(n, d if table.with_people else None)
        )
    return replace(empty, figures=figures, k=11)


@pytest.mark.requirement("G2.1")
@pytest.mark.parametrize("part", range(4))
def test_nothing_below_k_is_recovered_from_one_release(part: int) -> None:
    shown = 0
    for seed in range(part * 40, part * 40 + 40):
        rng = random.Random(seed)
        table, lattice = region(rng)
        rules = Rules(merge=rng.choice(((), ("commune",))))
        got = release(table, lattice, rules)
        shown += len(got.shown())
        assert attack([got.to_json()], atoms(table)) == [], seed
        if not seed % 5:
            assert audit(table, lattice, got) == 0, seed
    assert shown > 250


def test_the_attacker_beats_a_release_without_complementary_suppression() -> None:
    beaten, ways = 0, set()
    for seed in range(25):
        table, lattice = region(random.Random(seed))
        found = attack([careless(table, lattice).to_json()], atoms(table))
        beaten += bool(found)
        ways |= {find.way for find in found}
    assert beaten > 15
    assert ways == {"difference", "union", "elimination", "bounds"}


def test_overlapping_areas_and_other_filters_of_the_same_people_add_up_to_nothing() -> None:
    alone = 0
    for seed in range(7):
        rng = random.Random(1000 + seed)
        table, lattice = region(rng)
        releases = [release(table, lattice, Rules())]
        careless_next = []
        for _ in range(2):
            table = ask(rng, table, lattice)
            careless_next.append(release(table, lattice, Rules()))
            releases.append(release(table, lattice, Rules(), releases))
        for count in (2, 3):
            plain = [each.to_json() for each in releases[:count]]
            assert attack(plain, atoms(table)) == [], seed
        apart = [each.to_json() for each in (releases[0], *careless_next)]
        alone += bool(attack(apart, atoms(table)))
    assert alone > 1  # each release alone is safe; together they are not


@pytest.mark.requirement("G2.9")
@pytest.mark.parametrize("way", ["joined", "left", "both"])
def test_a_later_version_isolates_nobody(way: str) -> None:
    alone = 0
    for seed in range(7):
        rng = random.Random(2000 + seed)
        table, lattice = region(rng)
        past = [release(table, lattice, Rules())]
        if seed % 3:  # the same people by other areas, before anything changed
            past.append(release(ask(rng, table, lattice), lattice, Rules(), past))
        second = later(rng, ask(rng, table, lattice) if seed % 2 else table, way)
        got = release(second, lattice, Rules(), past)
        plain = [each.to_json() for each in past]
        assert attack([*plain, got.to_json()], atoms(table)) == [], seed
        apart = release(second, lattice, Rules())
        alone += bool(attack([*plain, apart.to_json()], atoms(table)))
    assert alone > 3


@pytest.mark.requirement("G2.1")
def test_who_knows_the_census_learns_no_more() -> None:
    alone = tried = 0
    for seed in range(40):
        table, lattice = region(random.Random(3000 + seed))
        if not table.with_people:
            continue
        tried += 1
        people = [cell.d or 0 for cell in table.cells]
        got = release(replace(table, people_known=True), lattice, Rules())
        assert attack([got.to_json()], atoms(table), people) == [], seed
        apart = release(table, lattice, Rules())
        alone += bool(attack([apart.to_json()], atoms(table), people))
    assert tried > 15
    assert alone > 0
