"""A file of TDDUI leaves one home and comes to another: a round trip, a preview, a queue."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

import given
from cordee.app.accounts import principal_of
from cordee.app.homes import exchanges
from cordee.app.region.accounts import DEMO_ACCOUNTS
from cordee.fhir.store.journal import publish
from cordee.runtime.errors import VersionConflict
from running import Ground
from trusted import Person, Screen, screen_on

TILLEULS = "Organization/ehpad-les-tilleuls"
FIRST, SECOND, OTHER = "yvonne-morvan", "yvonne-again", "odette-lemoine"


@pytest.fixture(scope="module")
async def region(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        client = await screen.platform.client()
        finess = [{"system": "https://finess.esante.gouv.fr", "value": "700000001"}]
        place = {"resourceType": "Organization", "id": "ehpad-les-tilleuls", "name": "Les Tilleuls"}
        await client.put(TILLEULS, json=place | {"identifier": finess})
        who = {"resourceType": "Practitioner", "id": "claire-weber"}
        await client.put("Practitioner/claire-weber", json=who)
        home = {"managingOrganization": {"reference": TILLEULS}}
        for one, born in ((FIRST, "1939-04-04"), (SECOND, "1939-04-04"), (OTHER, "1941-02-03")):
            made = await client.put(
                f"Patient/{one}", json=given.patient(id=one, birthDate=born, **home)
            )
            assert made.status_code == 201, made.text
        await publish(screen.platform.parts.database)
        yield screen


async def _fill(region: Screen, claire: Person) -> None:
    """A stay, an event and a project of the first resident."""
    today, base = region.clock().date(), f"/patients/{FIRST}"
    entry = {
        "numero": str(uuid4()), "geste": "entrer", "sorte": "permanent", "chambre": "Chambre 12",
        "jour": str(today - timedelta(days=90)), "venant": "Domicile",
    }  # fmt: skip
    assert (await claire.post(f"{base}/sejour", **entry)).is_redirect
    fall = {"numero": str(uuid4()), "sorte": "chute", "recit": "Glisse dans la douche"}
    at = f"{region.clock() - timedelta(hours=1):%Y-%m-%dT%H:%M}"
    assert (await claire.post(f"{base}/faits", quand=at, **fall)).is_redirect
    wishes = {"attentes": "Retourner au jardin", "entourage": "La voir sourire", "habitudes": "Thé"}
    assert (await claire.post(f"{base}/projet", numero=str(uuid4()), **wishes)).is_redirect
    client = await region.platform.client()
    plan = (await client.get(f"CarePlan?subject=Patient/{FIRST}")).json()["entry"][0]["resource"]
    aim = {
        "geste": "objectif", "objectif": "Sortir au jardin", "domaine": "autonomie",
        "echeance": str(today + timedelta(days=90)), "accord": "oui", "moyens": "Accompagnée",
    }  # fmt: skip
    assert (await claire.post(f"{base}/projet/{plan['id']}", **aim)).is_redirect
    goal = (await client.get(f"Goal?patient=Patient/{FIRST}")).json()["entry"][0]["resource"]
    deed = {"geste": "action", "lequel": goal["id"], "action": "Marche", "qui": "Animatrice"}
    deed["quand"] = "mardi"
    assert (await claire.post(f"{base}/projet/{plan['id']}", **deed)).is_redirect


async def _send(claire: Person, patient: str, data: bytes) -> httpx.Response:
    token = await claire._token()
    return await claire.client.post(
        f"/patients/{patient}/dui/reprises", data={"jeton": token},
        files={"fichier": ("dui.json", data, "application/json")},
    )  # fmt: skip


def _said(native: dict[str, Any]) -> list[Any]:
    """What a bundle of line 2 says, without what names a record or a home of its own."""
    kept: list[Any] = []
    for entry in native["entry"]:
        one = entry["resource"]
        if one["resourceType"] == "Encounter":
            kept.append([one["resourceType"], one["type"], one["period"], one.get("reasonCode"),
                         one.get("location"), one["identifier"], one["serviceProvider"]])  # fmt: skip
        elif one["resourceType"] == "CarePlan":
            deeds = [
                {k: v for k, v in each["detail"].items() if k != "goal"} for each in one["activity"]
            ]
            kept.append([one["description"], one["note"], one["identifier"], deeds])
        elif one["resourceType"] == "Goal":
            kept.append([one["description"], one["note"], one["target"]])
    return sorted(kept, key=repr)


@pytest.mark.requirement("B7.2")
async def test_a_file_goes_round_and_says_the_same(region: Screen) -> None:
    claire, benali = await region.person("claire.weber"), await region.person("dr.benali")
    await _fill(region, claire)
    sent = await claire.get(f"/patients/{FIRST}/dui/export.json")
    assert sent.headers["content-type"] == "application/fhir+json"
    assert (await benali.get(f"/patients/{FIRST}/dui/export.json")).status_code in {403, 404}
    bundle = sent.json()
    document = bundle["entry"][0]["resource"]
    assert document["type"]["coding"][0]["code"] == "EXPORT_DUI"
    words = base64.b64decode(document["content"][0]["attachment"]["data"]).decode()
    assert "Retourner au jardin" in words
    native = (await claire.get(f"/patients/{FIRST}/dui/export-natif.json")).json()

    other = await _send(claire, OTHER, sent.content)
    assert other.status_code == 422
    assert "date de naissance" in other.text
    client = await region.platform.client()
    nothing = await client.get(f"DocumentReference?patient=Patient/{OTHER}")
    assert "entry" not in nothing.json(), "nothing of another person is kept"

    answer = await _send(claire, SECOND, sent.content)
    assert answer.is_redirect, answer.text
    here = answer.headers["location"]
    assert (await _send(claire, SECOND, sent.content)).headers["location"] == here, "once"
    text = await claire.text(here)
    for words in ("Hébergement permanent", "Chute", "Retourner au jardin", "Sortir au jardin"):
        assert words in text
    before = await client.get(f"Encounter?patient=Patient/{SECOND}")
    assert "entry" not in before.json(), "a preview writes nothing"

    assert (await claire.post(here, geste="reprendre")).is_redirect
    assert "Repris" in await claire.text(here)
    assert (await claire.post(here, geste="reprendre")).status_code == 409
    again = (await claire.get(f"/patients/{SECOND}/dui/export-natif.json")).json()
    assert _said(again) == _said(native)
    back = await _send(claire, FIRST, sent.content)
    own = await claire.text(back.headers["location"])
    assert own.count("déjà là") == 2, "what left from here is known when it comes back"
    assert "En préparation" in await claire.text(f"/patients/{SECOND}/projet")


@pytest.mark.requirement("B7.2")
async def test_what_is_not_understood_waits_for_somebody(region: Screen) -> None:
    claire = await region.person("claire.weber")
    person = {
        "resourceType": "Patient", "name": [{"family": "Exemple", "given": ["Camille"]}],
        "gender": "female", "birthDate": "1941-02-03",
    }  # fmt: skip
    event = {
        "resourceType": "Encounter", "status": "finished",
        "meta": {"profile": ["https://x/StructureDefinition/tddui-encounter-evenement"]},
        "type": [{"text": "Fugue de nuit"}], "period": {"start": "2026-03-01"},
    }  # fmt: skip
    odd = {"resourceType": "Device", "id": "x"}
    broken = event | {"status": "nowhere", "location": [{"location": {"reference": "Location/7"}}]}
    entries = [{"resource": one} for one in (person, event, odd, broken)]
    data = orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    answer = await _send(claire, OTHER, data)
    assert answer.is_redirect, answer.text
    here = answer.headers["location"]
    assert "Device" in await claire.text(here)
    assert (await claire.post(here, geste="reprendre")).is_redirect
    assert "Fugue de nuit" in await claire.text(f"/patients/{OTHER}/faits")

    listed = await claire.text("/residents/reprises")
    assert "Device : sorte d’élément non reprise" in listed
    assert "Évènement du fichier, refusé : à ressaisir" in listed
    assert "Device" in (await claire.get("/residents/reprises.csv")).text
    refused = await claire.post(here, geste="settle")
    assert refused.status_code == 422
    settled = {"geste": "settle", "settle-motif": "Sans objet ici"}
    assert (await claire.post(here, **settled)).is_redirect
    assert "Device" not in await claire.text("/residents/reprises")

    for bad in (b"", b"{", b"<a/>"):
        refused = await _send(claire, OTHER, bad)
        assert refused.status_code == 422


@pytest.mark.requirement("B7.2")
async def test_two_who_take_a_file_in_at_once_write_it_once(region: Screen) -> None:
    claire, client = await region.person("claire.weber"), await region.platform.client()
    place = {"managingOrganization": {"reference": TILLEULS}, "birthDate": "1937-05-06"}
    await client.put("Patient/taken", json=given.patient(id="taken", **place))
    await publish(region.platform.parts.database)
    person = {
        "resourceType": "Patient", "name": [{"family": "Exemple", "given": ["Camille"]}],
        "gender": "female", "birthDate": "1937-05-06",
    }  # fmt: skip
    event = {
        "resourceType": "Encounter", "status": "finished",
        "meta": {"profile": ["https://x/StructureDefinition/tddui-encounter-evenement"]},
        "type": [{"text": "Malaise"}], "period": {"start": "2026-03-01"},
    }  # fmt: skip
    entries = [{"resource": one} for one in (person, event)]
    data = orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    answer = await _send(claire, "taken", data)
    assert answer.is_redirect, answer.text
    principal = principal_of(next(one for one in DEMO_ACCOUNTS if one.user == "claire.weber"))
    desk = exchanges(region.platform.parts)
    key = answer.headers["location"].rpartition("/")[2]
    shown = await desk.one(principal, "taken", key)
    await desk.take(principal, shown)
    with pytest.raises(VersionConflict):
        await desk.take(principal, shown)
    found = (await client.get("Encounter?patient=Patient/taken")).json()
    assert found["total"] == 1


@pytest.mark.requirement("B7.2")
@pytest.mark.requirement("B7.6")
async def test_a_home_with_its_own_software_pushes_its_events(region: Screen) -> None:
    claire = await region.person("claire.weber")
    client = await region.platform.client()
    at = (region.clock() - timedelta(hours=3)).isoformat()
    before = (await claire.get("/residents/dui-actifs.csv")).text
    assert f"{OTHER}2;" not in before
    body = given.patient(id="pushed", managingOrganization={"reference": TILLEULS})
    await client.put("Patient/pushed", json=body)
    await publish(region.platform.parts.database)
    assert "pushed;;" in (await claire.get("/residents/dui-actifs.csv")).text, "nothing yet"

    event = {
        "resourceType": "Encounter", "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "identifier": [{"system": "https://identifiant-medicosocial-evenement.esante.gouv.fr",
                        "value": "3700000001/77-EVN-1"}],
        "type": [{"text": "Chute"}], "subject": {"reference": "Patient/pushed"},
        "period": {"start": at, "end": at}, "serviceProvider": {"reference": TILLEULS},
    }  # fmt: skip
    assert (await client.post("Encounter", json=event)).status_code == 201
    await publish(region.platform.parts.database)
    row = next(
        line
        for line in (await claire.get("/residents/dui-actifs.csv")).text.splitlines()
        if line.startswith("pushed;")
    )
    assert row.split(";")[5] == "oui", row
