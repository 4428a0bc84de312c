"""Each topic of this software: what sets it off, and what does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

import given
from cordee.fhir.subscriptions.topics import topics
from running import Ground, Platform, platform_on
from subscribed import TOPIC, create, standing, subscription, until

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


@pytest.fixture(scope="module")
async def platform(ground: Ground) -> AsyncIterator[Platform]:
    async with platform_on(ground) as running:
        yield running


class Followed:
    """A patient, and how many events each topic had about them."""

    def __init__(
        self, platform: Platform, client: httpx.AsyncClient, patient: str, keys: dict[str, str]
    ) -> None:
        self.platform, self.client, self.patient, self.keys = platform, client, patient, keys
        self.subject = {"reference": f"Patient/{patient}"}

    async def counts(self) -> dict[str, int]:
        """Events of each topic, once all that was written is matched."""
        head = await self.number("SELECT count(*) FROM journal")
        assert head is not None
        await until(lambda: self.number("SELECT count(*) FROM journal"), lambda left: left == 0)
        sql = "SELECT (SELECT n FROM journal_head) - n FROM journal_reader WHERE name = 'subscriptions'"
        await until(lambda: self.number(sql), lambda left: left == 0)
        async with self.platform.parts.database.write.acquire() as connection:
            rows = await connection.fetch("SELECT id, events FROM subscription")
        found = {row["id"]: row["events"] for row in rows}
        return {topic: found[key] for topic, key in self.keys.items() if found[key]}

    async def number(self, sql: str) -> int:
        async with self.platform.parts.database.write.acquire() as connection:
            return await connection.fetchval(sql)

    async def put(self, resource: dict[str, Any], **change: Any) -> dict[str, Any]:
        made = resource | change
        answer = await self.client.put(f"{made['resourceType']}/{made['id']}", json=made)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()


@pytest.fixture
async def followed(platform: Platform, client: httpx.AsyncClient) -> Followed:
    patient = await create(client, given.patient())
    keys: dict[str, str] = {}
    for url, topic in topics().items():
        made = subscription(topic=url, channel="websocket", filters=[f"patient=Patient/{patient}"])
        keys[url.removeprefix(TOPIC)] = await create(client, made)
        assert topic.title
    for key in keys.values():
        await standing(client, key)
    return Followed(platform, client, patient, keys)


def encounter(subject: dict[str, str], code: str, status: str, key: str) -> dict[str, Any]:
    return {
        "resourceType": "Encounter", "id": key, "status": status, "subject": subject,
        "class": {"system": ACT, "code": code},
    }  # fmt: skip


async def test_a_stay_in_hospital(followed: Followed) -> None:
    made = await followed.put(
        encounter(followed.subject, "IMP", "planned", f"e-{followed.patient}")
    )
    assert await followed.counts() == {"patient-compartment": 1}
    made = await followed.put(made, status="in-progress")
    expected = {"patient-compartment": 2, "encounter-start": 1, "admission": 1}
    assert await followed.counts() == expected
    made = await followed.put(made, language="fr")
    assert await followed.counts() == expected | {"patient-compartment": 3}
    await followed.put(made, status="finished")
    assert await followed.counts() == expected | {
        "patient-compartment": 4, "encounter-end": 1, "discharge": 1,
    }  # fmt: skip


async def test_a_passage_in_the_emergency_department(followed: Followed) -> None:
    made = await followed.put(
        encounter(followed.subject, "EMER", "arrived", f"u-{followed.patient}")
    )
    assert await followed.counts() == {"patient-compartment": 1, "emergency-arrival": 1}
    made = await followed.put(made, status="in-progress")
    await followed.put(made, status="finished")
    assert await followed.counts() == {
        "patient-compartment": 3, "emergency-arrival": 1, "encounter-start": 1, "encounter-end": 1,
    }  # fmt: skip


async def test_a_document_a_result_a_task_an_appointment(followed: Followed) -> None:
    subject = followed.subject
    attachment = {"attachment": {"contentType": "text/plain", "url": "https://example.org/x"}}
    document = {"resourceType": "DocumentReference", "id": f"d-{followed.patient}", "status": "current",
                "subject": subject, "content": [attachment]}  # fmt: skip
    made = await followed.put(document)
    await followed.put(made, description="x")
    weight = given.observation(
        f"Patient/{followed.patient}", status="preliminary", id=f"o-{followed.patient}"
    )
    made = await followed.put(weight)
    made = await followed.put(made, status="final")
    await followed.put(made, status="amended")
    counts = await followed.counts()
    assert (counts["new-document"], counts["new-result"]) == (1, 1)

    owner = await create(followed.client, {"resourceType": "Practitioner"})
    task = {"resourceType": "Task", "id": f"t-{followed.patient}", "status": "requested", "intent": "order",
            "for": subject}  # fmt: skip
    made = await followed.put(task)
    made = await followed.put(made, description="nothing that counts")
    made = await followed.put(made, owner={"reference": f"Practitioner/{owner}"})
    await followed.put(made, status="accepted")
    assert (await followed.counts())["task"] == 3

    appointment = {"resourceType": "Appointment", "id": f"a-{followed.patient}", "status": "booked",
                   "start": "2026-12-01T09:00:00Z", "end": "2026-12-01T09:20:00Z",
                   "participant": [{"actor": subject, "status": "accepted"}]}  # fmt: skip
    made = await followed.put(appointment)
    await followed.put(made, status="cancelled")
    await followed.client.delete(f"Appointment/a-{followed.patient}")
    counts = await followed.counts()
    assert counts["appointment"] == 3
    assert counts["patient-compartment"] == 12


async def test_another_patient_is_no_event(followed: Followed) -> None:
    other = await create(followed.client, given.patient())
    await create(followed.client, given.observation(f"Patient/{other}"))
    stands = (await followed.client.get(f"Patient/{followed.patient}")).json()
    await followed.put(stands, active=True)
    assert await followed.counts() == {"patient-compartment": 1}
