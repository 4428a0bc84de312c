"""A region with a campaign for tests: territories, a médecin traitant with patients, the gestures."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from community import make_community
from coordinated import put
from cordee.app.campaigns import campaigns
from cordee.app.demo_population import write_areas
from cordee.app.population import home_of
from cordee.care.campaigns.campaign import Campaign
from cordee.care.campaigns.desk import CampaignDesk
from cordee.fhir.store.journal import publish
from given import patient
from trusted import DOCTOR, HOME, Person, Screen

PERRET, LE_GOFF, NORA = "julie.perret", "dr.legoff", "nora.belkacem"
FORM = {
    "kit": "diabete-reperage", "titre": "Repérage du diabète A, B, D", "objectif": "Trouver tôt",
    "porteur": "ARS et trois CPTS", "base": "Intérêt public, information du médecin traitant",
    "debut": "2026-01-05", "fin": "2027-12-31", "budget": "12 500,50", "canal-sms": "sms",
    "canal-letter": "letter", "canal-space": "space", "territoire-A": "A", "territoire-B": "B",
    "territoire-C": "C",
}  # fmt: skip


def desk_of(screen: Screen) -> CampaignDesk:
    """The campaigns of the platform, with what people may see asked anew."""
    screen.platform.parts.guard.forget()
    return campaigns(screen.platform.parts)


async def make_areas(screen: Screen) -> None:
    """The CPTS, its members and the documented files of the fictional region."""
    await make_community(screen)
    write_areas(home_of(screen.platform.parts.settings))


async def make_own(screen: Screen, key: str, county: str = "B", **more: Any) -> None:
    """A woman of 58 whose médecin traitant is Dr Le Goff, with a mobile telephone."""
    told: dict[str, Any] = {
        "id": key, "gender": "female", "birthDate": "1968-05-02", "active": True,
        "name": [{"family": key.partition("-")[0].title(), "given": ["Anne"]}],
        "managingOrganization": {"reference": HOME},
        "generalPractitioner": [{"reference": DOCTOR}],
        "telecom": [{"system": "phone", "value": "06 12 34 56 78", "use": "mobile"}],
        "address": [{"use": "home", "district": county, "city": "Saulx"}],
    }  # fmt: skip
    await put(screen, patient(**told | more))


async def write(screen: Screen, *resources: dict[str, Any]) -> None:
    """Resources as they come from elsewhere."""
    await put(screen, *resources)
    await publish(screen.platform.parts.database)


def result(
    patient_key: str, value: float, unit: str = "%", day: str = "2026-06-01"
) -> dict[str, Any]:
    """An HbA1c of a laboratory."""
    code = "4548-4" if unit == "%" else "59261-8"
    return {
        "resourceType": "Observation", "id": f"r-{uuid4()}", "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": f"Patient/{patient_key}"},
        "effectiveDateTime": f"{day}T08:00:00+02:00",
        "valueQuantity": {
            "value": value, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org",
        },
    }  # fmt: skip


async def make_campaign(screen: Screen, **more: str) -> str:
    """The path of a new idea."""
    julie = await screen.person(PERRET)
    answer = await julie.post("/campagnes/nouvelle", **FORM | {"numero": str(uuid4())} | more)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def say(person: Person, path: str, code: str, word: str = "validated", why: str = "") -> int:
    """The word of a territory; the status of the answer."""
    answer = await person.post(path, geste="dire", territoire=code, mot=word, motif=why)
    return answer.status_code


async def move(person: Person, path: str, move_: str) -> int:
    """A move; the status of the answer."""
    return (await person.post(path, geste="avancer", vers=move_)).status_code


async def launched(screen: Screen, **more: str) -> str:
    """The path of a campaign that is launched in A and B; C has declined."""
    path = await make_campaign(screen, **more)
    julie = await screen.person(PERRET)
    assert await move(julie, path, "instruct") == 303
    assert await say(julie, path, "A") == 303
    assert await say(julie, path, "C", "declined", "Pas de moyens cette année") == 303
    assert await say(julie, path, "B") == 303
    assert await move(julie, path, "launch") == 303
    return path


async def campaign(screen: Screen, path: str) -> Campaign:
    """A campaign as it stands."""
    return await desk_of(screen).register.one(path.rpartition("/")[2])


def entries(text: str) -> list[str]:
    """The ids of the patients on a page."""
    return re.findall(r'href="/patients/([\w-]+)"', text)
