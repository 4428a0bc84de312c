"""What happens to a resident is noted by her home and read in the list of ninety days."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

import given
from cordee.fhir.store.journal import publish
from running import Ground
from trusted import Screen, screen_on

TILLEULS, MORVAN = "Organization/ehpad-les-tilleuls", "yvonne-morvan"
FACTS = f"/patients/{MORVAN}/faits"


@pytest.fixture(scope="module")
async def region(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        client = await screen.platform.client()
        for reference in (TILLEULS, "Practitioner/claire-weber"):
            kind, _, key = reference.partition("/")
            await client.put(reference, json={"resourceType": kind, "id": key})
        home = {"managingOrganization": {"reference": TILLEULS}}
        await client.put(f"Patient/{MORVAN}", json=given.patient(id=MORVAN, **home))
        await publish(screen.platform.parts.database)
        yield screen


@pytest.mark.requirement("B7.1")
@pytest.mark.requirement("B7.6")
async def test_a_fall_is_noted_once_and_listed(region: Screen) -> None:
    claire, benali = await region.person("claire.weber"), await region.person("dr.benali")
    number = re.search(r'name="numero" value="([^"]+)"', (await claire.get(FACTS)).text)
    assert number
    at = region.clock() - timedelta(hours=2)
    form = {
        "numero": number[1], "sorte": "chute", "quand": f"{at:%Y-%m-%dT%H:%M}",
        "recit": "Glisse dans la douche, pas de plaie",
    }  # fmt: skip
    for _ in range(2):
        assert (await claire.post(FACTS, **form)).status_code == 303
    client = await region.platform.client()
    found = (await client.get(f"Encounter?patient=Patient/{MORVAN}")).json()
    assert len(found["entry"]) == 1, "sent twice, it is one"
    assert found["entry"][0]["resource"]["status"] == "finished"
    text = await claire.text("/residents/evenements")
    assert "1 Chute" in text
    assert "Glisse dans la douche" in text
    assert "Chute" in (await claire.get("/residents/evenements.csv")).text

    counted = await claire.text("/residents/dui-actifs")
    assert "Actifs : 1 sur 1" in counted
    proof = (await claire.get("/residents/dui-actifs.csv")).text
    assert f"{MORVAN};{at.date()};non;oui;non;oui;" in proof
    assert "Exemple" not in proof, "a proof has no names"
    assert "sur 0" in await benali.text("/residents/dui-actifs")

    assert "Glisse" not in await benali.text("/residents/evenements")
    assert (await benali.post(FACTS, **form | {"numero": "other"})).status_code in {403, 404}


@pytest.mark.requirement("B7.1")
async def test_what_is_missing_is_said_and_what_was_typed_stays(region: Screen) -> None:
    claire = await region.person("claire.weber")
    refused = await claire.post(FACTS, sorte="", quand="hier", recit="Refuse le repas")
    assert refused.status_code == 422
    assert "Dites ce qui est arrivé" in refused.text
    assert "Donnez le jour et l’heure" in refused.text
    assert "Refuse le repas" in refused.text
