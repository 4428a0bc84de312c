"""A synthetic region is drawn of people who live; a person of three sources names all of them."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from cordee.app import population_commands
from cordee.app.demo_population import write_areas
from cordee.app.population import home_of
from cordee.app.population_options import add_population_options
from cordee.population.areas.geography import Commune, Geography
from cordee.population.engine.duck import DuckEngine
from cordee.population.facts.making import OWN, Facts
from cordee.population.home import Home
from cordee.population.indicators.computing import Cell, Computing
from cordee.population.indicators.definition import indicator
from cordee.population.lake.place import Place
from cordee.population.lake.tables import Tables
from cordee.population.synthesis.lake import write_lake
from cordee.population.synthesis.writing import Plan, write_facts
from cordee.runtime.errors import Conflict
from cordee.runtime.settings import read_settings
from facts import person, write

DAY = date(2026, 6, 30)


def test_nothing_takes_place_before_birth(tmp_path: Path) -> None:
    communes = (Commune("96001", "A", "A", "E", "", 4000, 47.0, 5.0, 3),)
    counts = write_facts(Geography(communes, {}), Plan(3000, DAY, 3), tmp_path)
    assert counts["person"] == 3000
    with duckdb.connect() as base:
        for kind in set(counts) - {"person"}:
            early = base.execute(
                f"SELECT count(*) FROM '{tmp_path}/{kind}.parquet' e"
                f" JOIN '{tmp_path}/person.parquet' p USING (person)"
                " WHERE strftime(e.day, '%Y-%m') < p.birth"
            ).fetchone()
            assert early == (0,), kind


def communes(count: int) -> Geography:
    """Communes of four départements."""
    made = (
        Commune(f"96{at:03d}", f"C{at}", "ABCD"[at % 4], f"E{at % 8}", "", 4000, 47.0, 5.0,
                at % 5 + 1)
        for at in range(count)
    )  # fmt: skip
    return Geography(tuple(made), {})


def facts_of(folder: Path, plan: Plan, geography: Geography) -> Facts:
    """Facts made by the views over a lake that was drawn."""
    place = Place(folder / "lake")
    write_lake(geography, plan, place)
    made, engine = Facts(folder / "facts"), DuckEngine()
    made.make(engine, place.tables())
    engine.close()
    return made


@pytest.mark.requirement("G1.12")
@pytest.mark.parametrize("seed", [1, 2, 7])
def test_facts_of_a_drawn_lake_are_those_drawn_directly(tmp_path: Path, seed: int) -> None:
    """Row by row, through the door's columns, Delta tables and the views that read them."""
    geography, plan = communes(12), Plan(1500, DAY, seed, source=OWN)
    counts = write_facts(geography, plan, tmp_path / "direct")
    made = facts_of(tmp_path, plan, geography).files()
    assert set(made) == set(counts)
    with duckdb.connect() as base:
        for kind, count in counts.items():
            ours = f"SELECT * FROM read_parquet({[str(one) for one in made[kind]]})"
            theirs = f"SELECT * FROM '{tmp_path}/direct/{kind}.parquet'"
            for one, other in ((ours, theirs), (theirs, ours)):
                left = base.execute(f"SELECT count(*) FROM ({one} EXCEPT ALL {other})").fetchone()
                assert left == (0,), kind
            assert base.execute(f"SELECT count(*) FROM ({ours})").fetchone() == (count,)


@pytest.mark.requirement("G1.12")
def test_a_region_of_a_hundred_thousand_in_four_departements(tmp_path: Path) -> None:
    geography = communes(160)
    facts = facts_of(tmp_path, Plan(100_000, DAY, 5, source=OWN), geography)
    computing = Computing(DuckEngine(), facts)
    assert computing.sources() == {OWN: 100_000}
    cells = computing.cells(indicator("diabete"), DAY)
    by_county: dict[str, list[int]] = {}
    where = {one.code: one.departement for one in geography.communes}
    for one in cells:
        told = by_county.setdefault(where[one.commune], [0, 0])
        told[0] += one.cases
        told[1] += one.people
    assert sorted(by_county) == ["A", "B", "C", "D"]
    for cases, people in by_county.values():
        assert people > 20_000
        assert 0.04 < cases / people < 0.09  # as in France: some 6 % are treated
    old = [one for one in cells if one.band >= 65]
    young = [one for one in cells if one.band < 40]
    assert rate(old) > 8 * rate(young)


def rate(cells: list[Cell]) -> float:
    return sum(one.cases for one in cells) / sum(one.people for one in cells)


def test_a_person_of_three_sources_names_all_of_them(tmp_path: Path) -> None:
    others = []
    for name in ("c", "a", "b"):
        people = [person("p", source=name), person(f"alone-{name}", source=name)]
        others.append(write(tmp_path / name, people, []).files())
    made, engine = Facts(tmp_path / "facts"), DuckEngine()
    made.make(engine, Tables(tmp_path / "none"), others)
    engine.close()
    with duckdb.connect() as base:
        told = base.execute(
            f"SELECT person, source FROM '{tmp_path}/facts/current/person.parquet' ORDER BY person"
        ).fetchall()
    assert told == [("alone-a", "a"), ("alone-b", "b"), ("alone-c", "c"), ("p", "a+b+c")]


def test_the_command_draws_a_lake_apart_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = read_settings({}, data=str(tmp_path / "data"))
    write_areas(home_of(settings))
    parser = argparse.ArgumentParser()
    add_population_options(parser)
    apart = tmp_path / "apart"
    options = parser.parse_args(["synthesise", str(apart), "--people", "500"])
    population_commands.run(options, settings)
    assert json.loads(capsys.readouterr().out)["Patient"] == 500
    assert Computing(DuckEngine(), Home(apart).facts).sources() == {OWN: 500}
    assert not home_of(settings).lake.era()
    with pytest.raises(Conflict):
        population_commands.run(options, settings)
