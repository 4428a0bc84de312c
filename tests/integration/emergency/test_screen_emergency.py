"""The emergency department on its screens: expected, here, decided; what the others are told. C4."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

import given
from cordee.app.emergency import emergency_rooms
from cordee.app.store import KernelStore, system
from cordee.care.emergency.desk import Stay
from cordee.care.emergency.stay import Entry
from cordee.care.passages.arrivals import AGENT, Arrivals
from cordee.care.workflow.desk import Workflow
from cordee.care.workflow.tasks import Wanted, state_of
from cordee.fhir.store.journal import publish
from cordee.runtime import clock
from cordee.runtime.clock import PARIS, instant
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, ResourceInvalid
from trusted import Person, Screen, who

TILLEULS, BELMONT, SAMU = (
    "Organization/ehpad-les-tilleuls",
    "Organization/ch-belmont",
    "Organization/samu-b",
)
MORVAN, GUY = "yvonne-morvan", "guy-lambert"
DOCTOR = "dr.benali"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    client = await bare_screen.platform.client()
    for reference, body in (
        (TILLEULS, {"name": "EHPAD Les Tilleuls"}),
        (BELMONT, {"name": "CH de Belmont"}),
        (SAMU, {"name": "SAMU B"}),
        ("Practitioner/yacine-benali", {"name": [{"family": "Benali", "given": ["Yacine"]}]}),
        ("Practitioner/nadia-benhamou", {}),
    ):
        kind, _, key = reference.partition("/")
        answer = await client.put(reference, json={"resourceType": kind, "id": key} | body)
        assert answer.status_code == 201, answer.text
    home = {"managingOrganization": {"reference": TILLEULS}}
    await client.put(f"Patient/{MORVAN}", json=given.patient(id=MORVAN, **home))
    name = [{"use": "official", "family": "LAMBERT", "given": ["Guy"]}]
    await client.put(
        f"Patient/{GUY}", json=given.patient(id=GUY, name=name, birthDate="1957-02-11")
    )
    await publish(bare_screen.platform.parts.database)
    return bare_screen


async def announced(screen: Screen, patient: str, sender: str = SAMU) -> str:
    """An Encounter to come at Belmont, as a SAMU writes it; its id."""
    client = await screen.platform.client()
    body = {
        "resourceType": "Encounter",
        "status": "planned",
        "class": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            "code": "EMER",
        },
        "subject": {"reference": f"Patient/{patient}"},
        "period": {"start": instant(clock.now() + timedelta(minutes=20))},
        "reasonCode": [{"text": "Dyspnée aiguë"}],
        "hospitalization": {"origin": {"reference": sender, "display": "SAMU B"}},
        "serviceProvider": {"reference": BELMONT},
    }
    answer = await client.post("Encounter", json=body)
    assert answer.status_code == 201, answer.text
    await publish(screen.platform.parts.database)
    return str(answer.json()["id"])


def rooms(screen: Screen):
    parts = screen.platform.parts
    return emergency_rooms(parts.database, parts.kernel, parts.guard)


async def stay_of(screen: Screen, key: str) -> Stay:
    return await rooms(screen).stays.one(who(DOCTOR), key)


def hour(screen: Screen) -> str:
    return screen.clock().astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")


async def arrived(screen: Screen, person: Person, patient: str = GUY) -> str:
    """The page of somebody who was expected and is here."""
    page = f"/patients/{patient}/passage/{await announced(screen, patient)}"
    answer = await person.post(page, geste="arrivee", arrivee=hour(screen))
    assert answer.status_code == 303, answer.text
    return page


@pytest.mark.requirement("C4.1", "C4.2")
async def test_who_is_expected_arrives_is_placed_and_stands_on_the_board(screen: Screen) -> None:
    benali = await screen.person(DOCTOR)
    key = await announced(screen, GUY)
    board = await benali.text("/urgences")
    assert re.search(r"Attendus 1 prochain : \d", board)
    assert "Dyspnée aiguë" in board
    assert "SAMU B" in board
    page = f"/patients/{GUY}/passage/{key}"
    refused = await benali.post(page, geste="take")
    assert refused.status_code == 422
    assert (await benali.post(page, geste="arrivee", arrivee=hour(screen))).status_code == 303
    assert (await benali.post(page, geste="placer", box="Box 4", ccmu="4")).status_code == 303
    board = await benali.text("/urgences")
    assert "Personne n’est attendu" in board
    assert re.search(r"Box 4 LAMBERT Guy .* 4 .*Dyspnée aiguë Attend un médecin", board)
    assert "dont 1 en attente de médecin" in board
    assert (await benali.post(page, geste="take")).status_code == 303
    board = await benali.text("/urgences")
    assert re.search(r"En soins Dr Yacine Benali", board)
    assert "dont 0 en attente de médecin" in board
    sheet = (await benali.get("/urgences.csv")).text
    assert "Box 4;LAMBERT Guy" in sheet


@pytest.mark.requirement("C4.1")
async def test_the_wall_shows_neither_name_nor_motive(screen: Screen) -> None:
    benali = await screen.person(DOCTOR)
    page = await arrived(screen, benali)
    await benali.post(page, geste="placer", box="Déch. 1", ccmu="4")
    for headers in ({}, {"HX-Request": "true"}):
        wall = (await benali.client.get("/urgences/mur", headers=headers)).text
        assert "Déch. 1" in wall
        for said in ("LAMBERT", "Guy", "1957", "Dyspnée", GUY):
            assert said not in wall


@pytest.mark.requirement("C4.1")
async def test_a_box_holds_one_person_and_a_long_wait_is_told(screen: Screen) -> None:
    benali = await screen.person(DOCTOR)
    page = await arrived(screen, benali)
    await benali.post(page, geste="placer", box="Box 4", ccmu="2")
    other = await arrived(screen, benali, MORVAN)
    answer = await benali.post(other, geste="placer", box="box 4", ccmu="3")
    assert answer.status_code == 409
    assert "est occupé" in answer.text
    assert 'value="box 4"' in answer.text
    screen.ahead = timedelta(minutes=95)
    late = await benali.text("/urgences?vue=retard")
    assert "1 h 3" in late
    assert "LAMBERT" in late


@pytest.mark.requirement("C4.2")
async def test_who_looks_like_the_expected_person_is_told_and_never_merged(screen: Screen) -> None:
    benali = await screen.person(DOCTOR)
    client = await screen.platform.client()
    twin = given.patient(
        id="morvand",
        name=[{"use": "official", "family": "LAMBERD", "given": ["Guy"]}],
        birthDate="1957-02-11",
    )
    assert (await client.put("Patient/morvand", json=twin)).status_code == 201
    await announced(screen, GUY)
    encounter = {
        "resourceType": "Encounter", "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"},
        "subject": {"reference": "Patient/morvand"},
        "period": {"start": instant(clock.now())},
        "serviceProvider": {"reference": BELMONT},
    }  # fmt: skip
    assert (await client.post("Encounter", json=encounter)).status_code == 201
    await publish(screen.platform.parts.database)
    board = await benali.text("/urgences")
    assert "Peut-être l’attendu(e) LAMBERT Guy : comparez les identités" in board
    assert "Attendus 1" in board
    assert "LAMBERD" in await benali.text("/urgences?vue=homonymes")


@pytest.mark.requirement("C4.2", "C4.5")
async def test_an_admission_takes_the_place_of_what_the_samu_announced(screen: Screen) -> None:
    parts, client = screen.platform.parts, await screen.platform.client()
    planned = await announced(screen, GUY)
    own = {
        "resourceType": "Encounter", "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"},
        "subject": {"reference": f"Patient/{GUY}"},
        "period": {"start": instant(clock.now())},
        "serviceProvider": {"reference": BELMONT},
    }  # fmt: skip
    admitted = (await client.post("Encounter", json=own)).json()
    await publish(parts.database)
    arrivals = Arrivals(
        parts.database, KernelStore(parts.kernel, parts.guard),
        Workflow(parts.database, KernelStore(parts.kernel, parts.guard)), system(AGENT),
    )  # fmt: skip
    assert await arrivals.hear([admitted]) == 1
    assert await arrivals.hear([admitted]) == 0
    benali = await screen.person(DOCTOR)
    board = await benali.text("/urgences")
    assert "Personne n’est attendu" in board
    assert board.count("LAMBERT") == 1
    assert (await client.get(f"Encounter/{planned}")).json()["status"] == "cancelled"
    now = (await client.get(f"Encounter/{admitted['id']}")).json()
    assert now["hospitalization"]["origin"]["reference"] == SAMU


@pytest.mark.requirement("C4.2")
async def test_an_unannounced_person_is_entered_once(screen: Screen) -> None:
    benali = await screen.person(DOCTOR)
    page = await arrived(screen, benali)  # a stay opens the record
    desk, doctor = rooms(screen).stays, who(DOCTOR)
    entry = Entry("plaie", "Plaie", "main droite", clock.now())
    number = "11111111-2222-4333-8444-555555555555"
    with pytest.raises(Conflict):
        await desk.enter(doctor, GUY, number, entry)
    stay = await stay_of(screen, page.rpartition("/")[2])
    await desk.move(doctor, stay, Wanted("walk-out", {"left-at": instant(clock.now())}, "Fugue"))
    answer = await benali.post(f"/patients/{GUY}/passage/entree", motif="", precision="main")
    assert answer.status_code == 422
    assert "Dites pourquoi la personne vient" in answer.text
    assert 'value="main"' in answer.text
    first = await desk.enter(doctor, GUY, number, entry)
    assert await desk.enter(doctor, GUY, number, entry) == first
    board = await benali.text("/urgences")
    assert board.count("LAMBERT") == 1
    assert "Plaie, main droite" in board
    with pytest.raises(ResourceInvalid):
        await desk.enter(doctor, GUY, "", Entry("", "", "", clock.now()))


@pytest.mark.requirement("C4.4", "C4.5")
async def test_the_decision_goes_to_the_home_with_its_transport(screen: Screen) -> None:
    nadia, benali = await screen.person("nadia.benhamou"), await screen.person(DOCTOR)
    form = f"/patients/{MORVAN}/urgences/envoi"
    here = screen.clock().astimezone(PARIS)
    sent = await nadia.post(
        form, motif="chute-tete", destination=BELMONT, heure=f"{here:%H:%M}", histoire="Tombée",
        numero="21111111-2222-4333-8444-555555555555",
    )  # fmt: skip
    assert sent.status_code == 303, sent.text
    board = (await benali.get("/urgences")).text
    found = re.search(rf"/patients/{MORVAN}/passage/[\w.-]+", board)
    assert found
    page = found[0]
    assert (await benali.post(page, geste="arrivee", arrivee=hour(screen))).status_code == 303
    assert "Aux urgences" in await nadia.text("/envois")
    await benali.post(page, geste="take")
    decided = {
        "geste": "decide", "decide-diagnosis": "Traumatisme crânien léger",
        "decide-orientation": "facility", "decide-departure": hour(screen),
        "decide-transport": "ambulance", "decide-advice": "Réveil toutes les 4 heures",
    }  # fmt: skip
    refused = await benali.post(page, **decided | {"decide-advice": ""})
    assert refused.status_code == 422
    assert "Traumatisme crânien léger" in refused.text
    assert (await benali.post(page, **decided)).status_code == 303
    assert "Transport demandé Ambulance" in await benali.text(page)
    assert "Retour décidé" in await nadia.text("/envois")
    assert "Retour en établissement médico-social" in await benali.text("/urgences")

    back = {"geste": "reopen", "reopen-motif": "Vomissements"}
    assert (await benali.post(page, **back)).status_code == 303
    assert "Aux urgences" in await nadia.text("/envois")
    assert (await benali.post(page, **decided)).status_code == 303
    gone = await benali.post(page, **{"geste": "leave", "leave-left-at": hour(screen)})
    assert gone.status_code == 303
    assert "Personne n’est présent" in await benali.text("/urgences")
    stay = await stay_of(screen, page.rpartition("/")[2])
    disposition = stay.encounter["hospitalization"]["dischargeDisposition"]
    assert {one["code"] for one in disposition["coding"]} == {"snf", "facility"}
    assert stay.encounter["status"] == "finished"
    assert stay.passage is not None
    assert state_of(stay.passage) == "returning"


@pytest.mark.requirement("C4.4")
async def test_only_a_doctor_decides(screen: Screen) -> None:
    benali = await screen.person(DOCTOR)
    stay = await stay_of(screen, (await arrived(screen, benali)).rpartition("/")[2])
    doctor = who(DOCTOR)
    from dataclasses import replace

    nurse = replace(doctor, profession="60")
    for move in ("take", "decide"):
        with pytest.raises(AccessDenied):
            await rooms(screen).stays.move(nurse, stay, Wanted(move))


@pytest.mark.requirement("C4.4")
async def test_the_report_is_deposited_with_what_was_decided(screen: Screen) -> None:
    benali = await screen.person(DOCTOR)
    page = await arrived(screen, benali)
    form = (await benali.get(f"{page}/compte-rendu")).text
    number = re.search(r'name="numero" value="([^"]+)"', form)
    assert number
    assert "Dyspnée aiguë" in form
    typed = {
        "numero": number[1], "motif": "Dyspnée aiguë", "synthese": "Crépitants des deux bases",
        "diagnostic": "Œdème aigu du poumon", "orientation": "", "suites": "",
    }  # fmt: skip
    refused = await benali.post(f"{page}/compte-rendu", **typed)
    assert refused.status_code == 422
    assert "Crépitants des deux bases" in refused.text
    sent = await benali.post(f"{page}/compte-rendu", **typed | {"suites": "Revoir à 48 heures"})
    assert sent.status_code == 303, sent.text
    assert "Compte rendu de passage aux urgences" in await benali.text(f"/patients/{GUY}/documents")


@pytest.mark.requirement("C4.3")
async def test_beds_are_declared_read_by_the_region_and_grow_old(screen: Screen) -> None:
    benali = await screen.person(DOCTOR)
    form = "/urgences/capacites/declarer"
    wrong = await benali.post(form, tension="tense", **{"box-places": "12", "box-libres": "13"})
    assert wrong.status_code == 422
    assert "plus de places libres que de places" in wrong.text
    assert 'value="13"' in wrong.text
    said = {"box-places": "12", "box-libres": "3", "sauv-places": "1", "sauv-libres": "1",
            "medecine-places": "40", "medecine-libres": "2"}  # fmt: skip
    assert (await benali.post(form, tension="tense", **said)).status_code == 303
    regulator = await screen.person("dr.roy")
    table = await regulator.text("/urgences/capacites")
    assert re.search(r"CH de Belmont Tendue .*3 / 12", table)
    board = await benali.text("/urgences")
    assert "0 sur 12 déchocage libre" in board
    screen.ahead = timedelta(hours=5)
    assert "à vérifier" in await regulator.text("/urgences/capacites")
    assert "à vérifier" in await benali.text("/urgences")
    client = await screen.platform.client()
    found = (await client.get("Location", params={"organization": BELMONT})).json()
    bodies = [one["resource"] for one in found["entry"]]
    assert any("capacity-reception" in str(one) for one in bodies)


@pytest.mark.requirement("C4.7", "C4.8", "C4.9")
async def test_the_stay_tells_whom_to_call_what_else_and_who_comes_often(screen: Screen) -> None:
    client = await screen.platform.client()
    benali = await screen.person(DOCTOR)
    client_body = given.patient(
        id=GUY,
        contact=[{
            "relationship": [{"text": "fille"}],
            "name": {"family": "Lambert", "given": ["Odile"]},
            "telecom": [{"system": "phone", "value": "06 00 00 00 01"}],
        }],
    )  # fmt: skip
    assert (await client.put(f"Patient/{GUY}", json=client_body)).status_code == 200
    page = await arrived(screen, benali)
    text = await benali.text(page)
    assert "Vient souvent" not in text
    assert "Plutôt que d’hospitaliser" in text
    assert "Hospitalisation à domicile" in text
    assert "Appui du DAC" in text
    for days in (30, 90, 200):
        past = {
            "resourceType": "Encounter", "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                      "code": "EMER"},
            "subject": {"reference": f"Patient/{GUY}"},
            "period": {"start": instant(clock.now() - timedelta(days=days)),
                       "end": instant(clock.now() - timedelta(days=days))},
            "serviceProvider": {"reference": BELMONT},
        }  # fmt: skip
        assert (await client.post("Encounter", json=past)).status_code == 201
    assert "Vient souvent. 4 passages en douze mois" in await benali.text(page)
    assert "Vient souvent" not in await benali.text("/urgences")


@pytest.mark.requirement("C4.1")
async def test_nobody_else_finds_a_stay(screen: Screen) -> None:
    benali = await screen.person(DOCTOR)
    page = await arrived(screen, benali)
    for user in ("claire.weber", "dr.legoff"):
        other = await screen.person(user)
        assert (await other.get(page)).status_code in {403, 404}
        assert "LAMBERT" not in await other.text("/urgences")
    with pytest.raises(NotFound):
        await rooms(screen).stays.one(who("claire.weber"), page.rpartition("/")[2])


@pytest.mark.requirement("C4.2")
@pytest.mark.parametrize("at", ["", "x", "0001-01-01T00:00", "9999-12-31T23:59"])
async def test_an_arrival_at_a_strange_hour_is_refused(screen: Screen, at: str) -> None:
    benali = await screen.person(DOCTOR)
    page = f"/patients/{GUY}/passage/{await announced(screen, GUY)}"
    answer = await benali.post(page, geste="arrivee", arrivee=at)
    assert answer.status_code == 422
