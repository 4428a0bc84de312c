"""The files of a team: by coordinator, weighed, given to a colleague with a reason."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from coordinated import DAC_A, INTAKE, ask, desk_of, make_person, make_region, put
from cordee.care.workflow.tasks import Wanted
from running import Ground
from trusted import Screen, screen_on, who

PEOPLE = ("abel-essai", "berthe-essai")


@pytest.fixture(scope="module")
async def asked(ground: Ground) -> AsyncIterator[tuple[Screen, list[str]]]:
    async with screen_on(ground) as screen:
        await make_region(screen)
        names: dict[str, Any] = {"sonia-marek": "Marek", "helene-costa": "Costa"}
        for key, name in names.items():
            await put(
                screen,
                {"resourceType": "Practitioner", "id": key, "name": [{"text": f"Mme {name}"}]},
                {
                    "resourceType": "PractitionerRole", "id": f"{key}-1", "active": True,
                    "practitioner": {"reference": f"Practitioner/{key}"},
                    "organization": {"reference": f"Organization/{DAC_A}"},
                },
            )  # fmt: skip
        tasks: list[str] = []
        for number, key in enumerate(PEOPLE):
            await make_person(screen, key, "A", name=[{"family": key.title(), "given": ["X"]}])
            urgency = "immediate" if number else "week"
            facts = INTAKE | {"urgency": urgency}
            tasks.append(await ask(screen, "dr.legoff", key, "dac-request", DAC_A, **facts))
        desk = desk_of(screen)
        for move in (Wanted("qualify"), Wanted("support", {"attending-contact": "vu ce matin"})):
            screen.platform.parts.guard.forget()
            await desk.move(who("helene.costa"), tasks[1], move)
        yield screen, tasks


@pytest.mark.requirement("B4.11")
async def test_files_are_weighed_by_state_and_urgency(asked: tuple[Screen, list[str]]) -> None:
    screen, tasks = asked
    helene = await screen.person("helene.costa")
    text = await helene.text("/file-active?suivi=tous")
    assert "Toute l’équipe 2 8 0" in text  # reçue 1, renforcé 5, immédiat 2
    assert text.index("Berthe-Essai".upper()) < text.index("Abel-Essai".upper())

    refused = await helene.post(
        "/file-active", geste=tasks[0], **{f"poids-{tasks[0]}": "3", "pourquoi-poids": ""}
    )
    assert refused.status_code == 422
    assert "Dites pourquoi" in refused.text
    data = {f"poids-{tasks[0]}": "3", "pourquoi-poids": "trois visites par semaine"}
    assert (await helene.post("/file-active", geste=tasks[0], **data)).status_code == 303
    assert "poids 4 (+3)" in await helene.text("/file-active?suivi=tous")


@pytest.mark.requirement("B4.11")
async def test_files_are_given_to_a_colleague_who_is_told(
    asked: tuple[Screen, list[str]],
) -> None:
    screen, tasks = asked
    helene = await screen.person("helene.costa")
    ticked = {f"dossier-{one}": "oui" for one in tasks}
    whom = {"a": "Practitioner/sonia-marek", "pourquoi": "absence de deux semaines"}
    for missing, words in (("a", "à qui"), ("pourquoi", "pourquoi")):
        sent = {**ticked, **whom, missing: ""}
        answer = await helene.post("/file-active", geste="confier", **sent)
        assert answer.status_code == 422
        assert words in answer.text
        assert "checked" in answer.text
    stranger = {**ticked, **whom, "a": "Practitioner/anne-le-goff"}
    assert (await helene.post("/file-active", geste="confier", **stranger)).status_code == 422
    assert (await helene.post("/file-active", geste="confier", **ticked, **whom)).status_code == 303

    text = await helene.text("/file-active?suivi=Practitioner/sonia-marek")
    assert "Mme Marek 2" in text
    one = await helene.text(f"/patients/{PEOPLE[0]}/demandes/{tasks[0]}")
    assert "Coordonné par Mme Marek" in one
    client = await screen.platform.client()
    task = (await client.get(f"Task/{tasks[0]}")).json()
    assert "Confié à Mme Marek : absence de deux semaines" in task["note"][-1]["text"]
    assert task["note"][-1]["authorReference"]["reference"] == "Practitioner/helene-costa"
    told = await screen.rows("SELECT recipients FROM event WHERE source LIKE 'given:%'")
    assert [row["recipients"] for row in told] == [["Practitioner/sonia-marek"]] * 2


@pytest.mark.requirement("B4.11")
async def test_another_structure_sees_and_gives_nothing(asked: tuple[Screen, list[str]]) -> None:
    screen, tasks = asked
    paul = await screen.person("paul.rey")
    assert "Aucun dossier" in await paul.text("/file-active?suivi=tous")
    data = {f"poids-{tasks[0]}": "1", "pourquoi-poids": "sans droit"}
    answer = await paul.post("/file-active", geste=tasks[0], **data)
    assert answer.status_code in {403, 404, 422}
    sheet = (await (await screen.person("helene.costa")).get("/file-active.csv?suivi=tous")).text
    assert "Maintien à domicile difficile" in sheet
