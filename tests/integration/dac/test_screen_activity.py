"""The report of activity: exact for a team, without small counts for the region."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from coordinated import DAC_A, DAC_B, HAD, INTAKE, ask, desk_of, make_person, make_region
from cordee.care.workflow.tasks import Wanted
from running import Ground
from trusted import Screen, screen_on, who

ANNE = "anatole-essai"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_region(screen)
        await make_person(screen, ANNE, "A")
        desk, helene = desk_of(screen), who("helene.costa")
        tasks = [
            await ask(screen, "dr.legoff", ANNE, "dac-request", DAC_A, **INTAKE) for _ in range(12)
        ]
        await ask(screen, "dr.legoff", ANNE, "dac-request", DAC_B, **INTAKE | {"motive": "chutes"})
        screen.platform.parts.guard.forget()
        for wanted in (
            Wanted("qualify"), Wanted("inform"), Wanted("close", {"outcome": "unmet"}),
        ):  # fmt: skip
            await desk.move(helene, tasks[0], wanted)
        await desk.move(helene, tasks[1], Wanted("qualify"))
        await ask(screen, "helene.costa", ANNE, "facility-request", HAD, kind="had")
        yield screen


@pytest.mark.requirement("B4.10")
async def test_a_team_reads_its_own_activity(screen: Screen) -> None:
    helene = await screen.person("helene.costa")
    text = await helene.text("/activite")
    assert "12 demandes" in text
    assert "Médecin traitant 12" in text
    assert "Maintien à domicile difficile 12" in text
    assert "Chutes à répétition" not in text
    assert "Information 1" in text
    assert "Besoin non couvert 1" in text
    assert "2 sur 2" in text
    assert "had-belmont 1 0" in text
    # Of one commune never a small number, not even to the team.
    assert "Saulx moins de 11" in text
    sheet = (await helene.get("/activite.csv")).text
    assert "Demandeurs;Médecin traitant;12" in sheet
    assert "Saulx;moins de 11" in sheet
    report = (await helene.get("/activite.json")).json()
    assert report["resourceType"] == "MeasureReport"
    groups = {one["code"]["coding"][0]["code"]: one for one in report["group"]}
    assert groups["requests"]["population"][0]["count"] == 12
    stratum = groups["unmet-by-commune"]["stratifier"][0]["stratum"][0]
    assert "count" not in stratum["population"][0]
    client = await screen.platform.client()
    answer = await client.post("MeasureReport", json=report)
    assert answer.status_code == 201, answer.text


@pytest.mark.requirement("B4.10")
async def test_the_region_is_told_no_small_number(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A year that runs is not told: read twice, it would tell of who came between.
    year = screen.clock().year
    running = await (await screen.person("julie.perret")).text("/activite")
    assert str(year - 1) in running
    assert "13 demandes" not in running
    monkeypatch.setattr(screen, "ahead", timedelta(days=366))
    julie = await screen.person("julie.perret")
    text = await julie.text("/activite")
    assert "13 demandes" in text
    assert "Chutes à répétition moins de 11" in text
    assert "Maintien à domicile difficile moins de 11" in text
    assert "Information 1" not in text
    assert "2 sur 2" not in text
    assert not re.search(r"\b20\d\d-T\d", (await julie.get("/activite")).text)
    years = await julie.text("/activite?periode=2026-T4")
    assert "trimestre" not in years


@pytest.mark.requirement("B4.10")
async def test_others_are_told_nothing(screen: Screen) -> None:
    for user in ("jeanne.bertin", "marc.lefort", "admin"):
        person = await screen.person(user)
        for path in ("/activite", "/activite.csv", "/activite.json"):
            assert (await person.get(path)).status_code == 403, user
