"""The dossier of indicators of a CPTS: each with its method, small numbers hidden, PDF and CSV."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from community import CPTS, make_community
from cordee.runtime.clock import PARIS
from cordee.web.cpts.methods import METHODS, PARTS
from running import Ground
from trusted import Screen, screen_on

HERE = f"/cpts/{CPTS}/dossier"


@pytest.fixture(scope="module")
async def region(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_community(screen)
        yield screen


async def _searches(region: Screen, state: str, count: int, *, is_over: bool) -> None:
    columns = await region.rows(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_name = 'workflow_task' AND is_nullable = 'NO' AND column_default IS NULL"
        " AND identity_generation IS NULL"
    )
    at = region.clock() - timedelta(minutes=5)
    for _n in range(count):
        values = {
            "task": str(uuid4()), "machine": "attending-request", "state": state,
            "owner": f"Organization/{CPTS}", "begun": at - timedelta(days=3), "since": at,
            "is_over": is_over,
        }  # fmt: skip
        odd = {"text": "x", "ARRAY": [], "boolean": False, "integer": 0, "bigint": 0}
        values |= {
            one["column_name"]: odd.get(one["data_type"], at)
            for one in columns
            if one["column_name"] not in values
        }
        names = ", ".join(values)
        places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
        await region.rows(
            f"INSERT INTO workflow_task ({names}) VALUES ({places})", *values.values()
        )


@pytest.mark.requirement("B6.7")
async def test_each_indicator_has_its_method_and_small_numbers_are_hidden(region: Screen) -> None:
    await _searches(region, "found", 14, is_over=True)
    await _searches(region, "proposed", 3, is_over=False)
    nora = await region.person("nora.belkacem")
    year = region.clock().astimezone(PARIS).year
    lines = (await nora.get(f"{HERE}.csv?annee={year}")).text.splitlines()
    cells = [line.split(";") for line in lines[1:]]
    assert len(cells) == sum(len(codes) for _title, codes in PARTS) == len(METHODS)
    for one in cells:
        assert all(one[n] for n in (0, 1, 2, 3, 4, 5)), one
    told = {one[1]: one[3] for one in cells}
    assert told["Membres"] == "3"
    assert told["Membres de profession de santé"] == "2"
    assert told["Recherches de médecin traitant reçues"] == "17"
    assert told["Encore en recherche"] == "non dit", "they are three"
    assert told["Médecin trouvé"] == "non dit", "17 less 14 would say it"
    assert told["Délai médian jusqu’au médecin"] == "non dit"

    await _searches(region, "proposed", 9, is_over=False)
    cells = [one.split(";") for one in (await nora.get(f"{HERE}.csv")).text.splitlines()]
    told = {one[1]: one[3] for one in cells}
    assert told["Encore en recherche"] == "12"
    assert told["Médecin trouvé"] == "14"
    assert told["Recherches de médecin traitant reçues"] == "26"
    assert told["Délai médian jusqu’au médecin"] == "3\u00a0j"
    before = (await nora.get(f"{HERE}.csv?annee={year - 1}")).text
    assert f";{year - 1};0;" in before


@pytest.mark.requirement("B6.7")
async def test_the_dossier_is_the_members_on_screen_and_on_paper(region: Screen) -> None:
    nora, anne = await region.person("nora.belkacem"), await region.person("dr.legoff")
    told = await nora.text(HERE)
    assert "Taux de remplissage" in told
    assert "Créneaux pris rapportés aux créneaux publiés" in told
    assert (await anne.get(HERE)).status_code == 200
    paper = await nora.get(f"{HERE}.pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-")
    for user in ("paul.rey", "helene.costa", "julie.perret", "jeanne.bertin"):
        stranger = await region.person(user)
        for end in ("", ".csv", ".pdf"):
            assert (await stranger.get(HERE + end)).status_code == 403, (user, end)
    assert (await nora.get("/cpts/dac-a/dossier")).status_code == 403
