"""A synthetic region is drawn of people who live; a person of three sources names all of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from cordee.population.areas.geography import Commune, Geography
from cordee.population.engine.duck import DuckEngine
from cordee.population.facts.making import Facts
from cordee.population.lake.tables import Tables
from cordee.population.synthesis.writing import Plan, write_facts
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
