"""Indicators recomputed from the resources as they were written, by other code: equal to the last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from cordee.app.region.generator import region_resources
from cordee.fhir.indexing.keys import KeyMaker
from cordee.population.engine.duck import DuckEngine
from cordee.population.facts.making import Facts
from cordee.population.indicators.computing import Computing
from cordee.population.indicators.definition import shipped
from cordee.population.lake.contents import TYPES
from cordee.population.lake.door import Door, stays
from cordee.population.lake.pseudonyms import Pseudonyms
from cordee.population.lake.tables import Batch, Tables

DAY = date(2026, 10, 31)
YEAR, TWO_YEARS, FIVE_YEARS = date(2025, 11, 1), date(2024, 11, 1), date(2021, 11, 1)
PEOPLE = 900
Raw = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def raw() -> Raw:
    """Resources by type, as the generator writes them."""
    found: Raw = defaultdict(list)
    for body in region_resources(11, PEOPLE, today=DAY):
        one = orjson.loads(body)
        found[one["resourceType"]].append(one)
    return found


@pytest.fixture(scope="module")
def computed(raw: Raw, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, int]]:
    """Cases and people of each indicator, through the door, the lake and the facts."""
    folder: Path = tmp_path_factory.mktemp("lake")
    keys = KeyMaker(b"k" * 32)
    door, tables = Door(Pseudonyms(b"s" * 32, keys), lambda code: code), Tables(folder)
    for kind, some in raw.items():
        rows = [
            door.row(kind, one, whose(one, keys), 1)
            for one in some
            if kind in TYPES and stays(kind, one)
        ]
        if rows:
            tables.apply(kind, Batch(rows, [], 1, is_new=True))
    engine, facts = DuckEngine(), Facts(folder / "facts")
    facts.make(engine, tables)
    computing = Computing(engine, facts)
    told = {}
    for one in shipped().values():
        cells = computing.cells(one, DAY)
        told[one.id] = (sum(c.cases for c in cells), sum(c.people for c in cells))
    engine.close()
    return told


def whose(one: dict[str, Any], keys: KeyMaker) -> int | None:
    if one["resourceType"] == "Patient":
        return keys(f"Patient/{one['id']}")
    link = (one.get("subject") or one.get("patient") or {}).get("reference", "")
    return keys(link) if link.startswith("Patient/") else None


def day_of(text: str | None) -> date | None:
    if not text:
        return None
    parts = [int(part) for part in text[:10].split("-")]
    return date(*[*parts, 1, 1][:3])


class Told:
    """What the raw resources say of each person, in plain lists."""

    def __init__(self, raw: Raw) -> None:
        self.alive: dict[str, dict[str, Any]] = {}
        for one in raw["Patient"]:
            died = day_of(one.get("deceasedDateTime"))
            if (died is None or died > DAY) and one["birthDate"][:7] <= "2026-10":
                self.alive[one["id"]] = one
        self.coded: dict[str, list[tuple[str, str, date, dict[str, Any]]]] = defaultdict(list)
        for kind, field, system, when in (
            ("Condition", "code", "icd-10", ("onsetDateTime", "recordedDate")),
            ("MedicationRequest", "medicationCodeableConcept", "atc", ("authoredOn",)),
            ("Observation", "code", "loinc", ("effectiveDateTime",)),
            ("Immunization", "vaccineCode", "atc", ("occurrenceDateTime",)),
        ):
            for one in raw[kind]:
                codes = [
                    c["code"] for c in one.get(field, {}).get("coding", []) if system in c["system"]
                ]
                day = day_of(next((one[name] for name in when if name in one), None))
                who = (one.get("subject") or one.get("patient"))["reference"].partition("/")[2]
                if codes and day is not None and one.get("status") not in {"cancelled", "draft"}:
                    self.coded[kind].append((who, codes[0], day, one))
        self.stays: list[tuple[str, str, str, date, date]] = []
        for one in raw["Encounter"]:
            if one["status"] in {"cancelled", "planned"}:
                continue
            reasons = [
                c["code"]
                for r in one.get("reasonCode", [])
                for c in r.get("coding", [])
                if "icd-10" in c["system"]
            ]
            start = day_of(one["period"].get("start"))
            assert start is not None
            end = day_of(one["period"].get("end")) or start
            who = one["subject"]["reference"].partition("/")[2]
            self.stays.append((who, one["class"]["code"], (reasons or [""])[0], start, end))

    def age(self, who: str) -> int:
        year, month = map(int, self.alive[who]["birthDate"][:7].split("-"))
        return (2026 * 12 + 10 - year * 12 - month) // 12

    def people(self, low: int = 0, high: int = 200, sex: str = "") -> set[str]:
        return {
            who
            for who, one in self.alive.items()
            if low <= self.age(who) <= high and sex in {"", one["gender"]}
        }

    def has(
        self,
        kind: str,
        *codes: str,
        since: date | None = None,
        times: int = 1,
        keep: Callable[[dict[str, Any]], bool] = lambda _: True,
    ) -> set[str]:
        days: dict[str, set[date]] = defaultdict(set)
        for who, code, day, one in self.coded[kind]:
            if (
                code.startswith(codes)
                and day <= DAY
                and (since is None or day >= since)
                and keep(one)
            ):
                days[who].add(day)
        return {who for who, some in days.items() if len(some) >= times}

    def lasting(self, *codes: str) -> set[str]:
        def lasts(one: dict[str, Any]) -> bool:
            until = day_of(one.get("abatementDateTime"))
            return until is None or until > DAY

        return self.has("Condition", *codes, keep=lasts)

    def counted(self, kind: str, *reasons: str, since: date = YEAR) -> list[str]:
        return [
            who
            for who, code, reason, start, _ in self.stays
            if code == kind
            and since <= start <= DAY
            and (not reasons or reason.startswith(reasons))
        ]


def value(unit: str, least: float) -> Callable[[dict[str, Any]], bool]:
    def enough(one: dict[str, Any]) -> bool:
        found = one.get("valueQuantity", {})
        return found.get("code") == unit and found.get("value", 0) >= least

    return enough


def expected(told: Told) -> dict[str, tuple[int, int]]:
    every = set(told.alive)
    diabetic = every & (
        told.lasting("E10", "E11", "E12", "E13", "E14")
        | told.has("MedicationRequest", "A10", since=YEAR, times=3)
        | told.has("Observation", "4548-4", since=TWO_YEARS, keep=value("%", 6.5))
        | told.has("Observation", "59261-8", since=TWO_YEARS, keep=value("mmol/mol", 48))
    )

    def share(cases: set[str], people: set[str]) -> tuple[int, int]:
        return len(cases & people), len(people)

    def rate(events: list[str], people: set[str]) -> tuple[int, int]:
        return sum(who in people for who in events), len(people)

    seniors, adults = told.people(65), told.people(15)
    twice = told.has("Observation", "4548-4", since=YEAR, times=2) | told.has(
        "Observation", "59261-8", since=YEAR, times=2
    )
    colon = told.people(50, 74) - told.has("Condition", "C18", "C19", "C20")
    avoidable = ("J44", "J45", "J46", "I50", "I10", "I11.0", "E10", "E11", "E13", "E14")
    stays = [(who, start, end) for who, code, _, start, end in told.stays if code == "IMP"]
    asked = [
        (who, start, end) for who, start, end in stays if YEAR <= start <= DAY and who in every
    ]
    followed = sum(
        any(
            other == who and later > start and later >= end and later - end <= timedelta(30)
            for other, later, _ in stays
        )
        for who, start, end in asked
    )
    without = {who for who, one in told.alive.items() if not one.get("generalPractitioner")}
    return {
        "diabete": share(diabetic, every),
        "diabete-hba1c": share(twice, diabetic),
        "diabete-sejours": rate(told.counted("IMP", "E10", "E11", "E12", "E13", "E14"), diabetic),
        "insuffisance-cardiaque": share(told.lasting("I50") | set(told.counted("IMP", "I50", since=FIVE_YEARS)), every),
        "bpco": share(told.lasting("J44") | told.has("MedicationRequest", "R03BB", since=YEAR, times=3), every),
        "avc": share(told.lasting("I60", "I61", "I62", "I63", "I64", "I69") | set(told.counted("IMP", "I60", "I61", "I62", "I63", "I64", since=FIVE_YEARS)), every),
        "chutes": rate(told.counted("EMER", "W0", "W1", "R29.6"), seniors),
        "urgences": rate(told.counted("EMER"), every),
        "hospitalisations-evitables": rate(told.counted("IMP", *avoidable), adults),
        "vaccin-grippe": share(told.has("Immunization", "J07BB", since=YEAR), seniors),
        "depistage-colorectal": share(told.has("Observation", "27396-1", "29771-3", since=TWO_YEARS), colon),
        "sans-medecin-traitant": share(without, told.people(17)),
        "readmission-30-jours": (followed, len(asked)),
    }  # fmt: skip


@pytest.mark.requirement("G2.3")
def test_other_code_over_the_raw_resources_counts_the_same(
    raw: Raw, computed: dict[str, tuple[int, int]]
) -> None:
    wanted = expected(Told(raw))
    assert {name: computed[name] for name in wanted} == wanted
    assert sum(cases > 0 for cases, _ in wanted.values()) >= 12
