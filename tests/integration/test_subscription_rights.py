"""What a subscriber may see is asked again before each message, and is in the trail before it leaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

import given
from cordee.fhir.subscriptions.ports import OwnerGone
from receivers import Receiver, receiving
from running import Ground, Platform, platform_on
from subscribed import create, standing, subscription, until

RIGHTS = "user/*.cruds"


@pytest.fixture(scope="module")
async def platform(ground: Ground) -> AsyncIterator[Platform]:
    """The application, which may call this machine."""
    async with platform_on(ground, subscriber_networks="127.0.0.0/8") as running:
        yield running


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


class Doctor:
    """A doctor with a client of theirs and a patient who is tied to them."""

    def __init__(self, user: str, key: str, client: httpx.AsyncClient, patient: str) -> None:
        self.user, self.key, self.client, self.patient = user, key, client, patient


async def doctor_of(platform: Platform, client: httpx.AsyncClient, /, **more: Any) -> Doctor:
    key = await create(client, {"resourceType": "Practitioner"})
    patient = await create(
        client, given.patient(generalPractitioner=[{"reference": f"Practitioner/{key}"}])
    )
    user = f"dr-{uuid4().hex[:8]}"
    own = await platform.client(
        RIGHTS, user=user, structure="Organization/x", practitioner=f"Practitioner/{key}", **more
    )
    return Doctor(user, key, own, patient)


async def rows(platform: Platform, sql: str, *values: Any) -> list[Any]:
    async with platform.parts.database.write.acquire() as connection:
        return [dict(row) for row in await connection.fetch(sql, *values)]


async def untie(client: httpx.AsyncClient, doctor: Doctor) -> None:
    stands = (await client.get(f"Patient/{doctor.patient}")).json()
    stands.pop("generalPractitioner")
    assert (await client.put(f"Patient/{doctor.patient}", json=stands)).status_code == 200


async def active(doctor: Doctor, url: str, **more: Any) -> str:
    made = subscription(
        url, filters=[f"patient=Patient/{doctor.patient}", "_type=Observation"], **more
    )
    key = await create(doctor.client, made)
    await standing(doctor.client, key)
    return key


@pytest.mark.parametrize("content", ["full-resource", "id-only", "empty"])
async def test_a_right_that_is_lost_ends_what_is_told_at_once(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver, content: str
) -> None:
    doctor = await doctor_of(platform, client)
    key = await active(doctor, receiver.url, content=content)
    await create(client, given.observation(f"Patient/{doctor.patient}"))
    await receiver.until(lambda _: receiver.numbers() == [1])

    await untie(client, doctor)
    platform.parts.guard.forget()
    await create(client, given.observation(f"Patient/{doctor.patient}"))
    sql = "SELECT n, state, reason FROM subscription_event WHERE subscription = $1 ORDER BY n"
    found = await until(
        lambda: rows(platform, sql, key),
        lambda seen: len(seen) == 2 and seen[1]["state"] == "dropped",
    )
    assert found[1]["reason"] == "no-right"
    assert receiver.numbers() == [1]
    told = (await doctor.client.get(f"Subscription/{key}/$events?content=full-resource")).json()
    assert len(told["entry"]) == 1


async def test_a_right_that_is_lost_while_the_endpoint_hangs_ends_what_waits(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    doctor = await doctor_of(platform, client)
    key = await active(doctor, receiver.url)
    receiver.gate.clear()
    for _ in range(3):
        await create(client, given.observation(f"Patient/{doctor.patient}"))
    sql = "SELECT events, leased FROM subscription WHERE id = $1"
    await until(
        lambda: rows(platform, sql, key), lambda seen: seen[0]["events"] == 3 and seen[0]["leased"]
    )
    await untie(client, doctor)
    platform.parts.guard.forget()
    receiver.gate.set()
    sql = "SELECT n, state FROM subscription_event WHERE subscription = $1 ORDER BY n"
    found = await until(
        lambda: rows(platform, sql, key),
        lambda seen: all(row["state"] != "waiting" for row in seen),
    )
    assert [row["state"] for row in found] == ["sent", "dropped", "dropped"]
    assert receiver.numbers() == [1]


async def test_what_is_told_is_in_the_trail(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    for content in ("full-resource", "id-only"):
        doctor = await doctor_of(platform, client)
        await active(doctor, receiver.url, content=content)
        made = await create(client, given.observation(f"Patient/{doctor.patient}"))
        await receiver.until(
            lambda found, made=made: any(made.encode() in one.body for one in found)
        )
        sql = "SELECT pats FROM audit WHERE actor = $1 AND action = 'R' AND detail = $2"
        [line] = await rows(platform, sql, doctor.user, f"read {made}")
        assert line["pats"] == [platform.parts.kernel.keys(f"Patient/{doctor.patient}")]


async def test_who_is_no_more_is_told_nothing(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    doctor = await doctor_of(platform, client)
    key = await active(doctor, receiver.url)
    await rows(
        platform,
        "INSERT INTO account (login, name, status) VALUES ($1, 'x', 'left')",
        doctor.user,
    )
    await create(client, given.observation(f"Patient/{doctor.patient}"))
    stands = await standing(client, key, "off")
    assert stands["error"] == "owner-gone"
    assert receiver.numbers() == []


async def test_who_works_there_no_more_is_told_nothing(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    doctor = await doctor_of(platform, client)
    await rows(platform, "INSERT INTO account (login, name) VALUES ($1, 'x')", doctor.user)
    await rows(
        platform,
        "INSERT INTO situation (account, role, structure, structure_name)"
        " SELECT id, 'doctor', 'Organization/x', 'X' FROM account WHERE login = $1",
        doctor.user,
    )
    key = await active(doctor, receiver.url)
    await create(client, given.observation(f"Patient/{doctor.patient}"))
    await receiver.until(lambda _: receiver.numbers() == [1])
    await rows(
        platform,
        "UPDATE situation SET ends = now() FROM account a WHERE a.id = account AND a.login = $1",
        doctor.user,
    )
    await create(client, given.observation(f"Patient/{doctor.patient}"))
    assert (await standing(client, key, "off"))["error"] == "owner-gone"
    assert receiver.numbers() == [1]


@pytest.mark.parametrize(
    ("end", "scopes"),
    [
        ("UPDATE smart_client SET removed = now() WHERE id = $1", "offline_access"),
        ("UPDATE smart_grant SET withdrawn = now() WHERE client = $1", "offline_access"),
        ("INSERT INTO closed_session (id) VALUES ('session-' || $1)", "openid"),
    ],
)
async def test_an_application_that_ends_is_told_nothing(
    platform: Platform, client: httpx.AsyncClient, end: str, scopes: str
) -> None:
    """What is asked before each message, of a person who acts by an application."""
    application = f"app-{uuid4().hex[:8]}"
    doctor = await doctor_of(platform, client)
    told = {
        "user": doctor.user, "name": "x", "role": "doctor", "structure": "Organization/x",
        "practitioner": f"Practitioner/{doctor.key}", "scopes": ["user/*.rs"], "level": 2,
        "client": application, "functions": [], "profession": "10",
    }  # fmt: skip
    owners = platform.parts.subscriptions.owners
    with pytest.raises(OwnerGone):
        await owners.scope(told)
    await rows(
        platform,
        "INSERT INTO smart_client (id, name, kind, redirect_uris, scopes, approved)"
        " VALUES ($1, 'x', 'public', '{https://example.org}', 'openid', now())",
        application,
    )
    await rows(
        platform,
        "INSERT INTO smart_grant (id, client, account, person, context, session, scopes)"
        " VALUES ($1, $1, $2, '[]', '{}', 'session-' || $1, $3)",
        application, doctor.user, scopes,
    )  # fmt: skip
    assert (await owners.scope(told)).agent == doctor.user
    await rows(platform, end, application)
    with pytest.raises(OwnerGone):
        await owners.scope(told)


async def test_nobody_else_knows_of_a_subscription(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    doctor = await doctor_of(platform, client)
    key = await create(
        doctor.client,
        subscription(channel="websocket", filters=[f"patient=Patient/{doctor.patient}"]),
    )
    other = (await doctor_of(platform, client)).client
    addresses = [
        "",
        "/_history",
        "/_history/1",
        "/$status",
        "/$events",
        "/$stream",
        "/$get-ws-binding-token",
    ]
    for address in addresses:
        answer = await other.get(f"Subscription/{key}{address}")
        assert answer.status_code == 404, address
    stands = (await doctor.client.get(f"Subscription/{key}")).json()
    assert (await other.put(f"Subscription/{key}", json=stands)).status_code == 404
    assert (await other.delete(f"Subscription/{key}")).status_code == 404
    patch = [{"op": "replace", "path": "/status", "value": "off"}]
    headers = {"content-type": "application/json-patch+json"}
    answer = await other.request("PATCH", f"Subscription/{key}", json=patch, headers=headers)
    assert answer.status_code == 404
    assert (await other.post(f"Subscription/{key}/$replay")).status_code == 404
    for address in ("Subscription", f"Subscription?_id={key}"):
        assert "entry" not in (await other.get(address)).json()
    assert key not in (await other.get("Subscription/$status")).text
    assert (await other.get("Subscription/_history")).status_code == 403
    assert key not in (await other.get("_history")).text
    assert key not in (await other.get("?_type=Subscription,Task")).text
    assert (await doctor.client.get("Subscription")).json()["entry"][0]["resource"]["id"] == key
    for conditional in ("put", "delete"):
        more = {"json": stands} if conditional == "put" else {}
        answer = await getattr(other, conditional)(f"Subscription?_id={key}", **more)
        assert answer.status_code in {400, 403}
    answer = await other.post("Subscription", json=stands, headers={"if-none-exist": f"_id={key}"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "filters",
    [
        [],
        ["patient=Patient/none"],
        ["patient={other}"],
        ["patient={own},{other}"],
        ["Observation?patient={own}"],
        ["_type=Observation"],
        ["patient:missing=false"],
        ["patient={own}", "patient.name=x"],
    ],
)
async def test_a_person_follows_only_whom_they_may_see(
    platform: Platform, client: httpx.AsyncClient, filters: list[str]
) -> None:
    doctor = await doctor_of(platform, client)
    other = await create(client, given.patient())
    named = [
        one.format(own=f"Patient/{doctor.patient}", other=f"Patient/{other}") for one in filters
    ]
    answer = await doctor.client.post(
        "Subscription", json=subscription(channel="websocket", filters=named)
    )
    assert answer.status_code == 422, answer.text
    assert other not in answer.text


async def test_a_person_follows_what_is_addressed_to_them(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    doctor = await doctor_of(platform, client)
    made = subscription(
        channel="websocket", topic="task", filters=[f"owner=Practitioner/{doctor.key}"]
    )
    assert (await doctor.client.post("Subscription", json=made)).status_code == 201
    made = subscription(channel="websocket", topic="task", filters=["owner=Practitioner/another"])
    assert (await doctor.client.post("Subscription", json=made)).status_code == 422


async def test_no_right_no_subscription(platform: Platform) -> None:
    poor = await platform.client("system/Subscription.cruds system/Patient.rs")
    answer = await poor.post("Subscription", json=subscription(channel="websocket", topic="task"))
    assert answer.status_code == 403
    none = await platform.client("system/Task.cruds")
    answer = await none.post("Subscription", json=subscription(channel="websocket", topic="task"))
    assert answer.status_code == 403


async def test_what_is_masked_since_is_told_to_nobody(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    """The version of the moment of sending counts, not that of the event."""
    doctor = await doctor_of(platform, client)
    key = await active(doctor, receiver.url, content="full-resource")
    receiver.gate.clear()
    first = await create(client, given.observation(f"Patient/{doctor.patient}"))
    second = await create(client, given.observation(f"Patient/{doctor.patient}"))
    sql = "SELECT events, leased FROM subscription WHERE id = $1"
    await until(
        lambda: rows(platform, sql, key), lambda seen: seen[0]["events"] == 2 and seen[0]["leased"]
    )
    label = {"system": "urn:masque", "code": "MASQUE_PS"}
    stands = (await client.get(f"Observation/{second}")).json()
    stands["meta"]["security"] = [label]
    await client.put(f"Observation/{second}", json=stands)
    receiver.gate.set()
    sql = "SELECT n, state FROM subscription_event WHERE subscription = $1 ORDER BY n"
    found = await until(
        lambda: rows(platform, sql, key),
        lambda seen: all(row["state"] != "waiting" for row in seen),
    )
    assert [row["state"] for row in found][:2] == ["sent", "dropped"]
    assert first.encode() in receiver.received[-1].body
