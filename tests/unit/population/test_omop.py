"""OMOP tables from facts: nothing dropped, units brought together, what has no concept is listed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cordee.population.omop import Coverage, Unmapped, concepts, write
from facts import event, person
from facts import write as write_facts

PERSONS = [
    person("a"), person("b", sex="male", birth="1950"), person("c", died=date(2026, 1, 2)),
]  # fmt: skip
EVENTS = [
    event("diagnosis", "a", "E11.9", "2020-01-01"),
    event("diagnosis", "b", "Z99", "2020-01-01", until="2020-02-01"),
    event("prescription", "a", "A10BA02", "2026-01-01"),
    event("encounter", "b", "IMP", "2026-01-01", until="2026-01-04", place="chu"),
    event("encounter", "b", "XXX", "2026-01-01"),
    event("result", "a", "4548-4", "2026-01-01", value=7.0, unit="%"),
    event("result", "b", "4548-4", "2026-01-01", value=7.4, unit="%"),
    event("result", "c", "4548-4", "2026-01-01", value=53.0, unit="mmol/mol"),
    event("result", "a", "14682-9", "2026-01-01", value=1.0, unit="mg/dL"),
    event("result", "a", "4548-4", "2026-02-01", value=7.0, unit="g"),
    event("result", "a", "99999-9", "2026-01-01", value=1.0),
]  # fmt: skip


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    found = duckdb.sql(f"SELECT * FROM read_parquet('{folder / table}.parquet')")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


@pytest.mark.requirement("G1.3")
def test_tables_hold_every_row_with_its_source_code(tmp_path: Path) -> None:
    made = write(write_facts(tmp_path / "facts", PERSONS, EVENTS), tmp_path / "omop")
    assert made.tables["person"] == 3
    assert made.tables["measurement"] == 6
    people = {one["person_source_value"]: one for one in rows(tmp_path / "omop", "person")}
    assert people["a"]["gender_concept_id"] == 8532
    assert (people["b"]["gender_concept_id"], people["b"]["year_of_birth"]) == (8507, 1950)
    assert people["b"]["month_of_birth"] is None
    assert [one["death_date"] for one in rows(tmp_path / "omop", "death")] == [date(2026, 1, 2)]
    conditions = rows(tmp_path / "omop", "condition_occurrence")
    told = {one["condition_source_value"]: one["condition_concept_id"] for one in conditions}
    assert told == {"E11.9": 201826, "Z99": 0}
    visits = rows(tmp_path / "omop", "visit_occurrence")
    assert {one["visit_concept_id"] for one in visits} == {9201, 0}
    assert {one["person_id"] for one in conditions} <= {one["person_id"] for one in people.values()}


@pytest.mark.requirement("G1.3")
def test_units_are_brought_together_and_what_is_left_is_listed(tmp_path: Path) -> None:
    made = write(write_facts(tmp_path / "facts", PERSONS, EVENTS), tmp_path / "omop")
    found = rows(tmp_path / "omop", "measurement")
    hba1c = {
        (one["unit_source_value"], one["value_as_number"])
        for one in found
        if one["measurement_source_value"] == "4548-4"
    }
    assert hba1c == {("%", 7.0), ("%", 7.4), ("%", 7.0), ("g", 7.0), ("%", 7.0)} | {
        ("%", round(53 * 0.09148 + 2.152, 3))
    }
    [creatinine] = [one for one in found if one["measurement_source_value"] == "14682-9"]
    assert (creatinine["value_as_number"], creatinine["unit_source_value"]) == (88.4, "umol/L")
    assert (creatinine["value_source_value"], creatinine["unit_before"]) == (1.0, "mg/dL")
    assert made.units == (Unmapped("4548-4", "g", 1),)


@pytest.mark.requirement("G1.3")
def test_coverage_and_codes_without_a_concept_are_told(tmp_path: Path) -> None:
    made = write(write_facts(tmp_path / "facts", PERSONS, EVENTS), tmp_path / "omop")
    told = {one.kind: one for one in made.coverage}
    assert told["diagnosis"] == Coverage("diagnosis", 2, 1)
    assert told["result"] == Coverage("result", 6, 5)
    assert told["act"] == Coverage("act", 0, 0)
    assert {(one.kind, one.code) for one in made.unmapped} == {
        ("diagnosis", "Z99"),
        ("result", "99999-9"),
    }


def test_the_shipped_tables_are_well_formed() -> None:
    assert len(set(concepts())) == len(concepts())
    assert all(concept > 0 for _, _, concept in concepts())
