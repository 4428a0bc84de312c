"""batch: each entry for itself, answered in place."""

from __future__ import annotations

import base64

import httpx
import orjson

import given


async def run(client: httpx.AsyncClient, *entries: dict, **headers: str) -> list[dict]:
    answer = await client.post("", json=given.bundle("batch", *entries), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["type"] == "batch-response"
    return answer.json()["entry"]


def statuses(entries: list[dict]) -> list[str]:
    return [one["response"]["status"][:3] for one in entries]


async def test_every_entry_is_answered_in_its_place(client: httpx.AsyncClient) -> None:
    made = (await client.post("Patient", json=given.patient())).json()
    gone = (await client.post("Patient", json=given.patient())).json()

    entries = await run(
        client,
        given.entry("GET", f"Patient/{made['id']}"),
        given.entry("GET", "Patient/nobody"),
        given.entry("POST", "Patient", given.patient()),
        given.entry("POST", "Patient", given.patient(gender="nonsense")),
        given.entry("PUT", "Patient/in-batch", given.patient(id="in-batch")),
        given.entry("DELETE", f"Patient/{gone['id']}"),
        given.entry("GET", "Patient?_count=1"),
        given.entry("GET", "metadata"),
    )

    assert statuses(entries) == ["200", "404", "201", "422", "201", "204", "200", "200"]
    assert entries[0]["resource"] == made
    assert entries[1]["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert entries[3]["response"]["outcome"]["issue"]
    assert entries[2]["response"]["location"]
    assert entries[2]["response"]["etag"] == 'W/"1"'
    assert entries[2]["response"]["lastModified"]
    assert entries[6]["resource"]["type"] == "searchset"


async def test_one_bad_entry_leaves_the_others_done(client: httpx.AsyncClient) -> None:
    entries = await run(
        client,
        given.entry("POST", "Observation", given.observation("Patient/nobody")),
        {"resource": given.patient()},
        given.entry("MERGE", "Patient", given.patient()),
        given.entry("POST", "Patient", given.patient()),
    )

    assert statuses(entries) == ["422", "400", "400", "201"]


async def test_history_and_versions_are_read_in_a_batch(client: httpx.AsyncClient) -> None:
    made = (await client.post("Patient", json=given.patient())).json()

    entries = await run(
        client,
        given.entry("GET", f"Patient/{made['id']}/_history"),
        given.entry("GET", f"Patient/{made['id']}/_history/1"),
        given.entry("GET", "Patient/_history?_count=1"),
        given.entry("GET", "_history?_count=1"),
        given.entry("HEAD", f"Patient/{made['id']}"),
    )

    assert statuses(entries) == ["200"] * 5
    assert entries[0]["resource"]["type"] == "history"
    assert entries[1]["resource"] == made
    assert [len(entries[place]["resource"]["entry"]) for place in (2, 3)] == [1, 1]
    assert "resource" not in entries[4]
    assert entries[4]["response"]["etag"] == 'W/"1"'


async def test_searches_and_operations_are_done_in_a_batch(client: httpx.AsyncClient) -> None:
    made = (await client.post("Patient", json=given.patient())).json()
    patient = f"Patient/{made['id']}"
    await client.post("Observation", json=given.observation(patient))

    entries = await run(
        client,
        given.entry("GET", f"{patient}/Observation"),
        given.entry("GET", f"?_type=Observation&patient={made['id']}"),
        given.entry("GET", f"{patient}/$everything"),
        given.entry("GET", f"Observation/$lastn?patient={made['id']}"),
    )

    assert statuses(entries) == ["200"] * 4
    assert [len(one["resource"]["entry"]) for one in entries] == [1, 1, 2, 1]


async def test_conditions_hold_in_a_batch(client: httpx.AsyncClient) -> None:
    mark = given.identifier()
    criteria = f"identifier={mark['system']}|{mark['value']}"
    made = (await client.post("Patient", json=given.patient(identifier=[mark]))).json()

    entries = await run(
        client,
        given.entry("POST", "Patient", given.patient(), ifNoneExist=criteria),
        given.entry("PUT", f"Patient/{made['id']}", made, ifMatch='W/"9"'),
        given.entry("GET", f"Patient/{made['id']}", ifNoneMatch='W/"1"'),
    )

    assert statuses(entries) == ["200", "412", "304"]


async def test_conditional_update_and_delete_in_a_batch(client: httpx.AsyncClient) -> None:
    mark = given.identifier()
    criteria = f"identifier={mark['system']}|{mark['value']}"

    first = await run(
        client, given.entry("PUT", f"Patient?{criteria}", given.patient(identifier=[mark]))
    )
    second = await run(client, given.entry("DELETE", f"Patient?{criteria}"))

    assert (statuses(first), statuses(second)) == (["201"], ["204"])


async def test_patch_in_a_batch_is_done(client: httpx.AsyncClient) -> None:
    made = (await client.post("Patient", json=given.patient())).json()
    change = [{"op": "replace", "path": "/gender", "value": "male"}]
    binary = {
        "resourceType": "Binary",
        "contentType": "application/json-patch+json",
        "data": base64.b64encode(orjson.dumps(change)).decode(),
    }
    operation = {"name": "type", "valueCode": "replace"}
    parameters = {
        "resourceType": "Parameters",
        "parameter": [
            {
                "name": "operation",
                "part": [
                    operation,
                    {"name": "path", "valueString": "Patient.birthDate"},
                    {"name": "value", "valueDate": "1999-09-09"},
                ],
            }
        ],
    }

    done = await run(client, given.entry("PATCH", f"Patient/{made['id']}", binary))
    again = await run(client, given.entry("PATCH", f"Patient/{made['id']}", parameters))
    missing = await run(client, given.entry("PATCH", "Patient/nobody", parameters))

    now = (await client.get(f"Patient/{made['id']}")).json()
    assert (statuses(done), statuses(again), statuses(missing)) == (["200"], ["200"], ["404"])
    assert (now["gender"], now["birthDate"]) == ("male", "1999-09-09")


async def test_addresses_of_this_server_are_understood(client: httpx.AsyncClient) -> None:
    made = (await client.post("Patient", json=given.patient())).json()
    base = str(client.base_url).rstrip("/")

    entries = await run(
        client,
        given.entry("GET", f"{base}/Patient/{made['id']}"),
        given.entry("GET", f"/Patient/{made['id']}"),
        given.entry("GET", f"Patient/%{ord(made['id'][0]):x}{made['id'][1:]}"),
    )

    assert statuses(entries) == ["200", "200", "200"]


async def test_representation_in_a_batch_is_what_prefer_asks(client: httpx.AsyncClient) -> None:
    entry = given.entry("POST", "Patient", given.patient())

    minimal = await run(client, entry, prefer="return=minimal")
    whole = await run(client, entry, prefer="return=representation")

    assert "resource" not in minimal[0]
    assert whole[0]["resource"]["resourceType"] == "Patient"


async def test_null_characters_are_refused_in_a_batch(client: httpx.AsyncClient) -> None:
    entries = await run(
        client,
        given.entry("GET", "Patient?name=%00"),
        given.entry("GET", "Patient/%00"),
        given.entry("DELETE", "Patient/%00"),
        given.entry("POST", "Patient", given.patient(), ifNoneExist="identifier=%00"),
    )

    assert statuses(entries) == ["400"] * 4


async def test_batch_of_a_batch_is_refused(client: httpx.AsyncClient) -> None:
    entries = await run(
        client, given.entry("POST", "", given.bundle("batch", given.entry("GET", "Patient")))
    )

    assert statuses(entries) == ["400"]


async def test_bundle_that_is_no_batch_is_refused(client: httpx.AsyncClient) -> None:
    for kind in ("collection", "document", "history", "nonsense", ""):
        refused = await client.post("", json=given.bundle(kind, given.entry("GET", "Patient")))

        assert refused.status_code in {400, 422}, kind
    assert (await client.post("", json=given.patient())).status_code == 400


async def test_empty_batch_and_transaction_are_answered(client: httpx.AsyncClient) -> None:
    for kind in ("batch", "transaction"):
        answer = await client.post("", json={"resourceType": "Bundle", "type": kind})

        assert answer.status_code == 200
        assert answer.json()["type"] == f"{kind}-response"
        assert "entry" not in answer.json()


async def test_deletions_of_a_batch_come_first_and_reads_last(
    client: httpx.AsyncClient,
) -> None:
    entries = await run(
        client,
        given.entry("GET", "Patient/ordered"),
        given.entry("PUT", "Patient/ordered", given.patient(id="ordered")),
    )

    assert statuses(entries) == ["200", "201"]


async def test_batch_asks_for_the_rights_of_each_entry(platform) -> None:
    reader = await platform.client("system/Patient.rs")

    entries = await run(
        reader,
        given.entry("POST", "Patient", given.patient()),
        given.entry("GET", "Patient"),
        given.entry("GET", "Observation"),
    )

    assert statuses(entries) == ["403", "200", "403"]
