"""A home declares an outbreak and counts each day; the agency reads counts of all homes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from running import Ground
from trusted import Person, Screen, screen_on


@pytest.fixture(scope="module")
async def region(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        yield screen


async def _form(person: Person, **fields: str) -> dict[str, str]:
    number = re.search(r'name="numero" value="([^"]+)"', (await person.get("/epidemies")).text)
    assert number
    return {
        "numero": number[1],
        "cause": "gea",
        "residents": "80",
        "signe-diarrhee": "oui",
    } | fields


@pytest.mark.requirement("B7.10")
async def test_a_home_declares_counts_and_ends_and_the_agency_reads(region: Screen) -> None:
    claire, perret = await region.person("claire.weber"), await region.person("julie.perret")
    girard = await region.person("marion.girard")
    today = region.clock().date()
    form = await _form(claire, debut=f"{today - timedelta(days=2)}")
    place = (await claire.post("/epidemies", **form)).headers["location"]
    again = await claire.post("/epidemies", **form)
    assert again.headers["location"] == place, "sent twice, it is one"

    day = {"geste": "compter", "jour": f"{today}", "cases": "4", "deaths": "1", "staff": "2"}
    assert (await claire.post(place, **day)).status_code == 303
    assert (await claire.post(place, **day | {"cases": "5"})).status_code == 303
    told = await perret.text("/epidemies")
    assert "EHPAD Les Tilleuls Gastro-entérite aiguë" in told
    assert "5 / 80" in told, "the last count of a day is the one that counts"
    table = (await perret.get("/epidemies.csv")).text
    assert f"{today};5;0;1;2" in table

    assert (await perret.post(place, **day)).status_code == 403
    assert "Compter un jour" not in await perret.text(place)
    assert "Déclarer une épidémie" not in told
    assert (await girard.get(place)).status_code == 404
    assert "Gastro" not in await girard.text("/epidemies.csv")

    assert (await claire.post(place, geste="clore", fin=f"{today}")).status_code == 303
    late = await claire.post(place, **day)
    assert late.status_code == 409
    assert "Cette épidémie est close" in late.text
    assert "close le" in await perret.text("/epidemies")


@pytest.mark.requirement("B7.10")
async def test_a_day_that_was_not_told_is_named(region: Screen) -> None:
    claire = await region.person("claire.weber")
    today = region.clock().date()
    place = (await claire.post("/epidemies", **await _form(claire, debut=f"{today}"))).headers[
        "location"
    ]
    assert "Jours sans comptage" not in await claire.text(place)
    region.ahead = timedelta(days=2)
    try:
        later = await region.person("claire.weber")
        assert "Jours sans comptage" in await later.text(place)
    finally:
        region.ahead = timedelta()


@pytest.mark.requirement("B7.10")
async def test_what_is_wrong_is_said_and_what_was_typed_stays(region: Screen) -> None:
    claire = await region.person("claire.weber")
    today = region.clock().date()
    refused = await claire.post("/epidemies", cause="", debut=f"{today + timedelta(days=1)}",
                                residents="quatre-vingts")  # fmt: skip
    assert refused.status_code == 422
    for said in ("Choisissez la cause", "Donnez le jour du premier cas", "Cochez un signe"):
        assert said in refused.text
    assert 'value="quatre-vingts"' in refused.text

    place = (await claire.post("/epidemies", **await _form(claire, debut=f"{today}"))).headers[
        "location"
    ]
    for wrong in ({"jour": ""}, {"jour": f"{today + timedelta(days=1)}"}, {"cases": "-1"}):
        day = {"geste": "compter", "jour": f"{today}", "cases": "1"} | wrong
        assert (await claire.post(place, **day)).status_code == 422
    early = await claire.post(place, geste="clore", fin=f"{today - timedelta(days=1)}")
    assert early.status_code == 422
    assert (await claire.get("/epidemies/nothing")).status_code == 404
