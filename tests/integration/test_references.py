"""References: refused when they lead nowhere, unless told to report; their compartments."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

import given
from running import Ground, platform_on


@pytest.fixture(scope="module")
async def reporting(ground: Ground) -> AsyncIterator[httpx.AsyncClient]:
    async with platform_on(ground, references="report") as platform:
        yield await platform.client()


LOOSE = [
    "Patient/nobody",
    "Patient/nobody/_history/1",
    "urn:uuid:0f5a4c1e-9d1c-4a55-8d6e-000000000001",
]


@pytest.mark.parametrize("reference", LOOSE)
async def test_reference_that_leads_nowhere_is_refused(
    client: httpx.AsyncClient, reference: str
) -> None:
    body = given.observation(reference)

    create = await client.post("Observation", json=body)
    update = await client.put("Observation/o1", json=body | {"id": "o1"})
    bundle = await client.post(
        "", json=given.bundle("transaction", given.entry("POST", "Observation", body))
    )

    for answer in (create, update, bundle):
        assert answer.status_code == 422, reference
        assert answer.json()["issue"][0]["code"] == "not-found"
    assert (await client.get("Observation/o1")).status_code == 404


async def test_absolute_reference_to_this_server_is_checked_too(
    client: httpx.AsyncClient,
) -> None:
    base = str(client.base_url).rstrip("/")
    made = (await client.post("Patient", json=given.patient())).json()

    there = await client.post("Observation", json=given.observation(f"{base}/Patient/{made['id']}"))
    nowhere = await client.post("Observation", json=given.observation(f"{base}/Patient/nobody"))

    assert (there.status_code, nowhere.status_code) == (201, 422)
    assert there.json()["subject"]["reference"] in {
        f"Patient/{made['id']}",
        f"{base}/Patient/{made['id']}",
    }


async def test_reference_to_what_was_deleted_is_refused(client: httpx.AsyncClient) -> None:
    made = (await client.post("Patient", json=given.patient())).json()
    await client.delete(f"Patient/{made['id']}")

    refused = await client.post("Observation", json=given.observation(f"Patient/{made['id']}"))

    assert refused.status_code == 422


@pytest.mark.parametrize(
    "subject",
    [
        {"identifier": {"system": "urn:x", "value": "1"}, "type": "Patient"},
        {"reference": "https://elsewhere.example/fhir/Patient/1"},
        {"display": "somebody"},
    ],
)
async def test_logical_and_foreign_references_are_accepted(
    client: httpx.AsyncClient, subject: dict
) -> None:
    made = await client.post("Observation", json=given.observation(subject=subject))

    assert made.status_code == 201
    assert made.json()["subject"] == subject


async def test_reference_to_a_contained_resource_is_accepted(client: httpx.AsyncClient) -> None:
    made = await client.post(
        "Observation",
        json=given.observation("#p", contained=[given.patient(id="p")]),
    )

    assert made.status_code == 201


async def test_reference_to_itself_is_accepted(client: httpx.AsyncClient) -> None:
    patient = given.patient(
        id="self", link=[{"other": {"reference": "Patient/self"}, "type": "seealso"}]
    )

    assert (await client.put("Patient/self", json=patient)).status_code == 201


@pytest.mark.parametrize("reference", LOOSE)
async def test_loose_reference_is_reported_where_that_is_asked(
    reporting: httpx.AsyncClient, reference: str
) -> None:
    made = await reporting.post(
        "Observation",
        json=given.observation(reference),
        headers={"prefer": "return=OperationOutcome"},
    )

    issues = made.json()["issue"]
    assert made.status_code == 201
    assert any(issue["severity"] == "warning" and issue["code"] == "not-found" for issue in issues)


async def test_loose_reference_in_a_transaction_is_reported(
    reporting: httpx.AsyncClient,
) -> None:
    answer = await reporting.post(
        "",
        json=given.bundle(
            "transaction", given.entry("POST", "Observation", given.observation("Patient/nobody"))
        ),
        headers={"prefer": "return=OperationOutcome"},
    )

    assert answer.status_code == 200
    outcome = answer.json()["entry"][0]["response"]["outcome"]
    assert outcome["issue"][0]["code"] == "not-found"


async def test_reference_that_holds_is_not_reported(reporting: httpx.AsyncClient) -> None:
    made = (await reporting.post("Patient", json=given.patient())).json()

    answer = await reporting.post(
        "Observation",
        json=given.observation(f"Patient/{made['id']}"),
        headers={"prefer": "return=OperationOutcome"},
    )

    assert all(issue["code"] != "not-found" for issue in answer.json()["issue"])


async def test_compartment_holds_what_refers_to_its_patient(client: httpx.AsyncClient) -> None:
    ids = []
    for key in ("comp-a", "comp-b"):
        await client.put(f"Patient/{key}", json=given.patient(id=key))
        made = await client.post("Observation", json=given.observation(f"Patient/{key}"))
        ids.append(made.json()["id"])
    performer = given.observation("Patient/comp-b", performer=[{"reference": "Patient/comp-a"}])
    ids.append((await client.post("Observation", json=performer)).json()["id"])

    def found(answer: httpx.Response) -> set[str]:
        assert answer.status_code == 200, answer.text
        return {entry["resource"]["id"] for entry in answer.json().get("entry", ())}

    one = await client.get("Patient/comp-a/Observation")
    by_form = await client.post("Patient/comp-a/Observation/_search", data={"code": "29463-7"})
    nothing = await client.get("Patient/comp-a/Observation?code=1-8")
    whole = await client.get("Patient/comp-a/*")
    other = await client.get("Patient/nobody/Observation")

    assert found(one) == {ids[0], ids[2]}
    assert found(by_form) == {ids[0], ids[2]}
    assert found(nothing) == set()
    assert {ids[0], ids[2]} <= found(whole)
    assert ids[1] not in found(whole)
    assert found(other) == set()


async def test_compartment_of_a_practitioner_holds_their_work(client: httpx.AsyncClient) -> None:
    await client.put("Practitioner/doc", json={"resourceType": "Practitioner", "id": "doc"})
    made = await client.post(
        "Observation", json=given.observation(performer=[{"reference": "Practitioner/doc"}])
    )

    found = (await client.get("Practitioner/doc/Observation")).json()

    assert [entry["resource"]["id"] for entry in found["entry"]] == [made.json()["id"]]


async def test_type_outside_of_the_compartment_is_answered(client: httpx.AsyncClient) -> None:
    answer = await client.get("Patient/comp-a/Organization")

    assert answer.status_code in {200, 400, 404}
    if answer.status_code == 200:
        assert answer.json()["total"] == 0
