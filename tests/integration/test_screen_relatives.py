"""Mes proches on the screen: named, taken, seen, withdrawn; the desk, and accounts of citizens."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

import given
from cordee.access.mandates.kinds import MandateKind
from cordee.access.mandates.parts import EVERYTHING
from cordee.fhir.store.journal import publish
from cordee.identity.ins.statuses import Status
from cordee.runtime.clock import now
from identities import MORVANDEL, MORVANDEL_INS, of_status, patient_of
from mandated import mandated, naming_of, offer, self_of
from trusted import JEANNE, Person, Screen, make_patient, plain, who

LUCIE, CELL = "lucie.bertin", "sophie.mercier"
GIVE = {"geste": "nommer", "qualite": "carer", "nom": "Lucie Bertin", "lien": "fille"}
SECRET = "trois petits chats verts"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE, birthDate="1968-03-12")
    client = await bare_screen.platform.client()
    about = {"reference": f"Patient/{JEANNE}"}
    for one in (
        given.observation(f"Patient/{JEANNE}", id="result"),
        {"resourceType": "Condition", "id": "problem", "subject": about,
         "code": {"text": "Diabète de type 2"}},
        {"resourceType": "DocumentReference", "id": "letter", "status": "current",
         "subject": about, "type": {"coding": [{"code": "11488-4"}]},
         "content": [{"attachment": {"contentType": "text/plain", "title": "Lettre"}}]},
    ):  # fmt: skip
        made = await client.put(f"{one['resourceType']}/{one['id']}", json=one)
        assert made.status_code == 201, made.text
    await publish(bare_screen.platform.parts.database)
    return bare_screen


def code_in(answer: httpx.Response) -> str:
    found = re.search(r"[A-Z2-9]{4}(?:-[A-Z2-9]{4}){3}", answer.text)
    assert found, plain(answer)
    return found[0]


async def take(person: Person, code: str) -> httpx.Response:
    offered = await person.post("/invitation", geste="voir", code=code)
    assert offered.status_code == 200, plain(offered)
    return await person.post("/invitation", geste="accepter", code=code)


async def stranger(screen: Screen) -> Person:
    """A browser where nobody has entered."""
    client = httpx.AsyncClient(transport=httpx.ASGITransport(screen.web), base_url="http://screen")
    return Person(await screen._stack.enter_async_context(client))


async def entered(screen: Screen, code: str, login: str) -> tuple[Person, httpx.Response]:
    """Somebody who opens an account with a code."""
    person = await stranger(screen)
    shown = await person.post("/invitation", geste="voir", code=code)
    assert "Créer votre compte" in plain(shown)
    answer = await person.post(
        "/invitation", geste="creer", code=code, identifiant=login, nouveau=SECRET
    )
    return person, answer


@pytest.mark.requirement("A3.2")
@pytest.mark.requirement("A3.3")
@pytest.mark.requirement("A3.11")
async def test_a_daughter_sees_what_she_was_given_until_it_is_withdrawn(screen: Screen) -> None:
    jeanne, lucie = await screen.person("jeanne.bertin"), await screen.person(LUCIE)
    named = await jeanne.post("/mes-proches", **GIVE, **{"part-resultats": "oui"})
    taken = await take(lucie, code_in(named))
    place = taken.headers["location"]
    record = await lucie.text(place)
    why = await lucie.text(f"{place}/pourquoi?element=Observation/result")
    seen = await jeanne.text("/mes-acces")
    told = await jeanne.text("/")
    number = place.rpartition("/")[2]

    assert "Aidant, proche." in record
    assert "Poids" in record or "29463-7" in record
    assert "Diabète" not in record
    assert "Problèmes de santé" not in record.partition("Vous voyez")[2]
    assert "as-carer" in why
    assert "Cette personne vous a ouvert cette partie de son dossier." in why
    for element in ("Condition/problem", "DocumentReference/letter", "Observation/none"):
        answer = await lucie.get(f"{place}/pourquoi?element={element}")
        assert answer.status_code == 404, element
    assert "Lucie Bertin , proche" in seen or "Lucie Bertin, proche" in seen
    assert "Raison : agit pour vous, dans ce qui lui est ouvert." in seen
    assert "hors de votre cercle" not in seen
    assert "Un proche a accepté." in told

    withdrawn = await jeanne.post("/mes-proches", geste="retirer", mandat=number)

    assert withdrawn.status_code == 303
    assert (await lucie.get(place)).status_code == 404
    assert (await lucie.get(f"{place}/pourquoi")).status_code == 404
    assert "Un accès vous a été retiré." in await lucie.text("/")
    past = await jeanne.text("/mes-proches")
    for text in ("accès donné (aidant, proche)", "a accepté", "accès retiré", "terminé le"):
        assert text in past


@pytest.mark.requirement("A3.3")
async def test_a_document_opens_by_its_sort_alone(screen: Screen) -> None:
    jeanne, lucie = await screen.person("jeanne.bertin"), await screen.person(LUCIE)
    client = await screen.platform.client()
    words = {"contentType": "text/plain", "title": "Lettre", "data": "Qm9uam91cg=="}
    for key, code in (("letter", "11488-4"), ("order", "57833-6")):
        body = {
            "resourceType": "DocumentReference", "id": key, "status": "current",
            "subject": {"reference": f"Patient/{JEANNE}"}, "type": {"coding": [{"code": code}]},
            "content": [{"attachment": words}],
        }  # fmt: skip
        assert (await client.put(f"DocumentReference/{key}", json=body)).status_code < 300
    named = await jeanne.post("/mes-proches", **GIVE, **{"part-compte-rendu": "oui"})
    place = (await take(lucie, code_in(named))).headers["location"]

    read = await lucie.text(f"{place}/documents/letter")
    saved = await lucie.get(f"{place}/documents/letter/fichier?telecharger")
    closed = [
        (await lucie.get(f"{place}/documents/{one}")).status_code
        for one in ("order", "order/fichier", "none", "..", "letter/x")
    ]
    other = (await lucie.get(f"/patients/{JEANNE}/documents/letter")).status_code

    assert f"{place}/documents/letter" in (await lucie.get(place)).text
    assert "Bonjour" in read
    assert (saved.status_code, saved.text) == (200, "Bonjour")
    assert set(closed) <= {404, 200} and closed[0] == closed[1] == closed[2] == 404
    assert other == 403


async def test_a_form_that_gives_nothing_says_so(screen: Screen) -> None:
    jeanne = await screen.person("jeanne.bertin")
    for wrong, words in (
        ({}, "Choisissez ce que cette personne verra."),
        ({"part-tout": "oui", "nom": ""}, "Donnez le nom de la personne."),
        ({"part-tout": "oui", "qualite": "guardian"}, ""),
        ({"part-tout": "oui", "qualite": "king"}, "Dites à quel titre"),
        ({"part-tout": "oui", "fin": "demain"}, "Écrivez les dates"),
        ({"part-tout": "oui", "fin": "2020-01-01"}, "La fin vient après le début"),
    ):
        answer = await jeanne.post("/mes-proches", **GIVE | wrong)
        assert answer.status_code in ({422} if words else {403, 404}), wrong
        assert words in plain(answer)
    assert "Personne n’est nommé" in await jeanne.text("/mes-proches")


@pytest.mark.requirement("A3.3")
async def test_pages_are_closed_to_whom_they_do_not_concern(screen: Screen) -> None:
    jeanne, lucie = await screen.person("jeanne.bertin"), await screen.person(LUCIE)
    doctor, marc = await screen.person("dr.legoff"), await screen.person("marc.lefort")
    named = await jeanne.post("/mes-proches", **GIVE, **{"part-tout": "oui"})
    place = (await take(lucie, code_in(named))).headers["location"]

    assert (await doctor.get("/mes-proches")).status_code == 403
    assert (await marc.get(place)).status_code == 404
    assert (await jeanne.get(place)).status_code == 404
    assert (await lucie.get(f"{place}/entourage")).status_code in {403, 404}
    for path in (f"/patients/{JEANNE}", f"/patients/{JEANNE}/proches", "/mes-acces", "/mes-choix"):
        assert (await lucie.get(path)).status_code == 403, path
    ended = await marc.post("/mes-proches", geste="rendre", mandat=place.rpartition("/")[2])
    assert ended.status_code == 404
    back = await lucie.post("/mes-proches", geste="rendre", mandat=place.rpartition("/")[2])
    assert back.status_code == 303
    assert (await lucie.get(place)).status_code == 404
    assert "a rendu son accès" in await jeanne.text("/mes-proches")


@pytest.mark.requirement("A3.3")
async def test_the_cell_records_a_guardian_who_names_a_carer(screen: Screen) -> None:
    cell, marc = await screen.person(CELL), await screen.person("marc.lefort")
    desk = f"/patients/{JEANNE}/proches"
    said = {
        "geste": "enregistrer", "qualite": "guardian", "nom": "Marc Lefort", "lien": "fils",
        "part-tout": "oui", "pouvoir-manage": "oui",
    }  # fmt: skip
    refused = await cell.post(desk, **said)
    day = screen.clock().date().isoformat()
    made = await cell.post(desk, **said, preuve="jugement", **{"preuve-date": day})
    place = (await take(marc, code_in(made))).headers["location"]
    named = await marc.post(f"{place}/entourage", **GIVE, **{"part-rendez-vous": "oui"})
    lucie = await screen.person(LUCIE)
    hers = (await take(lucie, code_in(named))).headers["location"]

    assert refused.status_code == 422
    assert "sa preuve et sa date" in plain(refused)
    assert "Tutelle." in await marc.text(place)
    assert (await lucie.get(hers)).status_code == 200
    around = await marc.text(f"{place}/entourage")
    assert "Lucie Bertin" in around
    assert "Lucie Bertin" not in await cell.text(desk)  # a carer is none of the desk's business
    guardian = place.rpartition("/")[2]
    jeanne = await screen.person("jeanne.bertin")
    by_patient = await jeanne.post("/mes-proches", geste="retirer", mandat=guardian)
    assert by_patient.status_code == 403
    assert (await cell.post(desk, geste="terminer", mandat=guardian)).status_code == 303
    assert (await marc.get(place)).status_code == 404


@pytest.mark.requirement("A2.1")
async def test_a_patient_gets_a_space_at_the_desk_and_a_daughter_an_account(
    screen: Screen,
) -> None:
    client = await screen.platform.client()
    qualified = patient_of(of_status(MORVANDEL, MORVANDEL_INS, Status.QUAL), "odette")
    assert (await client.put("Patient/odette", json=qualified)).status_code == 201
    cell, desk = await screen.person(CELL), "/patients/odette/proches"
    code = code_in(await cell.post(desk, geste="ouvrir"))
    odette, joined = await entered(screen, code, "odette@exemple.fr")
    named = await odette.post("/mes-proches", **GIVE, **{"part-tout": "oui"})
    lucie, arrived = await entered(screen, code_in(named), "lucie@exemple.fr")
    home = await lucie.text("/mes-proches")

    assert joined.status_code == arrived.status_code == 303
    assert joined.headers["location"] == "/securite"
    assert "Odette MORVANDEL" in home.replace("ODETTE", "Odette")
    assert "Cette personne a un espace." in await cell.text(desk)
    assert (await cell.post(desk, geste="ouvrir")).status_code == 422
    again = await (await stranger(screen)).post("/invitation", geste="voir", code=code)
    assert again.status_code == 422
    assert (await odette.get("/mes-acces")).status_code == 200
    accounts = await screen.rows(
        "SELECT a.login, s.role, s.practitioner FROM account a JOIN situation s ON s.account = a.id"
        " WHERE s.ends IS NULL AND a.login LIKE '%exemple.fr' ORDER BY a.login"
    )
    assert [(one["login"], one["role"]) for one in accounts] == [
        ("lucie@exemple.fr", "proche"), ("odette@exemple.fr", "patient"),
    ]  # fmt: skip

    assert (await cell.post(desk, geste="fermer")).status_code == 303

    assert (await odette.get("/mes-acces")).status_code == 303
    assert (await lucie.get("/mes-proches")).status_code == 200


@pytest.mark.requirement("A2.1")
@pytest.mark.parametrize("status", [Status.PROV, Status.RECUP])
async def test_no_space_opens_on_an_identity_that_nobody_verified(
    screen: Screen, status: Status
) -> None:
    client = await screen.platform.client()
    body = patient_of(of_status(MORVANDEL, MORVANDEL_INS, status), "odette")
    await client.put("Patient/odette", json=body)
    cell = await screen.person(CELL)

    answer = await cell.post("/patients/odette/proches", geste="ouvrir")

    assert answer.status_code == 422
    assert "L’identité n’est pas vérifiée" in plain(answer)


async def test_before_sixteen_the_representatives_act(screen: Screen) -> None:
    client, cell = await screen.platform.client(), await screen.person(CELL)
    told = of_status(MORVANDEL, MORVANDEL_INS, Status.QUAL)
    today = screen.clock().date()
    words = []
    for born in (today.replace(year=today.year - 15), today.replace(year=today.year - 17)):
        child = replace(told, traits=replace(told.traits, birth_date=born))
        await client.put("Patient/child", json=patient_of(child, "child"))
        answer = await cell.post("/patients/child/proches", geste="ouvrir")
        words.append((answer.status_code, "Avant seize ans" in plain(answer)))

    assert words == [(422, True), (200, False)]


async def test_an_account_needs_a_free_login_a_good_password_and_a_code(screen: Screen) -> None:
    jeanne = await screen.person("jeanne.bertin")
    code = code_in(await jeanne.post("/mes-proches", **GIVE, **{"part-tout": "oui"}))
    somebody = await stranger(screen)

    async def create(login: str, password: str, typed: str = code) -> int:
        answer = await somebody.post(
            "/invitation", geste="creer", code=typed, identifiant=login, nouveau=password
        )
        return answer.status_code

    assert await create("lucie", "court") == 422
    assert await create("deux mots", SECRET) == 422
    assert await create("lucie", SECRET, "AAAA-BBBB-CCCC-DDDD") == 422
    assert await create("lucie", SECRET) == 303
    assert await create("lucie", SECRET) == 422  # the code is spent
    other = code_in(await jeanne.post("/mes-proches", **GIVE, **{"part-tout": "oui"}))
    somebody = await stranger(screen)
    assert await create("lucie", SECRET, other) == 422
    assert await create("lucie2", SECRET, other) == 303


@pytest.mark.requirement("A3.3")
async def test_what_is_open_is_changed_without_a_new_code(screen: Screen) -> None:
    jeanne, lucie = await screen.person("jeanne.bertin"), await screen.person(LUCIE)
    named = await jeanne.post("/mes-proches", **GIVE, **{"part-resultats": "oui"})
    place = (await take(lucie, code_in(named))).headers["location"]
    change = f"/mes-proches/modifier/{place.rpartition('/')[2]}"
    form = (await jeanne.get(change)).text
    none = await jeanne.post(change, fin="")
    done = await jeanne.post(change, **{"part-sante": "oui"})

    assert re.search(r'name="part-resultats" value="oui" checked', form)
    assert none.status_code == 422
    assert done.headers["location"] == "/mes-proches"
    record = await lucie.text(place)
    assert "Diabète de type 2" in record
    assert "Poids" not in record
    assert (await lucie.get(change)).status_code == 404
    assert (await lucie.post(change, **{"part-tout": "oui"})).status_code == 404
    assert "ce qui est ouvert a changé" in await jeanne.text("/mes-proches")


async def test_codes_are_not_guessed_for_long(screen: Screen) -> None:
    somebody = await stranger(screen)
    statuses = [
        (
            await somebody.post("/invitation", geste="voir", code=f"AAAA-BBBB-CCCC-{n:04}")
        ).status_code
        for n in range(12)
    ]

    assert statuses[0] == 422
    assert statuses[-1] == 429


@pytest.mark.requirement("A3.3")
async def test_a_death_closes_the_space_and_all_mandates(screen: Screen) -> None:
    client = await screen.platform.client()
    jeanne, lucie = await screen.person("jeanne.bertin"), await screen.person(LUCIE)
    named = await jeanne.post("/mes-proches", **GIVE, **{"part-tout": "oui"})
    place = (await take(lucie, code_in(named))).headers["location"]
    before = [(await lucie.get(place)).status_code, (await jeanne.get("/mon-cercle")).status_code]
    body = (await client.get(f"Patient/{JEANNE}")).json()

    await client.put(f"Patient/{JEANNE}", json=body | {"deceasedDateTime": "2026-11-01"})
    screen.platform.parts.guard.forget()
    screen.web.state.ports.trust.guard.forget()

    after = [(await lucie.get(place)).status_code, (await jeanne.get("/mon-cercle")).status_code]
    assert (before, after) == ([200, 200], [404, 404])
    explained = await screen.web.state.ports.trust.explaining.record(
        who("jeanne.bertin"), JEANNE, now()
    )
    assert explained.decision.code == "default"


async def test_a_mandate_of_tomorrow_is_not_listed_today(screen: Screen) -> None:
    later = offer(MandateKind.CARER, EVERYTHING, starts=now() + timedelta(days=2))
    acting, taken = await mandated(screen.platform, JEANNE, later, who(LUCIE))
    lucie = await screen.person(LUCIE)

    page = await lucie.text("/mes-proches")
    closed = (await lucie.get(f"/mes-proches/{taken.id}")).status_code
    screen.ahead = timedelta(days=3)
    around = await naming_of(screen.platform).around(self_of(JEANNE), JEANNE, screen.clock())

    assert "Personne pour l’instant" in page
    assert closed == 404
    assert [one.lives(screen.clock()) for one in around] == [True]
    assert acting.practitioner == f"RelatedPerson/{taken.related}"
