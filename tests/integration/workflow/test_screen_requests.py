"""The pages of requests: asked from the record, worked through by the clock, seen by who may."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest

import given
from cordee.app.notifications import make_spreading
from cordee.app.workflow import clocks
from cordee.fhir.store.journal import publish
from trusted import Person, Screen

MSP, DAC_A, DAC_B = "msp-quatre-vents", "dac-a", "dac-b"
KERBRAT = "yann-kerbrat"
HERE = f"/patients/{KERBRAT}/demandes"
ASK = f"{HERE}/nouvelle/dac-request"
INTAKE = {
    "debut-asker": "traitant", "debut-motive": "maintien", "debut-urgency": "48h",
    "debut-person-informed": "oui", "debut-attending-informed": "oui",
    "texte": "Vit seul, ne mange plus.",
}  # fmt: skip


def _service(key: str, owner: str, kind: str, county: str = "") -> dict[str, Any]:
    area = {"coverageArea": [{"reference": f"Location/area-{county}"}]} if county else {}
    return area | {
        "resourceType": "HealthcareService", "id": key, "active": True, "name": key,
        "providedBy": {"reference": f"Organization/{owner}"},
        "type": [{"coding": [{"code": kind}]}],
    }  # fmt: skip


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    client = await bare_screen.platform.client()
    places = (MSP, DAC_A, DAC_B, "chu-aubrey", "had-belmont", "smr-montrevaux")
    resources: list[dict[str, Any]] = [
        {"resourceType": "Organization", "id": one, "name": one} for one in places
    ]
    resources += [
        {"resourceType": "Location", "id": f"area-{one}", "address": {"district": one}}
        for one in "AB"
    ]
    resources += [
        _service("Appui A", DAC_A, "coordination", "A"),
        _service("Appui B", DAC_B, "coordination", "B"),
        _service("HAD", "had-belmont", "had"),
        _service("SMR", "smr-montrevaux", "smr"),
    ]
    home = {"managingOrganization": {"reference": f"Organization/{MSP}"}}
    address = {"address": [{"use": "home", "district": "B"}]}
    resources.append(given.patient(id=KERBRAT, **home, **address))
    for one in resources:
        one["id"] = one["id"].replace(" ", "-")
        place = f"{one['resourceType']}/{one['id']}"
        answer = await client.put(place, json=one)
        assert answer.status_code == 201, answer.text
    await publish(bare_screen.platform.parts.database)
    return bare_screen


async def _number(person: Person, path: str) -> str:
    found = re.search(r'name="numero" value="([^"]+)"', (await person.get(path)).text)
    assert found
    return found[1]


async def _asked(person: Person, **changes: str) -> str:
    sent = INTAKE | {"numero": await _number(person, ASK), "vers": f"Organization/{DAC_A}"}
    answer = await person.post(ASK, **sent | changes)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


@pytest.mark.requirement("B4.1")
@pytest.mark.requirement("B5.1")
async def test_the_dac_of_where_the_person_lives_is_chosen_already(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    page = (await doctor.get(ASK)).text
    checked = re.findall(r'name="vers" value="([^"]+)" checked', page)
    assert checked == [f"Organization/{DAC_B}"]
    assert page.index("Appui B") < page.index("Appui A")


@pytest.mark.requirement("B4.1")
async def test_what_is_missing_is_told_and_what_was_typed_stays(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    answer = await doctor.post(
        ASK, **{"numero": await _number(doctor, ASK), "texte": "Ne mange plus"}
    )
    assert answer.status_code == 422
    for said in (
        "Dites pourquoi vous demandez l’appui du DAC.",
        "Dites si la personne est informée de la demande.",
    ):
        assert said in answer.text
    assert "Ne mange plus" in answer.text
    whole = INTAKE | {"numero": await _number(doctor, ASK)}
    answer = await doctor.post(ASK, **whole)
    assert answer.status_code == 422
    assert "Choisissez à qui vous demandez" in answer.text


@pytest.mark.requirement("B4.1")
@pytest.mark.requirement("B4.2")
async def test_the_dac_works_through_its_list_and_sees_the_record_meanwhile(
    screen: Screen,
) -> None:
    doctor, helene = await screen.person("dr.legoff"), await screen.person("helene.costa")
    assert (await helene.get(f"/patients/{KERBRAT}")).status_code != 200
    place = await _asked(doctor)
    await _known_again()

    text = await helene.text("/demandes")
    assert "Maintien à domicile difficile" in text
    assert "Accuser réception et qualifier" in text
    assert (await helene.get(f"/patients/{KERBRAT}")).status_code == 200
    assert (await helene.post(place, geste="qualify")).status_code == 303
    assert "Qualifiée" in await doctor.text(place)
    refused = await helene.post(place, geste="coordinate")
    assert refused.status_code == 422
    assert "médecin traitant" in refused.text
    done = {"geste": "coordinate", "coordinate-attending-contact": "Dr Le Goff, le 22 à 9 h"}
    assert (await helene.post(place, **done)).status_code == 303
    text = await helene.text("/demandes?suivi=dac-request&etat=coordination")
    assert "Coordination 1" in text
    assert "Rien à traiter" not in text
    closing = {"geste": "close", "close-outcome": "done"}
    assert (await helene.post(place, **closing)).status_code == 303
    assert "Rien à traiter" in await helene.text("/demandes")
    await _known_again()
    assert (await helene.get(f"/patients/{KERBRAT}")).status_code != 200
    rated = {"geste": "rate", "rate-satisfaction": "4", "rate-satisfaction-words": "Rapide"}
    assert (await doctor.post(place, **rated)).status_code == 303
    assert "Close, avis donné" in await doctor.text(HERE)


async def _known_again() -> None:
    """A scope is known for a second."""
    await asyncio.sleep(1.1)


@pytest.mark.requirement("B4.2")
async def test_late_requests_come_first_and_are_counted(screen: Screen) -> None:
    doctor, helene = await screen.person("dr.legoff"), await screen.person("helene.costa")
    first = await _asked(doctor)
    second = await _asked(doctor, **{"debut-motive": "aidant"})
    await helene.post(first, geste="qualify")
    screen.ahead = timedelta(days=4)  # past 24 working hours, not past five working days
    helene = await screen.person("helene.costa")
    text = await helene.text("/demandes")
    assert text.index("Aidant épuisé") < text.index("Maintien à domicile")
    assert "1 en retard" in text
    assert "en retard depuis" in await helene.text(second)
    csv = (await helene.get("/demandes.csv")).text
    assert csv.count("\n") == 3


@pytest.mark.requirement("B5.5")
async def test_several_facilities_are_asked_and_one_is_confirmed(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    ask = f"{HERE}/nouvelle/facility-request"
    sent = {
        "numero": await _number(doctor, ask), "debut-kind": "had",
        "vers-Organization/had-belmont": "oui", "vers-Organization/smr-montrevaux": "oui",
    }  # fmt: skip
    assert (await doctor.post(ask, **sent)).status_code == 303
    assert (await doctor.post(ask, **sent)).status_code == 303  # sent again: the same
    text = await doctor.text("/demandes?vue=envoyees")
    assert "Envoyée 2" in await doctor.text("/demandes?vue=envoyees&suivi=facility-request")
    assert "had-belmont" in text
    assert "smr-montrevaux" in text


async def test_nobody_else_finds_a_request(screen: Screen) -> None:
    doctor, stranger = await screen.person("dr.legoff"), await screen.person("linh.tran")
    place = await _asked(doctor)
    for path in (place, HERE, ASK):
        assert (await stranger.get(path)).status_code == 404, path
    assert "KERBRAT" not in await stranger.text("/demandes")
    client = await screen.platform.client()
    home = {"managingOrganization": {"reference": f"Organization/{MSP}"}}
    await client.put("Patient/other", json=given.patient(id="other", **home))
    number = place.rpartition("/")[2]
    assert (await doctor.get(f"/patients/other/demandes/{number}")).status_code == 404
    assert (await doctor.get(f"{HERE}/nouvelle/emergency-passage")).status_code == 404


@pytest.mark.requirement("B1.11")
async def test_home_is_what_there_is_to_do_late_first(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    first = await _asked(doctor)
    await _asked(doctor, **{"debut-motive": "aidant"})
    helene = await screen.person("helene.costa")
    await helene.post(first, geste="qualify")
    text = await helene.text("/")
    assert "À faire 2, par échéance" in text
    assert "En retard" not in text
    assert "Maintien à domicile difficile" not in await doctor.text("/")

    screen.ahead = timedelta(days=4)
    helene = await screen.person("helene.costa")
    text = await helene.text("/")
    assert "En retard 1" in text
    assert text.index("Aidant épuisé") < text.index("Maintien à domicile difficile")


@pytest.mark.requirement("B2.1")
async def test_what_is_late_leads_from_the_inbox_to_where_it_is_done(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    place = await _asked(doctor)
    number = place.rpartition("/")[2]
    parts = screen.platform.parts
    await screen.rows(
        "INSERT INTO workflow_clock (task, name, state, due)"
        " VALUES ($1, 'acknowledge', 'received', now() - interval '1 day')",
        number,
    )
    await clocks(parts.database, parts.kernel, parts.guard).ring_due()
    spreading = make_spreading(parts)
    while await spreading.spread_due():
        pass
    helene = await screen.person("helene.costa")
    inbox = (await helene.get("/evenements-recus")).text
    found = re.search(r'href="(/evenements-recus/\d+[^"]*)"', inbox)
    assert found
    assert f'href="{place}"' in (await helene.get(found[1])).text
