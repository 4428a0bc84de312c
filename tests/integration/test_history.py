"""history of a resource, a type and the system, with its parameters and its pages."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

import given


async def versions(client: httpx.AsyncClient, number: int, **changes: object) -> str:
    """Id of a Patient with that many versions."""
    made = (await client.post("Patient", json=given.patient(**changes))).json()
    for turn in range(1, number):
        await client.put(f"Patient/{made['id']}", json=made | {"multipleBirthInteger": turn})
    return made["id"]


async def pages(client: httpx.AsyncClient, url: str) -> list[list[dict]]:
    out: list[list[dict]] = []
    while url:
        answer = await client.get(url)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["resourceType"], body["type"]) == ("Bundle", "history")
        out.append(body.get("entry", []))
        links = {link["relation"]: link["url"] for link in body["link"]}
        url = links.get("next", "")
    return out


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_instance_history_is_newest_first(client: httpx.AsyncClient) -> None:
    key = await versions(client, 3)
    await client.delete(f"Patient/{key}")

    body = (await client.get(f"Patient/{key}/_history")).json()

    entries = body["entry"]
    assert body["total"] == 4
    assert [one["request"]["method"] for one in entries] == ["DELETE", "PUT", "PUT", "POST"]
    assert [one["response"]["etag"] for one in entries] == [
        'W/"4"', 'W/"3"', 'W/"2"', 'W/"1"',
    ]  # fmt: skip
    assert "resource" not in entries[0]
    assert [one["resource"]["meta"]["versionId"] for one in entries[1:]] == ["3", "2", "1"]
    assert all(one["fullUrl"].endswith(f"/fhir/Patient/{key}") for one in entries)
    assert [one["response"]["status"][:3] for one in entries] == ["204", "200", "200", "201"]


async def test_history_of_nothing_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("Patient/nobody/_history")).status_code == 404


async def test_history_of_a_type_holds_that_type_only(client: httpx.AsyncClient) -> None:
    await versions(client, 2)
    await client.post("Organization", json={"resourceType": "Organization", "name": "A"})

    entries = [one for page in await pages(client, "Organization/_history") for one in page]

    assert entries
    assert {one["resource"]["resourceType"] for one in entries} == {"Organization"}


@pytest.mark.parametrize("level", ["Patient/{key}/_history", "Patient/_history", "_history"])
async def test_pages_hold_every_version_once(client: httpx.AsyncClient, level: str) -> None:
    key = await versions(client, 5)
    url = level.format(key=key)
    whole = [one for page in await pages(client, f"{url}?_count=1000") for one in page]

    paged = await pages(client, f"{url}?_count=2")

    assert all(len(page) <= 2 for page in paged)
    flat = [one for page in paged for one in page]
    assert [(one["fullUrl"], one["response"]["etag"]) for one in flat] == [
        (one["fullUrl"], one["response"]["etag"]) for one in whole
    ]
    assert len({(one["fullUrl"], one["response"]["etag"]) for one in flat}) == len(flat)


async def test_pages_stay_whole_while_others_write(client: httpx.AsyncClient) -> None:
    key = await versions(client, 6)
    first = (await client.get(f"Patient/{key}/_history?_count=3")).json()

    await client.put(f"Patient/{key}", json=given.patient(id=key))
    following = next(one["url"] for one in first["link"] if one["relation"] == "next")
    second = (await client.get(following)).json()

    assert [one["response"]["etag"] for body in (first, second) for one in body["entry"]] == [
        f'W/"{number}"' for number in (6, 5, 4, 3, 2, 1)
    ]


@pytest.mark.parametrize("level", ["Patient/{key}/_history", "Patient/_history", "_history"])
async def test_since_leaves_out_what_is_older(client: httpx.AsyncClient, level: str) -> None:
    key = await versions(client, 2)
    await asyncio.sleep(0.01)
    since = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    await client.put(f"Patient/{key}", json=given.patient(id=key))

    entries = [
        one
        for page in await pages(client, f"{level.format(key=key)}?_since={since}")
        for one in page
    ]

    assert [one["response"]["etag"] for one in entries] == ['W/"3"']


async def test_since_with_an_offset_is_understood(client: httpx.AsyncClient) -> None:
    key = await versions(client, 1)

    past = await client.get(
        f"Patient/{key}/_history", params={"_since": "2020-01-01T00:00:00+02:00"}
    )
    future = await client.get(
        f"Patient/{key}/_history", params={"_since": "2999-01-01T00:00:00+02:00"}
    )

    assert len(past.json()["entry"]) == 1
    assert future.status_code == 200
    assert "entry" not in future.json()


async def test_at_gives_the_version_of_that_moment(client: httpx.AsyncClient) -> None:
    key = await versions(client, 1)
    await asyncio.sleep(0.01)
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    await asyncio.sleep(0.01)
    await client.put(f"Patient/{key}", json=given.patient(id=key))

    body = (await client.get(f"Patient/{key}/_history?_at={at}")).json()

    assert [one["resource"]["meta"]["versionId"] for one in body["entry"]] == ["1"]


async def test_at_of_a_period_gives_every_version_that_was_current(
    client: httpx.AsyncClient,
) -> None:
    key = await versions(client, 3)
    year = datetime.now(UTC).year

    body = (await client.get(f"Patient/{key}/_history?_at={year}")).json()
    before = (await client.get(f"Patient/{key}/_history?_at=2001")).json()

    assert len(body["entry"]) == 3
    assert "entry" not in before


async def test_what_was_just_written_is_in_the_history_at_once(
    client: httpx.AsyncClient,
) -> None:
    for _ in range(20):
        made = (await client.post("Patient", json=given.patient())).json()

        newest = (await client.get("Patient/_history?_count=1")).json()["entry"][0]

        assert newest["resource"]["id"] == made["id"]


async def test_history_never_shows_a_version_twice_while_it_is_published(
    client: httpx.AsyncClient,
) -> None:
    ids = [await versions(client, 1) for _ in range(10)]

    for _ in range(10):
        entries = (await client.get("Patient/_history?_count=50")).json()["entry"]
        names = [(one["fullUrl"], one["response"]["etag"]) for one in entries]
        assert len(set(names)) == len(names)
        assert {name.rpartition("/")[2] for name, _ in names} >= set(ids)
        await versions(client, 1)


@pytest.mark.parametrize("query", ["_count=ten", "_count=-1", "_since=yesterday", "_at=never"])
async def test_parameter_that_cannot_be_read_is_refused(
    client: httpx.AsyncClient, query: str
) -> None:
    refused = await client.get(f"Patient/_history?{query}")

    assert refused.status_code == 400


async def test_history_needs_the_right_to_read(platform) -> None:
    writer = await platform.client("system/Patient.cud")
    made = (await writer.post("Patient", json=given.patient())).json()

    assert (await writer.get(f"Patient/{made['id']}/_history")).status_code == 403
    assert (await writer.get("Patient/_history")).status_code == 403
    assert (await writer.get("_history")).status_code == 403


async def test_history_of_the_system_is_for_those_who_read_every_type(platform) -> None:
    reader = await platform.client("system/Patient.r")

    assert (await reader.get("Patient/_history")).status_code == 200
    assert (await reader.get("_history")).status_code == 403
