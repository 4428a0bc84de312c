"""Messages on the screen: with plain forms, for members alone, nothing typed is lost. B1.5, B1.6."""

from __future__ import annotations

import re
from uuid import uuid4

import httpx
import pytest

from cordee.app.circles import circle_desk
from cordee.care.circle.inviting import Offer
from cordee.care.circle.steps import Spoken
from cordee.fhir.store.journal import publish
from cordee.runtime.clock import PARIS, now
from trusted import JEANNE, Person, Screen, make_patient, plain, who

DOCTOR, NURSE, STRANGER = "dr.legoff", "samira.haddad", "linh.tran"
TAB = f"/patients/{JEANNE}/messages"
SAMIRA = "Practitioner/samira-haddad"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE, birthDate="1968-03-12")
    client = await bare_screen.platform.client()
    for key, given, family in (
        ("samira-haddad", "Samira", "Haddad"),
        ("linh-tran", "Linh", "Tran"),
    ):
        name = {"given": [given], "family": family}
        body = {"resourceType": "Practitioner", "id": key, "name": [name]}
        assert (await client.put(f"Practitioner/{key}", json=body)).status_code == 201
    circle, at = circle_desk(bare_screen.platform.parts), now()
    spoken = Spoken("consented", "paper", "patient", at.date())
    await circle.opening.open(who(DOCTOR), JEANNE, ("home", ""), spoken, at)
    offer = Offer("Practitioner/samira-haddad", "Samira Haddad", "nurse", at)
    number = await circle.inviting.invite(who(DOCTOR), JEANNE, offer, at)
    await circle.inviting.accept(who(NURSE), number, now())
    await publish(bare_screen.platform.parts.database)
    bare_screen.platform.parts.guard.forget()
    return bare_screen


async def post(person: Person, path: str, /, file: bytes = b"", **data: str) -> httpx.Response:
    files = {"piece": ("talon.png", file, "image/png")} if file else {"x": ("", b"")}
    token = re.search(
        r'name="jeton" value="([^"]+)"', (await person.client.get("/raccourcis")).text
    )
    assert token
    return await person.client.post(path, data={"jeton": token[1], **data}, files=files)


async def started(person: Person, **more: str) -> str:
    fields = {
        "numero": str(uuid4()), "avec-1": SAMIRA, "objet": "Plaie du talon",
        "texte": "Peux-tu refaire le pansement ?", "reponse": "2",
    } | more  # fmt: skip
    answer = await person.post(f"{TAB}/nouveau", **fields)
    assert answer.status_code == 303, plain(answer)
    return answer.headers["location"]


@pytest.mark.requirement("B1.5")
async def test_two_colleagues_write_to_each_other_with_plain_forms(screen: Screen) -> None:
    doctor, nurse = await screen.person(DOCTOR), await screen.person(NURSE)

    form = await doctor.text(f"{TAB}/nouveau")
    place = await started(doctor)
    inbox = await nurse.text("/messagerie")
    before = await doctor.text(place)
    opened = await nurse.text(place)
    after = await doctor.text(place)
    answer = await post(nurse, place, cle=str(uuid4()), texte="Fait à 8 h.", file=PNG)
    shown = await doctor.client.get(place)

    assert "Samira Haddad" in form
    assert "1 non lu" in inbox
    assert "réponse attendue" in inbox
    assert "remis, pas encore lu" in before
    assert "Peux-tu refaire le pansement ?" in opened
    assert "Écrire à Dr Anne Le Goff" in opened
    assert "EXEMPLE" in opened
    assert "lu par 1 sur 1" in after
    assert answer.status_code == 303
    assert "Fait à 8 h." in shown.text
    link = re.search(r'href="([^"]+/pieces/[^"]+)"', shown.text)
    assert link
    file = await doctor.client.get(link[1])
    assert (file.content, file.headers["content-type"]) == (PNG, "image/png")
    assert "talon" not in file.headers["content-disposition"]
    assert "Plaie du talon" in await doctor.text(TAB)


@pytest.mark.requirement("B1.5")
async def test_what_was_typed_comes_back_with_its_key(screen: Screen) -> None:
    doctor = await screen.person(DOCTOR)
    place, key = await started(doctor), str(uuid4())

    refused = await post(doctor, place, cle=key, texte="Longue phrase", reponse="77")
    for _ in range(2):
        assert (await post(doctor, place, cle=key, texte="Longue phrase")).status_code == 303

    assert refused.status_code == 422
    assert "Longue phrase</textarea>" in refused.text
    assert f'name="cle" value="{key}"' in refused.text
    assert (await doctor.get(place)).text.count("<p>Longue phrase</p>") == 1


@pytest.mark.requirement("B1.5")
async def test_a_fragment_is_what_the_page_shows(screen: Screen) -> None:
    doctor = await screen.person(DOCTOR)
    place = await started(doctor)

    whole = (await doctor.client.get(place)).text
    part = (await doctor.client.get(place, headers={"hx-request-type": "partial"})).text

    def bare(text: str) -> str:
        return re.sub(r'(jeton" value=|nonce=)"[^"]+"', "", text)

    assert part.strip().startswith('<div id="conversation">')
    assert bare(part).strip() in bare(whole)


@pytest.mark.requirement("B1.5")
async def test_a_stranger_finds_nothing_at_any_address(screen: Screen) -> None:
    doctor, stranger = await screen.person(DOCTOR), await screen.person(STRANGER)
    place = await started(doctor)
    await post(doctor, place, cle=str(uuid4()), texte="x", file=PNG)
    piece = re.search(r'href="([^"]+/pieces/[^"]+)"', (await doctor.get(place)).text)
    assert piece

    for path in (place, f"{place}/flux", f"{place}/dossier", piece[1], TAB, f"{TAB}/nouveau"):
        assert (await stranger.get(path)).status_code == 404, path
    assert (await post(stranger, place, cle=str(uuid4()), texte="x")).status_code == 404
    assert (await stranger.post(f"{place}/dossier", texte="x", titre="x")).status_code == 404
    assert (await stranger.get("/messagerie/pas-un-numero")).status_code == 404
    assert "Plaie" not in await stranger.text("/messagerie")
    patient = await screen.person("jeanne.bertin")
    assert (await patient.get(place)).status_code == 403


@pytest.mark.requirement("B1.5")
async def test_a_message_is_taken_back_muted_and_found(screen: Screen) -> None:
    doctor, nurse = await screen.person(DOCTOR), await screen.person(NURSE)
    place = await started(doctor)
    n = (await screen.rows("SELECT max(n) AS n FROM message"))[0]["n"]

    found = await doctor.post("/messagerie", mots="pansement")
    not_hers = await post(nurse, place, geste="retirer", message=str(n))
    muted = await post(nurse, place, geste="muet")
    page = await nurse.text(place)
    gone = await post(doctor, place, geste="retirer", message=str(n))
    after = await nurse.text(place)

    assert "Peux-tu refaire le pansement" in plain(found)
    assert (not_hers.status_code, muted.status_code, gone.status_code) == (404, 303, 303)
    assert "Me prévenir de nouveau" in page
    assert "Message retiré par son auteur." in after
    assert "pansement" not in after
    assert "Aucun message trouvé" in plain(await doctor.post("/messagerie", mots="pansement"))


@pytest.mark.requirement("B1.5")
@pytest.mark.parametrize(("kind", "told"), [("synthese", "Versé au dossier"), ("lettre", "Lettre")])
async def test_a_thread_goes_into_the_record_as_a_document(
    screen: Screen, kind: str, told: str
) -> None:
    doctor = await screen.person(DOCTOR)
    place = await started(doctor)
    form = await doctor.get(f"{place}/dossier")
    number = re.search(r'name="numero" value="([^"]+)"', form.text)
    assert number

    fields = {"numero": number[1], "sorte": kind, "titre": "Plaie", "texte": "Pansement refait."}
    made = [await doctor.post(f"{place}/dossier", **fields) for _ in range(2)]

    assert "Peux-tu refaire le pansement ?" in form.text
    assert made[0].status_code == 303, plain(made[0])
    rows = await screen.rows("SELECT kind FROM message_link")
    assert len(rows) == 1
    assert told in await doctor.text(place)
    file = await doctor.get(f"{made[0].headers['location']}/fichier")
    assert "Pansement refait." in file.text
    assert ("Confraternellement" in file.text) == (kind == "lettre")


@pytest.mark.requirement("B1.5")
async def test_a_task_is_made_on_the_page(screen: Screen) -> None:
    doctor = await screen.person(DOCTOR)
    place = await started(doctor)
    n = (await screen.rows("SELECT max(n) AS n FROM message"))[0]["n"]

    made = await post(
        doctor, place, geste="tache", message=str(n), quoi="Refaire le pansement",
        qui="Practitioner/samira-haddad",
    )  # fmt: skip

    assert made.status_code == 303
    assert "Tâche créée" in await doctor.text(place)


@pytest.mark.requirement("B1.6")
async def test_who_writes_is_told_who_is_away_and_who_answers(screen: Screen) -> None:
    doctor, nurse = await screen.person(DOCTOR), await screen.person(NURSE)
    place = await started(doctor)
    day = now().astimezone(PARIS).date().isoformat()

    wrong = await nurse.post("/messagerie/absence", debut="", fin="")
    said = await nurse.post(
        "/messagerie/absence", debut=day, fin=day, remplacant="Practitioner/linh-tran"
    )
    told = await doctor.text(place)
    own = await nurse.text("/messagerie/absence")
    back = await nurse.post("/messagerie/absence", geste="revenir")

    assert wrong.status_code == 422
    assert said.status_code == 303
    assert "absent jusqu’au" in told
    assert "remplacement : Linh Tran" in told
    assert "Linh Tran" in own
    assert back.status_code == 303
    assert "absent jusqu’au" not in await doctor.text(place)


@pytest.mark.requirement("B1.5")
async def test_a_free_thread_names_no_patient(screen: Screen) -> None:
    doctor = await screen.person(DOCTOR)

    form = await doctor.text("/messagerie/nouveau?q=tran")
    fields = {"numero": str(uuid4()), "avec-autre-1": "Practitioner/linh-tran"}
    empty = await doctor.post("/messagerie/nouveau", **fields, objet="")
    made = await doctor.post("/messagerie/nouveau", **fields, objet="Réunion", texte="Jeudi ?")

    assert "Tran" in form
    assert empty.status_code == 422
    assert made.status_code == 303
    other = await screen.person(STRANGER)
    assert "Jeudi ?" in await other.text(made.headers["location"])
    assert (await other.get(f"{made.headers['location']}/dossier")).status_code == 404
