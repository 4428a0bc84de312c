"""Each reading of figures is written down with its text; the DPO reads the register. Rule: G1.7."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from populated import populated
from running import Ground
from trusted import Screen, plain

PAGE = "/population/registre"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with populated(ground, 600) as running:
        yield running


@pytest.mark.requirement("G1.7")
async def test_what_was_read_is_in_the_register_with_its_text(screen: Screen) -> None:
    julie, dpo = await screen.person("julie.perret"), await screen.person("olivier.deschamps")
    assert "Aucune question" in plain(await dpo.get(f"{PAGE}?texte=introuvable"))
    assert (await julie.get("/population/diabete?niveau=cpts&lecture=brut")).status_code == 200
    assert (await julie.get("/population/urgences/nombres.csv?niveau=epci")).status_code == 200
    cohort = await julie.get("/population/cohorte")
    assert cohort.status_code == 200
    text = plain(await dpo.get(PAGE))
    assert "indicateur : diabete, niveau : cpts, lecture : brut" in text
    assert "indicateur : urgences, niveau : epci" in text
    assert "Julie Perret" in text
    only = plain(await dpo.get(f"{PAGE}?texte=urgences&lecture=answer"))
    assert "urgences" in only
    assert "diabete" not in only
    file = (await dpo.get(f"{PAGE}/lignes.csv?texte=diabete")).text
    assert "Indicateur par territoire" in file
    assert '""indicator"":""diabete"",""level"":""cpts"",""kind"":""brut""' in file
    assert (await julie.get(PAGE)).status_code == 200


async def test_what_is_refused_is_no_reading(screen: Screen) -> None:
    before = await screen.rows("SELECT count(*) FROM population_reading")
    doctor = await screen.person("dr.legoff")
    assert (await doctor.get("/population/diabete")).status_code == 403
    assert await screen.rows("SELECT count(*) FROM population_reading") == before


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/lignes.csv"])
async def test_nobody_else_reads_the_register(screen: Screen, path: str) -> None:
    for other in ("dr.legoff", "admin", "jeanne.bertin"):
        assert (await (await screen.person(other)).get(path)).status_code == 403, other
    assert (await (await screen.stranger()).get(path)).status_code in {303, 401}


async def test_nobody_who_serves_changes_a_line(screen: Screen) -> None:
    rights = await screen.rows(
        "SELECT has_table_privilege('cordee_app', 'population_reading', 'UPDATE')"
        " OR has_table_privilege('cordee_app', 'population_reading', 'DELETE')"
    )
    assert rights[0][0] is False
