"""Notifications for software that shows them itself: one's own, and their states both ways."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from cordee.identity.principal import Principal
from running import Ground, platform_on
from told import Town, places, resident, stay
from trusted import who

LEGOFF, CLAIRE = who("dr.legoff"), who("claire.weber")
STATE = "https://cordee.example/StructureDefinition/notification-state"


@pytest.fixture(scope="module")
async def town(ground: Ground) -> AsyncIterator[Town]:
    async with platform_on(ground, mode="demo") as platform:
        town = Town(platform)
        await town.put(*places(), resident("one"))
        await town.begin()
        await town.put(stay("one", "e-1", "in-progress"))
        await town.turn()
        yield town


async def client_of(town: Town, one: Principal, scope: str = "user/*.cruds") -> httpx.AsyncClient:
    return await town.platform.client(
        scope, user=one.user, name=one.name, role=one.role, structure=one.structure,
        practitioner=one.practitioner, profession=one.profession, level=2,
    )  # fmt: skip


def said(number: str, state: str) -> dict[str, Any]:
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "notification", "valueId": number},
            {"name": "state", "valueCode": state},
        ],
    }


@pytest.mark.requirement("B2.5")
async def test_software_reads_its_persons_notifications_and_sets_their_states(town: Town) -> None:
    client = await client_of(town, LEGOFF)

    bundle = (await client.get("Communication/$notifications?state=issued,delivered")).json()
    (entry,) = bundle["entry"]
    communication = entry["resource"]
    answer = await client.post(
        "Communication/$notification-state", json=said(communication["id"], "acknowledged")
    )
    again = await client.post(
        "Communication/$notification-state", json=said(communication["id"], "unread")
    )

    assert communication["status"] == "in-progress"
    assert communication["subject"] == {"reference": "Patient/one"}
    assert communication["about"] == [{"reference": "Encounter/e-1"}]
    codes = [one["code"] for one in communication["category"][0]["coding"]]
    assert codes == ["ADM", "emergency-arrival"]
    assert answer.json()["status"] == "completed"
    assert answer.json()["extension"][0] == {"url": STATE, "valueCode": "acknowledged"}
    assert (again.status_code, again.json()["resourceType"]) == (409, "OperationOutcome")
    (item,) = await town.told(LEGOFF)
    steps = await town.desk.inbox.steps(item)
    assert (steps[-1].state.value, steps[-1].via) == ("acknowledged", "fhir")


@pytest.mark.requirement("B2.5")
async def test_anothers_notification_is_not_there(town: Town) -> None:
    (item,) = await town.told(LEGOFF)
    client = await client_of(town, CLAIRE)

    answer = await client.post(
        "Communication/$notification-state", json=said(f"notification-{item.n}", "read")
    )
    own = (await client.get("Communication/$notifications")).json()

    assert answer.status_code == 404
    assert item.n not in {int(one["resource"]["id"].partition("-")[2]) for one in own["entry"]}


@pytest.mark.parametrize("scope", ["user/Patient.rs", "user/Communication.s"])
async def test_a_token_without_the_right_gets_nothing(town: Town, scope: str) -> None:
    client = await client_of(town, LEGOFF, scope)

    answers = [
        await client.get("Communication/$notifications"),
        await client.post("Communication/$notification-state", json=said("1", "read")),
    ]

    assert [one.status_code for one in answers] == [403, 403]


@pytest.mark.parametrize("query", ["?state=lost", "?_count=0", "?before=x"])
async def test_what_cannot_be_asked_is_refused(town: Town, query: str) -> None:
    client = await client_of(town, LEGOFF)

    assert (await client.get(f"Communication/$notifications{query}")).status_code == 400
