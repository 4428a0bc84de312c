"""SC4, steps 3 and 5 in a browser: a campaign from an idea to the list of a médecin traitant.

All forms are sent without JavaScript on a telephone; the pages that come out keep the rules.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from demonstration import Region
from playwright.async_api import Browser, Page
from test_journey_accessibility import NARROW, enter
from test_journey_alignment import keeps_the_rules

JULIE, DOCTOR = "Julie Perret", "Dr Anne Le Goff"
Phone = Callable[[str], Coroutine[Any, Any, Page]]


@pytest.fixture
async def phone(region: Region, browser: Browser) -> AsyncIterator[Phone]:
    """Telephones without JavaScript, where somebody has entered."""
    contexts: list[Any] = []

    async def of(who: str) -> Page:
        context = await browser.new_context(
            viewport=NARROW, locale="fr-FR", java_script_enabled=False
        )  # fmt: skip
        contexts.append(context)
        page = await context.new_page()
        await enter(region, page, who)
        return page

    yield of
    for one in contexts:
        await one.close()


async def _say(page: Page, code: str, button: str, why: str = "") -> None:
    line = page.locator(f"li:has(#motif-{code})")
    await line.locator("summary").click()
    await page.locator(f"#motif-{code}").fill(why)
    await line.get_by_role("button", name=button).click()


@pytest.mark.requirement("G3.1", "G3.2", "G3.3")
async def test_three_territories_agree_and_a_physician_invites_her_own(
    region: Region, phone: Phone, page: Page
) -> None:
    julie = await phone(JULIE)
    await julie.goto(f"{region.url}/campagnes/nouvelle?kit=grippe")
    await julie.get_by_label("Titre").fill("Grippe, avant l’hiver")
    await julie.get_by_label("Qui la porte").fill("ARS et CPTS")
    await julie.get_by_label("Premier jour").fill("2026-01-05")
    await julie.get_by_label("Dernier jour").fill("2027-12-31")
    await julie.get_by_label("Budget, en euros").fill("18 000")
    for code in "ABC":
        await julie.locator(f'input[name="territoire-{code}"]').check()
    await julie.get_by_role("button", name="Garder l’idée").click()
    await julie.wait_for_url(re.compile(r"/campagnes/[\w-]{36}$"))
    path = julie.url.removeprefix(region.url)
    await julie.get_by_role("button", name="Soumettre aux territoires").click()
    await _say(julie, "A", "Valider")
    await _say(julie, "C", "Décliner", "Moyens engagés ailleurs")
    await _say(julie, "B", "Valider")
    await julie.get_by_role("button", name=re.compile("^Lancer")).click()
    assert "Lancée" in await julie.locator(".head").inner_text()
    await enter(region, page, JULIE)
    for place in (path, f"{path}/suivi"):
        await keeps_the_rules(region, page, place)

    doctor = await phone(DOCTOR)
    await doctor.goto(f"{region.url}{path}")
    await doctor.get_by_role("link", name="Mes patients à inviter").click()
    await doctor.get_by_role("button", name="Établir ma liste").click()
    people = doctor.locator("#liste li")
    count = await people.count()
    assert count > 1
    first = people.first.locator("select")
    await first.select_option("x:refused")
    await doctor.get_by_role("button", name="Garder ces décisions").click()
    assert "non invité" in await people.first.inner_text()
    await doctor.get_by_role("button", name=re.compile("^Inviter l")).click()
    assert await doctor.locator("#liste .side", has_text="à décider").count() == 0
    await page.context.clear_cookies()
    await enter(region, page, DOCTOR)
    for place in (f"{path}/mes-patients", "/campagnes", "/groupes-a-risque"):
        await keeps_the_rules(region, page, place)
