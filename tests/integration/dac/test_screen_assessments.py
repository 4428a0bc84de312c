"""The pages of assessments: filled in by several, nothing lost, scored, proposing a request."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

import given
from cordee.app.dac import publish_forms
from cordee.fhir.store.journal import publish
from running import Ground
from trusted import Person, Screen, make_patient, plain, screen_on

YVONNE = "yvonne-essai"
HERE = f"/patients/{YVONNE}/evaluations"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_patient(screen, YVONNE, birthDate="1939-04-04")
        client = await screen.platform.client()
        weight = given.observation(
            f"Patient/{YVONNE}", effectiveDateTime=screen.clock().isoformat()
        )
        assert (await client.post("Observation", json=weight)).status_code == 201
        await publish(screen.platform.parts.database)
        yield screen


async def _begun(person: Person, form: str) -> str:
    number = str(uuid4())
    first = await person.post(HERE, formulaire=form, numero=number)
    again = await person.post(HERE, formulaire=form, numero=number)
    assert first.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    return first.headers["location"].rpartition("/")[0]


async def _sent(person: Person, path: str, **answers: str) -> Any:
    page = (await person.get(path)).text
    found = re.search(r'name="base" value="([^"]*)"', page)
    assert found
    return await person.post(path, **({"base": found[1]} | answers))


@pytest.mark.requirement("B4.4")
async def test_parts_are_kept_one_by_one_and_the_scores_are_written(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    place = await _begun(doctor, "bilan-multidimensionnel")
    variables = (
        "coherence", "orientation", "toilette", "habillage", "alimentation", "elimination",
        "transferts", "interieur",
    )  # fmt: skip
    answers = {f"q-{one}": "A" for one in variables} | {"q-toilette": "B"}
    answer = await _sent(doctor, f"{place}/autonomie", **answers, geste="suivant")
    assert answer.headers["location"] == f"{place}/cognition"
    page = (await doctor.get(f"{place}/nutrition")).text
    assert "du dossier" in page
    assert 'value="70,5"' in page
    assert "GIR : 5" in await doctor.text(place)
    assert "en cours" in await doctor.text(HERE)

    assert (await doctor.post(place, geste="terminer")).status_code == 303
    assert "terminée" in await doctor.text(place)
    client = await screen.platform.client()
    found = (await client.get(f"Observation?patient={YVONNE}&category=survey")).json()["entry"]
    made = {one["resource"]["code"]["text"]: one["resource"] for one in found}
    assert made["GIR"]["valueInteger"] == 5
    assert "CASF" in made["GIR"]["method"]["text"]
    assert made["GIR"]["derivedFrom"][0]["reference"].startswith("QuestionnaireResponse/")
    assert "Charge de l’aidant" not in made
    refused = await doctor.get(f"{place}/nutrition")
    assert refused.status_code == 303


@pytest.mark.requirement("B4.4")
async def test_two_who_edit_at_once_lose_nothing(screen: Screen) -> None:
    one, two = await screen.person("dr.legoff"), await screen.person("dr.legoff")
    place = await _begun(one, "bilan-multidimensionnel")
    base = re.search(r'name="base" value="([^"]*)"', (await one.get(f"{place}/humeur")).text)
    assert base
    other = {"q-mort-mots": "Elle dit avoir peur", "q-mort": "oui", "q-seule": "oui"}
    await _sent(two, f"{place}/humeur", **other)
    await _sent(two, f"{place}/logement", **{"q-vit-seul": "oui"})

    mine = {"q-triste": "oui", "q-seule": "non", "base": base[1]}
    answer = await one.post(f"{place}/humeur", **mine)
    assert answer.status_code == 409
    assert "Quelqu’un vient d’enregistrer cette partie" in answer.text
    assert "enregistré entre-temps : Elle dit avoir peur" in plain(answer)
    assert re.search(r'name="q-triste" value="oui" checked', answer.text)
    merged = {**mine, **other, "q-triste": "oui"}
    again = re.search(r'name="base" value="([^"]*)"', answer.text)
    assert again
    assert (await one.post(f"{place}/humeur", **merged | {"base": again[1]})).status_code == 303
    text = await two.text(place)
    assert "Elle dit avoir peur" in text
    assert "Signes dépressifs : 2" in text
    # Another part does not get in the way.
    assert "Vit seule Oui" in text


@pytest.mark.requirement("B4.4")
async def test_what_cannot_be_kept_comes_back_with_a_sentence(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    place = await _begun(doctor, "bilan-multidimensionnel")
    typed = {"q-poids": "soixante", "q-taille": "158"}
    answer = await _sent(doctor, f"{place}/nutrition", **typed)
    assert answer.status_code == 422
    assert "Écrivez un nombre." in answer.text
    assert 'value="soixante"' in answer.text
    assert 'value="158"' in answer.text


@pytest.mark.requirement("B4.5")
async def test_the_grid_proposes_a_request_and_sends_nothing(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    place = await _begun(doctor, "reperage-dix-criteres")
    assert (await _sent(doctor, f"{place}/tout", **{"q-seule": "oui"})).status_code == 303
    assert "Préparer la demande" not in await doctor.text(place)
    answers = {f"q-{one}": "oui" for one in ("seule", "aidant", "actes", "chutes")}
    await _sent(doctor, f"{place}/tout", **answers, geste="terminer")
    page = (await doctor.get(place)).text
    assert "Seuil atteint" in page
    found = re.search(r'href="([^"]+reperage=[^"]+)"', page)
    assert found
    text = await doctor.text(found[1])
    assert "Critères réunis 4" in text
    assert "Aidant absent, malade ou épuisé" in text
    assert not await screen.rows("SELECT FROM workflow_task")


async def test_who_does_not_see_the_person_sees_no_assessment(screen: Screen) -> None:
    doctor, other = await screen.person("dr.legoff"), await screen.person("helene.costa")
    place = await _begun(doctor, "bilan-multidimensionnel")
    for path in (HERE, place, f"{place}/humeur"):
        assert (await other.get(path)).status_code == 404
    assert (await other.post(place, geste="terminer")).status_code == 404
    assert (await doctor.get(f"{HERE}/nowhere")).status_code == 404
    assert (await doctor.get(f"{place}/nowhere")).status_code == 404


async def test_the_forms_stand_as_questionnaires(screen: Screen) -> None:
    parts = screen.platform.parts
    assert await publish_forms(parts.kernel, parts.guard, parts.settings) == 5
    assert await publish_forms(parts.kernel, parts.guard, parts.settings) == 0
