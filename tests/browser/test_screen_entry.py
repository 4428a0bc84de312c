"""Enter and leave."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect
from serving import Site, enter


@pytest.mark.requirement("A2.1")
async def test_one_click_enters_and_quitter_closes_the_session(site: Site, page: Page) -> None:
    await enter(site, page)
    await expect(page.get_by_role("heading", name="Rechercher un patient")).to_be_visible()

    cookies = await page.context.cookies()
    await page.get_by_role("button", name="Quitter").click()
    await page.wait_for_url(f"{site.url}/connexion")

    await page.context.add_cookies(cookies)
    await page.goto(f"{site.url}/patients/p-7f3a")
    assert page.url.startswith(f"{site.url}/connexion")


@pytest.mark.requirement("A2.1")
async def test_the_demo_asks_for_no_password(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/connexion")

    await expect(page.get_by_text("un clic suffit, sans mot de passe")).to_be_visible()
    await expect(page.get_by_label("Mot de passe")).to_have_count(0)


async def test_an_account_that_is_gone_is_said_and_takes_focus(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/connexion")
    button = page.get_by_role("button", name="Dr Anne Le Goff")
    await button.evaluate("button => { button.value = 'gone' }")
    await button.click()

    await expect(page.get_by_text("Choisissez une personne de la liste")).to_have_count(1)
    await expect(page.locator(".errors")).to_be_focused()


async def test_a_link_to_a_record_comes_back_after_sign_in(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/patients/p-7f3a")
    await page.get_by_role("button", name="Dr Anne Le Goff").click()

    await page.wait_for_url(f"{site.url}/patients/p-7f3a")


async def test_a_role_without_records_gets_no_search(site: Site, page: Page) -> None:
    await enter(site, page, "Julie Perret")

    await expect(page.get_by_role("searchbox")).to_have_count(0)
    answer = await page.goto(f"{site.url}/patients/p-7f3a")
    assert answer is not None
    assert answer.status == 403
    await expect(page.get_by_role("heading", name="Accès refusé")).to_be_visible()
