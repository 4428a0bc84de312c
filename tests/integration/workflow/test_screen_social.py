"""A social worker of a home opens her cells on every page of a resident, and nothing of health."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

import given
from cordee.app.accounts import principal_of
from cordee.app.region.accounts import DEMO_ACCOUNTS
from cordee.care.homes.transmissions import CATEGORY, OPENS, TARGET
from cordee.care.workflow.tasks import Asked, new_task
from cordee.fhir.store.journal import publish
from cordee.runtime import clock
from running import Ground
from trusted import Screen, screen_on

TILLEULS, MORVAN = "Organization/ehpad-les-tilleuls", "yvonne-morvan"
SECRETS = (
    "Démence débutante", "Rivaroxaban", "Chute dans la douche", "escarre du talon", "70,5",
    "Bilan de mémoire", "Troisième chute", "Douleur du talon cotée à 7", "Gêne respiratoire depuis hier",
)  # fmt: skip
SORTS = "https://cordee.example/CodeSystem/intervention"
PATIENT = {"reference": f"Patient/{MORVAN}"}


@pytest.fixture(scope="module")
async def region(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        client = await screen.platform.client()
        for reference in (
            TILLEULS,
            "Organization/dac-a",
            "Practitioner/claire-weber",
            "Practitioner/lea-fontaine",
        ):
            kind, _, key = reference.partition("/")
            await client.put(reference, json={"resourceType": kind, "id": key})
        home = {"managingOrganization": {"reference": TILLEULS}}
        await client.put(f"Patient/{MORVAN}", json=given.patient(id=MORVAN, **home))
        for one in rows(screen):
            made = await client.post(one["resourceType"], json=one)
            assert made.status_code == 201, made.text
        await publish(screen.platform.parts.database)
        yield screen


def rows(screen: Screen) -> list[dict[str, Any]]:
    at = screen.clock()
    note = base64.b64encode("Surveiller l’escarre du talon".encode()).decode()
    return [
        given.observation(f"Patient/{MORVAN}"),
        {
            "resourceType": "Condition", "subject": PATIENT, "code": {"text": SECRETS[0]},
            "clinicalStatus": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                "code": "active",
            }]},
        },
        {
            "resourceType": "MedicationRequest", "status": "active", "intent": "order",
            "subject": PATIENT, "medicationCodeableConcept": {"text": SECRETS[1]},
            "authoredOn": "2026-11-01",
        },
        {
            "resourceType": "Encounter", "status": "finished", "subject": PATIENT,
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"},
            "reasonCode": [{"text": SECRETS[2]}], "serviceProvider": {"reference": TILLEULS},
            "period": {"start": "2026-11-01T08:00:00+01:00", "end": "2026-11-01T18:00:00+01:00"},
        },
        {
            "resourceType": "DocumentReference", "status": "current", "subject": PATIENT,
            "custodian": {"reference": TILLEULS}, "date": "2026-11-20T08:00:00+01:00",
            "type": {"coding": [{"code": "NOTE-LIAISON", "system": "https://cordee.example/x"}],
                     "text": "escarre du talon"},
            "content": [{"attachment": {"contentType": "text/plain", "data": note}}],
        },
        visit("visite", "Visite de sa fille", at),
        visit("consultation", SECRETS[5], at),
        asked("Organization/dac-a", SECRETS[6]),
        asked(TILLEULS, "Demander l’APA"),
        new_task(
            Asked(
                "emergency-passage", f"Patient/{MORVAN}", "Organization/dac-a", TILLEULS,
                text=SECRETS[8], facts={"motive": "dyspnee", "sent-at": at.isoformat()},
            ),
            clock.now(),
        ),
        {
            "resourceType": "Communication", "status": "in-progress", "subject": PATIENT,
            "category": [{"coding": [{"system": CATEGORY, "code": OPENS}]}],
            "topic": {"coding": [{"system": TARGET, "code": "douleur"}]},
            "recipient": [{"reference": TILLEULS}], "sent": at.isoformat(),
            "sender": {"reference": "Practitioner/claire-weber"},
            "payload": [{"contentString": SECRETS[7]}],
        },
    ]  # fmt: skip


def visit(sort: str, words: str, at: datetime) -> dict[str, Any]:
    return {
        "resourceType": "Appointment", "status": "booked", "description": words,
        "serviceType": [{"coding": [{"system": SORTS, "code": sort}]}],
        "start": at.isoformat(timespec="seconds"),
        "end": (at + timedelta(hours=1)).isoformat(timespec="seconds"),
        "participant": [{"actor": PATIENT, "status": "accepted"}],
    }  # fmt: skip


def asked(owner: str, words: str) -> dict[str, Any]:
    wanted = Asked(
        "decision", f"Patient/{MORVAN}", owner, "Organization/dac-a", text=words,
        facts={"until": "2026-12-24"},
    )  # fmt: skip
    return new_task(wanted, clock.now())


@pytest.mark.requirement("B7.7")
async def test_pages_of_a_resident_show_a_social_worker_nothing_of_health(region: Screen) -> None:
    lea, claire = await region.person("lea.fontaine"), await region.person("claire.weber")
    nurse = (await claire.get(f"/patients/{MORVAN}")).text
    assert SECRETS[1] in nurse, "a nurse of the home reads it"
    around = f"/patients/{MORVAN}"
    for page in (
        around, f"{around}/liaison", f"{around}/agenda", f"{around}/conciliations",
        f"{around}/documents", f"{around}/faits", f"{around}/resultats", f"{around}/parcours",
        f"{around}/nuit", f"{around}/plans", f"{around}/demandes", "/demandes",
        f"{around}/transmissions", "/transmissions", "/transmissions.csv", f"{around}/dui",
        "/residents", "/residents/evenements", "/residents/dui-actifs", "/residents.csv", "/nuit",
    ):  # fmt: skip
        answer = await lea.get(page)
        assert answer.status_code in {200, 403, 404}, (page, answer.status_code)
        assert not [one for one in SECRETS if one in answer.text], page
    sheet = await lea.text(around)
    assert "EXEMPLE" in sheet, "who the person is"
    for words in ("Allergies", "Aucun problème", "Traitements", "Documents"):
        assert words not in sheet, "what is closed is not said to be empty"
    assert "Un cadre vide ne dit pas qu’il n’y a rien" in sheet
    assert "Visite de sa fille" in await lea.text(f"{around}/agenda")
    requests = await lea.text(f"{around}/demandes")
    assert requests.count("Décision de concertation") == 1, "hers alone"
    assert "Exemple".upper() in (await lea.text("/residents")).upper()


async def at_fhir(region: Screen) -> httpx.AsyncClient:
    """The social worker at `/fhir`, with all that a token can carry."""
    account = next(one for one in DEMO_ACCOUNTS if one.user == "lea.fontaine")
    who = principal_of(account)
    return await region.platform.client(
        "user/*.cruds", user=who.user, structure=who.structure, practitioner=who.practitioner,
        profession=who.profession,
    )  # fmt: skip


@pytest.mark.requirement("B7.7")
async def test_search_gives_her_cells_alone(region: Screen) -> None:
    lea = await at_fhir(region)
    closed = {
        kind: (await lea.get(f"{kind}?patient=Patient/{MORVAN}")).status_code
        for kind in ("Observation", "Condition", "MedicationRequest", "Encounter", "CarePlan")
    }
    assert set(closed.values()) == {403}, closed
    documents = (await lea.get(f"DocumentReference?patient=Patient/{MORVAN}")).json()
    assert not documents.get("entry")
    agenda = (await lea.get(f"Appointment?patient=Patient/{MORVAN}")).json()
    assert [one["resource"]["description"] for one in agenda["entry"]] == ["Visite de sa fille"]
    tasks = (await lea.get(f"Task?patient=Patient/{MORVAN}")).json()
    assert [one["resource"]["description"] for one in tasks["entry"]] == ["Demander l’APA"]
    told = (await lea.get(f"Communication?patient=Patient/{MORVAN}")).json()
    assert not told.get("entry"), "transmissions of care go to the whole home"
    mine = {
        "resourceType": "Communication", "status": "completed", "subject": PATIENT,
        "sender": {"reference": "Practitioner/lea-fontaine"},
        "payload": [{"contentString": "Rendez-vous pris avec le notaire"}],
    }  # fmt: skip
    made = await lea.post("Communication", json=mine)
    assert made.status_code == 201, made.text
    assert (await lea.get(f"Communication/{made.json()['id']}")).status_code == 200
    whole = (await lea.get(f"Patient/{MORVAN}/$everything")).json()
    kinds = {one["resource"]["resourceType"] for one in whole.get("entry", ())}
    assert kinds <= {
        "Patient",
        "Appointment",
        "Communication",
        "Organization",
        "Practitioner",
        "Task",
    }, kinds
    included = (
        await lea.get(f"Patient?_id={MORVAN}&_revinclude=Observation:patient")
    ).json()  # fmt: skip
    assert {one["resource"]["resourceType"] for one in included.get("entry", ())} <= {"Patient"}


@pytest.mark.requirement("B7.7")
async def test_she_does_the_work_that_is_hers(region: Screen) -> None:
    lea = await region.person("lea.fontaine")
    client = await region.platform.client()
    found = (await client.get(f"Task?patient=Patient/{MORVAN}")).json()["entry"]
    places = {
        one["resource"]["description"]: f"/patients/{MORVAN}/demandes/{one['resource']['id']}"
        for one in found
    }
    assert (await lea.get(places[SECRETS[6]])).status_code == 404
    done = {"geste": "finish", "finish-result": "Dossier déposé"}
    assert (await lea.post(places[SECRETS[6]], **done)).status_code == 404
    assert "Demander l’APA" in await lea.text(places["Demander l’APA"])
    assert (await lea.post(places["Demander l’APA"], **done)).status_code == 303
    assert "Dossier déposé" in await lea.text(places["Demander l’APA"])


@pytest.mark.requirement("B7.7")
async def test_what_she_may_not_read_she_neither_writes_over_nor_gets_back(region: Screen) -> None:
    client, lea = await region.platform.client(), await at_fhir(region)
    patch = [{"op": "add", "path": "/priority", "value": 1}]
    data = base64.b64encode(orjson.dumps(patch)).decode()
    media = "application/json-patch+json"
    hidden = {"Appointment": SECRETS[5], "Task": SECRETS[6], "Communication": SECRETS[7]}
    for kind, words in hidden.items():
        found = (await client.get(f"{kind}?patient=Patient/{MORVAN}")).json()["entry"]
        one = next(each["resource"] for each in found if words in str(each["resource"]))
        place = f"{kind}/{one['id']}"
        assert (await lea.get(place)).status_code == 404
        assert (await lea.put(place, json=one | {"language": "fr"})).status_code in {
            404,
            409,
            422,
        }  # 422 says what her own words are
        await lea.delete(place)
        binary = {"resourceType": "Binary", "contentType": media, "data": data}
        for sort in ("transaction", "batch"):
            for request, body in (
                ({"method": "PATCH", "url": place}, binary),
                ({"method": "PUT", "url": place}, one | {"language": "fr"}),
                ({"method": "DELETE", "url": place}, None),
            ):
                entry = {"request": request} | ({"resource": body} if body else {})
                lot = {"resourceType": "Bundle", "type": sort, "entry": [entry]}
                wished = {"prefer": "return=representation"}
                answer = await lea.post("", json=lot, headers=wished)
                assert request["method"] == "PUT" or words not in answer.text, (place, request)
        now = (await client.get(place)).json()
        assert now["meta"]["versionId"] == one["meta"]["versionId"], place
