"""SC4 without a browser: from the colour on the map to an action and its result, without a name."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from campaigned import (
    LE_GOFF,
    PERRET,
    campaign,
    desk_of,
    entries,
    make_areas,
    make_own,
    move,
    result,
    say,
    write,
)
from cordee.app.demo_population import WEIGHTS, make_population
from cordee.app.population import home_of, make_facts
from cordee.fhir.store.journal import publish
from cordee.runtime import clock
from running import Ground
from trusted import Person, Screen, plain, screen_on

MAP, BOARD = "/population/diabete", "/population/alignement"
STOPS = {"a0": "Aubrey", "a1": "Belmont", "a2": "Darnois"}


@pytest.fixture
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as running:
        await make_areas(running)
        settings = running.platform.parts.settings
        make_population(settings, patients=1200, seed=7)
        make_facts(home_of(settings))
        yield running


def numbers(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


async def _three_stand_out(julie: Person) -> str:
    """Step 1: the map, standardised; a version to be cited. Its number."""
    page = await julie.get(f"{MAP}?calque=precarite")
    assert "3 territoires se détachent" in plain(page)
    told = numbers((await julie.get(f"{MAP}/nombres.csv")).text)
    high = {one["territoire"] for one in told[:3]}
    assert high == set(WEIGHTS)
    assert not [one for one in told if one["cas"].isdigit() and int(one["cas"]) < 11]
    frozen = await julie.post(f"{MAP}/versions", note="Avant la campagne")
    assert frozen.status_code == 303
    return str(frozen.headers["location"]).rpartition("/")[2]


async def _sited(julie: Person) -> None:
    """Step 2: three stops, beside the best ones, say whom they reach."""
    page = await julie.get(f"{MAP}/implantation")
    codes = {name: code for code, name in re.findall(
        r'<option value="(\w+)"[^>]*>([^(<]+) \(', page.text)}  # fmt: skip
    chosen = "&".join(f"{place}={codes[name]}" for place, name in STOPS.items())
    sited = plain(await julie.get(f"{MAP}/implantation?{chosen}&arrets=3"))
    gains = [int(one.replace(" ", "")) for one in re.findall(r"\+ ([\d ]+?) ", sited)]
    assert len(gains) >= 2
    assert max(gains) > 0


async def _aligned(julie: Person) -> str:
    """Step 3: A, B and D rank it 1, 2, 1; C declines. The address of the form that follows."""
    opened = await julie.post(
        BOARD, titre="Feuille de route", debut="2026-01-01", fin="2028-12-31", premiers="2",
        niveau="departement", priorite0="diabete", priorite1="urgences",
        priorite2="insuffisance-cardiaque", **{
            f"t-{code}": "oui" for code in "ABCD"
        },
    )  # fmt: skip
    place = str(opened.headers["location"])
    for code, ranks in (("A", (1, 2, 3)), ("B", (2, 1, 3)), ("D", (1, 3, 2))):
        told = {f"rang{at}": str(rank) for at, rank in enumerate(ranks, 1)}
        said = await julie.post(place, geste="classer", territoire=code, **told)
        assert said.status_code == 303
    why = "Une campagne finit à peine chez nous"
    assert (await julie.post(place, geste="decliner", territoire="C", motif=why)).status_code == 303
    assert (await julie.post(place, geste="fermer")).status_code == 303
    page = await julie.get(place)
    assert "Communauté de projet" in plain(page)
    link = re.search(r'href="(/campagnes/nouvelle\?alignement=\d+)"', page.text)
    assert link
    return link[1]


async def _launched(julie: Person, form_at: str) -> str:
    """The campaign of the three territories that go on; its path."""
    form = await julie.get(form_at)
    ticked = set(re.findall(r'name="territoire-(\w)" value="\w" checked', form.text))
    assert ticked == {"A", "B", "D"}
    assert re.search(r'value="diabete-reperage" selected', form.text)
    made = await julie.post(
        "/campagnes/nouvelle", numero=str(uuid4()), kit="diabete-reperage", titre="Repérage A, B, D",
        objectif="Trouver tôt", porteur="ARS et CPTS", base="Intérêt public", debut="2026-01-05",
        fin="2027-12-31", budget="41 200", **{"canal-sms": "sms"},
        **{f"territoire-{code}": code for code in "ABD"},
    )  # fmt: skip
    path = str(made.headers["location"])
    assert await move(julie, path, "instruct") == 303
    for code in "ABD":
        assert await say(julie, path, code) == 303
    assert await move(julie, path, "launch") == 303
    return path


async def test_from_the_map_to_the_result(screen: Screen) -> None:
    julie = await screen.person(PERRET)
    version = await _three_stand_out(julie)
    await _sited(julie)
    path = await _launched(julie, await _aligned(julie))

    # Step 5: the physician lists her own patients; names are there alone.
    keys = ["jeanne-essai", *(f"patient-{n}" for n in range(10))]
    for key in keys:
        await make_own(screen, key)
    await make_own(screen, "ailleurs-c", "C")
    doctor = await screen.person(LE_GOFF)
    assert (await doctor.post(f"{path}/mes-patients", geste="lister")).status_code == 303
    page = await doctor.get(f"{path}/mes-patients")
    assert set(entries(page.text)) == set(keys)
    assert (await doctor.post(f"{path}/mes-patients", **{"p-patient-0": "x:followed"})
            ).status_code == 303  # fmt: skip
    assert (await doctor.post(f"{path}/mes-patients", geste="tous")).status_code == 303

    # Step 6: FINDRISC 17 at the bus, then 8.1 % by a laboratory, 65 mmol/mol by another.
    form = {"campagne": path.rpartition("/")[2], "acte": "findrisc", "valeur": "17",
            "unite": "{score}", "accord": "oui"}  # fmt: skip
    assert (await doctor.post("/patients/jeanne-essai/campagnes", **form)).status_code == 303
    await publish(screen.platform.parts.database)
    await write(screen, result("jeanne-essai", 8.1), result("patient-1", 65, "mmol/mol"))
    capture = desk_of(screen).capture
    assert await capture.look(clock.now()) == 1

    # Step 7: a task of the physician within seven days, else of the DAC.
    rows = {
        row["patient"]: row
        for row in await screen.rows("SELECT * FROM campaign_person WHERE task <> ''")
    }
    assert set(rows) == {"Patient/jeanne-essai", "Patient/patient-1"}
    for row in rows.values():
        assert row["follow_by"] - row["done"] == timedelta(days=7)
    assert plain(await doctor.get("/demandes")).count("Résultat de campagne") >= 2
    assert await capture.hand_over(clock.now() + timedelta(days=8)) == 1

    # The agency reads numbers, none of them small; what it froze has not changed.
    assert (await campaign(screen, path)).active == ("A", "B", "D")
    seen = numbers((await julie.get(f"{path}/suivi.csv")).text)
    assert {one["nombre"] for one in seen if one["étape"] == "Résultat à suivre"} == {"non dit"}
    assert (await julie.get(f"/population/versions/{version}")).status_code == 200
    for place in (path, f"{path}/suivi", "/campagnes"):
        assert "jeanne-essai" not in (await julie.get(place)).text
