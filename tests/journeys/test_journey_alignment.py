"""SC4, steps 3 and 9 in a browser: four départements on one board, then before and after.

The forms are sent without JavaScript on a telephone; the pages that come out keep the rules.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from demonstration import Region
from playwright.async_api import Browser, Page
from test_journey_accessibility import CUT, NARROW, RULES, WIDE, enter, reach

BOARD = "/population/alignement"
JULIE = "Julie Perret"
SAID = {"A": (1, 2), "B": (2, 1), "D": (1, 2)}


@pytest.fixture
async def plain(region: Region, browser: Browser) -> AsyncIterator[Page]:
    """A telephone without JavaScript, where Julie Perret has entered."""
    context = await browser.new_context(
        viewport=NARROW, locale="fr-FR", java_script_enabled=False
    )  # fmt: skip
    page = await context.new_page()
    await enter(region, page, JULIE)
    yield page
    await context.close()


async def keeps_the_rules(region: Region, page: Page, path: str) -> None:
    """What the journey of accessibility asks of a page, on a telephone."""
    await page.set_viewport_size(NARROW)
    await reach(region, page, path)
    assert await page.evaluate(RULES) == []
    assert await page.evaluate(CUT) == []
    assert not await page.evaluate(WIDE)


async def opened(region: Region, page: Page) -> str:
    await page.goto(f"{region.url}{BOARD}")
    await page.get_by_label("Titre").fill("Feuille de route diabète")
    await page.get_by_label("Période, du").fill("2026-01-01")
    await page.get_by_label("au", exact=True).fill("2028-12-31")
    await page.locator("#priorite0").select_option("diabete")
    await page.locator("#priorite1").select_option("urgences")
    await page.locator("#premiers").select_option("1")
    await page.get_by_role("button", name="Ouvrir le tableau").click()
    await page.wait_for_url(re.compile(rf"{BOARD}/\d+$"))
    return page.url.removeprefix(region.url)


@pytest.mark.requirement("G2.7")
async def test_territories_rank_decline_and_go_on_together_without_javascript(
    region: Region, plain: Page, page: Page
) -> None:
    await enter(region, page, JULIE)
    place = await opened(region, plain)
    for territory, ranks in SAID.items():
        await plain.locator("#territoire-classer").select_option(territory)
        for number, rank in enumerate(ranks, 1):
            await plain.locator(f"#rang{number}").select_option(str(rank))
        await plain.get_by_role("button", name="Enregistrer le classement").click()
    await plain.locator("#territoire-decliner").select_option("C")
    await plain.get_by_label("Pourquoi").fill("Moyens engagés ailleurs")
    await plain.get_by_role("button", name="Décliner pour ce territoire").click()
    await keeps_the_rules(region, page, place)
    await plain.get_by_role("button", name="Fermer et écrire le résultat").click()
    result = plain.locator("section", has=plain.locator("#t-resultat"))
    assert "a décliné : Moyens engagés ailleurs" in (await result.inner_text()).replace("\xa0", " ")
    assert await result.locator("li").count() == 1
    assert len((await result.locator("li p").inner_text()).split(", ")) == 2
    assert await plain.get_by_role("button", name="Enregistrer le classement").count() == 0
    await keeps_the_rules(region, page, place)


@pytest.mark.requirement("G2.11")
async def test_before_and_after_without_javascript(region: Region, plain: Page, page: Page) -> None:
    await enter(region, page, JULIE)
    await plain.goto(f"{region.url}/population/urgences/avant-apres?niveau=departement")
    await plain.get_by_label("Début de l’action").fill("2025-01-01")
    await plain.locator("input[name=agi][value=A]").check()
    await plain.get_by_role("button", name="Comparer").click()
    text = await plain.locator("main").inner_text()
    assert "ne prouve pas la cause" in text
    assert "Nombres publiés" in text
    await keeps_the_rules(region, page, plain.url.removeprefix(region.url))
