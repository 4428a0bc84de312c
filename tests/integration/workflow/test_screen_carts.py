"""A session with the cart of a home: no consent, no session; withdrawn, nothing to come stands."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

import given
from cordee.care.families.news import KIND as NEWS
from cordee.care.workflow.tasks import FACT, MACHINE, STATE
from cordee.fhir.store.journal import publish
from running import Ground
from trusted import Person, Screen, screen_on, who

TILLEULS, DOCTOR = "Organization/ehpad-les-tilleuls", "Practitioner/anne-le-goff"


@pytest.fixture(scope="module")
async def region(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        client = await screen.platform.client()
        for reference in (TILLEULS, "Practitioner/claire-weber", DOCTOR):
            kind, _, key = reference.partition("/")
            await client.put(reference, json={"resourceType": kind, "id": key})
        yield screen


@pytest.fixture
async def resident(region: Screen) -> str:
    """The id of a new resident, whose guardian is recorded, and whose médecin traitant is known."""
    client, key = await region.platform.client(), uuid4().hex
    home = {"managingOrganization": {"reference": TILLEULS}}
    doctor = {"generalPractitioner": [{"reference": DOCTOR, "display": "Dr Anne Le Goff"}]}
    await client.put(f"Patient/{key}", json=given.patient(id=key, **home, **doctor))
    for name, quality in (("guardian", "Tuteur"), ("son", "Aidant")):
        body = {
            "resourceType": "RelatedPerson", "id": f"{name}-{key}", "active": True,
            "patient": {"reference": f"Patient/{key}"}, "relationship": [{"text": quality}],
            "name": [{"text": f"Paul {name.title()}"}],
        }  # fmt: skip
        assert (await client.put(f"RelatedPerson/{name}-{key}", json=body)).status_code == 201
    await publish(region.platform.parts.database)
    return key


def heard(region: Screen, **more: str) -> dict[str, str]:
    return {
        "geste": "consentement", "qui": "personne", "reponse": "oui", "mode": "oral",
        "portee": "durable", "capacite": "oui", "mots": "Je veux bien",
        "recueilli": f"{region.clock() - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "numero": str(uuid4()),
    } | more  # fmt: skip


def wished(region: Screen, consent: str, **more: str) -> dict[str, str]:
    return {
        "geste": "preparer", "sorte": "teleconsultation", "expert": DOCTOR, "minutes": "20",
        "quand": f"{region.clock() + timedelta(hours=20):%Y-%m-%dT%H:%M}", "motif": "Toux",
        "consentement": consent, "numero": str(uuid4()),
    } | more  # fmt: skip


async def stored(region: Screen, kind: str, key: str, by: str = "patient") -> list[Any]:
    client = await region.platform.client()
    found = (await client.get(f"{kind}?{by}=Patient/{key}")).json()
    return [one["resource"] for one in found.get("entry", ())]


async def sessions(region: Screen, key: str) -> list[Any]:
    return [one for one in await stored(region, "Task", key) if "remote-session" in str(one)]


async def agreed(region: Screen, key: str, **more: str) -> tuple[Person, str]:
    """Claire and the id of a consent that she heard."""
    claire = await region.person("claire.weber")
    answer = await claire.post(f"/patients/{key}/chariot", **heard(region, **more))
    assert answer.status_code == 303, answer.text
    found = await stored(region, "Consent", key)
    return claire, found[0]["id"]


async def prepared(region: Screen, key: str) -> tuple[Person, str, str]:
    """Claire, the consent and the session that she prepared on it."""
    claire, consent = await agreed(region, key)
    answer = await claire.post(f"/patients/{key}/chariot", **wished(region, consent))
    assert answer.status_code == 303, answer.text
    (task,) = await sessions(region, key)
    return claire, consent, task["id"]


@pytest.mark.requirement("B7.5")
async def test_without_consent_nothing_is_prepared_also_at_the_server(
    region: Screen, resident: str
) -> None:
    claire = await region.person("claire.weber")
    place = f"/patients/{resident}/chariot"
    assert "Sans consentement en vigueur" in await claire.text(place)
    refused = await claire.post(place, **wished(region, ""))
    assert refused.status_code == 422
    assert "Sans consentement en vigueur" in refused.text
    await claire.post(place, **heard(region, reponse="non"))
    (no,) = await stored(region, "Consent", resident)
    assert no["status"] == "rejected"
    answer = await claire.post(place, **wished(region, no["id"]))
    assert answer.status_code == 422, "a refusal opens nothing"
    assert "Toux" in answer.text, "what was typed stays"
    odd = await claire.post(place, **wished(region, no["id"], minutes="²"))
    assert odd.status_code == 422
    own = await region.platform.client(
        "user/*.cruds", user="claire.weber", structure=TILLEULS, profession="60",
        practitioner="Practitioner/claire-weber",
    )  # fmt: skip
    forged = await own.post("Task", json=task_of(resident, no["id"]))
    assert forged.status_code == 403, "only the platform makes a session"
    assert not await sessions(region, resident)


def task_of(resident: str, consent: str) -> dict[str, Any]:
    def fact(name: str, **value: Any) -> dict[str, Any]:
        return {"type": {"coding": [{"system": FACT, "code": name}]}} | value

    return {
        "resourceType": "Task", "status": "accepted", "intent": "order",
        "code": {"coding": [{"system": MACHINE, "code": "remote-session"}]},
        "businessStatus": {"coding": [{"system": STATE, "code": "planned"}]},
        "for": {"reference": f"Patient/{resident}"}, "owner": {"reference": TILLEULS},
        "requester": {"reference": TILLEULS}, "authoredOn": "2026-11-22T08:00:00Z",
        "input": [
            fact("kind", valueCode="teleconsultation"),
            fact("when", valueDateTime="2026-12-22T08:00:00Z"),
            fact("consent", valueReference={"reference": f"Consent/{consent}"}),
            fact("appointment", valueReference={"reference": "Appointment/x"}),
        ],
    }  # fmt: skip


@pytest.mark.requirement("B7.5")
async def test_who_cannot_decide_is_answered_for_by_a_recorded_representative(
    region: Screen, resident: str
) -> None:
    claire = await region.person("claire.weber")
    place = f"/patients/{resident}/chariot"
    for more, words in (
        ({"capacite": "non"}, "c’est à son représentant de répondre"),
        (
            {"qui": f"RelatedPerson/son-{resident}", "capacite": "non"},
            "son représentant enregistré",
        ),
        ({"qui": "RelatedPerson/nobody", "capacite": "non"}, "son représentant enregistré"),
        ({"qui": f"RelatedPerson/guardian-{resident}"}, "c’est elle qui répond"),
        ({"reponse": ""}, "Dites si la réponse est oui ou non"),
    ):
        answer = await claire.post(place, **heard(region, **more))
        assert answer.status_code == 422
        assert words in answer.text, more
        assert "Je veux bien" in answer.text
    by = {"qui": f"RelatedPerson/guardian-{resident}", "capacite": "non"}
    assert (await claire.post(place, **heard(region, **by))).status_code == 303
    (consent,) = await stored(region, "Consent", resident)
    assert consent["performer"][0]["reference"] == f"RelatedPerson/guardian-{resident}"
    text = await claire.text(place)
    assert "Paul Guardian" in text
    assert "Tuteur" in text
    assert "recueilli par Claire Weber" in text


@pytest.mark.requirement("B7.5")
async def test_a_session_is_prepared_begun_and_done(region: Screen, resident: str) -> None:
    claire, _, number = await prepared(region, resident)
    place = f"/patients/{resident}/chariot/{number}"
    (visit,) = await stored(region, "Appointment", resident)
    assert visit["description"] == "Toux"
    tasks = await stored(region, "Task", resident)
    (request,) = [one for one in tasks if "orientation" in str(one["code"])]
    assert request["owner"]["reference"] == DOCTOR
    shown = await claire.get(place)
    assert re.search(rf"/patients/{resident}/demandes/{request['id']}", shown.text)

    missing = await claire.post(place, geste="begin", **{"begin-devices": "non"})
    assert missing.status_code == 422
    assert "Vérifiez les appareils du chariot" in missing.text
    checks = {"begin-devices": "oui", "begin-beside": "infirmier", "begin-documents": "oui"}
    assert (await claire.post(place, geste="begin", **checks)).status_code == 303
    assert (await claire.post(place, geste="finish")).status_code == 422
    told = {"compte-rendu": "Bronchite, surveiller la température"}
    assert (await claire.post(place, geste="finish", **told)).status_code == 303
    text = await claire.text(place)
    assert "Faite" in text
    assert "Commencée par Claire Weber" in text
    assert "surveiller la température" in await claire.text(f"/patients/{resident}/liaison")
    (visit,) = await stored(region, "Appointment", resident)
    assert visit["status"] == "fulfilled"


@pytest.mark.requirement("B7.5")
async def test_a_session_that_was_not_held_says_why(region: Screen, resident: str) -> None:
    claire, _, number = await prepared(region, resident)
    place = f"/patients/{resident}/chariot/{number}"
    assert (await claire.post(place, geste="fail")).status_code == 422
    assert (await claire.post(place, geste="fail", motif="Pas de réseau")).status_code == 303
    text = await claire.text(f"/patients/{resident}/chariot")
    assert "Non faite" in text
    assert "Pas de réseau" in text
    (visit,) = await stored(region, "Appointment", resident)
    assert visit["status"] == "cancelled", "nobody is waited for"
    tasks = await stored(region, "Task", resident)
    (request,) = [one for one in tasks if "orientation" in str(one["code"])]
    assert request["status"] == "cancelled", "who was asked is not asked any more"


@pytest.mark.requirement("B7.5")
@pytest.mark.requirement("B7.7")
async def test_the_social_field_hears_no_consent_to_care(region: Screen, resident: str) -> None:
    lea = await region.person("lea.fontaine")
    place = f"/patients/{resident}/chariot"
    assert (await lea.get(place)).status_code == 404
    assert (await lea.post(place, **heard(region))).status_code in {403, 404}
    assert not await stored(region, "Consent", resident)


@pytest.mark.requirement("B7.5")
async def test_a_consent_withdrawn_stops_what_is_to_come(region: Screen, resident: str) -> None:
    claire, consent, number = await prepared(region, resident)
    place = f"/patients/{resident}/chariot"
    answer = await claire.post(place, geste="retirer", consentement=consent)
    assert answer.status_code == 303, answer.text
    assert "Arrêtée : consentement retiré" in await claire.text(place)
    (visit,) = await stored(region, "Appointment", resident)
    assert visit["status"] == "cancelled"
    tasks = await stored(region, "Task", resident)
    assert {one["status"] for one in tasks} == {"cancelled"}, "what was asked is withdrawn too"
    begun = await claire.post(
        f"{place}/{number}", geste="begin", **{"begin-devices": "oui", "begin-documents": "oui"}
    )
    assert begun.status_code == 422
    again = await claire.post(place, **wished(region, consent))
    assert again.status_code == 422
    assert (await claire.post(place, geste="retirer", consentement=consent)).status_code == 422


@pytest.mark.requirement("B7.5")
async def test_a_consent_for_one_act_serves_once(region: Screen, resident: str) -> None:
    claire, consent = await agreed(region, resident, portee="acte")
    place = f"/patients/{resident}/chariot"
    form = wished(region, consent)
    for _ in range(2):  # the same form is one
        assert (await claire.post(place, **form)).status_code == 303
    assert len(await sessions(region, resident)) == 1
    assert (await claire.post(place, **wished(region, consent))).status_code == 422
    assert "déjà utilisé" in await claire.text(place)
    other = await region.person("dr.benali")
    assert (await other.get(place)).status_code == 404


@pytest.mark.requirement("B7.5")
async def test_a_consent_written_at_fhir_lasts_a_year_at_most_and_breaks_no_page(
    region: Screen, resident: str
) -> None:
    claire, consent = await agreed(region, resident)
    client = await region.platform.client()
    held = (await client.get(f"Consent/{consent}")).json()
    for at, end in (("2020-05-01", "2099-12-31"), ("2020-05", "2099"), ("", "2099-12-31")):
        other = {name: value for name, value in held.items() if name not in {"id", "meta"}}
        other |= {"dateTime": at, "provision": {"type": "permit", "period": {"end": end}}}
        made = await client.post("Consent", json={k: v for k, v in other.items() if v})
        assert made.status_code == 201, made.text
        place = f"/patients/{resident}/chariot"
        assert "Consentement" in await claire.text(place)
        refused = await claire.post(place, **wished(region, made.json()["id"]))
        assert refused.status_code == 422


@pytest.mark.requirement("B7.5")
@pytest.mark.requirement("B7.7")
async def test_what_says_who_spoke_is_written_on_the_screens_alone(
    region: Screen, resident: str
) -> None:
    """A consent, news to a family: at /fhir a person would choose who said it."""
    _, consent = await agreed(region, resident)
    system = await region.platform.client()
    held = (await system.get(f"Consent/{consent}")).json()
    claire = who("claire.weber")
    nurse = await region.platform.client(
        "user/*.cruds", structure=claire.structure, practitioner=claire.practitioner
    )
    news = {
        "resourceType": "Communication", "status": "completed",
        "subject": {"reference": f"Patient/{resident}"},
        "category": [{"coding": [{"system": NEWS, "code": "famille"}]}],
        "sender": {"display": "Dr Faux"}, "payload": [{"contentString": "Elle va mal."}],
    }  # fmt: skip
    copy = {name: value for name, value in held.items() if name not in {"id", "meta"}}
    bare = {"resourceType": "Consent", "status": "inactive"}
    lot = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"request": {"method": "DELETE", "url": f"Consent/{consent}"}}]}  # fmt: skip
    answers = [
        await nurse.post("Communication", json=news),
        await nurse.post("Consent", json=copy),
        await nurse.put(f"Consent/{consent}", json=copy | bare | {"id": consent, "category": []}),
        await nurse.delete(f"Consent/{consent}"),
        await nurse.post("", json=lot),
    ]
    assert [one.status_code for one in answers] == [422] * 5, [one.text for one in answers]
    assert "écrans de Cordée" in answers[0].text
    assert (await system.get(f"Consent/{consent}")).json() == held
