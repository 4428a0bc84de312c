"""A resident comes back: the lists side by side, the nurse proposes, the physician validates."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

import given
from cordee.fhir.store.journal import publish
from cordee.runtime.clock import instant
from running import Ground
from trusted import DOCTOR, HOME, Person, Screen, screen_on

TILLEULS, BELMONT = "Organization/ehpad-les-tilleuls", "Organization/ch-belmont"
MORVAN = "yvonne-morvan"
ALL = f"/patients/{MORVAN}/conciliations"


def _drug(name: str, dose: str, at: str) -> dict[str, object]:
    return {
        "resourceType": "MedicationRequest", "status": "active", "intent": "order",
        "subject": {"reference": f"Patient/{MORVAN}"}, "authoredOn": at,
        "medicationCodeableConcept": {"text": name}, "dosageInstruction": [{"text": dose}],
    }  # fmt: skip


@pytest.fixture(scope="module")
async def region(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        client = await screen.platform.client()
        for reference, body in (
            (TILLEULS, {"name": "EHPAD Les Tilleuls"}),
            (BELMONT, {"name": "CH de Belmont"}),
            (HOME, {"name": "MSP des Quatre-Vents"}),
            (DOCTOR, {"name": [{"family": "Le Goff", "given": ["Anne"], "prefix": ["Dr"]}]}),
            ("Practitioner/claire-weber", {}),
            ("Practitioner/yacine-benali", {}),
        ):
            kind, _, key = reference.partition("/")
            await client.put(reference, json={"resourceType": kind, "id": key} | body)
        home = {"managingOrganization": {"reference": TILLEULS}}
        attending = {"generalPractitioner": [{"reference": DOCTOR}]}
        await client.put(f"Patient/{MORVAN}", json=given.patient(id=MORVAN, **home, **attending))
        back = screen.clock() - timedelta(hours=1)
        for one in (
            _drug("Apixaban 5 mg", "1 matin et soir", "2026-01-10"),
            _drug("Bisoprolol 2,5 mg", "1 le matin", "2026-01-10"),
            _drug("Bisoprolol 5 mg", "1 le matin", instant(back)),
        ):
            answer = await client.post("MedicationRequest", json=one)
            assert answer.status_code == 201, answer.text
        await publish(screen.platform.parts.database)
        yield screen


async def _opened(region: Screen, claire: Person) -> str:
    left = region.clock() - timedelta(hours=20)
    page = (await claire.get(ALL)).text
    number = re.search(r'name="numero" value="([^"]+)"', page)
    assert number
    answer = await claire.post(ALL, numero=number[1], depart=f"{left:%Y-%m-%dT%H:%M}")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def _decisions(claire: Person, place: str) -> dict[str, str]:
    """The choice of the tests for each line of the page, by the name of its field."""
    page = html.unescape((await claire.get(place)).text)
    keys = {
        name: key
        for key, name in re.findall(r'id="choix-([^"]+)".*?<legend><b>([^<]+)</b>', page, re.S)
    }
    apixaban, bisoprolol = keys["Apixaban 5 mg"], keys["Bisoprolol 2,5 mg"]
    return {
        f"choix-{apixaban}": "before", f"raison-{apixaban}": "Oubli de l’ordonnance",
        f"choix-{bisoprolol}": "after",
    }  # fmt: skip


@pytest.mark.requirement("B7.9")
async def test_the_nurse_proposes_and_the_physician_validates(region: Screen) -> None:
    claire, legoff = await region.person("claire.weber"), await region.person("dr.legoff")
    place = await _opened(region, claire)
    text = await claire.text(place)
    assert "Apixaban 5 mg absent au retour" in text
    assert "Bisoprolol 2,5 mg dose changée" in text
    assert "Aucun document n’est arrivé" in text
    assert "comparer les traitements" in await claire.text("/residents")
    assert "Conciliation des traitements" in await claire.text("/demandes")

    await claire.post(place, geste="typed", saisie="Macrogol ; 1 sachet")
    assert "Macrogol ajouté" in await claire.text(place)
    await claire.post(place, geste="typed", saisie="")

    chosen = await _decisions(claire, place)
    half = {key: value for key, value in chosen.items() if not key.startswith("raison")}
    refused = await claire.post(place, geste="propose", medecin=DOCTOR, **half)
    assert refused.status_code == 422
    assert "dites pourquoi" in refused.text
    stranger = await claire.post(place, geste="propose", medecin="Practitioner/x", **chosen)
    assert stranger.status_code == 422
    assert "Oubli de l’ordonnance" in html.unescape(stranger.text)
    answer = await claire.post(place, geste="propose", medecin=DOCTOR, **chosen)
    assert answer.status_code == 303, answer.text

    assert (await claire.post(place, geste="validate")).status_code == 403
    assert place in (await legoff.get("/demandes")).text
    back = {"geste": "send-back", "send-back-motif": "Vérifier le bisoprolol"}
    assert (await legoff.post(place, **back)).status_code == 303
    text = await claire.text(place)
    assert "Vérifier le bisoprolol" in text
    again = (await claire.get(place)).text
    assert 'value="before" checked' in again, "what was decided stands there again"
    chosen = await _decisions(claire, place)
    await claire.post(place, geste="propose", medecin=DOCTOR, **chosen)
    assert (await legoff.post(place, geste="validate")).status_code == 303
    text = await claire.text(place)
    assert "Liste validée" in text
    assert "Oubli de l’ordonnance" in text
    table = (await claire.get(f"{place}.csv")).text
    assert "Apixaban 5 mg" in table
    assert (await legoff.post(place, geste="validate")).status_code in {403, 409}


@pytest.mark.requirement("B7.9")
async def test_the_list_is_closed_to_others_and_begins_at_the_home(region: Screen) -> None:
    claire, legoff = await region.person("claire.weber"), await region.person("dr.legoff")
    benali = await region.person("dr.benali")
    place = await _opened(region, claire)

    assert (await benali.get(place)).status_code in {403, 404}
    assert (await legoff.post(ALL, numero="x", depart="2026-11-20T10:00")).status_code == 403
    assert (await claire.get(place.replace(MORVAN, "someone-else"))).status_code == 404
    generic = place.replace("conciliations", "demandes")
    assert (await claire.get(generic)).status_code == 404
