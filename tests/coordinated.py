"""A region in small for tests of coordination: two DAC, three resources, a person at home in B."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import given
from cordee.app.requests import requests
from cordee.care.requests.desk import Asking, Requests
from cordee.fhir.store.journal import publish
from trusted import Screen, who

MSP, DAC_A, DAC_B = "msp-quatre-vents", "dac-a", "dac-b"
HAD, SSIAD, SMR = "had-belmont", "ssiad-saulx", "smr-montrevaux"
TOLD = {"person-informed": True, "attending-informed": True}
INTAKE = {"asker": "traitant", "motive": "maintien", "urgency": "48h", **TOLD}


def service(key: str, owner: str, kind: str, county: str = "") -> dict[str, Any]:
    area = {"coverageArea": [{"reference": f"Location/area-{county}"}]} if county else {}
    return area | {
        "resourceType": "HealthcareService", "id": key, "active": True, "name": key,
        "providedBy": {"reference": f"Organization/{owner}"},
        "location": [{"reference": f"Location/{owner}"}],
        "type": [{"coding": [{"code": kind}]}],
    }  # fmt: skip


async def put(screen: Screen, *resources: dict[str, Any]) -> None:
    client = await screen.platform.client()
    for one in resources:
        answer = await client.put(f"{one['resourceType']}/{one['id']}", json=one)
        assert answer.status_code in {200, 201}, answer.text
    await publish(screen.platform.parts.database)


async def make_region(screen: Screen) -> None:
    places = {MSP: "B", DAC_A: "A", DAC_B: "B", HAD: "B", SSIAD: "B", SMR: "A", "chu-aubrey": "A"}
    towns = {"A": "Aubrey", "B": "Belmont"}
    made: list[dict[str, Any]] = [
        {"resourceType": "Organization", "id": one, "name": one} for one in places
    ]
    made += [
        {"resourceType": "Location", "id": key, "address": {"district": c, "city": towns[c]}}
        for key, c in places.items()
    ]
    made += [
        {"resourceType": "Location", "id": f"area-{one}", "address": {"district": one}}
        for one in "AB"
    ]
    people = {"helene-costa": "Costa", "paul-rey": "Rey", "anne-le-goff": "Le Goff"}
    made += [
        {"resourceType": "Practitioner", "id": key, "name": [{"family": name, "given": ["X"]}]}
        for key, name in people.items()
    ]
    made += [
        service("appui-a", DAC_A, "coordination", "A"),
        service("appui-b", DAC_B, "coordination", "B"),
        service("had", HAD, "had"), service("soins-domicile", SSIAD, "ssiad"),
        service("readaptation", SMR, "smr"),
    ]  # fmt: skip
    await put(screen, *made)


async def make_person(screen: Screen, key: str, county: str = "B", **more: Any) -> None:
    home = {"managingOrganization": {"reference": f"Organization/{MSP}"}}
    address = {"address": [{"use": "home", "district": county, "city": "Saulx"}]}
    await put(screen, given.patient(**{"id": key, **home, **address, **more}))


def desk_of(screen: Screen) -> Requests:
    parts = screen.platform.parts
    return requests(parts.database, parts.kernel, parts.guard)


async def ask(
    screen: Screen, user: str, patient: str, machine: str, owner: str, **facts: Any
) -> str:
    asking = Asking(machine, str(uuid4()), (f"Organization/{owner}",), facts)
    return await desk_of(screen).ask(who(user), patient, asking)
