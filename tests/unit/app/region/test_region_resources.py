"""The region as a whole: valid, stable, complete, whatever the number of processes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import orjson
import pytest

from cordee.app.region import region_resources
from cordee.app.region.ins import key
from cordee.app.region.people import PROVISIONAL, QUALIFIED, RECOVERED, VALIDATED, person
from cordee.fhir.validation.validate import validate
from cordee.runtime.errors import InvalidRequest

TODAY = date(2026, 11, 22)
PATIENTS = 300
DIRECTORY = {"Organization", "Location", "HealthcareService", "Practitioner", "PractitionerRole"}
INS_TEST = "urn:oid:1.2.250.1.213.1.4.10"


@lru_cache(maxsize=1)
def bodies() -> tuple[bytes, ...]:
    return tuple(region_resources(7, PATIENTS, today=TODAY))


@lru_cache(maxsize=1)
def resources() -> tuple[dict[str, Any], ...]:
    return tuple(orjson.loads(body) for body in bodies())


@lru_cache(maxsize=1)
def patients() -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in resources() if entry["resourceType"] == "Patient"}


def matricules() -> list[str]:
    return [
        found["value"]
        for patient in patients().values()
        for found in patient["identifier"]
        if found["system"] == INS_TEST
    ]


@pytest.mark.requirement("G1.12")
def test_every_resource_is_valid_without_warning() -> None:
    issues = [issue for entry in resources() for issue in validate(entry)]

    assert issues == []


def test_same_seed_and_day_give_the_same_bytes() -> None:
    assert tuple(region_resources(7, PATIENTS, today=TODAY)) == bodies()


def test_another_seed_gives_other_people_in_the_same_places() -> None:
    other = tuple(region_resources(8, PATIENTS, today=TODAY))

    count = sum(1 for entry in resources() if entry["resourceType"] in DIRECTORY)
    assert other[:count] == bodies()[:count]
    assert other[count:] != bodies()[count:]


def test_parts_together_are_the_whole() -> None:
    parts = [body for part in range(3) for body in region_resources(7, PATIENTS, part, 3, TODAY)]

    assert sorted(parts) == sorted(bodies())


def test_structures_come_first_and_only_in_the_first_part() -> None:
    kinds = [entry["resourceType"] in DIRECTORY for entry in resources()]
    second = [orjson.loads(body) for body in region_resources(7, PATIENTS, 1, 2, TODAY)]

    assert kinds == sorted(kinds, reverse=True)
    assert not any(entry["resourceType"] in DIRECTORY for entry in second)


def test_part_outside_the_parts_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        list(region_resources(7, PATIENTS, 2, 2, TODAY))


@pytest.mark.requirement("G1.12")
def test_as_many_patients_as_asked() -> None:
    assert len(patients()) == PATIENTS


def test_references_resolve_and_ids_are_unique() -> None:
    names = [f"{entry['resourceType']}/{entry['id']}" for entry in resources()]
    targets = {
        found.decode() for body in bodies() for found in re.findall(rb'"reference":"([^"]+)"', body)
    }

    assert len(names) == len(set(names))
    assert targets <= set(names)


def test_a_resource_comes_after_what_it_refers_to() -> None:
    seen: set[str] = set()
    for body, entry in zip(bodies(), resources(), strict=True):
        targets = {found.decode() for found in re.findall(rb'"reference":"([^"]+)"', body)}
        assert targets <= seen, entry["id"]
        seen.add(f"{entry['resourceType']}/{entry['id']}")


def test_about_thirty_resources_a_person() -> None:
    own = [entry for entry in resources() if entry["resourceType"] not in DIRECTORY]

    assert 25 <= len(own) / PATIENTS <= 36


def test_nothing_happened_after_today_but_appointments_and_aims() -> None:
    future = {
        entry["resourceType"]
        for entry in resources()
        if any(
            moment > TODAY.isoformat()
            for moment in re.findall(r"\d{4}-\d\d-\d\d", orjson.dumps(entry).decode())
        )
    }

    assert future <= {"Appointment", "Goal"}


def test_matricules_have_right_keys_and_are_unique() -> None:
    found = matricules()

    assert all(re.fullmatch(r"[12]\d{14}", matricule) for matricule in found)
    assert all(matricule[13:] == key(matricule[:13]) for matricule in found)
    assert len(found) == len(set(found))


def test_matricule_agrees_with_sex_and_birth() -> None:
    for patient in patients().values():
        for found in patient["identifier"]:
            if found["system"] == INS_TEST:
                year, month, _ = patient["birthDate"].split("-")
                sex = "2" if patient["gender"] == "female" else "1"
                assert found["value"].startswith(sex + year[2:] + month)


def test_four_people_in_five_are_qualified() -> None:
    statuses = [person(3, index, TODAY).status for index in range(1500)]

    share = statuses.count(QUALIFIED) / len(statuses)
    assert 0.78 <= share <= 0.86
    assert set(statuses) == {QUALIFIED, VALIDATED, RECOVERED, PROVISIONAL}


@pytest.mark.requirement("G1.12")
def test_some_people_share_names_and_birth_date() -> None:
    traits = Counter(
        (patient["name"][0]["family"], patient["name"][0]["given"][0], patient["birthDate"])
        for patient in patients().values()
    )

    assert sum(count > 1 for count in traits.values()) >= 2


def test_measures_have_units_ranges_and_reading() -> None:
    reports: dict[str, int] = defaultdict(int)
    for entry in resources():
        if entry["resourceType"] == "Observation" and "valueQuantity" in entry:
            assert entry["valueQuantity"]["system"] == "http://unitsofmeasure.org"
            if "referenceRange" in entry:
                assert entry["interpretation"]
                reports["laboratory"] += 1
    assert reports["laboratory"] > PATIENTS


def test_the_dead_have_no_running_treatment_nor_appointment() -> None:
    dead: set[str] = set()
    for body in region_resources(5, 800, today=TODAY):
        entry = orjson.loads(body)
        if entry["resourceType"] == "Patient" and "deceasedDateTime" in entry:
            dead.add(f"Patient/{entry['id']}")
        elif entry.get("subject", {}).get("reference") in dead:
            assert (entry["resourceType"], entry.get("status")) not in {
                ("MedicationRequest", "active"),
                ("CareTeam", "active"),
                ("ServiceRequest", "active"),
            }
        elif entry["resourceType"] == "Appointment":
            assert entry["participant"][0]["actor"]["reference"] not in dead

    assert dead


def test_documents_are_written_at_hours_of_their_own() -> None:
    written = [
        entry["date"] for entry in resources() if entry["resourceType"] == "DocumentReference"
    ]
    clocks = Counter(text[11:16] for text in written)

    assert len(written) > 200
    assert max(clocks.values()) < len(written) / 20
    assert len(clocks) > len(written) / 3
    assert all(text[:10] <= TODAY.isoformat() for text in written)


def test_a_letter_follows_the_emergency_that_it_tells_of() -> None:
    ends: defaultdict[str, set[str]] = defaultdict(set)
    for entry in resources():
        if entry["resourceType"] == "Encounter" and "end" in entry["period"]:
            ends[entry["subject"]["reference"]].add(entry["period"]["end"][:16])
    checked = 0
    for entry in resources():
        title = entry.get("description", "")
        if entry["resourceType"] != "DocumentReference" or not title.startswith(
            "Passage aux urgences,"
        ):
            continue
        moment = entry["date"][:16]
        if moment[:10] == TODAY.isoformat():
            continue
        before = [end for end in ends[entry["subject"]["reference"]] if end < moment]
        late = max(before, default="")
        hours = datetime.fromisoformat(moment) - datetime.fromisoformat(late)
        assert hours.total_seconds() <= 2 * 3600, (late, moment)
        checked += 1
    assert checked > 20
