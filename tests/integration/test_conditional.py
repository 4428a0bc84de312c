"""Conditional create, update, patch and delete; also by twenty callers at once."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

import httpx
import pytest

import given


def criteria(mark: dict[str, str]) -> str:
    return urlencode({"identifier": f"{mark['system']}|{mark['value']}"})


async def found(client: httpx.AsyncClient, mark: dict[str, str]) -> list[dict]:
    body = (await client.get(f"Patient?{criteria(mark)}")).json()
    return [entry["resource"] for entry in body.get("entry", ())]


async def put_two(client: httpx.AsyncClient, mark: dict[str, str]) -> None:
    for _ in range(2):
        await client.post("Patient", json=given.patient(identifier=[mark]))


@pytest.mark.requirement("A4.1")
async def test_conditional_create_makes_what_is_not_there(client: httpx.AsyncClient) -> None:
    mark = given.identifier()

    made = await client.post(
        "Patient",
        json=given.patient(identifier=[mark]),
        headers={"if-none-exist": criteria(mark)},
    )

    assert made.status_code == 201
    assert [one["id"] for one in await found(client, mark)] == [made.json()["id"]]


@pytest.mark.requirement("A4.1")
async def test_conditional_create_leaves_the_one_match(client: httpx.AsyncClient) -> None:
    mark = given.identifier()
    first = await client.post("Patient", json=given.patient(identifier=[mark]))

    again = await client.post(
        "Patient",
        json=given.patient(identifier=[mark], gender="male"),
        headers={"if-none-exist": criteria(mark)},
    )

    assert again.status_code == 200
    assert again.headers["etag"] == 'W/"1"'
    assert again.headers["location"].endswith(f"/Patient/{first.json()['id']}/_history/1")
    assert await found(client, mark) == [first.json()]


async def test_conditional_create_with_several_matches_is_refused(
    client: httpx.AsyncClient,
) -> None:
    mark = given.identifier()
    await put_two(client, mark)

    refused = await client.post(
        "Patient",
        json=given.patient(identifier=[mark]),
        headers={"if-none-exist": criteria(mark)},
    )

    assert refused.status_code == 412
    assert len(await found(client, mark)) == 2


@pytest.mark.requirement("A4.1")
async def test_twenty_conditional_creates_at_once_make_one_resource(
    client: httpx.AsyncClient,
) -> None:
    mark = given.identifier()

    answers = await asyncio.gather(
        *(
            client.post(
                "Patient",
                json=given.patient(identifier=[mark]),
                headers={"if-none-exist": criteria(mark)},
            )
            for _ in range(20)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len(await found(client, mark)) == 1


async def test_conditional_creates_at_once_agree_however_the_criteria_are_written(
    client: httpx.AsyncClient,
) -> None:
    mark = given.identifier()
    forms = [
        criteria(mark),
        f"?{criteria(mark)}",
        f"identifier={mark['system']}|{mark['value']}",
        f"{criteria(mark)}&_format=json",
    ]

    answers = await asyncio.gather(
        *(
            client.post(
                "Patient",
                json=given.patient(identifier=[mark]),
                headers={"if-none-exist": forms[turn % 4]},
            )
            for turn in range(20)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]


async def test_twenty_conditional_updates_at_once_make_one_resource(
    client: httpx.AsyncClient,
) -> None:
    mark = given.identifier()

    answers = await asyncio.gather(
        *(
            client.put(f"Patient?{criteria(mark)}", json=given.patient(identifier=[mark]))
            for _ in range(20)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert [one["meta"]["versionId"] for one in await found(client, mark)] == ["20"]


async def test_twenty_puts_of_a_new_id_make_twenty_versions(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(client.put("Patient/raced", json=given.patient(id="raced")) for _ in range(20))
    )

    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    history = (await client.get("Patient/raced/_history")).json()
    versions = [int(one["resource"]["meta"]["versionId"]) for one in history["entry"]]
    assert versions == list(range(20, 0, -1))


async def test_one_of_twenty_updates_of_the_same_version_is_done(
    client: httpx.AsyncClient,
) -> None:
    made = (await client.post("Patient", json=given.patient())).json()

    answers = await asyncio.gather(
        *(
            client.put(f"Patient/{made['id']}", json=made, headers={"if-match": 'W/"1"'})
            for _ in range(20)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 19


async def test_conditional_update_creates_what_is_not_there(client: httpx.AsyncClient) -> None:
    mark = given.identifier()

    made = await client.put(f"Patient?{criteria(mark)}", json=given.patient(identifier=[mark]))

    assert made.status_code == 201
    assert len(await found(client, mark)) == 1


async def test_conditional_update_that_creates_takes_the_given_id(
    client: httpx.AsyncClient,
) -> None:
    mark = given.identifier()

    made = await client.put(
        f"Patient?{criteria(mark)}", json=given.patient(id="given-1", identifier=[mark])
    )

    assert made.status_code == 201
    assert made.json()["id"] == "given-1"


async def test_conditional_update_brings_a_deleted_id_back(client: httpx.AsyncClient) -> None:
    await client.put("Patient/back", json=given.patient(id="back"))
    await client.delete("Patient/back")

    made = await client.put(
        f"Patient?{criteria(given.identifier())}", json=given.patient(id="back")
    )

    assert made.status_code == 201
    assert made.json()["meta"]["versionId"] == "3"


async def test_conditional_update_does_not_overwrite_another_resource(
    client: httpx.AsyncClient,
) -> None:
    await client.put("Patient/taken", json=given.patient(id="taken", gender="male"))

    refused = await client.put(
        f"Patient?{criteria(given.identifier())}", json=given.patient(id="taken")
    )

    assert refused.status_code in {400, 409, 412}
    assert (await client.get("Patient/taken")).json()["gender"] == "male"


async def test_conditional_update_updates_the_one_match(client: httpx.AsyncClient) -> None:
    mark = given.identifier()
    made = (await client.post("Patient", json=given.patient(identifier=[mark]))).json()

    updated = await client.put(
        f"Patient?{criteria(mark)}", json=given.patient(identifier=[mark], gender="male")
    )

    assert updated.status_code == 200
    assert updated.json()["id"] == made["id"]
    assert updated.json()["meta"]["versionId"] == "2"


async def test_conditional_update_with_another_id_in_the_body_is_refused(
    client: httpx.AsyncClient,
) -> None:
    mark = given.identifier()
    await client.post("Patient", json=given.patient(identifier=[mark]))

    refused = await client.put(
        f"Patient?{criteria(mark)}", json=given.patient(id="another", identifier=[mark])
    )

    assert refused.status_code == 400


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_condition_with_several_matches_is_refused(
    client: httpx.AsyncClient, method: str
) -> None:
    mark = given.identifier()
    await put_two(client, mark)
    body = {
        "PUT": given.patient(identifier=[mark]),
        "PATCH": [{"op": "replace", "path": "/gender", "value": "male"}],
    }
    headers = {"content-type": "application/json-patch+json"} if method == "PATCH" else {}

    refused = await client.request(
        method, f"Patient?{criteria(mark)}", json=body.get(method), headers=headers
    )

    assert refused.status_code == 412
    assert refused.json()["issue"][0]["code"] == "multiple-matches"
    assert {one["meta"]["versionId"] for one in await found(client, mark)} == {"1"}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("query", ["", "?", "?_format=json", "?identifier=", "?nonsense=1"])
async def test_condition_that_says_nothing_is_refused(
    client: httpx.AsyncClient, method: str, query: str
) -> None:
    patch = {"content-type": "application/json-patch+json"} if method == "PATCH" else {}
    body = {"PUT": given.patient(), "PATCH": []}.get(method)

    refused = await client.request(method, f"Patient{query}", json=body, headers=patch)

    assert refused.status_code in {400, 412}


async def test_condition_of_result_parameters_only_is_refused(
    client: httpx.AsyncClient,
) -> None:
    made = (await client.post("Patient", json=given.patient())).json()

    refused = await client.delete("Patient?_count=1")
    sorting = await client.delete("Patient?_sort=_id&_summary=true")

    assert (refused.status_code, sorting.status_code) == (400, 400)
    assert (await client.get(f"Patient/{made['id']}")).status_code == 200


async def test_conditional_patch_changes_the_one_match(client: httpx.AsyncClient) -> None:
    mark = given.identifier()
    made = (await client.post("Patient", json=given.patient(identifier=[mark]))).json()

    patched = await client.patch(
        f"Patient?{criteria(mark)}",
        json=[{"op": "replace", "path": "/gender", "value": "male"}],
        headers={"content-type": "application/json-patch+json"},
    )

    assert patched.status_code == 200
    assert (patched.json()["id"], patched.json()["gender"]) == (made["id"], "male")


async def test_conditional_patch_of_nothing_is_not_found(client: httpx.AsyncClient) -> None:
    missing = await client.patch(
        f"Patient?{criteria(given.identifier())}",
        json=[],
        headers={"content-type": "application/json-patch+json"},
    )

    assert missing.status_code == 404


async def test_conditional_delete_deletes_the_one_match(client: httpx.AsyncClient) -> None:
    mark = given.identifier()
    made = (await client.post("Patient", json=given.patient(identifier=[mark]))).json()

    deleted = await client.delete(f"Patient?{criteria(mark)}")
    again = await client.delete(f"Patient?{criteria(mark)}")

    assert deleted.status_code == 204
    assert (await client.get(f"Patient/{made['id']}")).status_code == 410
    assert again.status_code in {200, 204, 404}


async def test_conditional_interactions_honour_if_match(client: httpx.AsyncClient) -> None:
    mark = given.identifier()
    made = (await client.post("Patient", json=given.patient(identifier=[mark]))).json()
    await client.put(f"Patient/{made['id']}", json=made)

    stale = {"if-match": 'W/"1"'}
    updated = await client.put(
        f"Patient?{criteria(mark)}", json=given.patient(identifier=[mark]), headers=stale
    )
    deleted = await client.delete(f"Patient?{criteria(mark)}", headers=stale)

    assert (updated.status_code, deleted.status_code) == (412, 412)


@pytest.mark.requirement("A4.1")
async def test_five_patches_at_once_are_all_done(client: httpx.AsyncClient) -> None:
    made = (await client.post("Patient", json=given.patient(name=[{"given": ["0"]}]))).json()

    answers = await asyncio.gather(
        *(
            client.patch(
                f"Patient/{made['id']}",
                json=[{"op": "add", "path": "/name/0/given/-", "value": str(turn)}],
                headers={"content-type": "application/json-patch+json"},
            )
            for turn in range(1, 6)
        )
    )

    done = sum(answer.status_code == 200 for answer in answers)
    now = (await client.get(f"Patient/{made['id']}")).json()
    assert {answer.status_code for answer in answers} <= {200, 409, 412}
    assert len(now["name"][0]["given"]) == done + 1
    assert done == 5
