"""The own structure beside its peers on screen: one's own alone, nobody by name."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from cordee.app.demo_population import write_areas
from cordee.app.population import home_of
from cordee.runtime.clock import today
from facts import event, person, write
from running import Ground
from trusted import Screen, plain, screen_on

PAGE = "/population/etablissement"
COUNTS = {
    "chu-aubrey": (60, 30), "ch-b": (100, 80), "ch-c": (70, 20), "ch-d": (120, 105),
    "ch-e": (45, 3),
}  # fmt: skip
"""People seen and passages in the emergency department, by structure; 90 more came nowhere known."""


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as running:
        home = home_of(running.platform.parts.settings)
        write_areas(home)
        code = next(one.code for one in home.geography().communes if one.people >= 1000)
        day = (today().replace(day=1) - timedelta(days=40)).isoformat()
        people = [person(f"town-{at}", commune=code) for at in range(90)]
        events = [event("encounter", one["person"], "EMER", day) for one in people]
        for place, (seen, passages) in COUNTS.items():
            for at in range(seen):
                people.append(person(f"{place}-{at}", commune=code))
                code_of = "EMER" if at < passages else "AMB"
                events.append(event("encounter", f"{place}-{at}", code_of, day, place=place))
        shutil.rmtree(home.facts.folder, ignore_errors=True)
        write(home.facts.folder, people, events)
        yield running


@pytest.mark.requirement("G1.8")
async def test_a_hospital_sees_itself_and_anonymous_peers(screen: Screen) -> None:
    marion = await screen.person("marion.girard")
    page = await marion.get(PAGE)
    text = plain(page)
    assert page.status_code == 200
    assert "Recours aux urgences" in text
    assert "30 / 60" in text
    assert "Personnes loin d’un service d’urgences" in text
    assert "500,0" in text
    for value in ("800,0", "875,0", "285,7"):
        assert value in text, value
    assert "2 sur 4" not in text
    assert "3 sur 4" in text
    for place in COUNTS:
        assert place not in page.text


async def test_a_small_structure_is_not_told_even_to_itself(screen: Screen) -> None:
    page = plain(await (await screen.person("marion.girard")).get(PAGE))
    assert "Non publié pour votre établissement" in page
    assert "67" not in page.partition("Recours aux urgences")[2].partition("Sont des cas")[0]


async def test_it_is_for_professionals_and_their_own_structure(screen: Screen) -> None:
    for user in ("jeanne.bertin", "marc.lefort"):
        assert (await (await screen.person(user)).get(PAGE)).status_code == 403, user
    for user in ("julie.perret", "dr.legoff"):
        answer = await (await screen.person(user)).get(f"{PAGE}?structure=chu-aubrey")
        text = plain(answer)
        assert answer.status_code == 200
        assert "30 / 60" not in text
        assert "Rang" not in text
        assert "Moins de trois pairs" in text
    assert (await (await screen.stranger()).get(PAGE)).status_code in {303, 401}


async def test_an_installation_without_areas_says_so(ground: Ground) -> None:
    async with screen_on(ground) as bare:
        marion = await bare.person("marion.girard")
        assert "Rien n’est publié ici" in plain(await marion.get(PAGE))
