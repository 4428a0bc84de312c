"""Concertations: invited from the circle, concluded with minutes, decided with a day."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from coordinated import make_person, make_region, put
from running import Ground
from trusted import Screen, plain, screen_on

ODETTE = "odette-essai"
HERE = f"/patients/{ODETTE}/concertations"
SAMIRA = "Practitioner/samira-haddad"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_region(screen)
        await make_person(screen, ODETTE)
        people = {"samira-haddad": "Samira Haddad", "anne-le-goff": "Dr Anne Le Goff"}
        for key, name in people.items():
            await put(screen, {"resourceType": "Practitioner", "id": key, "name": [{"text": name}]})
        members = [{"member": {"reference": f"Practitioner/{one}"}} for one in people]
        team = {
            "resourceType": "CareTeam", "id": "cercle-essai", "status": "active",
            "subject": {"reference": f"Patient/{ODETTE}"}, "participant": members,
        }  # fmt: skip
        await put(screen, team)
        yield screen


@pytest.mark.requirement("B4.7")
async def test_a_concertation_from_its_invitation_to_the_worklist(screen: Screen) -> None:
    doctor, samira = await screen.person("dr.legoff"), await screen.person("samira.haddad")
    page = (await doctor.get(f"{HERE}/nouvelle")).text
    number = re.search(r'name="numero" value="([^"]+)"', page)
    assert number
    when = (screen.clock() + timedelta(days=2)).strftime("%Y-%m-%dT14:30")
    sent = {
        "numero": number[1], "objet": "Retour à domicile", "quand": when, "duree": "45",
        "visio": "javascript:alert(1)", "ordre-du-jour": "Repas, toilette, nuit",
        f"invite-{SAMIRA}": "oui", "invite-Practitioner/paul-rey": "oui", "autres": "Mairie",
    }  # fmt: skip
    refused = await doctor.post(f"{HERE}/nouvelle", **sent)
    assert refused.status_code == 422
    assert "commence par https://" in plain(refused)
    assert "Repas, toilette, nuit" in refused.text
    sent["visio"] = "https://visio.example/abc"
    first = await doctor.post(f"{HERE}/nouvelle", **sent)
    again = await doctor.post(f"{HERE}/nouvelle", **sent)
    place = first.headers["location"]
    assert (first.status_code, again.headers["location"]) == (303, place)

    told = await screen.rows("SELECT recipients, detail FROM event WHERE source LIKE 'meeting:%'")
    assert [row["recipients"] for row in told] == [[SAMIRA]]  # who is not of the circle is not
    assert "n’a pas répondu" in await samira.text(place)
    assert "https://visio.example/abc" in (await samira.get(place)).text
    assert (await samira.post(place, geste="viens")).status_code == 303
    assert "Samira Haddad vient" in await doctor.text(place)

    until = (screen.clock() + timedelta(days=9)).date().isoformat()
    done = {
        "geste": "conclure", "compte-rendu": "Retour possible avec deux passages par jour.",
        "quoi-1": "Organiser deux passages", "qui-1": "Practitioner/paul-rey", "pour-1": until,
    }  # fmt: skip
    refused = await doctor.post(place, **done)
    assert refused.status_code == 422
    assert "parmi les invités" in refused.text
    assert "deux passages par jour" in refused.text
    assert (await doctor.post(place, **done | {"qui-1": SAMIRA})).status_code == 303

    text = await doctor.text(place)
    assert "tenue" in text
    assert "Organiser deux passages À faire" in text
    home = await samira.text("/")
    assert "Organiser deux passages" in home
    due = await screen.rows("SELECT due FROM workflow_clock WHERE name = 'do' AND ended IS NULL")
    assert [row["due"].date().isoformat() for row in due] == [until]
    client = await screen.platform.client()
    found = (await client.get(f"DocumentReference?patient={ODETTE}&type=34794-8")).json()
    assert found["entry"][0]["resource"]["context"]["related"][0]["reference"].startswith("Appo")
    assert (await doctor.post(place, **done | {"qui-1": SAMIRA})).status_code == 409


@pytest.mark.requirement("B4.7")
async def test_who_was_not_invited_writes_nothing_there(screen: Screen) -> None:
    doctor, other = await screen.person("dr.legoff"), await screen.person("paul.rey")
    found = re.search(rf'href="({HERE}/[^"]+)" data-item', (await doctor.get(HERE)).text)
    assert found
    for path in (HERE, f"{HERE}/nouvelle", found[1]):
        assert (await other.get(path)).status_code == 404
    assert (await other.post(found[1], geste="viens")).status_code == 404
