"""The pages of plans: the four forms, validation, an effector's list, what each may open."""

from __future__ import annotations

import contextlib
import re
import zlib
from datetime import timedelta
from uuid import uuid4

import pytest

import given
from cordee.care.documents.cda import Narrative, read_cda
from cordee.fhir.store.journal import publish
from cordee.runtime import clock
from trusted import HOME, JEANNE, Person, Screen, make_patient, plain

PLANS = f"/patients/{JEANNE}/plans"
NURSE = "Practitioner/samira-haddad"
AHEAD = (clock.today() + timedelta(days=60)).isoformat()


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE)
    client = await bare_screen.platform.client()
    nurse = {"resourceType": "Practitioner", "id": "samira-haddad", "active": True,
             "name": [{"family": "Haddad", "given": ["Samira"]}]}  # fmt: skip
    assert (await client.put("Practitioner/samira-haddad", json=nurse)).status_code == 201
    await publish(bare_screen.platform.parts.database)
    return bare_screen


async def _begun(person: Person, **more: str) -> str:
    sent = {"numero": str(uuid4()), "titre": "Rester chez moi", "revision": AHEAD,
            "paroles": "Retourner au marché", "appel-1": "SAMU", "telephone-1": "15"}  # fmt: skip
    answer = await person.post(f"{PLANS}/nouveau", **sent | more)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def _first(person: Person, path: str, name: str) -> str:
    page = (await person.get(path)).text
    found = re.search(rf'<select id="{name}" name="{name}">.*?<option value="([^"]+)"', page)
    assert found, name
    return found[1]


@pytest.mark.requirement("B3.1")
@pytest.mark.requirement("B3.9")
async def test_the_four_forms_hold_a_plan_words_of_the_person_first(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    refused = await doctor.post(f"{PLANS}/nouveau", titre="Rester", paroles="Le marché")
    assert refused.status_code == 422
    assert "Dites quand le plan sera révisé" in refused.text
    assert "Le marché" in refused.text
    plan = await _begun(doctor)
    text = await doctor.text(plan)
    for name in ("Ce qui compte pour moi", "Besoins", "Objectifs et actions", "Suivi et révision"):
        assert name in text
    assert text.index("1. Ce qui compte") < text.index("2. Besoins")
    assert "SAMU" in await doctor.text(PLANS)

    need = {"texte": "Chutes répétées ou peur de tomber", "priorite": "urgent"}
    assert (await doctor.post(f"{plan}/besoins", geste="besoin", **need)).status_code == 303
    assert "Médical" in await doctor.text(f"{plan}/besoins")
    goals = f"{plan}/objectifs"
    goal = {"besoin": await _first(doctor, goals, "besoin"), "texte": "Ne plus tomber",
            "echeance": AHEAD, "accord": "oui"}  # fmt: skip
    refused = await doctor.post(goals, geste="objectif", **goal)
    assert refused.status_code == 422
    assert "Ne plus tomber" in refused.text
    goal["mesure"] = "Chutes par mois"
    assert (await doctor.post(goals, geste="objectif", **goal)).status_code == 303
    assert "Samira Haddad" in await doctor.text(f"{goals}?qui=haddad")
    action = {"objectif": await _first(doctor, goals, "objectif"), "action": "Voir le domicile",
              "type": "prevention", "effecteur": "Practitioner/samira-haddad",
              "echeance-action": AHEAD}  # fmt: skip
    assert (await doctor.post(goals, geste="action", **action)).status_code == 303
    assert "Voir le domicile" in await doctor.text(f"{plan}/suivi")

    nurse = await screen.person("samira.haddad")
    assert (await nurse.get(plan)).status_code == 404
    assert (await nurse.get(PLANS)).status_code == 404
    assert "Voir le domicile" in await nurse.text("/")
    listed = (await nurse.get("/mes-actions")).text
    where = re.search(r'href="(/mes-actions/[^"]+)" data-item', listed)
    assert where
    assert (await nurse.post(where[1], geste="dire", commentaire="Tapis")).status_code == 303
    assert "Tapis" in await doctor.text(f"{plan}/suivi")
    assert (await nurse.post(where[1], geste="do", retour="liste")).status_code == 303
    assert "Fait" in await doctor.text(f"{plan}/suivi")
    assert "Voir le domicile" in (await nurse.get("/mes-actions.csv?vue=finies")).text
    stranger = await screen.person("helene.costa")
    new = {"numero": str(uuid4()), "titre": "Plan", "revision": AHEAD}
    assert (await stranger.post(f"{PLANS}/nouveau", **new)).status_code == 404
    for path, sent in (
        ("", {"titre": "x", "revision": AHEAD}), ("/besoins", {"texte": "x"}),
        ("/objectifs", {"geste": "action"}), ("/suivi", {"geste": "issue"}),
        ("/etat", {"geste": "close"}), ("/avis", {"geste": "agree"}),
    ):  # fmt: skip
        assert (await stranger.post(f"{plan}{path}", **sent)).status_code == 404, path
    assert (await stranger.get(where[1])).status_code == 404
    assert (await stranger.post(where[1], geste="do")).status_code == 404


@pytest.mark.requirement("B3.3")
@pytest.mark.requirement("B3.7")
@pytest.mark.requirement("B3.10")
async def test_a_plan_is_proposed_answered_validated_and_followed(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    plan = await _begun(doctor, modele="cardiaque")
    assert "Insuffisance cardiaque instable" in await doctor.text(f"{plan}/besoins")
    assert (await doctor.post(f"{plan}/etat", geste="propose")).status_code == 303
    text = await doctor.text(plan)
    assert "Votre avis est demandé" in text
    assert "Enregistrer" not in text
    early = {"geste": "validate", "validate-attending": "agreed", "validate-agreement": "person",
             "validate-agreement-date": clock.today().isoformat()}  # fmt: skip
    refused = await doctor.post(f"{plan}/etat", **early)
    assert refused.status_code == 409
    assert "pas encore répondu" in refused.text
    assert (await doctor.post(f"{plan}/avis", geste="agree")).status_code == 303
    assert (await doctor.post(f"{plan}/etat", **early)).status_code == 303
    assert (await doctor.post(f"{plan}/etat", geste="begin")).status_code == 303
    first = await doctor.text(f"/patients/{JEANNE}")
    assert first.index("Qui appeler, dans cet ordre") < first.index("SAMU")
    text = await doctor.text(plan)
    assert "Actif" in text
    assert "La personne" in text
    page = (await doctor.get(f"{plan}/suivi")).text
    goal = re.search(r'name="objectif" value="([^"]+)"', page)
    assert goal
    said = {"geste": "issue", "objectif": goal[1], "issue": "not-achieved"}
    refused = await doctor.post(f"{plan}/suivi", **said)
    assert "Dites pourquoi" in refused.text
    said["pourquoi"] = "delay"
    assert (await doctor.post(f"{plan}/suivi", **said)).status_code == 303
    assert "Délai trop long" in await doctor.text(f"{plan}/suivi")


@pytest.mark.requirement("B3.6")
async def test_versions_paper_fhir_and_deposit(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    plan = await _begun(doctor, modele="fragile")
    sent = {"titre": "Rester chez moi", "revision": AHEAD, "paroles": "Voir la mer"}
    assert (await doctor.post(plan, **sent)).status_code == 303
    need = {"geste": "besoin", "texte": "Aidant épuisé", "priorite": "urgent"}
    assert (await doctor.post(f"{plan}/besoins", **need)).status_code == 303
    page = (await doctor.get(f"{plan}/versions?avant=1&apres=3")).text
    assert "<del>Retourner au marché</del>" in page
    assert "<ins>Voir la mer</ins>" in page
    assert re.search(r"ajouté</span>.*?rien.*?<ins>Aidant épuisé", page, re.DOTALL)

    printed = await doctor.get(f"{plan}/plan.pdf")
    assert printed.headers["content-type"] == "application/pdf"
    assert pages_of(printed.content) == 2
    bundle = (await doctor.get(f"{plan}/plan.json")).json()
    kinds = [one["resource"]["resourceType"] for one in bundle["entry"]]
    assert {"CarePlan", "Goal", "Task", "Patient"} <= set(kinds)
    assert kinds.count("Goal") == 5
    told = await doctor.get(f"{plan}/plan.xml")
    assert told.headers["content-type"] == "application/xml"
    read = read_cda(told.content)
    assert isinstance(read, Narrative)
    assert {"Besoins", "Objectifs"} <= {one.title for one in read.sections}
    assert "Voir la mer" in read.sections[0].lines
    early = await doctor.post(f"{plan}/depot")
    assert early.status_code == 422
    assert (await doctor.post(f"{plan}/etat", geste="propose")).status_code == 303
    assert (await doctor.post(f"{plan}/avis", geste="agree")).status_code == 303
    agreed = {"geste": "validate", "validate-attending": "agreed", "validate-agreement": "person",
              "validate-agreement-date": clock.today().isoformat()}  # fmt: skip
    assert (await doctor.post(f"{plan}/etat", **agreed)).status_code == 303
    made = await doctor.post(f"{plan}/depot")
    again = await doctor.post(f"{plan}/depot")
    assert (again.status_code, "déjà déposée" in plain(again)) == (409, True)
    assert made.status_code == 303, made.text
    assert "/documents/" in made.headers["location"]
    rows = await screen.rows("SELECT act FROM dmp_deposit")
    assert [row["act"] for row in rows] == ["publish"]
    told = await screen.rows("SELECT focus FROM event WHERE kind = 'plan-deposit'")
    assert [row["focus"] for row in told] == [
        f"DocumentReference/{made.headers['location'].rpartition('/')[2]}"
    ]
    stranger = await screen.person("helene.costa")
    for path in ("versions", "plan.pdf", "plan.json", "plan.xml"):
        assert (await stranger.get(f"{plan}/{path}")).status_code == 404
    assert (await stranger.post(f"{plan}/depot")).status_code == 404


@pytest.mark.requirement("B3.6")
async def test_a_patient_reads_their_own_plan_in_plain_words(screen: Screen) -> None:
    doctor, jeanne = await screen.person("dr.legoff"), await screen.person("jeanne.bertin")
    assert "Vous n’avez pas de plan en cours" in await jeanne.text("/mon-plan")
    plan = await _begun(doctor, modele="cardiaque")
    goals = f"{plan}/objectifs"
    for text, whose in (("Me peser le matin", f"Patient/{JEANNE}"), ("Passer chaque lundi", NURSE)):
        action = {"objectif": await _first(doctor, goals, "objectif"), "action": text,
                  "type": "prevention", "effecteur": whose, "echeance-action": AHEAD}  # fmt: skip
        answer = await doctor.post(goals, geste="action", **action)
        assert answer.status_code == 303, plain(answer)
    assert "Me peser" not in await jeanne.text("/mon-plan"), "a draft is not theirs yet"
    agreed = {"geste": "validate", "validate-attending": "agreed", "validate-agreement": "person",
              "validate-agreement-date": clock.today().isoformat()}  # fmt: skip
    assert (await doctor.post(f"{plan}/etat", geste="propose")).status_code == 303
    assert (await doctor.post(f"{plan}/avis", geste="agree")).status_code == 303
    assert (await doctor.post(f"{plan}/etat", **agreed)).status_code == 303

    text = await jeanne.text("/mon-plan")

    mine, _, others = text.partition("Ce que font les autres")
    assert "Retourner au marché" in mine
    assert "Me peser le matin" in mine
    assert "Passer chaque lundi" in others
    assert "Samira Haddad" in others
    assert (await doctor.get("/mon-plan")).status_code == 404


def pages_of(document: bytes) -> int:
    found = document
    for stream in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", document, re.DOTALL):
        with contextlib.suppress(zlib.error):
            found += zlib.decompress(stream[1])
    return len(re.findall(rb"/Type /Page\b", found))


@pytest.mark.requirement("B3.3")
async def test_the_plan_of_a_cancer_is_read_apart_and_not_written(screen: Screen) -> None:
    client = await screen.platform.client()
    kept = {
        "resourceType": "CarePlan", "status": "active", "intent": "plan",
        "title": "Programme après chirurgie", "subject": {"reference": f"Patient/{JEANNE}"},
        "category": [{"coding": [{"system": "https://cordee.example/fhir/CodeSystem/care-plan-kind",
                                  "code": "pps-cancer",
                                  "display": "Programme personnalisé de soins (cancer)"}]}],
    }  # fmt: skip
    made = await client.post("CarePlan", json=kept)
    assert made.status_code == 201
    await publish(screen.platform.parts.database)
    doctor = await screen.person("dr.legoff")
    text = await doctor.text(PLANS)
    assert text.index("Autres plans, à lire") < text.index("Programme après chirurgie")
    where = f"{PLANS}/{made.json()['id']}"
    assert "tenu ailleurs" in await doctor.text(where)
    refused = await doctor.post(where, titre="Autre", revision=AHEAD)
    assert refused.status_code == 422


@pytest.mark.requirement("B3.9")
async def test_who_is_close_reads_who_to_call_where_the_plan_was_opened_to_them(
    screen: Screen,
) -> None:
    doctor, jeanne = await screen.person("dr.legoff"), await screen.person("jeanne.bertin")
    plan = await _begun(doctor)
    for path, sent in (
        ("etat", {"geste": "propose"}), ("avis", {"geste": "agree"}),
        ("etat", {"geste": "validate", "validate-attending": "agreed",
                  "validate-agreement": "person",
                  "validate-agreement-date": clock.today().isoformat()}),
        ("etat", {"geste": "begin"}),
    ):  # fmt: skip
        assert (await doctor.post(f"{plan}/{path}", **sent)).status_code == 303
    give = {"geste": "nommer", "qualite": "carer", "nom": "Lucie Bertin", "lien": "fille"}
    for part, opens in (("part-plan", True), ("part-resultats", False)):
        lucie = await screen.person("lucie.bertin")
        named = await jeanne.post("/mes-proches", **give, **{part: "oui"})
        code = re.search(r"[A-Z2-9]{4}(?:-[A-Z2-9]{4}){3}", named.text)
        assert code
        assert (await lucie.post("/invitation", geste="voir", code=code[0])).status_code == 200
        taken = await lucie.post("/invitation", geste="accepter", code=code[0])
        text = await lucie.text(taken.headers["location"])
        assert ("Qui appeler, dans cet ordre" in text, "Retourner au marché" in text) == (
            opens, opens,
        )  # fmt: skip


async def test_a_plan_of_somebody_else_is_at_no_address_of_this_person(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    plan = await _begun(doctor)
    client = await screen.platform.client()
    other = given.patient(id="autre", managingOrganization={"reference": HOME})
    await client.put("Patient/autre", json=other)
    await publish(screen.platform.parts.database)
    number = plan.rpartition("/")[2]
    assert (await doctor.get(f"/patients/autre/plans/{number}")).status_code == 404
