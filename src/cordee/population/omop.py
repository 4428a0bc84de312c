"""Tables of OMOP CDM 5.4 for the common base of the national warehouse guide, from the facts.

Standard concepts are given where a compact table of ours has them (`population/omop/concepts.csv`);
all else keeps its source code with concept 0, and is listed with how often it comes: nothing is
dropped. Units are brought together by a table of factors.
Rules: G1.3; OHDSI, OMOP CDM 5.4; socle commun des EDS.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from cordee.population.engine.duck import DuckEngine
from cordee.population.facts.kinds import EVENT_COLUMNS, KINDS, PERSON
from cordee.population.facts.making import Facts
from cordee.runtime.resources import data_folder

_PERSON_ID: Final = "CAST(concat('0x', substring(md5({0}), 1, 15)) AS BIGINT)"
_GENDERS: Final = "CASE sex WHEN 'male' THEN 8507 WHEN 'female' THEN 8532 ELSE 0 END"
_VISITS: Final = (
    "CASE v.code WHEN 'IMP' THEN 9201 WHEN 'EMER' THEN 9203 WHEN 'AMB' THEN 9202"
    " WHEN 'HH' THEN 581476 WHEN 'VR' THEN 5083 ELSE 0 END"
)
_EHR: Final = 32817
"""Type concept "EHR"; those of a prescription and of what a pharmacy handed over are their own."""
_TYPES: Final = {"prescription": 32838, "dispensation": 32869}
_DOMAINS: Final[Mapping[str, tuple[str, str, str]]] = {
    "diagnosis": ("condition_occurrence", "condition", "ICD10"),
    "act": ("procedure_occurrence", "procedure", "CCAM"),
    "prescription": ("drug_exposure", "drug", "ATC"),
    "dispensation": ("drug_exposure", "drug", "ATC"),
    "vaccine": ("drug_exposure", "drug", "ATC"),
}


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of a kind of events: how many rows, and how many of them have a standard concept."""

    kind: str
    rows: int
    mapped: int


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A source code without a standard concept, and how many rows bear it."""

    kind: str
    code: str
    rows: int


@dataclass(frozen=True, slots=True)
class Made:
    """What was written: rows by table, coverage by kind, codes that await a concept, odd units."""

    tables: Mapping[str, int]
    coverage: tuple[Coverage, ...]
    unmapped: tuple[Unmapped, ...]
    units: tuple[Unmapped, ...]


@cache
def concepts() -> tuple[tuple[str, str, int], ...]:
    """(kind, beginning of the code, concept) of the table that is shipped."""
    return tuple((row["kind"], row["code"], int(row["concept"])) for row in _table("concepts.csv"))


@cache
def factors() -> tuple[tuple[str, str, str, float, float], ...]:
    """(LOINC code, unit, unit wanted, factor, offset) of the units that are brought together."""
    return tuple(
        (row["code"], row["unit"], row["wanted"], float(row["factor"]), float(row["offset"]))
        for row in _table("units.csv")
    )


def write(facts: Facts, folder: Path) -> Made:
    """Writes the tables as Parquet files of a folder; what it came to."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = DuckEngine()
    try:
        return _Writer(engine, facts, folder).made()
    finally:
        engine.close()


class _Writer:
    def __init__(self, engine: DuckEngine, facts: Facts, folder: Path) -> None:
        self._engine, self._folder = engine, folder
        self._tables: dict[str, int] = {}
        files = facts.files()
        for kind in (PERSON, *KINDS):
            if kind in files:
                engine.parquet(kind, files[kind])
            else:
                engine.nothing(kind, dict.fromkeys(EVENT_COLUMNS, "text"))
        self._named("concepts", ("kind", "code", "concept"), concepts())
        self._named("factors", ("code", "unit", "wanted", "factor", "base"), factors())

    def made(self) -> Made:
        person = _PERSON_ID.format("person")
        self._write(
            "person",
            f"SELECT {person} AS person_id, {_GENDERS} AS gender_concept_id,"
            " CAST(substring(birth, 1, 4) AS INTEGER) AS year_of_birth,"
            " CAST(nullif(substring(birth, 6, 2), '') AS INTEGER) AS month_of_birth,"
            " 0 AS race_concept_id, 0 AS ethnicity_concept_id, commune AS location_source_value,"
            " person AS person_source_value, sex AS gender_source_value FROM person",
        )
        self._write(
            "death",
            f"SELECT {person} AS person_id, died AS death_date, {_EHR} AS death_type_concept_id"
            " FROM person WHERE died IS NOT NULL",
        )
        for table in dict.fromkeys(table for table, _, _ in _DOMAINS.values()):
            self._write(table, self._occurrences(table))
        self._write("visit_occurrence", self._visits())
        self._write("measurement", self._measurements())
        return Made(self._tables, self._coverage(), self._unmapped(), self._units())

    def _occurrences(self, table: str) -> str:
        """The rows of all kinds of events of a table."""
        kinds = [(kind, one[1], one[2]) for kind, one in _DOMAINS.items() if one[0] == table]
        joined = " UNION ALL ".join(self._events(*one) for one in kinds)
        return f"SELECT row_number() OVER () AS {kinds[0][1]}_id, told.* FROM ({joined}) told"

    def _events(self, kind: str, domain: str, vocabulary: str) -> str:
        ends = "until" if domain == "condition" else "CAST(NULL AS DATE)"
        return (
            f"SELECT {_PERSON_ID.format('v.person')} AS person_id,"
            f" coalesce(c.concept, 0) AS {domain}_concept_id, v.day AS {domain}_start_date,"
            f" {ends} AS {domain}_end_date, {_TYPES.get(kind, _EHR)} AS {domain}_type_concept_id,"
            f" v.code AS {domain}_source_value, '{vocabulary}' AS source_vocabulary_id"
            f" FROM {kind} v {self._concept(kind)}"
        )

    def _visits(self) -> str:
        return (
            f"SELECT row_number() OVER () AS visit_occurrence_id,"
            f" {_PERSON_ID.format('v.person')} AS person_id, {_VISITS} AS visit_concept_id,"
            " v.day AS visit_start_date, coalesce(v.until, v.day) AS visit_end_date,"
            f" {_EHR} AS visit_type_concept_id, v.place AS care_site_source_value,"
            " v.code AS visit_source_value FROM encounter v"
        )

    def _measurements(self) -> str:
        return (
            "SELECT row_number() OVER () AS measurement_id,"
            f" {_PERSON_ID.format('v.person')} AS person_id,"
            " coalesce(c.concept, 0) AS measurement_concept_id, v.day AS measurement_date,"
            f" {_EHR} AS measurement_type_concept_id,"
            " CASE WHEN f.factor IS NULL THEN v.value"
            " ELSE round(v.value * f.factor + f.base, 3) END AS value_as_number,"
            " coalesce(f.wanted, v.unit) AS unit_source_value,"
            " v.value AS value_source_value, v.unit AS unit_before,"
            " v.code AS measurement_source_value, 'LOINC' AS source_vocabulary_id FROM result v"
            " LEFT JOIN factors f ON f.code = v.code AND f.unit = v.unit"
            f" {self._concept('result')}"
        )

    def _concept(self, kind: str) -> str:
        """The longest beginning of a code that has a concept."""
        return (
            "LEFT JOIN (SELECT d.code, max_by(k.concept, length(k.start)) AS concept FROM"
            f" (SELECT DISTINCT code FROM {kind}) d JOIN"
            f" (SELECT code AS start, concept FROM concepts WHERE kind = '{kind}') k"
            " ON starts_with(d.code, k.start) GROUP BY d.code) c ON c.code = v.code"
        )

    def _coverage(self) -> tuple[Coverage, ...]:
        found = []
        for kind in (*_DOMAINS, "result"):
            sql = f"SELECT count(*), count(c.concept) FROM {kind} v {self._concept(kind)}"
            rows, mapped = self._engine.run(sql).rows[0]
            found.append(Coverage(kind, rows, mapped))
        return tuple(found)

    def _unmapped(self) -> tuple[Unmapped, ...]:
        found = []
        for kind in (*_DOMAINS, "result"):
            sql = (
                f"SELECT v.code, count(*) FROM {kind} v {self._concept(kind)}"
                " WHERE c.concept IS NULL GROUP BY v.code ORDER BY count(*) DESC, v.code LIMIT 200"
            )
            found += [Unmapped(kind, code or "", rows) for code, rows in self._engine.run(sql).rows]
        return tuple(found)

    def _units(self) -> tuple[Unmapped, ...]:
        """Units of one test other than the one that most results bear, without a factor."""
        sql = (
            "SELECT v.code, coalesce(v.unit, ''), count(*) FROM result v"
            " JOIN (SELECT code, mode(unit) AS usual FROM result GROUP BY code) u"
            " ON u.code = v.code"
            " LEFT JOIN factors f ON f.code = v.code AND f.unit = v.unit"
            " WHERE v.unit IS DISTINCT FROM u.usual AND f.factor IS NULL"
            " GROUP BY v.code, coalesce(v.unit, '') ORDER BY count(*) DESC LIMIT 200"
        )
        return tuple(Unmapped(code, unit, rows) for code, unit, rows in self._engine.run(sql).rows)

    def _write(self, table: str, sql: str) -> None:
        file = self._folder / f"{table}.parquet"
        self._engine.write(sql, file)
        counted = self._engine.run(f"SELECT count(*) FROM read_parquet('{file}')")
        self._tables[table] = counted.rows[0][0]

    def _named(
        self, name: str, columns: tuple[str, ...], rows: tuple[tuple[object, ...], ...]
    ) -> None:
        told = ", ".join(f"({', '.join(map(_written, row))})" for row in rows)
        self._engine.values(name, columns, told)


def _written(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else repr(value)


def _table(name: str) -> list[dict[str, str]]:
    text = data_folder("population").joinpath("omop", name).read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text)))
