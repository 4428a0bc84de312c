"""The page of resources: found by kind, place and words, with how they have answered."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from coordinated import HAD, SMR, SSIAD, ask, desk_of, make_person, make_region
from cordee.care.workflow.tasks import Wanted
from cordee.identity.principal import Principal
from running import Ground
from trusted import Screen, plain, screen_on

YANN = "yann-essai"
HERE = f"/patients/{YANN}/ressources"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_region(screen)
        await make_person(screen, YANN)
        yield screen


@pytest.mark.requirement("B4.6")
async def test_resources_are_found_by_kind_place_and_words(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    everything = await doctor.text("/ressources")
    assert "soins-domicile" in everything
    assert "readaptation" in everything
    for query, inside, outside in (
        ("sorte=ssiad", "soins-domicile", "readaptation"),
        ("departement=A", "readaptation", "soins-domicile"),
        ("commune=Belmont", "soins-domicile", "readaptation"),
        ("mots=domicile", "soins-domicile", "readaptation"),
    ):
        text = await doctor.text(f"/ressources?{query}")
        assert inside in text, query
        assert outside not in text, query
    assert "Aucune ressource" in await doctor.text("/ressources?mots=rien")
    assert "Soins infirmiers" in (await doctor.get("/ressources.csv?sorte=ssiad")).text


@pytest.mark.requirement("B4.6")
async def test_what_a_resource_answers_is_counted_of_what_it_did(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    desk = desk_of(screen)
    asked = [
        await ask(screen, "dr.legoff", YANN, "facility-request", owner, kind=kind)
        for owner, kind in ((HAD, "had"), (HAD, "had"), (HAD, "had"), (SMR, "smr"))
    ]
    had = Principal(
        "had", "HAD", "coordinatrice", f"Organization/{HAD}", "", ("user/*.cruds",), level=2,
        profession="60",
    )  # fmt: skip
    await desk.move(had, asked[0], Wanted("accept", {"place-from": "2026-12-01"}))
    await desk.move(had, asked[1], Wanted("refuse", reason="Pas de place"))
    text = await doctor.text("/ressources?sorte=had")
    assert "3 demandes en douze mois : 1 acceptées, 1 refusées, 0 sans réponse" in text
    assert "première réponse en" in text
    assert "aucune demande en douze mois" in await doctor.text("/ressources?sorte=ssiad")


@pytest.mark.requirement("B4.6")
async def test_from_a_resource_a_person_is_directed_there(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    page = (await doctor.get(HERE)).text
    assert page.index("soins-domicile") < page.index("readaptation")
    found = re.search(r'href="([^"]+nouvelle/orientation[^"]+)"', page)
    assert found
    form = (await doctor.get(found[1].replace("&amp;", "&"))).text
    assert re.search(rf'value="Organization/{SSIAD}" checked', form)
    assert re.search(r'value="ssiad" selected', form)
    number = re.search(r'name="numero" value="([^"]+)"', form)
    assert number
    sent = {
        "numero": number[1], "vers": f"Organization/{SSIAD}", "debut-kind": "ssiad",
        "debut-person-agrees": "oui",
    }  # fmt: skip
    path = f"/patients/{YANN}/demandes/nouvelle/orientation"
    for stranger in ("Practitioner/paul-rey", f"Organization/{SMR}", "Organization/nowhere"):
        answer = await doctor.post(path, **sent | {"vers": stranger})
        assert answer.status_code == 422, stranger
        assert "parmi les services proposés" in plain(answer)
    answer = await doctor.post(path, **sent)
    assert answer.status_code == 303, plain(answer)
    assert "Répondre à l’orientation" in await doctor.text(answer.headers["location"])


async def test_who_does_not_see_the_person_is_not_told_of_them(screen: Screen) -> None:
    other = await screen.person("claire.weber")
    assert (await other.get(HERE)).status_code == 404
    assert (await other.get("/ressources")).status_code == 200
    patient = await screen.person("jeanne.bertin")
    assert (await patient.get("/ressources")).status_code == 403
