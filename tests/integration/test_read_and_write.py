"""create, read, vread, update, delete over HTTP, and what their headers say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import httpx
import pytest

import given


async def created(client: httpx.AsyncClient, **changes: object) -> dict:
    answer = await client.post("Patient", json=given.patient(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.requirement("A4.1")
async def test_created_resource_is_read_back(client: httpx.AsyncClient) -> None:
    made = await client.post("Patient", json=given.patient())

    read = await client.get(f"Patient/{made.json()['id']}")

    assert made.status_code == 201
    assert read.status_code == 200
    assert read.json() == made.json()


async def test_create_says_where_the_version_is(client: httpx.AsyncClient) -> None:
    made = await client.post("Patient", json=given.patient())

    key = made.json()["id"]
    assert made.headers["location"].endswith(f"/fhir/Patient/{key}/_history/1")
    assert made.headers["etag"] == 'W/"1"'
    assert parsedate_to_datetime(made.headers["last-modified"]).tzinfo is not None
    assert (await client.get(made.headers["location"])).json() == made.json()


async def test_id_of_a_created_resource_is_the_servers(client: httpx.AsyncClient) -> None:
    made = await created(client, id="wanted-by-the-client")

    assert made["id"] != "wanted-by-the-client"


async def test_identity_in_meta_is_the_servers(client: httpx.AsyncClient) -> None:
    meta = {"versionId": "77", "lastUpdated": "2001-01-01T00:00:00Z", "tag": [{"code": "kept"}]}

    made = await created(client, meta=meta)

    assert made["meta"]["versionId"] == "1"
    assert made["meta"]["lastUpdated"] > "2020"
    assert made["meta"]["tag"] == [{"code": "kept"}]


@pytest.mark.parametrize("key", ["a", "A-1.b", "0" * 64, "8ced3680-69e5-40b2-a7ef-1870a6df10b4"])
async def test_put_takes_any_legal_id(client: httpx.AsyncClient, key: str) -> None:
    made = await client.put(f"Patient/{key}", json=given.patient(id=key))

    assert made.status_code == 201
    assert made.headers["location"].endswith(f"/Patient/{key}/_history/1")
    assert (await client.get(f"Patient/{key}")).status_code == 200


@pytest.mark.parametrize("key", ["a_b", "x" * 65, "é", "a b"])
async def test_put_refuses_an_illegal_id(client: httpx.AsyncClient, key: str) -> None:
    refused = await client.put(f"Patient/{key}", json=given.patient(id=key))

    assert refused.status_code == 400
    assert refused.json()["resourceType"] == "OperationOutcome"


async def test_ids_differ_by_case(client: httpx.AsyncClient) -> None:
    await client.put("Patient/case", json=given.patient(id="case", gender="male"))
    await client.put("Patient/CASE", json=given.patient(id="CASE", gender="female"))

    lower, upper = await client.get("Patient/case"), await client.get("Patient/CASE")

    assert (lower.json()["gender"], upper.json()["gender"]) == ("male", "female")


async def test_put_without_id_in_the_body_is_refused(client: httpx.AsyncClient) -> None:
    refused = await client.put("Patient/p1", json=given.patient())

    assert refused.status_code == 400


async def test_put_with_another_id_in_the_body_is_refused(client: httpx.AsyncClient) -> None:
    refused = await client.put("Patient/p1", json=given.patient(id="p2"))

    assert refused.status_code == 400


@pytest.mark.requirement("A4.1")
async def test_update_makes_the_next_version(client: httpx.AsyncClient) -> None:
    made = await created(client)

    updated = await client.put(f"Patient/{made['id']}", json=made | {"gender": "other"})

    assert updated.status_code == 200
    assert updated.headers["etag"] == 'W/"2"'
    assert updated.json()["meta"]["versionId"] == "2"
    assert (await client.get(f"Patient/{made['id']}")).json()["gender"] == "other"


async def test_old_versions_stay_readable(client: httpx.AsyncClient) -> None:
    made = await created(client)
    await client.put(f"Patient/{made['id']}", json=made | {"gender": "other"})

    first = await client.get(f"Patient/{made['id']}/_history/1")
    second = await client.get(f"Patient/{made['id']}/_history/2")

    assert first.json() == made
    assert first.headers["etag"] == 'W/"1"'
    assert second.json()["gender"] == "other"


@pytest.mark.parametrize("version", ["0", "2", "99999999999", "x"])
async def test_version_that_never_was_is_not_found(client: httpx.AsyncClient, version: str) -> None:
    made = await created(client)

    assert (await client.get(f"Patient/{made['id']}/_history/{version}")).status_code == 404


async def test_unknown_resource_is_not_found(client: httpx.AsyncClient) -> None:
    missing = await client.get("Patient/nobody")

    assert missing.status_code == 404
    assert missing.json()["issue"][0]["code"] == "not-found"


async def test_deleted_resource_is_gone(client: httpx.AsyncClient) -> None:
    made = await created(client)

    deleted = await client.delete(f"Patient/{made['id']}")
    read = await client.get(f"Patient/{made['id']}")

    assert deleted.status_code == 204
    assert deleted.content == b""
    assert deleted.headers["etag"] == 'W/"2"'
    assert read.status_code == 410
    assert read.json()["issue"][0]["code"] == "deleted"


async def test_deleted_resource_keeps_its_former_versions(client: httpx.AsyncClient) -> None:
    made = await created(client)
    await client.delete(f"Patient/{made['id']}")

    assert (await client.get(f"Patient/{made['id']}/_history/1")).json() == made
    assert (await client.get(f"Patient/{made['id']}/_history/2")).status_code == 410


async def test_deletion_is_idempotent(client: httpx.AsyncClient) -> None:
    made = await created(client)
    await client.delete(f"Patient/{made['id']}")

    again = await client.delete(f"Patient/{made['id']}")
    never = await client.delete("Patient/never-was")

    assert again.status_code in {200, 204}
    assert never.status_code in {200, 204}
    assert (await client.get(f"Patient/{made['id']}/_history")).json()["total"] == 2


async def test_deleted_resource_comes_back_with_the_next_version(
    client: httpx.AsyncClient,
) -> None:
    made = await created(client)
    await client.delete(f"Patient/{made['id']}")

    back = await client.put(f"Patient/{made['id']}", json=made)

    assert back.status_code == 201
    assert back.headers["etag"] == 'W/"3"'
    assert (await client.get(f"Patient/{made['id']}")).status_code == 200
    found = await client.get("Patient", params={"_id": made["id"]})
    assert found.json()["total"] == 1


async def test_deleted_resource_is_in_no_search(client: httpx.AsyncClient) -> None:
    mark = given.identifier()
    made = await created(client, identifier=[mark])
    query = {"identifier": f"{mark['system']}|{mark['value']}"}
    before = (await client.get("Patient", params=query)).json()["total"]

    await client.delete(f"Patient/{made['id']}")

    after = (await client.get("Patient", params=query)).json()
    assert (before, after["total"]) == (1, 0)


async def test_update_changes_what_searches_find(client: httpx.AsyncClient) -> None:
    old, new = given.identifier(), given.identifier()
    made = await created(client, identifier=[old], birthDate="1950-01-01")

    await client.put(
        f"Patient/{made['id']}", json=made | {"identifier": [new], "birthDate": "1951-01-01"}
    )

    async def total(**query: str) -> int:
        return (await client.get("Patient", params=query)).json()["total"]

    assert await total(identifier=old["value"]) == 0
    assert await total(identifier=new["value"]) == 1
    assert await total(identifier=new["value"], birthdate="1950-01-01") == 0
    assert await total(identifier=new["value"], birthdate="1951-01-01") == 1


async def test_head_answers_as_get_without_a_body(client: httpx.AsyncClient) -> None:
    made = await created(client)

    head = await client.head(f"Patient/{made['id']}")
    get = await client.get(f"Patient/{made['id']}")

    assert head.status_code == 200
    assert head.content == b""
    for name in ("etag", "last-modified", "content-type", "content-length"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.requirement("A4.1")
async def test_read_is_not_sent_again_when_the_version_is_known(
    client: httpx.AsyncClient,
) -> None:
    made = await created(client)

    known = await client.get(f"Patient/{made['id']}", headers={"if-none-match": 'W/"1"'})
    several = await client.get(f"Patient/{made['id']}", headers={"if-none-match": 'W/"9", W/"1"'})
    other = await client.get(f"Patient/{made['id']}", headers={"if-none-match": 'W/"2"'})

    assert known.status_code == 304
    assert known.content == b""
    assert known.headers["etag"] == 'W/"1"'
    assert several.status_code == 304
    assert other.status_code == 200


async def test_read_is_not_sent_again_when_nothing_changed_since(
    client: httpx.AsyncClient,
) -> None:
    made = await created(client)
    hour = timedelta(hours=1)
    later, earlier = (
        format_datetime(datetime.now(UTC) + step, usegmt=True) for step in (hour, -hour)
    )

    unchanged = await client.get(f"Patient/{made['id']}", headers={"if-modified-since": later})
    changed = await client.get(f"Patient/{made['id']}", headers={"if-modified-since": earlier})

    assert unchanged.status_code == 304
    assert changed.status_code == 200


async def test_date_that_is_no_http_date_is_left_aside(client: httpx.AsyncClient) -> None:
    made = await created(client)

    # RFC 9110, 13.1.3: a recipient must ignore the field when its value is no valid HTTP date.
    for text in ("yesterday", "2026-01-01T00:00:00Z", "Sun, 22 Nov 2026 10:00:00 -0000"):
        read = await client.get(f"Patient/{made['id']}", headers={"if-modified-since": text})

        assert read.status_code in {200, 304}, text


@pytest.mark.requirement("A4.1")
async def test_update_of_the_version_that_was_read_is_done(client: httpx.AsyncClient) -> None:
    made = await created(client)

    done = await client.put(f"Patient/{made['id']}", json=made, headers={"if-match": 'W/"1"'})

    assert done.status_code == 200


@pytest.mark.requirement("A4.1")
async def test_update_of_an_older_version_is_refused(client: httpx.AsyncClient) -> None:
    made = await created(client)
    await client.put(f"Patient/{made['id']}", json=made)

    refused = await client.put(
        f"Patient/{made['id']}", json=made | {"gender": "male"}, headers={"if-match": 'W/"1"'}
    )

    assert refused.status_code == 412
    assert refused.json()["issue"][0]["code"] == "conflict"
    assert (await client.get(f"Patient/{made['id']}")).json()["gender"] == "female"


async def test_deletion_of_an_older_version_is_refused(client: httpx.AsyncClient) -> None:
    made = await created(client)
    await client.put(f"Patient/{made['id']}", json=made)

    refused = await client.delete(f"Patient/{made['id']}", headers={"if-match": 'W/"1"'})
    done = await client.delete(f"Patient/{made['id']}", headers={"if-match": 'W/"2"'})

    assert (refused.status_code, done.status_code) == (412, 204)


async def test_update_of_nothing_under_if_match_is_refused(client: httpx.AsyncClient) -> None:
    refused = await client.put(
        "Patient/not-yet", json=given.patient(id="not-yet"), headers={"if-match": 'W/"1"'}
    )

    assert refused.status_code == 412
    assert (await client.get("Patient/not-yet")).status_code == 404


async def test_etag_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    made = await created(client)

    refused = await client.put(f"Patient/{made['id']}", json=made, headers={"if-match": 'W/""'})

    assert refused.status_code == 400


@pytest.mark.parametrize("etag", ['W/"0"', 'W/"9999999999999"', 'W/"3a"', '"x"'])
async def test_etag_that_no_version_has_is_refused(client: httpx.AsyncClient, etag: str) -> None:
    made = await created(client)

    update = await client.put(f"Patient/{made['id']}", json=made, headers={"if-match": etag})
    delete = await client.delete(f"Patient/{made['id']}", headers={"if-match": etag})

    assert (update.status_code, delete.status_code) == (412, 412)
