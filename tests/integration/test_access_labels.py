"""Very restricted rows: two patients who differ in them alone look the same to who must not see.

Each question is asked about both; what differs between the answers is what can be inferred.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

import given
from cordee.access.records import Records
from cordee.fhir.store.journal import publish
from cordee.identity.principal import Principal
from running import Platform

BASE_LABEL = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
HOME = "Organization/home"
QUESTIONS = (
    "Observation?patient=Patient/{p}&_total=accurate",
    "Observation?patient=Patient/{p}&_summary=count",
    "Observation?subject=Patient/{p}&_sort=-date&_count=1",
    "Observation?patient=Patient/{p}&_security=" + BASE_LABEL + "|V",
    "Observation?patient:Patient._id={p}&_total=accurate",
    "Observation?patient=Patient/{p}&_include=Observation:subject",
    "Patient?_id={p}&_revinclude=Observation:subject",
    "Patient?_id={p}&_revinclude=*",
    "Patient?_id={p}&_has:Observation:patient:_security=" + BASE_LABEL + "|V",
    "Patient?_id={p}&_has:Observation:patient:_id=h-{p}",
    "Patient/{p}/$everything",
    "Patient/{p}/Observation",
    "Observation/h-{p}",
    "Observation/h-{p}/_history",
    "Observation/h-{p}/_history/1",
    "Observation/d-{p}",
    "Observation/d-{p}/_history",
    "Observation/d-{p}/_history/1",
    "Observation/once-{p}/_history/1",
    "Patient?_id={p}&_has:Observation:patient:code=http://loinc.org|29463-7",
)


def labelled(code: str) -> dict[str, Any]:
    return {"meta": {"security": [{"system": BASE_LABEL, "code": code}]}}


@pytest.fixture(scope="module", autouse=True)
async def patients(client: httpx.AsyncClient, platform: Platform) -> None:
    """`plain` and `secret`; only the second has very restricted rows: kept, deleted, once so."""
    await client.put(HOME, json={"resourceType": "Organization", "id": "home", "name": "H"})
    for name in ("plain", "secret"):
        mine = given.patient(id=name, managingOrganization={"reference": HOME})
        await client.put(f"Patient/{name}", json=mine)
        for key, label in ((f"n-{name}", "N"), (f"r-{name}", "R")):
            seen = given.observation(f"Patient/{name}", id=key, **labelled(label))
            assert (await client.put(f"Observation/{key}", json=seen)).status_code == 201
    for key in ("h-secret", "d-secret", "once-secret"):
        hidden = given.observation("Patient/secret", id=key, **labelled("V"))
        assert (await client.put(f"Observation/{key}", json=hidden)).status_code == 201
    await client.delete("Observation/d-secret")
    await client.delete("Observation/once-secret")
    await publish(platform.parts.database)


@pytest.fixture(scope="module")
async def doctor(platform: Platform) -> httpx.AsyncClient:
    return await platform.client("user/*.cruds", structure=HOME, practitioner="Practitioner/x")


def shape(answer: httpx.Response, patient: str) -> Any:
    """What an answer says, without the names and moments that differ by nature."""
    body = answer.json() if answer.content else {}
    entries = body.get("entry", [])
    kinds = sorted(
        (one["resource"]["resourceType"], one["resource"].get("id", "").replace(patient, "*"))
        for one in entries
        if "resource" in one and one["resource"]["resourceType"] != "OperationOutcome"
    )
    issues = [one.get("diagnostics", "").replace(patient, "*") for one in body.get("issue", [])]
    links = sorted(one["relation"] for one in body.get("link", []))
    return answer.status_code, body.get("total"), kinds, issues, links


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.requirement("A3.5")
async def test_two_patients_look_the_same_to_who_must_not_see(
    doctor: httpx.AsyncClient, question: str
) -> None:
    plain, secret = [
        shape(await doctor.get(question.format(p=name)), name) for name in ("plain", "secret")
    ]

    assert secret == plain


async def test_a_system_does_see_what_differs(client: httpx.AsyncClient) -> None:
    total = [
        (await client.get(f"Observation?patient=Patient/{name}&_total=accurate")).json()["total"]
        for name in ("plain", "secret")
    ]

    assert total == [2, 3]
    assert (await client.get("Observation/h-secret")).status_code == 200
    assert (await client.get("Observation/d-secret")).status_code == 410


async def test_the_patient_sees_their_own(platform: Platform, client: httpx.AsyncClient) -> None:
    team = {
        "resourceType": "CareTeam", "id": "own", "status": "active",
        "subject": {"reference": "Patient/secret"}, "managingOrganization": [{"reference": HOME}],
    }  # fmt: skip
    await client.put("CareTeam/own", json=team)
    patient = await platform.client("user/*.rs", structure=HOME, practitioner="Patient/secret")

    assert (await patient.get("Observation/h-secret")).status_code == 200
    await client.delete("CareTeam/own")


async def test_histories_of_a_type_omit_hidden_rows(doctor: httpx.AsyncClient) -> None:
    body = (await doctor.get("Observation/_history?_count=200")).json()

    urls = {one["request"]["url"] for one in body["entry"]}
    names = {url.partition("/_history")[0].rpartition("/")[2] for url in urls}
    assert names.isdisjoint({"h-secret", "d-secret", "once-secret"})
    assert "n-secret" in names


async def test_a_version_that_was_labelled_stays_hidden_when_the_label_goes(
    client: httpx.AsyncClient, doctor: httpx.AsyncClient
) -> None:
    was = given.observation("Patient/plain", id="freed", **labelled("V"))
    await client.put("Observation/freed", json=was)
    await client.put("Observation/freed", json=given.observation("Patient/plain", id="freed"))

    answers = [
        (await doctor.get(f"Observation/freed{end}")).status_code
        for end in ("", "/_history/2", "/_history/1")
    ]
    versions = (await doctor.get("Observation/freed/_history")).json()["entry"]

    assert (answers, len(versions)) == ([200, 200, 404], 1)
    await client.delete("Observation/freed")


@pytest.mark.parametrize("reference", ["h-{p}", "d-{p}"])
async def test_a_reference_to_a_hidden_row_is_refused_as_to_an_absent_one(
    doctor: httpx.AsyncClient, reference: str
) -> None:
    shapes = []
    for name in ("plain", "secret"):
        target = {"reference": f"Observation/{reference.format(p=name)}"}
        mine = given.observation(f"Patient/{name}", hasMember=[target])
        shapes.append(shape(await doctor.post("Observation", json=mine), name))

    assert shapes[0] == shapes[1]
    assert shapes[0][0] == 422


@pytest.mark.parametrize("key", ["h-{p}", "d-{p}"])
async def test_deleting_a_hidden_row_is_deleting_an_absent_one(
    doctor: httpx.AsyncClient, client: httpx.AsyncClient, key: str
) -> None:
    said = [
        (await doctor.delete(f"Observation/{key.format(p=name)}")).status_code
        for name in ("plain", "secret")
    ]

    assert said[0] == said[1]
    assert (await client.get("Observation/h-secret")).status_code == 200


async def test_the_screen_shows_neither_the_row_nor_that_it_moved(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    who = Principal("dr", "Dr", "doctor", HOME, "Practitioner/x", ("user/*.cruds",), level=2)
    parts = platform.parts
    kernel = parts.kernel
    records = Records(parts.database, parts.guard, kernel.keys, kernel.registry, parts.listener)
    numbers: AsyncIterator[int] = records.changes(who, "secret")
    async with asyncio.timeout(10):
        first = await anext(numbers)
        again = given.observation("Patient/secret", id="h-secret", **labelled("V"))
        await client.put("Observation/h-secret", json=again)
        await publish(platform.parts.database)
        seen = given.observation("Patient/secret", id="n-secret", **labelled("N"), status="amended")
        await client.put("Observation/n-secret", json=seen)
        await publish(platform.parts.database)
        second = await anext(numbers)

    rows = await records.open(who, "secret", "test")

    names = {name for kind, name, _ in rows if kind == "results"}
    change = next(int(name) for kind, name, _ in rows if kind == "change")
    assert names == {"Observation/n-secret", "Observation/r-secret"}
    assert change == second > first


def document(key: str, *labels: str) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference", "id": key, "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11488-4"}]},
        "subject": {"reference": "Patient/plain"},
        "content": [{"attachment": {"contentType": "text/plain", "data": "eA=="}}],
        "securityLabel": [{"coding": [{"system": "urn:oid:1.2.250.1.213.1.1.4.13", "code": one}]}
                          for one in labels],
    }  # fmt: skip


@pytest.mark.requirement("A3.5")
@pytest.mark.requirement("A3.6")
@pytest.mark.requirement("A3.7")
async def test_visibility_labels_hide_from_whom_they_name(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    labels = ("MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX")
    for place, label in enumerate(labels):
        made = await client.put(f"DocumentReference/v{place}", json=document(f"v{place}", label))
        assert made.status_code == 201, made.text
    seen: dict[str, list[int]] = {}
    for entity in ("Practitioner/x", "Patient/plain", "RelatedPerson/parent"):
        person = await platform.client("user/*.rs", structure=HOME, practitioner=entity)
        read = [(await person.get(f"DocumentReference/v{place}")).status_code for place in range(3)]
        total = (await person.get("DocumentReference?patient=Patient/plain&_summary=count")).json()
        assert total["total"] == read.count(200)
        seen[entity] = read

    assert seen == {
        "Practitioner/x": [404, 200, 200],
        "Patient/plain": [200, 404, 200],
        "RelatedPerson/parent": [404, 404, 404],
    }
