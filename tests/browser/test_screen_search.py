"""Find a patient, with and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect
from serving import Site, enter

from cordee.runtime.errors import Unavailable


@pytest.mark.parametrize(
    "typed",
    [
        "lecoeur evrard",
        "LECŒUR-ÉVRARD anaïs",
        "nunez 30/12/1991",
        "30 décembre 1991",
        "Lecœur 1991",
    ],
)
@pytest.mark.requirement("A6.12")
async def test_a_patient_is_found_as_it_is_typed(doctor: Page, typed: str) -> None:
    await doctor.get_by_role("searchbox").fill(typed)

    found = doctor.locator(".found li")
    await expect(found).to_have_count(1)
    await expect(found).to_contain_text("LECŒUR-ÉVRARD Anaïs")
    assert "?" not in doctor.url


async def test_the_ins_finds_one_patient(doctor: Page) -> None:
    await doctor.get_by_role("searchbox").fill("2 39 04 70 550 000 33")

    await expect(doctor.locator(".found li")).to_have_count(1)
    await expect(doctor.locator(".found")).to_contain_text("MORVAN")


async def test_close_identities_are_said_on_both_rows(doctor: Page) -> None:
    await doctor.get_by_role("searchbox").fill("morvan")

    await expect(doctor.locator(".found .close")).to_have_count(2)


async def test_without_javascript_the_form_answers_and_pages(site: Site, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await enter(site, await context.new_page())

    await page.get_by_role("searchbox").fill("martin")
    await page.get_by_role("button", name="Rechercher").click()
    first = await page.locator(".found .name").all_inner_texts()
    await page.get_by_role("button", name="Suite").click()
    second = await page.locator(".found .name").all_inner_texts()

    assert (len(first), len(second)) == (20, 5)
    assert page.url == f"{site.url}/"
    await page.locator(".found a").first.click()
    await expect(page.locator("section.patient")).to_contain_text("MARTIN")
    await expect(page.get_by_role("link", name="Actualiser").last).to_be_visible()
    await context.close()


async def test_nothing_found_and_no_answer_are_different_words(site: Site, doctor: Page) -> None:
    await doctor.get_by_role("searchbox").fill("zzzz")
    await expect(doctor.get_by_text("Aucun patient trouvé")).to_be_visible()

    site.records.failure = Unavailable("the store does not answer")
    await doctor.get_by_role("searchbox").fill("morvan")

    await expect(doctor.get_by_text("Recherche non disponible")).to_be_visible()


async def test_opened_records_come_back_on_the_home_page(site: Site, doctor: Page) -> None:
    await expect(doctor.get_by_text("Aucun dossier ouvert pour l’instant")).to_be_visible()

    await doctor.goto(f"{site.url}/patients/p-7f3a")
    await doctor.goto(f"{site.url}/")

    await expect(doctor.locator(".found li")).to_have_count(1)


@pytest.mark.requirement("A6.7")
async def test_a_record_is_reached_by_keyboard_only(site: Site, doctor: Page) -> None:
    await doctor.goto(f"{site.url}/raccourcis")
    await doctor.keyboard.press("/")
    await doctor.keyboard.type("morvan 04/04/1939")
    await doctor.keyboard.press("Enter")
    await doctor.locator(".found").wait_for()
    await doctor.keyboard.press("/")
    await doctor.keyboard.press("ArrowDown")
    await doctor.keyboard.press("ArrowDown")
    await doctor.keyboard.press("ArrowUp")
    await doctor.keyboard.press("Enter")

    await doctor.wait_for_url(f"{site.url}/patients/p-7f3a")
    await doctor.keyboard.press("Tab")
    await expect(doctor.get_by_role("link", name="Aller au contenu")).to_be_focused()
    await doctor.keyboard.press("?")
    await doctor.wait_for_url(f"{site.url}/raccourcis")


async def test_letter_keys_can_be_turned_off(site: Site, doctor: Page) -> None:
    await doctor.goto(f"{site.url}/raccourcis")
    await doctor.get_by_role("button", name="Désactiver").click()
    await doctor.get_by_role("button", name="Les activer").wait_for()

    await doctor.keyboard.press("/")

    await expect(doctor.get_by_role("searchbox")).not_to_be_focused()
