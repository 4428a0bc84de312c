"""transaction with conditions: creates, updates, references, and many of them at once."""

from __future__ import annotations

import asyncio
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

import given


async def run(client: httpx.AsyncClient, *entries: dict, status: int = 200, **headers: str) -> dict:
    answer = await client.post("", json=given.bundle("transaction", *entries), headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


def urn() -> str:
    return f"urn:uuid:{uuid4()}"


def key_of(entry: dict) -> str:
    return entry["response"]["location"].split("/_history/")[0].rpartition("/")[2]


def by(mark: dict[str, str]) -> str:
    return f"identifier={quote(mark['system'])}|{mark['value']}"


async def total(client: httpx.AsyncClient, mark: dict[str, str]) -> int:
    return (await client.get(f"Patient?{by(mark)}")).json()["total"]


def new_patient(mark: dict[str, str], **more: str) -> dict:
    """A conditional create."""
    patient = given.patient(identifier=[mark])
    return given.entry("POST", "Patient", patient, ifNoneExist=by(mark), **more)


async def test_deletions_come_before_conditional_creates(client: httpx.AsyncClient) -> None:
    mark = given.identifier()
    old = (await client.post("Patient", json=given.patient(identifier=[mark]))).json()

    body = await run(
        client,
        given.entry("POST", "Patient", given.patient(identifier=[mark]), ifNoneExist=by(mark)),
        given.entry("DELETE", f"Patient/{old['id']}"),
    )

    assert [one["response"]["status"][:3] for one in body["entry"]] == ["201", "204"]
    assert await total(client, mark) == 1


async def test_conditional_create_of_what_is_there_is_linked_to_it(
    client: httpx.AsyncClient,
) -> None:
    mark, one = given.identifier(), urn()
    there = (await client.post("Patient", json=given.patient(identifier=[mark]))).json()

    body = await run(
        client,
        new_patient(mark, fullUrl=one),
        given.entry("POST", "Observation", given.observation(one)),
    )

    assert body["entry"][0]["response"]["status"].startswith("200")
    assert key_of(body["entry"][0]) == there["id"]
    read = (await client.get(f"Observation/{key_of(body['entry'][1])}")).json()
    assert read["subject"]["reference"] == f"Patient/{there['id']}"


async def test_same_conditional_create_twice_makes_one_resource(
    client: httpx.AsyncClient,
) -> None:
    mark = given.identifier()
    entry = given.entry("POST", "Patient", given.patient(identifier=[mark]), ifNoneExist=by(mark))

    body = await run(client, entry, entry)

    assert [one["response"]["status"][:3] for one in body["entry"]] == ["201", "200"]
    assert await total(client, mark) == 1


async def test_conditional_update_and_delete_are_done(client: httpx.AsyncClient) -> None:
    marks = [given.identifier() for _ in range(4)]
    there = [
        (await client.post("Patient", json=given.patient(identifier=[mark]))).json()
        for mark in marks[:2]
    ]

    body = await run(
        client,
        given.entry("PUT", f"Patient?{by(marks[0])}", given.patient(identifier=[marks[0]])),
        given.entry("DELETE", f"Patient?{by(marks[1])}"),
        given.entry("PUT", f"Patient?{by(marks[2])}", given.patient(identifier=[marks[2]])),
        given.entry("DELETE", f"Patient?{by(marks[3])}"),
    )

    assert [one["response"]["status"][:3] for one in body["entry"]] == [
        "200", "204", "201", "204",
    ]  # fmt: skip
    assert key_of(body["entry"][0]) == there[0]["id"]
    assert (await client.get(f"Patient/{there[1]['id']}")).status_code == 410


async def test_conditional_update_in_a_bundle_does_not_overwrite_another_resource(
    client: httpx.AsyncClient,
) -> None:
    await client.put("Patient/taken", json=given.patient(id="taken", gender="male"))
    nothing = by(given.identifier())

    answer = await client.post(
        "",
        json=given.bundle(
            "transaction",
            given.entry("PUT", f"Patient?{nothing}", given.patient(id="taken")),
        ),
    )

    assert answer.status_code in {400, 409, 412}
    assert (await client.get("Patient/taken")).json()["gender"] == "male"


async def test_conditional_reference_finds_what_is_there(client: httpx.AsyncClient) -> None:
    mark = given.identifier()
    there = (await client.post("Patient", json=given.patient(identifier=[mark]))).json()

    body = await run(
        client,
        given.entry("POST", "Observation", given.observation(f"Patient?{by(mark)}")),
    )

    read = (await client.get(f"Observation/{key_of(body['entry'][0])}")).json()
    assert read["subject"]["reference"] == f"Patient/{there['id']}"


@pytest.mark.parametrize("number", [0, 2])
async def test_conditional_reference_to_none_or_several_is_refused(
    client: httpx.AsyncClient, number: int
) -> None:
    mark = given.identifier()
    for _ in range(number):
        await client.post("Patient", json=given.patient(identifier=[mark]))

    answer = await client.post(
        "",
        json=given.bundle(
            "transaction",
            given.entry("POST", "Observation", given.observation(f"Patient?{by(mark)}")),
        ),
    )

    assert answer.status_code in {412, 422}


async def test_many_transactions_at_once_do_not_wait_for_each_other_forever(
    client: httpx.AsyncClient,
) -> None:
    made = [(await client.post("Patient", json=given.patient())).json() for _ in range(24)]
    marks = [given.identifier() for _ in range(3)]

    async with asyncio.timeout(30):
        answers = await asyncio.gather(
            *(
                client.post(
                    "",
                    json=given.bundle(
                        "transaction",
                        given.entry("DELETE", f"Patient/{one['id']}"),
                        *(
                            new_patient(mark)
                            for mark in (marks if turn % 2 else marks[::-1])
                        ),
                    ),
                )
                for turn, one in enumerate(made)
            )
        )  # fmt: skip

    assert {answer.status_code for answer in answers} == {200}
    assert [await total(client, mark) for mark in marks] == [1, 1, 1]


async def test_transactions_that_write_the_same_resources_all_end(
    client: httpx.AsyncClient,
) -> None:
    keys = [uuid4().hex for _ in range(6)]

    answers = await asyncio.gather(
        *(
            client.post(
                "",
                json=given.bundle(
                    "transaction",
                    *(
                        given.entry("PUT", f"Patient/{key}", given.patient(id=key))
                        for key in (keys if turn % 2 else keys[::-1])
                    ),
                ),
            )
            for turn in range(12)
        )
    )

    assert {answer.status_code for answer in answers} == {200}
    for key in keys:
        history = (await client.get(f"Patient/{key}/_history")).json()["entry"]
        assert [one["response"]["etag"] for one in history] == [
            f'W/"{number}"' for number in range(12, 0, -1)
        ]
