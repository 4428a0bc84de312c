"""Documents published at /fhir: ITI-65 lots, ITI-105, versions, replays, and their files."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import httpx
import pytest

import given
from cordee.care.documents.vocabulary import COMPREHENSIVE, LOT, SIMPLIFIED
from running import Platform
from shared_data import shared

PDF = b"%PDF-1.4 lettre"
RPPS = {"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "899700218896"}
INS = {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "123456789012345"}


def document(number: str, subject: str, **more: Any) -> dict[str, Any]:
    made = {
        "resourceType": "DocumentReference", "meta": {"profile": [COMPREHENSIVE]},
        "contained": [{"resourceType": "Practitioner", "id": "a", "identifier": [RPPS]}],
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": number},
        "status": "current", "subject": {"reference": subject},
        "type": {"coding": [{"system": "http://loinc.org", "code": "11488-4"}]},
        "date": "2026-06-12T10:00:00+02:00", "author": [{"reference": "#a"}],
        "content": [{"attachment": {
            "contentType": "application/pdf", "url": "urn:uuid:00000000-0000-4000-8000-00000000000b",
            "title": "Lettre", "size": len(PDF),
            "hash": base64.b64encode(hashlib.sha1(PDF).digest()).decode(),
        }}],
    }  # fmt: skip
    return made | more


def lot(one: dict[str, Any], data: bytes = PDF) -> dict[str, Any]:
    binary = {
        "resourceType": "Binary", "contentType": "application/pdf",
        "data": base64.b64encode(data).decode(),
    }  # fmt: skip
    made = given.bundle(
        "transaction",
        given.entry("POST", "DocumentReference", one, fullUrl="urn:uuid:00000000-0000-4000-8000-00000000000a"),
        given.entry("POST", "Binary", binary, fullUrl="urn:uuid:00000000-0000-4000-8000-00000000000b"),
    )  # fmt: skip
    return made | {"meta": {"profile": [LOT]}}


@pytest.fixture
async def patient(client: httpx.AsyncClient) -> str:
    home = {"resourceType": "Organization", "id": "home", "name": "Home"}
    await client.put("Organization/home", json=home)
    made = given.patient(managingOrganization={"reference": "Organization/home"})
    return f"Patient/{(await client.post('Patient', json=made)).json()['id']}"


def place(answer: httpx.Response, entry: int = 0) -> str:
    location = answer.json()["entry"][entry]["response"]["location"]
    return "/".join(location.split("/fhir/")[-1].split("/")[:2])


@pytest.mark.requirement("A3.8")
async def test_a_lot_comes_in_by_the_door_and_again_changes_nothing(
    platform: Platform, client: httpx.AsyncClient, patient: str
) -> None:
    sent = lot(document("urn:oid:2.25.1", patient))

    answer = await client.post("", json=sent)
    again = await client.post("", json=sent)

    assert (answer.status_code, again.status_code) == (200, 409)
    found = (await client.get("DocumentReference", params={"patient": patient})).json()
    binary = (await client.get(place(answer, 1))).json()
    assert found["total"] == 1
    assert binary["securityContext"]["reference"] == place(answer)
    async with platform.parts.database.write.acquire() as connection:
        row = await connection.fetchrow(
            "SELECT door, identity FROM document_entry WHERE unique_id = 'urn:oid:2.25.1'"
        )
    assert row is not None
    assert tuple(row) == ("fhir", "PROV")


@pytest.mark.requirement("A3.8")
@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"type": {"coding": [{"code": "x"}]}}, "type"),
        ({"date": "2126-01-01T10:00:00+01:00"}, "date"),
        ({"author": [{"reference": "#a"}], "contained": [{"resourceType": "Practitioner", "id": "a"}]}, "author"),
        ({"status": "superseded"}, "status"),
    ],
)  # fmt: skip
async def test_a_lot_with_wrong_metadata_is_refused_whole(
    client: httpx.AsyncClient, patient: str, more: dict[str, Any], where: str
) -> None:
    answer = await client.post("", json=lot(document("urn:oid:2.25.2", patient, **more)))

    assert answer.status_code == 422
    assert f"Bundle.entry[0].resource.{where}" in answer.text
    found = (await client.get("DocumentReference", params={"patient": patient})).json()
    assert found["total"] == 0


@pytest.mark.requirement("A3.8")
async def test_a_file_that_changed_on_its_way_is_refused(
    client: httpx.AsyncClient, patient: str
) -> None:
    sent = lot(document("urn:oid:2.25.3", patient), b"%PDF-1.4 lettrE")

    answer = await client.post("", json=sent)

    assert answer.status_code == 422
    assert "Bundle.entry[0].resource.hash" in answer.text


@pytest.mark.requirement("A3.8")
async def test_a_new_version_supersedes_without_being_told(
    client: httpx.AsyncClient, patient: str
) -> None:
    first = place(await client.post("", json=lot(document("urn:oid:2.25.4", patient))))
    replaces = [{"code": "replaces", "target": {"reference": first}}]

    answer = await client.post(
        "", json=lot(document("urn:oid:2.25.5", patient, relatesTo=replaces))
    )
    late = await client.post("", json=lot(document("urn:oid:2.25.6", patient, relatesTo=replaces)))

    assert answer.status_code == 200, answer.text
    assert (await client.get(first)).json()["status"] == "superseded"
    assert late.status_code == 422


@pytest.mark.requirement("A3.8")
async def test_a_document_published_alone_becomes_a_reference_and_a_file(
    client: httpx.AsyncClient, patient: str
) -> None:
    sent = document("urn:oid:2.25.7", patient, meta={"profile": [SIMPLIFIED]})
    attachment = {
        "contentType": "application/pdf", "title": "Lettre",
        "data": base64.b64encode(PDF).decode(),
    }  # fmt: skip
    sent["content"] = [{"attachment": attachment}]

    answer = await client.post("DocumentReference", json=sent)
    again = await client.post("DocumentReference", json=sent)
    attachment["data"] = base64.b64encode(b"%PDF-1.4 autre").decode()
    other = await client.post("DocumentReference", json=sent)

    assert (answer.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert again.json()["id"] == answer.json()["id"]
    kept = answer.json()["content"][0]["attachment"]
    assert "data" not in kept
    assert kept["size"] == len(PDF)
    file = (await client.get(kept["url"])).json()
    assert base64.b64decode(file["data"]) == PDF


@pytest.mark.requirement("A3.9")
async def test_a_person_opens_the_file_of_a_document_that_they_see(
    platform: Platform, client: httpx.AsyncClient, patient: str
) -> None:
    answer = await client.post("", json=lot(document("urn:oid:2.25.8", patient)))
    near = await platform.client("user/*.rs", structure="Organization/home")
    far = await platform.client("user/*.rs", structure="Organization/far")
    scopes = "patient/DocumentReference.rs patient/Binary.rs"
    of_them = await platform.client(scopes, structure="Organization/home", patient=patient)
    of_other = await platform.client(scopes, structure="Organization/home", patient="Patient/x")
    loose = {"resourceType": "Binary", "contentType": "text/plain", "data": "YQ=="}
    alone = (await client.post("Binary", json=loose)).json()["id"]

    file = place(answer, 1)

    assert (await near.get(file)).status_code == 200
    assert (await of_them.get(file)).status_code == 200
    for one in (far, of_other):
        assert (await one.get(file)).status_code == 404
    assert (await near.get(f"Binary/{alone}")).status_code == 404


@pytest.mark.requirement("A3.8")
async def test_the_replacement_of_the_guide_is_understood(client: httpx.AsyncClient) -> None:
    """The example TD2.1 of PDSm for DMP, whose file and hash do not belong together as shipped."""
    text = shared("specs/ig/pdsm4dmp/example/Bundle-example-td2-1-remplacement.json").read_text()
    given_patient = given.patient(identifier=[INS])
    patient = f"Patient/{(await client.post('Patient', json=given_patient)).json()['id']}"
    old = document("urn:oid:2.25.9", patient) | {"id": "doc-x-id"}
    old["content"] = [{"attachment": {"contentType": "text/plain", "data": "YQ=="}}]
    assert (await client.put("DocumentReference/doc-x-id", json=old)).status_code == 201
    bundle = json.loads(text)
    by_type = {one["resource"]["resourceType"]: one["resource"] for one in bundle["entry"]}
    data = base64.b64decode(by_type["Binary"]["data"])
    held = by_type["DocumentReference"]["content"][0]["attachment"]
    held |= {"size": len(data), "hash": base64.b64encode(hashlib.sha1(data).digest()).decode()}

    answer = await client.post("", json=bundle)

    assert answer.status_code == 200, answer.text
    assert (await client.get("DocumentReference/doc-x-id")).json()["status"] == "superseded"
