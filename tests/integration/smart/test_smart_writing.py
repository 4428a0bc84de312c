"""Scopes on one patient write about that patient only, on every way to write."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

import given
from running import Platform

MINE, OTHER = "Patient/mine", "Patient/other"
PATCH = {"content-type": "application/json-patch+json"}
CODE = "http://loinc.org|29463-7"
Json = dict[str, Any]

pytestmark = pytest.mark.requirement("A2.2")


@pytest.fixture(scope="module", autouse=True)
async def world(client: httpx.AsyncClient) -> None:
    for key in ("mine", "other"):
        await client.put(f"Patient/{key}", json=given.patient(id=key))


@pytest.fixture
async def theirs(client: httpx.AsyncClient) -> str:
    """An Observation about somebody else, as `Observation/id`."""
    return await made(client, OTHER)


@pytest.fixture
async def bound(platform: Platform) -> httpx.AsyncClient:
    return await platform.client("patient/*.cruds", patient=MINE)


@pytest.fixture
async def wide(platform: Platform) -> httpx.AsyncClient:
    """Reads about everybody, writes about one."""
    return await platform.client("user/*.rs patient/*.cud", patient=MINE)


async def made(client: httpx.AsyncClient, patient: str, **more: Any) -> str:
    answer = await client.post("Observation", json=given.observation(patient, **more))
    assert answer.status_code == 201, answer.text
    return f"Observation/{answer.json()['id']}"


async def version(client: httpx.AsyncClient, place: str) -> str:
    return (await client.get(place)).json()["meta"]["versionId"]


def bundle(kind: str, *entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def entry(method: str, url: str, resource: Json | None = None, **more: str) -> Json:
    row: Json = {"request": {"method": method, "url": url} | more}
    return row | ({"resource": resource} if resource else {})


async def test_123_the_patient_of_the_launch_is_written_about(bound: httpx.AsyncClient) -> None:
    place = await made(bound, MINE)
    body = (await bound.get(place)).json()

    changed = await bound.put(place, json=body | {"status": "amended"})
    patched = await bound.patch(
        place, headers=PATCH, json=[{"op": "replace", "path": "/status", "value": "final"}]
    )
    gone = await bound.delete(place)

    assert [one.status_code for one in (changed, patched, gone)] == [200, 200, 204]
    assert (await bound.get(place)).status_code == 404
    assert (await bound.put("Patient/mine", json=given.patient(id="mine"))).status_code == 200
    upserted = await bound.put("Observation/ours", json=given.observation(MINE, id="ours"))
    assert upserted.status_code == 201


@pytest.mark.parametrize(
    "resource",
    [
        given.observation(OTHER), given.observation(), given.patient(),
        given.observation(MINE, performer=[{"reference": OTHER}]),
        given.observation("Patient/nobody"), given.observation("Patient/mine2"),
        {"resourceType": "Organization", "name": "Ailleurs"},
        {"resourceType": "Group", "type": "person", "actual": True,
         "member": [{"entity": {"reference": MINE}}]},
    ],
)  # fmt: skip
async def test_nobody_else_is_written_about(
    bound: httpx.AsyncClient, client: httpx.AsyncClient, resource: Json
) -> None:
    kind = resource["resourceType"]
    one = entry("POST", kind, resource)

    alone = await bound.post(kind, json=resource)
    conditional = await bound.post(
        kind, json=resource, headers={"if-none-exist": "identifier=urn:x|none"}
    )
    put = await bound.put(f"{kind}/new-1", json=resource | {"id": "new-1"})
    by_criteria = await bound.put(f"{kind}?identifier=urn:x|none", json=resource)
    together = await bound.post("", json=bundle("transaction", one))
    batched = await bound.post("", json=bundle("batch", one))

    for answer in (alone, conditional, put, by_criteria, together):
        assert answer.status_code == 403, answer.text
    assert batched.json()["entry"][0]["response"]["status"].startswith("403")
    assert (await client.get(f"{kind}/new-1")).status_code == 404


async def test_what_is_somebody_elses_stays(
    bound: httpx.AsyncClient, wide: httpx.AsyncClient, client: httpx.AsyncClient, theirs: str
) -> None:
    key = theirs.split("/")[1]
    mine = given.observation(MINE, id=key)
    change = [{"op": "replace", "path": "/subject/reference", "value": MINE}]
    for who in (bound, wide):
        answers = [
            await who.put(theirs, json=mine),
            await who.put(theirs, json=mine, headers={"if-match": 'W/"1"'}),
            await who.patch(theirs, headers=PATCH, json=change),
            await who.delete(theirs, headers={"if-match": 'W/"1"'}),
            await who.put(f"Observation?_id={key}", json=mine),
            await who.patch(f"Observation?_id={key}", headers=PATCH, json=change),
            await who.post("", json=bundle("transaction", entry("PUT", theirs, mine))),
        ]
        assert all(one.status_code >= 400 for one in answers), [one.text for one in answers]
        await who.delete(theirs)
        await who.delete(f"Observation?_id={key}")
        await who.post("", json=bundle("transaction", entry("DELETE", theirs)))
        await who.post("", json=bundle("batch", entry("DELETE", theirs)))

    left = (await client.get(theirs)).json()
    assert (left["meta"]["versionId"], left["subject"]["reference"]) == ("1", OTHER)


async def test_what_is_somebody_elses_answers_as_what_is_not_here(
    bound: httpx.AsyncClient, theirs: str
) -> None:
    change = [{"op": "replace", "path": "/status", "value": "final"}]
    for place in (theirs, "Observation/never-was"):
        gone = await bound.delete(place)
        patched = await bound.patch(place, headers=PATCH, json=change)
        assert (gone.status_code, patched.status_code) == (204, 404), place
        assert gone.headers.get("etag") is None


async def test_mine_does_not_become_somebody_elses(
    bound: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    place = await made(bound, MINE)
    body = (await bound.get(place)).json()
    moved = body | {"subject": {"reference": OTHER}}
    change = [{"op": "replace", "path": "/subject/reference", "value": OTHER}]
    params = {
        "resourceType": "Binary", "contentType": "application/json-patch+json",
        "data": "W3sib3AiOiJyZXBsYWNlIiwicGF0aCI6Ii9zdWJqZWN0L3JlZmVyZW5jZSIsInZhbHVlIjoi"
        "UGF0aWVudC9vdGhlciJ9XQ==",
    }  # fmt: skip

    answers = [
        await bound.put(place, json=moved),
        await bound.patch(place, headers=PATCH, json=change),
        await bound.post("", json=bundle("transaction", entry("PUT", place, moved))),
        await bound.post("", json=bundle("transaction", entry("PATCH", place, params))),
    ]

    assert [one.status_code for one in answers] == [403] * 4, [one.text for one in answers]
    assert await version(client, place) == "1"


async def test_a_transaction_is_done_whole_or_not_at_all(
    bound: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    own = given.observation(MINE, id="t-own")
    foreign = given.observation(OTHER, id="t-foreign")
    rows = [entry("PUT", "Observation/t-own", own), entry("PUT", "Observation/t-foreign", foreign)]

    refused = await bound.post("", json=bundle("transaction", *rows))
    taken = await bound.post("", json=bundle("transaction", rows[0]))
    again = await bound.post(
        "", json=bundle("transaction", entry("DELETE", "Observation/t-own"))
    )  # fmt: skip

    assert refused.status_code == 403
    assert (await client.get("Observation/t-foreign")).status_code == 404
    assert taken.json()["entry"][0]["response"]["status"].startswith("201")
    assert again.status_code == 200
    assert (await client.get("Observation/t-own")).status_code == 410


async def test_a_new_patient_of_the_same_transaction_is_somebody_else(
    bound: httpx.AsyncClient,
) -> None:
    person = entry("POST", "Patient", given.patient()) | {"fullUrl": "urn:uuid:1"}
    seen = entry("POST", "Observation", given.observation("urn:uuid:1"))

    answer = await bound.post("", json=bundle("transaction", person, seen))

    assert answer.status_code == 403


async def test_a_conditional_reference_leads_to_nobody_else(
    bound: httpx.AsyncClient, wide: httpx.AsyncClient
) -> None:
    for who in (bound, wide):
        row = entry("POST", "Observation", given.observation("Patient?_id=other"))
        answer = await who.post("", json=bundle("transaction", row))
        assert answer.status_code in {403, 422}, answer.text


async def test_the_version_that_was_looked_at_is_the_one_that_is_replaced(
    bound: httpx.AsyncClient,
) -> None:
    place = await made(bound, MINE)
    body = (await bound.get(place)).json()

    wrong = await bound.put(place, json=body, headers={"if-match": 'W/"7"'})
    right = await bound.put(place, json=body, headers={"if-match": 'W/"1"'})
    late = await bound.delete(place, headers={"if-match": 'W/"1"'})

    assert [one.status_code for one in (wrong, right, late)] == [412, 200, 412]


async def test_the_letters_hold_each_for_itself(platform: Platform, bound: Any) -> None:
    place = await made(bound, MINE)
    body = (await bound.get(place)).json()
    creates = await platform.client("patient/Observation.c", patient=MINE)
    updates = await platform.client("patient/Observation.u", patient=MINE)
    deletes = await platform.client("patient/Observation.d", patient=MINE)

    assert (await creates.post("Observation", json=given.observation(MINE))).status_code == 201
    for who in (creates, deletes):
        assert (await who.put(place, json=body)).status_code == 403
    for who in (creates, updates):
        assert (await who.delete(place)).status_code == 403
    assert (await updates.put(place, json=body)).status_code == 200
    assert (await updates.get(place)).status_code == 403
    assert (await deletes.delete(place)).status_code == 204


async def test_a_scope_without_a_patient_writes_nothing(platform: Platform) -> None:
    client = await platform.client("patient/*.cruds")

    answer = await client.post("Observation", json=given.observation(MINE))

    assert answer.status_code == 403


async def test_a_scope_that_a_search_restricts_writes_nothing(platform: Platform) -> None:
    client = await platform.client(f"patient/Observation.cruds?code={CODE}", patient=MINE)

    assert (await client.get("Observation")).status_code == 200
    answer = await client.post("Observation", json=given.observation(MINE))
    assert answer.status_code == 403
