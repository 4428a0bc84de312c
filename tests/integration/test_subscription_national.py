"""The French guide of notifications of events: flows 1 to 4, with the examples of the guide."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

import given
from cordee.fhir.subscriptions import canonicals
from cordee.fhir.validation.validate import validate
from receivers import Receiver, receiving
from running import Ground, Platform, platform_on
from shared_data import shared
from subscribed import create, standing, until

FOLDER = "specs/ig/notification-evenements/example/"
INS = "urn:oid:1.2.250.1.213.1.4.8"


def example(name: str) -> dict[str, Any]:
    return orjson.loads(shared(f"{FOLDER}{name}.json").read_bytes())


@pytest.fixture(scope="module")
async def platform(ground: Ground) -> AsyncIterator[Platform]:
    told = {"smtp_url": "smtp://127.0.0.1:9", "mail_from": "a@example.org"}
    async with platform_on(ground, subscriber_networks="127.0.0.0/8", **told) as running:
        yield running


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


def identified(resource: dict[str, Any], *identifiers: dict[str, str]) -> dict[str, Any]:
    """The same, its contained patient with identifiers, under another contained id."""
    made = copy.deepcopy(resource)
    for one in made["contained"]:
        if one["resourceType"] == "Patient" and identifiers:
            one["identifier"] = list(identifiers)
    return made


def matricule() -> dict[str, str]:
    return {"system": INS, "value": f"1{uuid4().int % 10**14:014}"}


def asked(url: str, *identifiers: dict[str, str]) -> dict[str, Any]:
    made = identified(example("Subscription-sub1"), *identifiers)
    made.pop("end")
    made.pop("id")
    made["channel"] = {"type": "rest-hook", "endpoint": url, "payload": "application/fhir+json"}
    return made


def declared(*identifiers: dict[str, str], code: str = "SOR") -> dict[str, Any]:
    made = identified(example("CommunicationRequest-com2"), *identifiers)
    made.pop("id")
    for one in made["extension"]:
        if one["url"] == canonicals.NDE_EVENT_TYPE:
            one["valueCodeableConcept"]["coding"][0]["code"] = code
    return made


async def test_the_examples_of_the_guide_are_taken(client: httpx.AsyncClient) -> None:
    """An end in the past, no identifier, no patient in the criteria: accepted, told of nothing."""
    headers = {"prefer": "return=OperationOutcome"}
    answer = await client.post("Subscription", json=example("Subscription-sub1"), headers=headers)
    assert answer.status_code == 201, answer.text
    assert "the patient has no identifier" in answer.text
    key = answer.headers["location"].split("/Subscription/")[1].split("/")[0]
    assert (await client.get(f"Subscription/{key}")).json()["status"] == "off"
    for name in ("CommunicationRequest-com1", "CommunicationRequest-com2"):
        made = example(name)
        made.pop("basedOn", None)
        assert (await client.post("CommunicationRequest", json=made)).status_code == 201
    found = (await client.get("CommunicationRequest?event-type=SOR")).json()
    assert len(found["entry"]) >= 2


async def test_an_event_becomes_a_request_to_the_subscriber(
    client: httpx.AsyncClient, receiver: Receiver
) -> None:
    who, alias = matricule(), matricule()
    key = await create(client, asked(receiver.url, who))
    await standing(client, key)
    assert receiver.received == []  # the guide has no handshake
    await create(client, declared(matricule()))
    await create(client, declared(who, code="ADM"))
    event = declared(alias, who)
    told = await create(client, event)

    [one] = await receiver.until(lambda found: len(found) >= 1)
    assert (one.method, one.path) == ("POST", "/told/CommunicationRequest")
    made = one.json
    assert [issue for issue in validate(made) if issue.severity in {"error", "fatal"}] == []
    assert made["meta"]["profile"] == [canonicals.NDE_REQUEST]
    assert made["basedOn"][0]["reference"].endswith(f"/Subscription/{key}")
    assert (made["payload"], made["subject"]) == (event["payload"], event["subject"])
    inside = {part["id"]: part["resourceType"] for part in made["contained"]}
    [recipient] = made["recipient"]
    assert inside[recipient["reference"][1:]] == "Practitioner"
    assert recipient["extension"] == [{"url": canonicals.NDE_ENDPOINT, "valueUrl": receiver.url}]
    codes = {part["url"] for part in made["extension"]}
    assert codes == {canonicals.NDE_EVENT_TYPE, canonicals.NDE_EVENT_TIME, canonicals.NDE_EMISSION}
    assert told not in one.body.decode()
    stands = (await client.get(f"CommunicationRequest/{told}")).json()
    await client.put(f"CommunicationRequest/{told}", json=stands | {"status": "completed"})
    await create(client, declared(who))
    assert len(await receiver.until(lambda found: len(found) >= 2)) == 2


async def test_names_alone_bring_nobody_together(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    key = await create(client, asked(receiver.url))
    await standing(client, key)
    other = await create(client, asked(receiver.url, who := matricule()))
    await standing(client, other)
    await create(client, declared())
    await create(client, declared(who))
    await receiver.until(lambda found: len(found) >= 1)
    async with platform.parts.database.write.acquire() as connection:
        assert await connection.fetchval("SELECT events FROM subscription WHERE id = $1", key) == 0


async def test_flows_one_and_two(client: httpx.AsyncClient, receiver: Receiver) -> None:
    who = matricule()
    key = await create(client, asked(receiver.url, who))
    stands = await standing(client, key)
    changed = await client.put(f"Subscription/{key}", json=stands | {"reason": "autre"})
    assert changed.status_code == 200
    await standing(client, key)
    assert (await client.delete(f"Subscription/{key}")).status_code in {200, 204}
    await create(client, declared(who))
    await standing(client, await create(client, asked(receiver.url, who)))
    await create(client, declared(who))
    assert len(await receiver.until(lambda found: len(found) >= 1)) == 1


@pytest.mark.parametrize(
    "url", [canonicals.NDE_START, canonicals.NDE_SUBJECT, canonicals.NDE_DECLARANT,
            canonicals.NDE_SUBSCRIBER, canonicals.NDE_EVENT_TYPE],
)  # fmt: skip
async def test_what_the_profile_asks_is_asked(client: httpx.AsyncClient, url: str) -> None:
    made = asked("https://example.org/x", matricule())
    made["extension"] = [one for one in made["extension"] if one["url"] != url]
    answer = await client.post("Subscription", json=made)
    assert answer.status_code == 422
    assert url.rpartition("/")[2] in answer.text or "subject" in answer.text
    made["contained"] = []
    assert (await client.post("Subscription", json=made)).status_code == 422


async def test_a_person_is_told_only_of_whom_they_may_see(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    doctor = await create(client, {"resourceType": "Practitioner"})
    own, foreign = matricule(), matricule()
    tie = [{"reference": f"Practitioner/{doctor}"}]
    await create(client, given.patient(identifier=[own], generalPractitioner=tie))
    await create(client, given.patient(identifier=[foreign]))
    person = await platform.client(
        "user/*.cruds",
        user="dr-nde",
        structure="Organization/x",
        practitioner=f"Practitioner/{doctor}",
    )
    keys = [await create(person, asked(receiver.url, one)) for one in (own, foreign)]
    for key in keys:
        await standing(person, key)
    await create(client, declared(foreign))
    await create(client, declared(own))

    async def states() -> list[tuple[str, str]]:
        async with platform.parts.database.write.acquire() as connection:
            rows = await connection.fetch(
                "SELECT state, reason FROM subscription_event WHERE subscription = ANY ($1) ORDER BY state",
                keys,
            )
        return [(row["state"], row["reason"]) for row in rows]

    await until(states, lambda found: found == [("dropped", "no-right"), ("sent", "")])
    [one] = receiver.received
    assert own["value"] in one.body.decode()
