"""A light file of reception and lodging: no INS, a pseudonym, nothing out, ordinary on a wish."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

import given
from cordee.app.documents import document_desk
from cordee.care.documents.intake import new_number
from cordee.care.documents.metadata import Submission
from cordee.care.documents.ports import Content
from cordee.care.homes.active import Definition, counted
from cordee.fhir.store.journal import publish
from cordee.identity.patients.following import Follower
from cordee.identity.patients.fusing import Fusing, Proposal
from cordee.identity.patients.light import is_light
from cordee.identity.patients.worklist import Worklist
from cordee.runtime import clock
from cordee.runtime.errors import RuleBroken
from identities import SOPHIE
from running import Ground
from trusted import Person, Screen, screen_on, who

R66 = "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/"
R66 += "TRE-R66-CategorieEtablissement"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        client = await screen.platform.client()
        for key, code in (("chrs-la-passerelle", "214"), ("ehpad-les-tilleuls", "500")):
            kind = {"coding": [{"system": R66, "code": code}]}
            body = {"resourceType": "Organization", "id": key, "name": key, "type": [kind]}
            await client.put(f"Organization/{key}", json=body)
        await publish(screen.platform.parts.database)
        yield screen


async def made(screen: Screen, name: str, **more: str) -> tuple[Person, str]:
    """Salomé and the id of the light file that she made."""
    salome = await screen.person("salome.brun")
    answer = await salome.post("/identites/leger", pseudonyme=name, **more)
    assert answer.status_code == 303, answer.text
    await publish(screen.platform.parts.database)
    found = re.fullmatch(r"/patients/([^/]+)/identite", answer.headers["location"])
    assert found
    return salome, found[1]


async def stored(screen: Screen, key: str) -> dict[str, Any]:
    return (await (await screen.platform.client()).get(f"Patient/{key}")).json()


@pytest.mark.requirement("B7.8")
async def test_a_pseudonym_is_enough_and_nothing_is_asked_of_the_ins(screen: Screen) -> None:
    salome, key = await made(screen, "Momo", age_leger="34")
    patient = await stored(screen, key)
    text = await salome.text(f"/patients/{key}/identite")

    assert is_light(patient)
    assert patient["managingOrganization"]["reference"] == "Organization/chrs-la-passerelle"
    assert "Dossier léger." in text
    assert "Ni dépôt au DMP ni envoi par MSSanté" in text
    assert "Interroger l’INSi" not in text
    assert "J’ai contrôlé cette pièce" not in text
    asked = await salome.post(f"/patients/{key}/identite", geste="insi")
    assert asked.status_code == 422
    assert not await screen.rows("SELECT FROM identity_call WHERE patient = $1", key)


@pytest.mark.requirement("B7.8")
async def test_another_kind_of_structure_makes_none(screen: Screen) -> None:
    claire = await screen.person("claire.weber")
    refused = await claire.post("/identites/leger", pseudonyme="Momo")
    assert refused.status_code == 422
    assert "accueil, d’hébergement ou d’insertion" in refused.text
    assert 'value="Momo"' in refused.text, "what was typed stays"
    salome = await screen.person("salome.brun")
    assert (await salome.post("/identites/leger", pseudonyme="")).status_code == 422


@pytest.mark.requirement("B7.8")
async def test_nothing_brings_a_pseudonym_near_a_real_identity(screen: Screen) -> None:
    client = await screen.platform.client()
    name = {"use": "official", "family": "ZEPHIRIN", "given": ["X"]}
    real = given.patient(id="zephirin", name=[name], birthDate="1990-01-01", gender="male")
    await client.put("Patient/zephirin", json=real)
    _, key = await made(screen, "Zephirin", sexe="M")
    _, other = await made(screen, "Zephirin", sexe="M")
    kernel = screen.platform.parts.kernel
    await publish(screen.platform.parts.database)
    await Follower(kernel).catch_up()

    tasks = await screen.rows(
        "SELECT FROM identity_task WHERE first = ANY ($1) OR second = ANY ($1)", [key, other]
    )
    assert not tasks
    with pytest.raises(RuleBroken, match="pseudonyme"):
        await Fusing(kernel).propose(SOPHIE, Proposal("zephirin", key, "c’est la même personne"))


@pytest.mark.requirement("B7.8")
async def test_a_light_file_counts_against_nobody_and_nothing_of_it_is_ordered(
    screen: Screen,
) -> None:
    parts, home = screen.platform.parts, "Organization/chrs-la-passerelle"

    async def files() -> int:
        await Follower(parts.kernel).catch_up()
        months = await Worklist(parts.kernel).months(SOPHIE)
        return sum(row["files"] for row in months if row["structure"] == home)

    before = await files()
    _, key = await made(screen, "Lila")
    kept: list[Any] = []
    async with asyncio.timeout(60):  # an older transaction of the cluster may hold it back
        while not kept:
            await publish(parts.database)
            assert await files() == before
            kept = await screen.rows("SELECT attributes FROM identity_file WHERE id = $1", key)
    assert "leger" in kept[0]["attributes"], "it was followed"
    patient = await stored(screen, key)
    (counted_,) = counted([patient], [], [], Definition("x", "y", 30, ("ins",)))
    assert counted_.is_active, "no INS is asked of it"
    doctor = replace(who("salome.brun"), role="doctor", profession="10", level=2)
    paper = Submission(
        "11488-4", "Compte rendu", clock.now(), "Practitioner/salome-brun", home,
        Content("text/plain", b"Vue ce matin"), new_number(),
    )  # fmt: skip
    client = await screen.platform.client()
    body = {"resourceType": "Practitioner", "id": "salome-brun", "name": [{"family": "Brun"}]}
    await client.put("Practitioner/salome-brun", json=body)
    taken = await document_desk(parts).intake.deposit(doctor, key, paper, to_dmp=True)
    assert taken.is_new
    assert not await screen.rows("SELECT FROM dmp_deposit WHERE patient = $1", key)


@pytest.mark.requirement("B7.8")
async def test_it_becomes_ordinary_when_the_person_wishes(screen: Screen) -> None:
    salome, key = await made(screen, "Kiko")
    place = f"/patients/{key}/identite"
    told = {
        "geste": "ordinaire", "nom": "Benamar", "prenoms": "Karim", "naissance": "04/02/1991",
        "sexe": "M", "lieu": "99352",
    }  # fmt: skip
    refused = await salome.post(place, **told)
    assert refused.status_code == 422
    assert "C’est à la personne de le souhaiter" in refused.text
    assert is_light(await stored(screen, key))

    answer = await salome.post(place, **told, souhait="oui")

    assert answer.status_code == 303, answer.text
    patient = await stored(screen, key)
    assert not is_light(patient)
    assert patient["birthDate"] == date(1991, 2, 4).isoformat()
    assert {one.get("use"): one.get("family") for one in patient["name"]}["official"] == "BENAMAR"
    assert "KIKO" in {one.get("family") for one in patient["name"] if one.get("use") == "old"}
    text = await salome.text(place)
    assert "devenue ordinaire, à la demande de la personne" in text
    assert "Dossier léger." not in text
    assert (await salome.post(place, **told, souhait="oui")).status_code == 422


@pytest.mark.requirement("B7.8")
async def test_no_other_door_makes_a_file_light_or_ordinary(screen: Screen) -> None:
    _, key = await made(screen, "Ombre")
    who_made = who("salome.brun")
    light = await stored(screen, key)
    client = await screen.platform.client(
        "user/*.cruds", structure=who_made.structure, practitioner=who_made.practitioner
    )
    for change in ({"meta": {}}, {"meta": {"tag": []}}):
        answer = await client.put(f"Patient/{key}", json=light | change)
        assert is_light(await stored(screen, key)), answer.text
    ordinary = {"id": "plain-one", "managingOrganization": {"reference": who_made.structure}}
    system = await screen.platform.client()
    body = given.patient(**ordinary)
    assert (await system.put("Patient/plain-one", json=body)).status_code == 201
    await publish(screen.platform.parts.database)
    answer = await client.put("Patient/plain-one", json=body | {"meta": light["meta"]})
    assert answer.status_code == 422, answer.text
    assert "page d’identité" in answer.text
    assert not is_light(await stored(screen, "plain-one"))
