"""An effector opens slots in two taps, where the region keeps its own; the proof is exported."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from coordinated import make_person, make_region, put, service
from cordee.fhir.store.journal import publish
from running import Ground
from trusted import Person, Screen, screen_on

CPTS = "cpts-b-sud"
PATH = "/mes-creneaux"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_region(screen)
        await put(
            screen,
            {"resourceType": "Organization", "id": CPTS, "name": "CPTS B-Sud"},
            {"resourceType": "Location", "id": CPTS},
            service("communaute-b-sud", CPTS, "cpts"),
        )
        for key, code in (("bernard-roux", "10"), ("anne-le-goff", "10"), ("nora-belkacem", "ADM")):
            await put(
                screen,
                {"resourceType": "Practitioner", "id": key, "name": [{"text": key}]},
                {
                    "resourceType": "PractitionerRole", "id": f"{key}-1", "active": True,
                    "practitioner": {"reference": f"Practitioner/{key}"},
                    "organization": {"reference": f"Organization/{CPTS}"},
                    "code": [{"coding": [{"code": code}]}],
                },
            )  # fmt: skip
        await make_person(screen, "lina-essai", name=[{"family": "Essai", "given": ["Lina"]}])
        yield screen


async def _open(screen: Screen, person: Person, button: str) -> str:
    """Presses the button whose words hold `button`, twice as an impatient thumb; where it leads."""
    shown = (await person.get(PATH)).text
    number = re.search(r'name="numero" value="([^"]+)"', shown)
    key = re.search(rf'value="([^"]+)">Ouvrir [^<]*{button}', shown)
    assert number
    assert key
    form = {"numero": number[1], "creneau": key[1], "duree": "10"}
    answer = await person.post(PATH, **form)
    assert (await person.post(PATH, **form)).status_code == 303
    await publish(screen.platform.parts.database)
    assert answer.status_code == 303
    return answer.headers["location"]


@pytest.mark.requirement("C3.8")
async def test_two_taps_open_a_slot_that_the_cpts_and_the_sas_see_and_it_is_withdrawn(
    screen: Screen,
) -> None:
    goff = await screen.person("dr.legoff")
    assert await _open(screen, goff, "30 min") == f"{PATH}?ouverts=1"
    hours = re.findall(r'<b class="num">([^<]+)</b> <span class="tag">libre', await _shown(goff))
    assert len(hours) == 1
    for user in ("dr.roux", "nora.belkacem", "dr.roy"):
        text = (await (await screen.person(user)).get("/soins-non-programmes")).text
        assert hours[0] in text, user

    key = re.search(r'name="retirer" value="([^"]+)"', await _shown(goff))
    assert key
    other = await screen.person("dr.roux")
    assert (await other.post(PATH, retirer=key[1])).status_code == 404
    assert (await goff.post(PATH, retirer=key[1])).headers["location"] == f"{PATH}?retire=1"
    await publish(screen.platform.parts.database)
    assert "Aucun créneau ouvert dans les 48 heures" in await goff.text(PATH)


@pytest.mark.requirement("C3.8")
async def test_a_row_of_three_is_proven_and_nobody_opens_twice_over_it(screen: Screen) -> None:
    roux = await screen.person("dr.roux")
    assert await _open(screen, roux, "à partir de") == f"{PATH}?ouverts=3"
    shown = await _shown(roux)
    assert shown.count('<span class="tag">libre') == 3
    again = re.search(r'value="(3-a-[^"]+)"', shown)
    assert again
    answer = await roux.post(PATH, numero=str(uuid4()), creneau=again[1], duree="15")
    assert answer.status_code == 422
    assert "couvre déjà ce moment" in answer.text

    lines = (await roux.get(f"{PATH}.csv")).text.splitlines()
    assert len(lines) == 1 + 3
    assert all("libre" in one and "bernard-roux" in one for one in lines[1:])
    assert "non conservé" not in lines[1].split(";")[3]


async def test_who_cares_in_no_cpts_opens_nothing(screen: Screen) -> None:
    for user in ("nora.belkacem", "dr.roy", "paul.rey", "jeanne.bertin", "julie.perret"):
        person = await screen.person(user)
        for path in (PATH, f"{PATH}.csv"):
            assert (await person.get(path)).status_code == 403, (user, path)
        form = {"numero": str(uuid4()), "creneau": "1-dans-30", "duree": "15"}
        assert (await person.post(PATH, **form)).status_code == 403, user


async def _shown(person: Person) -> str:
    return (await person.get(PATH)).text
