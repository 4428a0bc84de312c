"""Documents on the screen: tile, list, one document, deposit, version, withdrawal, repair queue."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

import given
from cordee.fhir.store.journal import publish
from cordee.identity.ins.statuses import Status
from cordee.runtime.french import PARIS
from identities import CAZALETTE, CAZALETTE_INS, of_status, patient_of
from trusted import DOCTOR, HOME, JEANNE, Person, Screen, make_patient, plain

PDF = b"%PDF-1.4 compte rendu"
CDA = """<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><title>Lettre</title>
<component><structuredBody><component><section><title>Conclusion</title><text><paragraph>Retour à
domicile</paragraph><list><item>Repos</item></list><table><tbody><tr><td>Kaliémie</td><td>4,1</td>
</tr></tbody></table></text></section></component></structuredBody></component></ClinicalDocument>
""".encode()
LIST = f"/patients/{JEANNE}/documents"
FORM = f"{LIST}/deposer"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE)
    return bare_screen


async def send(person: Person, path: str, data: bytes, **fields: str) -> httpx.Response:
    """A form with a file, as the browser sends it."""
    page = (await person.get(path)).text
    token = re.search(r'name="jeton" value="([^"]+)"', page)
    number = re.search(r'name="numero" value="([^"]+)"', page)
    assert token
    assert number
    known = {
        "jeton": token[1], "numero": number[1], "titre": "Compte rendu du jour",
        "type": "CR ou fiche de consultation ou de visite (11488-4)",
        "date": datetime.now(PARIS).strftime("%d/%m/%Y"),
    }  # fmt: skip
    file = {"fichier": ("cr.pdf", data, "application/pdf")}
    return await person.client.post(path, data=known | fields, files=file)


def letter(number: str, moment: datetime, **more: Any) -> dict[str, Any]:
    made = {
        "resourceType": "DocumentReference", "id": number, "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11488-4"}]},
        "subject": {"reference": f"Patient/{JEANNE}"}, "author": [{"reference": DOCTOR}],
        "custodian": {"reference": HOME}, "date": moment.isoformat(timespec="seconds"),
        "content": [{"attachment": {"contentType": "text/plain", "title": f"Lettre {number}"}}],
    }  # fmt: skip
    return made | more


async def keep(screen: Screen, *resources: dict[str, Any]) -> None:
    client = await screen.platform.client()
    for one in resources:
        answer = await client.put(f"{one['resourceType']}/{one['id']}", json=one)
        assert answer.status_code == 201, answer.text
    await publish(screen.platform.parts.database)


@pytest.mark.requirement("A3.9")
async def test_the_tile_counts_what_its_reader_may_see(screen: Screen) -> None:
    now = screen.clock()
    visit = {
        "resourceType": "Encounter", "id": "visit", "status": "finished", "class": {"code": "AMB"},
        "subject": {"reference": f"Patient/{JEANNE}"}, "serviceProvider": {"reference": HOME},
        "period": {
            "start": (now - timedelta(days=9)).isoformat(timespec="seconds"),
            "end": (now - timedelta(days=8)).isoformat(timespec="seconds"),
        },
    }  # fmt: skip
    emergency = {"coding": [{"system": "http://loinc.org", "code": "15507-7"}]}
    await keep(
        screen, visit,
        letter("old", now - timedelta(days=20)),
        letter("new", now - timedelta(days=3), type=emergency),
        letter("gone", now - timedelta(days=1), status="superseded"),
        letter("secret", now - timedelta(days=1), author=[{"reference": HOME}],
               type={"coding": [{"system": "http://loinc.org", "code": "unknown"}]}),
    )  # fmt: skip
    doctor = await screen.person("dr.legoff")

    text = await doctor.text(f"/patients/{JEANNE}")

    day = (now - timedelta(days=3)).astimezone(PARIS).strftime("%d/%m/%Y")
    assert "DMP : 2 documents , 1 nouveau depuis la dernière venue" in text
    assert f"dernier CR urgences le {day}" in text
    assert f'href="{LIST}"' in (await doctor.get(f"/patients/{JEANNE}")).text


@pytest.mark.requirement("A3.9")
async def test_the_list_is_filtered_and_paged(screen: Screen) -> None:
    now = screen.clock()
    summary = {"coding": [{"system": "http://loinc.org", "code": "60591-5"}]}
    await keep(
        screen, letter("synth", now, type=summary),
        *(letter(f"cr{n}", now - timedelta(days=n)) for n in range(1, 23)),
    )  # fmt: skip
    doctor = await screen.person("dr.legoff")

    whole = await doctor.text(LIST)
    second = await doctor.text(f"{LIST}?page=2")
    kept = await doctor.text(f"{LIST}?categorie=synthese")

    assert "Compte rendu 22" in whole
    assert "Lettre cr19" in whole
    assert "Lettre cr20" not in whole
    assert "Lettre cr22" in second
    assert "Lettre synth" in kept
    assert "Lettre cr1" not in kept


@pytest.mark.requirement("A3.9")
async def test_addresses_that_mean_nothing_are_no_errors(screen: Screen) -> None:
    untyped = {
        name: value for name, value in letter("bare", screen.clock()).items() if name != "type"
    }
    await keep(screen, untyped)
    doctor, far = await screen.person("dr.legoff"), "9" * 5000

    statuses = [
        (await doctor.get(path)).status_code
        for path in (
            f"{LIST}?page={far}", f"/depots-dmp?avant={far}", f"/depots-dmp?avant={'9' * 20}",
            f"{LIST}/bare", f"{LIST}/bare/remplacer",
        )
    ]  # fmt: skip

    assert statuses == [200] * 5


@pytest.mark.requirement("A3.8")
@pytest.mark.requirement("A3.9")
async def test_a_document_is_handed_in_read_replaced_and_withdrawn(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")

    answer = await send(doctor, FORM, PDF)
    assert answer.status_code == 303, plain(answer)
    place = answer.headers["location"]
    page = await doctor.get(place)
    file = await doctor.get(f"{place}/fichier")
    saved = await doctor.get(f"{place}/fichier?telecharger")

    assert f'<iframe class="sheet" src="{place}/fichier"' in page.text
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert file.content == PDF
    assert file.headers["x-frame-options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in file.headers["content-security-policy"]
    assert saved.headers["content-disposition"].startswith("attachment")
    assert page.headers["x-frame-options"] == "DENY"

    answer = await send(doctor, f"{place}/remplacer", CDA, titre="Version 2")
    second = answer.headers["location"]
    text = await doctor.text(second)
    assert "Retour à domicile" in text
    assert "Kaliémie | 4,1" in text
    former = await doctor.get(place)
    assert "remplacé par une version plus récente" in plain(former)
    assert re.search("Remplacé le [0-9/]+ par Dr Anne Le Goff", plain(former))
    assert f'href="{second}"' in former.text

    refused = await doctor.post(f"{second}/retirer", raison="")
    assert refused.status_code == 422
    assert "Dites pourquoi" in plain(refused)
    assert (await doctor.post(f"{second}/retirer", raison="mauvais patient")).status_code == 303
    assert "Version 2" not in await doctor.text(LIST)
    assert "par Dr Anne Le Goff : mauvais patient" in await doctor.text(second)


@pytest.mark.requirement("A3.8")
async def test_a_form_says_what_is_wrong_and_keeps_what_was_typed(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")

    answer = await send(doctor, FORM, b"MZ program", type="compte", titre="", date="hier")

    text = plain(answer)
    assert answer.status_code == 422
    for word in (
        "Choisissez le type du document", "Donnez un titre", "Donnez la date du document",
        "n’est pas du format annoncé",
    ):  # fmt: skip
        assert word in text, word
    assert 'value="hier"' in answer.text
    assert await screen.rows("SELECT FROM document_entry") == []


@pytest.mark.requirement("A3.8")
async def test_the_same_form_sent_twice_makes_one_document(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    number = "urn:oid:2.25.123456789"

    first = await send(doctor, FORM, PDF, numero=number)
    again = await send(doctor, FORM, PDF, numero=number)

    assert first.headers["location"] == again.headers["location"]
    assert len(await screen.rows("SELECT FROM document_entry")) == 1


@pytest.mark.requirement("A3.9")
async def test_who_is_not_tied_sees_and_hands_in_nothing(screen: Screen) -> None:
    await keep(screen, letter("one", screen.clock()))
    stranger = await screen.person("dr.roux")
    jeanne = await screen.person("jeanne.bertin")

    for path in (LIST, FORM, f"{LIST}/one", f"{LIST}/one/fichier", f"{LIST}/one/remplacer"):
        assert (await stranger.get(path)).status_code == 404, path
    assert (await stranger.post(f"{LIST}/one/retirer", raison="pas le mien")).status_code == 404
    assert (await jeanne.get(FORM)).status_code == 403


@pytest.mark.requirement("A3.8")
async def test_a_refused_deposit_is_repaired_from_the_queue(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    await send(doctor, FORM, PDF, dmp="oui")
    await screen.platform.parts.deposits.send_due()

    queue = await doctor.get("/depots-dmp")
    sheet = await doctor.get("/depots-dmp.csv?etat=refused")
    await doctor.post("/depots-dmp", geste="relancer", depot="1")
    wrong = await doctor.post("/depots-dmp", geste="abandonner", depot="1", motif="")
    await doctor.post("/depots-dmp", geste="abandonner", depot="1", motif="remis en main propre")

    assert "L’identité n’est pas qualifiée" in plain(queue)
    assert "EXEMPLE Camille" in plain(queue)
    assert "dépôt, Dr Anne Le Goff" in plain(queue)
    assert "Exemple" not in sheet.text
    assert "ins-not-qualified" in sheet.text
    assert wrong.status_code == 422
    assert "remis en main propre" in await doctor.text("/depots-dmp?etat=given-up")
    assert "DMP : à réparer" not in await doctor.text(LIST)
    other = await screen.person("dr.roux")
    assert "remis en main propre" not in await other.text("/depots-dmp?etat=given-up")
    assert (await other.post("/depots-dmp", geste="relancer", depot="1")).status_code == 404


@pytest.mark.requirement("A3.8")
async def test_the_queue_tells_nothing_of_a_record_that_was_closed_since(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    await send(doctor, FORM, PDF, dmp="oui")
    await screen.platform.parts.deposits.send_due()
    before = (await doctor.get("/depots-dmp.csv?etat=refused")).text.splitlines()[1].split(";")
    client = await screen.platform.client()
    alone = given.patient(id=JEANNE)
    assert (await client.put(f"Patient/{JEANNE}", json=alone)).status_code == 200
    await publish(screen.platform.parts.database)
    doctor = await screen.person("dr.legoff")

    page = await doctor.text("/depots-dmp")
    after = (await doctor.get("/depots-dmp.csv?etat=refused")).text.splitlines()[1].split(";")

    assert before[3] == JEANNE
    assert before[2]
    assert after[2:4] == ["", ""]
    assert after[7] == before[7]
    assert before[2] not in page
    assert "dossier qui ne vous est plus ouvert" in page


@pytest.mark.requirement("A2.9")
@pytest.mark.requirement("A3.9")
async def test_the_dmp_is_read_for_who_may_and_counts_as_a_consultation(screen: Screen) -> None:
    identity = of_status(CAZALETTE, CAZALETTE_INS, Status.QUAL)
    ties = {
        "managingOrganization": {"reference": HOME},
        "generalPractitioner": [{"reference": DOCTOR}],
    }
    rpps = [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "810000000001"}]
    client = await screen.platform.client()
    doctor_resource = {"resourceType": "Practitioner", "id": "anne-le-goff", "identifier": rpps}
    await client.put(DOCTOR, json=doctor_resource)
    await client.put(f"Patient/{JEANNE}", json=patient_of(identity, JEANNE, **ties))
    await publish(screen.platform.parts.database)
    doctor, stranger = await screen.person("dr.legoff"), await screen.person("dr.roux")
    await send(doctor, FORM, PDF, dmp="oui")
    await screen.platform.parts.deposits.send_due()
    place = f"/patients/{JEANNE}/dmp"

    page = await doctor.get(place)
    remote = await screen.rows("SELECT remote FROM dmp_deposit")
    one = f"{place}/{remote[0]['remote']}"
    shown, file = await doctor.get(one), await doctor.get(f"{one}/fichier")

    assert "Compte rendu du jour" in plain(page)
    assert "aussi dans Cordée" in plain(page)
    assert "lu dans le DMP" in plain(shown)
    assert file.content == PDF
    for path in (place, one, f"{one}/fichier"):
        assert (await stranger.get(path)).status_code == 404, path
    assert (await doctor.get(f"{place}/unknown")).status_code == 404
    rows = await screen.rows("SELECT document FROM document_opening")
    assert [row["document"] for row in rows] == [remote[0]["remote"]]
    trail = await screen.rows("SELECT detail FROM audit WHERE starts_with(detail, 'dmp ')")
    assert {row["detail"] for row in trail} >= {"dmp list", f"dmp open {remote[0]['remote']}"}


@pytest.mark.requirement("A3.9")
async def test_why_the_dmp_cannot_be_read_is_said(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")

    assert "L’identité n’est pas qualifiée" in await doctor.text(f"/patients/{JEANNE}/dmp")
