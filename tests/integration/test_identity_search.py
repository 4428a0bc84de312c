"""Search before create over the whole region, and what keeps its keys. Requirement A1.1."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

import given
from cordee.fhir.store.journal import publish
from cordee.fhir.store.scope import Scope
from cordee.identity.matching.people import Person
from cordee.identity.patients.following import Follower
from cordee.identity.patients.searching import Finder
from cordee.runtime.errors import InvalidRequest
from running import Platform

HOME = "Organization/home"
GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
pytestmark = pytest.mark.requirement("A1.1")


def person(family: str, name: str, born: str, **more: Any) -> given.Resource:
    names = [{"use": "official", "family": family, "given": [name]}]
    return given.patient(name=names, birthDate=born, gender="female") | more


def asking(family: str, born: str, name: str = "", **more: Any) -> given.Resource:
    patient = {
        "resourceType": "Patient",
        "name": [{"family": family, "given": [name]} if name else {"family": family}],
        "birthDate": born,
    }
    parts: list[Any] = [{"name": "resource", "resource": patient}]
    parts += [{"name": name, **value} for name, value in more.items()]
    return {"resourceType": "Parameters", "parameter": parts}


@pytest.fixture(scope="module", autouse=True)
async def people(client: httpx.AsyncClient) -> None:
    await client.put(HOME, json={"resourceType": "Organization", "id": "home", "name": "H"})
    for key, family, name, born in (
        ("delmas", "Delmas", "Claire", "1971-03-02"),
        ("mercier", "Mercier", "Anne", "1980-06-11"),
        ("other", "Zielinski", "Anne", "1980-06-11"),
    ):
        made = person(family, name, born, id=key)
        assert (await client.put(f"Patient/{key}", json=made)).status_code == 201


@pytest.fixture
async def doctor(platform: Platform) -> httpx.AsyncClient:
    return await platform.client("user/*.cruds", user="d", structure=HOME)


def found(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["resource"]["id"] for one in answer.json().get("entry", ())]


@pytest.mark.parametrize(
    ("family", "name", "born"),
    [
        ("Delmas", "Claire", "1971-03-02"),
        ("DELMAS", "", "1971-03-02"),
        ("Delmasse", "Claire", "1971-03-02"),  # as it sounds
        ("Claire", "Delmas", "1971-03-02"),  # names exchanged
        ("Delmas", "Claire", "1971-02-03"),  # day and month exchanged
    ],
)
async def test_a_file_is_found_at_once_however_it_was_typed(
    doctor: httpx.AsyncClient, family: str, name: str, born: str
) -> None:
    answer = await doctor.post("Patient/$match", json=asking(family, born, name))

    assert found(answer)[:1] == ["delmas"]
    best = answer.json()["entry"][0]["search"]
    assert best["mode"] == "match"
    assert 0.5 <= best["score"] <= 1
    assert best["extension"][0]["url"] == GRADE


async def test_a_match_shows_the_traits_and_nothing_of_the_care(
    client: httpx.AsyncClient, doctor: httpx.AsyncClient
) -> None:
    made = person("Vasseur", "Lise", "1966-01-09", telecom=[{"system": "phone", "value": "1"}])
    made["managingOrganization"] = {"reference": HOME}
    await client.post("Patient", json=made)

    answer = await doctor.post("Patient/$match", json=asking("Vasseur", "1966-01-09", "Lise"))

    resource = answer.json()["entry"][0]["resource"]
    assert not {"telecom", "managingOrganization", "generalPractitioner"} & resource.keys()


async def test_only_certain_matches_and_count(doctor: httpx.AsyncClient) -> None:
    vague = asking("Mercier", "1980-06-11", onlyCertainMatches={"valueBoolean": True})
    one = asking("Mercier", "1980-06-11", "Anne", count={"valueInteger": 1})

    assert found(await doctor.post("Patient/$match", json=vague)) == []
    assert found(await doctor.post("Patient/$match", json=one)) == ["mercier"]


async def test_a_person_creates_only_whom_they_searched(
    doctor: httpx.AsyncClient, platform: Platform
) -> None:
    new = person("Tournier", "Paule", "1955-05-05", managingOrganization={"reference": HOME})
    refused = await doctor.post("Patient", json=new)
    in_bundle = await doctor.post(
        "", json=given.bundle("transaction", given.entry("POST", "Patient", new))
    )
    elsewhere = await doctor.put("Patient/tournier", json=new | {"id": "tournier"})
    await doctor.post("Patient/$match", json=asking("Delmas", "1971-03-02"))
    still = await doctor.post("Patient", json=new)

    assert [one.status_code for one in (refused, in_bundle, elsewhere, still)] == [422] * 4
    assert "Cherchez d’abord" in refused.json()["issue"][0]["diagnostics"]

    await doctor.post("Patient/$match", json=asking("Tournier", "1955-05-05"))
    colleague = await platform.client("user/*.cruds", user="c", structure=HOME)
    assert (await colleague.post("Patient", json=new)).status_code == 422
    made = await doctor.post("Patient", json=new)
    assert made.status_code == 201
    changed = made.json() | {"gender": "unknown"}
    assert (await doctor.put(f"Patient/{made.json()['id']}", json=changed)).status_code == 200


async def test_a_system_creates_as_before(client: httpx.AsyncClient) -> None:
    assert (await client.post("Patient", json=given.patient())).status_code == 201


async def test_a_patient_searches_nobody(platform: Platform) -> None:
    patient = await platform.client(
        "user/*.cruds", user="p", role="patient", practitioner="Patient/delmas", structure=""
    )

    answer = await patient.post("Patient/$match", json=asking("Mercier", "1980-06-11"))

    assert answer.status_code == 403


async def test_the_search_is_in_the_trail_with_whom_it_showed(
    doctor: httpx.AsyncClient, platform: Platform
) -> None:
    await doctor.post("Patient/$match", json=asking("Delmas", "1971-03-02", "Claire"))

    async with platform.parts.database.write.acquire() as connection:
        line = await connection.fetchrow(
            "SELECT action::text, pats, detail FROM audit WHERE actor = 'd' ORDER BY n DESC LIMIT 1"
        )
    assert line is not None
    assert line["action"] == "E"
    assert line["detail"].startswith("identity search")
    assert platform.parts.kernel.keys("Patient/delmas") in line["pats"]


async def test_keys_follow_the_writes_and_likely_pairs_become_tasks(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    home = {"address": [{"line": ["3 rue Haute"], "city": "Aubrey", "postalCode": "96021"}]}
    for key, name in (("twice-a", "Hortense"), ("twice-b", "Hortence"), ("twin", "Ludivine")):
        await client.put(
            f"Patient/{key}", json=person("Quinquet", name, "1949-12-24", id=key, **home)
        )
    await publish(platform.parts.database)
    await Follower(platform.parts.kernel).catch_up()

    async with platform.parts.database.write.acquire() as connection:
        rows = await connection.fetch("SELECT first, second, reasons FROM identity_task")
    pairs = {(row["first"], row["second"]): row["reasons"] for row in rows}
    assert ("twice-a", "twice-b") in pairs
    assert all("twin" not in pair for pair in pairs)
    assert len(pairs["twice-a", "twice-b"]) > 2


async def test_a_name_of_two_letters_is_searched_with_a_given_name(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    await client.put("Patient/ly", json=person("Ly", "Kim", "1990-10-09", id="ly"))
    finder, scope = Finder(platform.parts.kernel), Scope("s", None, {"*": "rs"})
    asked = Person(birth_name="Ly", given_names="Kim", birth_date="1990-10-09")

    assert [one.patient["id"] for one in await finder.find(scope, asked)] == ["ly"]
    with pytest.raises(InvalidRequest):
        await finder.find(scope, Person(birth_name="Ly", birth_date="1990-10-09"))
