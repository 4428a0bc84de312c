"""Structures beside each other: counted where people were seen, released, without a name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cordee.population.disclosure.cells import Key, Stamp
from cordee.population.disclosure.released import Hidden, Shown
from cordee.population.engine.duck import DuckEngine
from cordee.population.indicators.computing import Computing
from cordee.population.indicators.definition import indicator
from cordee.population.peers import (
    STEERING_INDICATORS,
    STRUCTURE,
    Counted,
    StructurePublisher,
    figure,
    released,
)
from facts import event, person, write

DAY = date(2026, 6, 30)
WHEN = (date(2025, 7, 1), DAY)
STAMP = Stamp("urgences 1 cordee structures", "1", "2025-07-01", "2026-06-30")
URGENCES = indicator("urgences")


def made(*places: tuple[str, int, int], whole: int | None = None, version: str = "1") -> Counted:
    return Counted(places, whole, version)


@pytest.mark.requirement("G1.8")
def test_structures_are_counted_by_hand(tmp_path: Path) -> None:
    """Two people at the CHU, one of them at the clinic too; one passage lies outside the year."""
    people = [person("a"), person("b", doctor=None, commune="96002"), person("c")]
    events = [
        event("encounter", "a", "EMER", "2026-01-02", place="chu"),
        event("encounter", "a", "EMER", "2026-02-02", place="chu"),
        event("encounter", "a", "EMER", "2024-02-02", place="chu"),
        event("encounter", "b", "IMP", "2026-03-01", until="2026-03-04", place="chu", detail="I50"),
        event("encounter", "b", "IMP", "2026-03-20", until="2026-03-22", place="chu", detail="S72"),
        event("encounter", "b", "EMER", "2026-03-01", place="clinique"),
        event("encounter", "c", "EMER", "2026-03-01"),
        event("request", "a", "dac", "2026-04-01", place="chu"),
        event("request", "b", "dac", "2026-04-01", place="chu"),
        event("followup", "a", None, "2026-04-11"),
        event("followup", "b", None, "2026-04-21"),
    ]
    facts = write(tmp_path, people, events)
    far = [("96001", "médecine d’urgence", 12.0), ("96002", "médecine d’urgence", 41.0)]
    computing = Computing(DuckEngine(), facts, far)
    counted = {
        name: sorted(computing.places(indicator(name), DAY, "cordee").rows)
        for name in STEERING_INDICATORS
    }
    assert counted == {
        "urgences": [("chu", 2, 2), ("clinique", 1, 1)],
        "hospitalisations-evitables": [("chu", 1, 2), ("clinique", 0, 1)],
        "readmission-30-jours": [("chu", 1, 2)],
        "delai-dac": [("chu", 1, 2)],
        "sans-medecin-traitant": [("chu", 1, 2), ("clinique", 1, 1)],
        "distance-urgences": [("chu", 1, 2), ("clinique", 1, 1)],
    }
    assert computing.placed() == "cordee"


def test_a_structure_sees_itself_and_peers_by_letters_in_the_order_of_rates() -> None:
    told = released(
        made(("a", 40, 400), ("b", 90, 300), ("c", 60, 300), ("d", 30, 300)), STAMP
    )  # fmt: skip
    found = figure(URGENCES, told, "a", WHEN)
    assert (found.cases, found.people) == (40, 400)
    assert found.own is not None
    assert found.own.value == 0.1
    assert [(one.letter, one.value) for one in found.peers] == [("A", 0.3), ("B", 0.2), ("C", 0.1)]


def test_fewer_than_three_peers_are_not_shown() -> None:
    told = released(made(("a", 40, 400), ("b", 90, 300), ("c", 60, 300)), STAMP)
    assert figure(URGENCES, told, "a", WHEN).peers == ()
    small = released(made(("a", 40, 400), ("b", 90, 300), ("c", 60, 300), ("d", 3, 300)), STAMP)
    assert figure(URGENCES, small, "a", WHEN).peers == ()
    own = figure(URGENCES, small, "d", WHEN)
    assert (own.own, own.cases, own.people) == (None, None, None)


def test_where_nobody_was_seen_nothing_is_told() -> None:
    told = released(
        made(("a", 40, 400), ("b", 90, 300), ("c", 60, 300), ("d", 30, 300)), STAMP
    )  # fmt: skip
    for made_of, structure in ((told, "ars"), (None, "a")):
        found = figure(URGENCES, made_of, structure, WHEN)
        assert (found.own, found.peers) == (None, ())


def test_a_hidden_structure_is_not_found_by_subtraction_from_the_region() -> None:
    """All took place in known structures: the total of the region would give the hidden one."""
    places = (("a", 40, 400), ("b", 90, 300), ("c", 60, 300), ("d", 4, 300))
    alone = released(made(*places), STAMP)
    assert sum(isinstance(one, Hidden) for one in alone.figures.values()) == 1
    beside = released(made(*places, whole=194), STAMP)
    hidden = {key.area for key, one in beside.figures.items() if isinstance(one, Hidden)}
    assert "d" in hidden
    assert len(hidden) >= 2
    free = released(made(*places, whole=194 + 500), STAMP)
    assert {key.area for key, one in free.figures.items() if isinstance(one, Hidden)} == {"d"}


def test_a_publication_does_not_change_and_the_next_is_judged_beside_it(tmp_path: Path) -> None:
    places = (("a", 40, 400), ("b", 90, 300), ("c", 60, 300), ("d", 30, 300))
    publisher = StructurePublisher(tmp_path)
    first = publisher.published(URGENCES, DAY, "cordee", lambda: made(*places))
    again = publisher.published(URGENCES, DAY, "cordee", lambda: made(("a", 99, 400)))
    assert first is not None
    assert again == first
    later = (("a", 45, 400), ("b", 120, 300), ("c", 60, 300))
    july = publisher.published(
        URGENCES, date(2026, 7, 31), "cordee", lambda: made(*later, version="2")
    )
    assert july is not None
    assert isinstance(july.figures[Key(STRUCTURE, "a")], Hidden)
    assert july.figures[Key(STRUCTURE, "b")] == Shown(120, 300)
    assert publisher.published(URGENCES, date(2026, 5, 31), "cordee", made) is None
