"""The trail as AuditEvent: read, searched between dates, fed in, sent as syslog; never changed."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import httpx
import pytest

import given
from cordee.access.sealing import KEY, seal
from cordee.access.trail.sending import sealed_lines, send_lines
from cordee.fhir.validation.validate import validate
from cordee.runtime.keys import secret
from running import Platform

HOME, DOCTOR = "Organization/trail-home", "Practitioner/trail-doctor"
SINCE = "date=ge2026-01-01"


@pytest.fixture(scope="module")
async def dpo(platform: Platform) -> httpx.AsyncClient:
    return await platform.client(
        "user/*.cruds", structure=HOME, user="olivier", role="dpo", functions=frozenset({"dpo"})
    )


@pytest.fixture
async def patient(client: httpx.AsyncClient) -> str:
    for reference, more in ((HOME, {"name": "H"}), (DOCTOR, {"name": [{"family": "D"}]})):
        kind, _, key = reference.partition("/")
        await client.put(reference, json={"resourceType": kind, "id": key} | more)
    key = uuid4().hex
    await client.put(
        f"Patient/{key}", json=given.patient(id=key, managingOrganization={"reference": HOME})
    )
    return key


async def events(reader: httpx.AsyncClient, query: str) -> list[dict[str, Any]]:
    answer = await reader.get(f"AuditEvent?{query}")
    assert answer.status_code == 200, answer.text
    return [one["resource"] for one in answer.json().get("entry", [])]


@pytest.mark.requirement("A6.1")
@pytest.mark.requirement("A2.5")
async def test_each_access_is_an_event_that_says_who_what_whom(
    platform: Platform, patient: str, dpo: httpx.AsyncClient
) -> None:
    user = f"dr-{patient}"
    doctor = await platform.client(
        "user/*.cruds", structure=HOME, practitioner=DOCTOR, user=user, name="Dr Qui",
        role="médecin",
    )  # fmt: skip
    await doctor.get(f"Patient/{patient}")
    await doctor.get(f"Observation?patient=Patient/{patient}")
    weak = await platform.client(
        "user/*.rs", structure=HOME, practitioner=DOCTOR, user=user, level=1
    )
    await weak.get("DocumentReference?patient=" + patient)

    found = await events(dpo, f"{SINCE}&altid={user}")
    by = {one["subtype"][0]["code"]: one for one in found if one["outcome"] == "0"}
    refused = [one for one in found if one["outcome"] == "4"]

    assert set(by) == {"read", "search"}
    agent = by["read"]["agent"][0]
    assert (agent["who"]["reference"], agent["name"]) == (DOCTOR, "Dr Qui")
    assert agent["role"][0]["text"] == "médecin"
    whats = {e["what"]["reference"] for e in by["read"]["entity"] if "what" in e}
    assert whats == {f"Patient/{patient}", HOME}
    queries = [e["query"] for e in by["search"]["entity"] if "query" in e]
    assert b64decode(queries[0]).decode() == f"Observation?patient=Patient/{patient}"
    assert refused[0]["outcomeDesc"] == "too-weak GET"
    for one in found:
        assert validate(one) == []


@pytest.mark.requirement("A6.1")
@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("patient=Patient/{p}", True), ("patient=Patient/none", False),
        ("entity=Patient/{p}", True), ("agent-name=Lect", True), ("agent-name=Nobody", False),
        ("agent-role=lectrice", True), ("subtype=read", True), ("subtype=delete", False),
        ("type=rest", True), ("type=110101", False), ("action=R", True), ("action=D", False),
        ("date=le2026-01-02", False), ("outcome=0", True), ("outcome=4", False),
        ("agent=Practitioner/trail-reader", True), ("period-start=ge2026-02-01", True),
    ],
)  # fmt: skip
async def test_lines_are_found_by_what_they_say(
    platform: Platform, patient: str, dpo: httpx.AsyncClient, query: str, seen: bool
) -> None:
    user = f"r-{patient}"
    reader = await platform.client(
        "user/*.rs", structure=HOME, practitioner="Practitioner/trail-reader", user=user,
        name="Lectrice", role="lectrice",
    )  # fmt: skip
    await reader.get(f"Patient/{patient}")

    found = await events(dpo, f"{SINCE}&altid={user}&{query.format(p=patient)}")

    assert bool(found) is seen


@pytest.mark.requirement("A6.1")
async def test_a_search_without_a_bound_of_dates_is_refused(dpo: httpx.AsyncClient) -> None:
    answers = [
        await dpo.get(f"AuditEvent{query}")
        for query in ("", "?altid=x", "?date=", f"?{SINCE}&what=1", "?date=zz2026")
    ]

    assert [one.status_code for one in answers] == [400] * 5
    assert "ITI-81" in answers[0].text


async def test_pages_give_each_line_once_then_what_was_fed_in(
    platform: Platform, client: httpx.AsyncClient, patient: str, dpo: httpx.AsyncClient
) -> None:
    user = f"p-{patient}"
    reader = await platform.client("user/*.rs", structure=HOME, practitioner=DOCTOR, user=user)
    for _ in range(5):
        await reader.get(f"Patient/{patient}")
    fed = event(patient, altId=user)
    assert (await client.post("AuditEvent", json=fed)).status_code == 201
    system = await platform.client("system/AuditEvent.rs")

    url, ids = f"AuditEvent?{SINCE}&altid={user}&_count=2", []
    while url:
        body = (await system.get(url)).json()
        ids += [one["resource"]["id"] for one in body.get("entry", [])]
        url = next((one["url"] for one in body["link"] if one["relation"] == "next"), "")

    lines = [one for one in ids if one.startswith("line-")]
    assert (len(lines), len(set(ids)), len(ids)) == (5, 6, 6)
    one = (await system.get(f"AuditEvent/{lines[0]}")).json()
    assert one["id"] == lines[0]
    assert (await system.get("AuditEvent/line-999999999")).status_code == 404
    assert (await system.get("AuditEvent/line-x")).status_code == 404


def event(patient: str, **agent: str) -> dict[str, Any]:
    return {
        "resourceType": "AuditEvent", "id": uuid4().hex,
        "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"},
        "period": {"start": "2026-11-01T08:00:00Z"}, "recorded": "2026-11-01T08:00:00Z",
        "agent": [{"who": {"display": "Logiciel"}, "requestor": True} | agent],
        "source": {"observer": {"display": "Logiciel"}},
        "entity": [{"what": {"reference": f"Patient/{patient}"}}],
    }  # fmt: skip


@pytest.mark.requirement("A6.1")
async def test_what_was_fed_in_is_never_changed(client: httpx.AsyncClient, patient: str) -> None:
    fed = event(patient)
    place = f"AuditEvent/{fed['id']}"
    changed = fed | {"outcome": "8"}

    made = await client.put(place, json=fed)
    answers = [
        await client.put(place, json=changed),
        await client.delete(place),
        await client.patch(
            place, content=b'[{"op":"add","path":"/outcome","value":"8"}]',
            headers={"content-type": "application/json-patch+json"},
        ),
        await client.post("", json=given.bundle("transaction", given.entry("DELETE", place))),
        await client.post("", json=given.bundle("transaction", given.entry("PUT", place, changed))),
    ]  # fmt: skip

    assert made.status_code == 201
    assert all(one.status_code in {403, 405, 412} for one in answers), answers
    assert "outcome" not in (await client.get(place)).json()


async def test_professionals_do_not_read_the_trail(platform: Platform, patient: str) -> None:
    doctor = await platform.client("user/*.cruds", structure=HOME, practitioner=DOCTOR)

    answers = [
        await doctor.get(f"AuditEvent?{SINCE}"), await doctor.get("AuditEvent/line-1"),
        await doctor.post("AuditEvent", json=event(patient)),
    ]  # fmt: skip
    around = (await doctor.get(f"Patient?_id={patient}&_revinclude=AuditEvent:patient")).json()

    assert [one.status_code for one in answers] == [403, 403, 403]
    kinds = {one["resource"]["resourceType"] for one in around.get("entry", [])}
    assert "AuditEvent" not in kinds


async def test_reading_the_trail_is_a_line_of_it(dpo: httpx.AsyncClient, patient: str) -> None:
    await events(dpo, f"{SINCE}&patient=Patient/{patient}")

    found = await events(dpo, f"{SINCE}&patient=Patient/{patient}&altid=olivier")

    assert found


@pytest.mark.requirement("A6.1")
async def test_the_trail_leaves_as_syslog_once_and_in_order(
    platform: Platform, client: httpx.AsyncClient, patient: str, tmp_path: Any
) -> None:
    await client.get(f"Patient/{patient}")
    database = platform.parts.database
    received = bytearray()
    done = asyncio.Event()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.extend(await reader.read())
        writer.close()
        done.set()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with database.write.acquire() as connection:
        for _ in range(4):
            await seal(connection, secret(platform.parts.settings.keys, KEY))
        numbers = [one.n async for part in sealed_lines(connection, 0) for one in part]
        sent = await send_lines(connection, f"tcp://127.0.0.1:{port}", "cordee.example")
        await asyncio.wait_for(done.wait(), 10)
        again = await send_lines(connection, f"tcp://127.0.0.1:{port}", "cordee.example")
        with pytest.raises(Exception, match="does not answer"):
            await send_lines(connection, f"tls://127.0.0.1:{port + 1}", "cordee.example")
    server.close()
    messages = unframed(bytes(received))

    assert (sent, again) == (len(numbers), 0)
    assert numbers == sorted(numbers)
    assert len(messages) == sent
    assert messages[0].startswith(b"<85>1 ")
    body = messages[-1].split(b"\xef\xbb\xbf", 1)[1]
    root = ElementTree.fromstring(body)
    assert root.find("EventIdentification/EventID") is not None
    whole = b"".join(messages).decode()
    assert f"Patient/{patient}" in whole


def unframed(data: bytes) -> list[bytes]:
    found = []
    while data:
        length, _, rest = data.partition(b" ")
        found.append(rest[: int(length)])
        data = rest[int(length) :]
    return found
