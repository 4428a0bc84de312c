"""Who changes a document at /fhir: its author and the structure that keeps it, by whatever way."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

import given
from running import Platform

SCOPES = "user/*.cruds"
TITLE = [{"op": "add", "path": "/description", "value": "autre"}]
PATCHES = {"content-type": "application/json-patch+json"}


def document(patient: str, key: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "resourceType": "DocumentReference", "id": key, "status": "current",
        "subject": {"reference": patient}, "type": {"coding": [{"code": "11488-4"}]},
        "author": [{"reference": "Practitioner/writer"}],
        "content": [{"attachment": {"contentType": "text/plain", "data": "eA=="}}],
    }  # fmt: skip
    return made | more


@pytest.fixture
async def patient(client: httpx.AsyncClient) -> str:
    for key in ("home", "team"):
        await client.put(
            f"Organization/{key}", json={"resourceType": "Organization", "id": key, "name": key}
        )
    for key in ("writer", "other"):
        await client.put(f"Practitioner/{key}", json={"resourceType": "Practitioner", "id": key})
    made = given.patient(managingOrganization={"reference": "Organization/home"})
    found = f"Patient/{(await client.post('Patient', json=made)).json()['id']}"
    member = [{"member": {"reference": "Organization/team"}}]
    team = {"resourceType": "CareTeam", "subject": {"reference": found}, "participant": member}
    assert (await client.post("CareTeam", json=team)).status_code == 201
    return found


async def ways(
    client: httpx.AsyncClient, patient: str, key: str
) -> list[tuple[str, httpx.Response]]:
    """Every way of changing a document at /fhir, the deletions last."""
    place, changed = f"DocumentReference/{key}", document(patient, key, description="autre")
    mine = document(patient, key, author=[{"reference": "Practitioner/other"}])
    parameters = {
        "resourceType": "Parameters",
        "parameter": [{"name": "operation", "part": [
            {"name": "type", "valueCode": "replace"},
            {"name": "path", "valueString": "DocumentReference.status"},
            {"name": "value", "valueCode": "entered-in-error"},
        ]}],
    }  # fmt: skip

    async def entry(kind: str, *one: Any, **more: Any) -> httpx.Response:
        return await client.post("", json=given.bundle(kind, given.entry(*one, **more)))

    asked = {"_id": key}
    return [
        ("put", await client.put(place, json=changed)),
        ("put by another", await client.put(place, json=mine)),
        ("put of a version", await client.put(place, json=changed, headers={"if-match": 'W/"1"'})),
        ("put under criteria", await client.put("DocumentReference", params=asked, json=changed)),
        ("patch", await client.patch(place, json=TITLE, headers=PATCHES)),
        ("patch under criteria", await client.patch(
            "DocumentReference", params=asked, json=TITLE, headers=PATCHES)),
        ("transaction put", await entry("transaction", "PUT", place, changed)),
        ("transaction patch", await entry("transaction", "PATCH", place, parameters)),
        ("transaction delete", await entry("transaction", "DELETE", place)),
        ("delete under criteria", await client.delete("DocumentReference", params=asked)),
        ("delete", await client.delete(place)),
    ]  # fmt: skip


@pytest.mark.requirement("A3.8")
async def test_who_only_sees_a_document_changes_it_by_no_way(
    platform: Platform, client: httpx.AsyncClient, patient: str
) -> None:
    key = "doc-foreign"
    keeper = {"custodian": {"reference": "Organization/home"}}
    await client.put(f"DocumentReference/{key}", json=document(patient, key, **keeper))
    near = await platform.client(
        SCOPES, structure="Organization/team", practitioner="Practitioner/other"
    )
    assert (await near.get(f"DocumentReference/{key}")).status_code == 200

    answers = await ways(near, patient, key)
    batch = given.bundle("batch", given.entry("DELETE", f"DocumentReference/{key}"))
    inside = (await near.post("", json=batch)).json()["entry"][0]["response"]["status"]

    assert {name: answer.status_code for name, answer in answers} == {
        name: 403 for name, _ in answers
    }
    assert inside.startswith("403")
    kept = (await client.get(f"DocumentReference/{key}")).json()
    assert (kept["meta"]["versionId"], kept["status"]) == ("1", "current")


@pytest.mark.requirement("A3.8")
@pytest.mark.parametrize(
    "who",
    [
        {"structure": "Organization/team", "practitioner": "Practitioner/writer"},
        {"structure": "Organization/home", "practitioner": "Practitioner/other"},
    ],
)
async def test_its_author_and_the_structure_that_keeps_it_change_a_document(
    platform: Platform, client: httpx.AsyncClient, patient: str, who: dict[str, str]
) -> None:
    key = f"doc-{who['practitioner'][-5:]}"
    keeper = {"custodian": {"reference": "Organization/home"}}
    await client.put(f"DocumentReference/{key}", json=document(patient, key, **keeper))
    own = await platform.client(SCOPES, **who)
    place = f"DocumentReference/{key}"
    changed = document(patient, key, **keeper, description="autre")

    put = await own.put(place, json=changed)
    patched = await own.patch(place, json=TITLE, headers=PATCHES)
    gone = await own.delete(place)

    assert (put.status_code, patched.status_code, gone.status_code) == (200, 200, 204)


@pytest.mark.requirement("A3.8")
async def test_a_deleted_document_is_not_taken_over(
    platform: Platform, client: httpx.AsyncClient, patient: str
) -> None:
    key = "doc-deleted"
    await client.put(f"DocumentReference/{key}", json=document(patient, key))
    await client.delete(f"DocumentReference/{key}")
    near = await platform.client(
        SCOPES, structure="Organization/team", practitioner="Practitioner/other"
    )
    mine = document(patient, key, author=[{"reference": "Practitioner/other"}])

    put = await near.put(f"DocumentReference/{key}", json=mine)
    bundle = given.bundle("transaction", given.entry("PUT", f"DocumentReference/{key}", mine))
    inside = await near.post("", json=bundle)

    assert {put.status_code, inside.status_code} <= {403, 409}
    assert (await client.get(f"DocumentReference/{key}")).status_code == 410


@pytest.mark.requirement("A3.8")
async def test_the_role_under_which_somebody_wrote_is_theirs(
    platform: Platform, client: httpx.AsyncClient, patient: str
) -> None:
    # Somebody who has asked nothing yet: what a person may do is known for a second.
    await client.put("Practitioner/new", json={"resourceType": "Practitioner", "id": "new"})
    role = {
        "resourceType": "PractitionerRole", "id": "role-writer",
        "practitioner": {"reference": "Practitioner/new"},
    }  # fmt: skip
    await client.put("PractitionerRole/role-writer", json=role)
    author = {"author": [{"reference": "PractitionerRole/role-writer"}]}
    await client.put("DocumentReference/doc-role", json=document(patient, "doc-role", **author))
    own = await platform.client(
        SCOPES, structure="Organization/team", practitioner="Practitioner/new"
    )

    answer = await own.patch("DocumentReference/doc-role", json=TITLE, headers=PATCHES)

    assert answer.status_code == 200, answer.text


@pytest.mark.requirement("A3.8")
async def test_a_file_is_written_over_by_nobody_but_systems(
    platform: Platform, client: httpx.AsyncClient, patient: str
) -> None:
    await client.put("DocumentReference/doc-file", json=document(patient, "doc-file"))
    file = {
        "resourceType": "Binary", "id": "file-of-doc", "contentType": "text/plain", "data": "eA==",
        "securityContext": {"reference": "DocumentReference/doc-file"},
    }  # fmt: skip
    await client.put("Binary/file-of-doc", json=file)
    near = await platform.client(
        SCOPES, structure="Organization/team", practitioner="Practitioner/other"
    )
    context = [{"op": "remove", "path": "/securityContext"}]

    answers = [
        await near.put("Binary/file-of-doc", json=file | {"data": "eQ=="}),
        await near.patch("Binary/file-of-doc", json=context, headers=PATCHES),
        await near.delete("Binary/file-of-doc"),
    ]

    assert [one.status_code for one in answers] == [409, 404, 204]
    kept = (await client.get("Binary/file-of-doc")).json()
    assert (kept["meta"]["versionId"], kept["data"]) == ("1", "eA==")
