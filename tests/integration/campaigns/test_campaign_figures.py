"""What those who steer read of a campaign: once a day, nothing small, a report for ever; drafts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from campaigned import (
    LE_GOFF,
    PERRET,
    campaign,
    desk_of,
    launched,
    make_areas,
    move,
)
from cordee.app.campaign_drafts import draft_due
from cordee.app.demo_population import WEIGHTS, make_population
from cordee.app.population import home_of, make_facts
from cordee.governance.retention.keeping import apply_rules
from cordee.runtime import clock
from running import Ground
from trusted import Screen, plain, screen_on

ENDS = {
    "listed": "", "excluded": "word = 'excluded', motive = 'done', decided = now()",
    "invited": "word = 'invited', decided = now()",
    "done": "word = 'invited', decided = now(), done = now(), positive = false",
    "positive": "word = 'invited', decided = now(), done = now(), positive = true",
}  # fmt: skip


@pytest.fixture
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as running:
        await make_areas(running)
        yield running


async def people(screen: Screen, path: str, counts: dict[tuple[str, str], int]) -> None:
    """Persons of a campaign by territory and where they ended."""
    key = UUID(path.rpartition("/")[2])
    for (territory, end), n in counts.items():
        await screen.rows(
            "INSERT INTO campaign_person (campaign, patient, territory, sex, band, quintile, doctor,"
            " origin, listed) SELECT $1, 'Patient/' || $2 || '-' || $3 || '-' || i, $2,"
            " CASE i % 2 WHEN 0 THEN 'female' ELSE 'male' END, '45-64', 1 + i % 5,"
            " 'Practitioner/x', 'listed', now() FROM generate_series(1, $4::int) i",
            key, territory, end, n,
        )  # fmt: skip
        if ENDS[end]:
            await screen.rows(
                f"UPDATE campaign_person SET {ENDS[end]} WHERE campaign = $1"
                " AND patient LIKE 'Patient/' || $2 || '-' || $3 || '-%'",
                key, territory, end,
            )  # fmt: skip


def sheet(text: str) -> dict[tuple[str, str, str], str]:
    """(territory, group, stage) -> what is told."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    return {(one["territoire"], one["groupe"], one["étape"]): one["nombre"] for one in rows}


@pytest.mark.requirement("G3.7")
async def test_figures_are_told_once_a_day_and_never_a_small_one(screen: Screen) -> None:
    path = await launched(screen)
    await people(screen, path, {
        ("A", "invited"): 60, ("A", "done"): 40, ("A", "excluded"): 14, ("A", "positive"): 4,
        ("B", "invited"): 50, ("B", "done"): 30, ("B", "listed"): 20,
    })  # fmt: skip
    julie = await screen.person(PERRET)
    told = sheet((await julie.get(f"{path}/suivi.csv")).text)
    assert told["Ensemble", "", "Repérés par leur médecin"] == "218"
    small = [key for key, text in told.items() if text.isdigit() and int(text) < 11]
    assert not small
    small = {told[key] for key in told if key[2] == "Résultat à suivre" and not key[1]}
    assert small == {"non dit"}
    assert told["Ensemble", "Femmes", "Acte fait"].isdigit()
    page = await julie.text(f"{path}/suivi")
    assert "218" in page
    assert "moins de 11" in page
    await people(screen, path, {("A", "positive"): 0, ("B", "excluded"): 3})
    again = sheet((await julie.get(f"{path}/suivi.csv")).text)
    assert again == told
    screen.ahead = timedelta(days=1)
    julie = await screen.person(PERRET)
    later = sheet((await julie.get(f"{path}/suivi.csv")).text)
    # Three more people in a day are not told by the difference of two days.
    assert later["Ensemble", "", "Repérés par leur médecin"] == "218"
    for user in ("dr.roux", LE_GOFF, "admin", "jeanne.bertin"):
        other = await screen.person(user)
        assert (await other.get(f"{path}/suivi")).status_code == 403, user
        assert (await other.get(f"{path}/suivi.csv")).status_code == 403, user


@pytest.mark.requirement("G3.10", "G3.4")
async def test_the_report_says_the_cost_of_what_came_out_for_ever(screen: Screen) -> None:
    path = await launched(screen)
    await people(screen, path, {
        ("A", "invited"): 160, ("A", "done"): 100, ("B", "invited"): 90, ("B", "done"): 60,
        ("B", "positive"): 40,
    })  # fmt: skip
    await screen.rows("UPDATE campaign_person SET variant = CASE substr(patient, 9, 1) WHEN 'A'"
                      " THEN 'A' ELSE 'B' END")  # fmt: skip
    julie = await screen.person(PERRET)
    assert (await julie.get(f"{path}/bilan")).status_code == 404
    assert "Invitation A" not in await julie.text(f"{path}/suivi")
    assert await move(julie, path, "begin") == 303
    assert await move(julie, path, "close") == 303
    assert await move(julie, path, "capitalise") == 422
    screen.ahead = timedelta(days=1)
    julie = await screen.person(PERRET)
    wrong = await julie.post(f"{path}/bilan", geste="publier", depense="x", lecon="Oui")
    assert "dépense en euros" in wrong.text
    assert (await julie.post(f"{path}/bilan", geste="publier", depense="9 000", lecon="")
            ).status_code == 422  # fmt: skip
    form = {"geste": "publier", "depense": "9 000", "lecon": "Le bus du samedi remplit mieux."}
    assert (await julie.post(f"{path}/bilan", **form)).status_code == 303
    report = await julie.text(f"{path}/bilan")
    for words in ("9 000 €", "45 €", "225 €", "Le bus du samedi", "Pas de moyens cette année",
                  "Invitation A"):  # fmt: skip
        assert words in report, words
    assert (await julie.post(f"{path}/bilan", **form | {"depense": "1"})).status_code == 409
    kept = (await campaign(screen, path)).report
    assert kept is not None
    assert kept["costs"]["done"] == 4500
    # Cut off between the last move and the report: whoever steers and opens it next has it kept.
    await screen.rows("UPDATE campaign SET report = NULL RETURNING id")
    assert (await (await screen.person(LE_GOFF)).get(f"{path}/bilan")).status_code in {403, 404}
    assert "225 €" in await julie.text(f"{path}/bilan")
    assert (await campaign(screen, path)).report == kept
    assert (await julie.post(path, geste="kit")).status_code == 303
    assert (await (await screen.person(LE_GOFF)).get(f"{path}/bilan")).status_code == 200


@pytest.mark.requirement("G3.8")
async def test_an_indicator_over_its_threshold_drafts_and_never_sends(screen: Screen) -> None:
    parts = screen.platform.parts
    home = home_of(parts.settings)
    make_population(parts.settings, patients=1200, seed=7)
    make_facts(home)
    assert await draft_due(parts.database, home, clock.now()) >= 1
    assert await draft_due(parts.database, home, clock.now()) == 0
    ideas = {one.kit.code: one for one in await desk_of(screen).register.all()}
    idea = ideas["diabete-reperage"]
    assert idea.state == "idea"
    assert idea.drafted is not None
    assert set(idea.drafted["areas"]) == set(WEIGHTS)
    assert set(idea.active) == {"A", "B", "D"}
    assert not await screen.rows("SELECT FROM campaign_person")
    julie = await screen.person(PERRET)
    assert "à relire" in await julie.text("/campagnes")
    assert await move(julie, f"/campagnes/{idea.id}", "launch") == 409
    assert re.search("Marches de l’Ouche", plain(await julie.get(f"/campagnes/{idea.id}")))


@pytest.mark.requirement("A6.11")
async def test_who_was_invited_goes_by_rule_once_all_is_over(screen: Screen) -> None:
    kept, over = await launched(screen), await launched(screen)
    for path in (kept, over):
        await people(screen, path, {("A", "invited"): 3})
    await screen.rows(
        "UPDATE campaign SET starts = '2020-01-01', ends = '2020-06-30', state = 'capitalised'"
        " WHERE id = $1",
        UUID(over.rpartition("/")[2]),
    )
    parts = screen.platform.parts
    async with parts.database.write.acquire() as connection:
        await apply_rules(connection, parts.kernel.keys, clock.now())
    left = await screen.rows("SELECT DISTINCT campaign FROM campaign_person")
    assert [str(row["campaign"]) for row in left] == [kept.rpartition("/")[2]]
    proofs = await screen.rows("SELECT gone FROM deletion_proof WHERE class = 'campaign-people'")
    assert [row["gone"] for row in proofs] == [3]
