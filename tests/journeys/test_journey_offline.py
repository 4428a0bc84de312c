"""The night through a cut: pages stay, what is written waits and leaves once. B7.3, B1.12."""

from __future__ import annotations

import re

import pytest
from demonstration import Region
from playwright.async_api import Browser, Page, expect

NIGHT, RESIDENT = "Nadia Benhamou", "yvonne-morvan"


async def enter(region: Region, browser: Browser, who: str) -> Page:
    context = await browser.new_context(viewport={"width": 390, "height": 800}, locale="fr-FR")
    page = await context.new_page()
    await page.goto(f"{region.url}/connexion")
    await page.get_by_role("button", name=who).first.click()
    await page.wait_for_url(f"{region.url}/")
    return page


async def kept(page: Page, url: str) -> None:
    """Opens a page that the device keeps, and waits until it has."""
    await page.goto(url)
    await expect(page.locator("html[data-kept=yes]")).to_be_attached()


async def write(page: Page, words: str) -> None:
    await page.get_by_label("Note", exact=True).fill(words)
    await page.get_by_role("button", name="Ajouter au cahier").click()


@pytest.mark.requirement("B7.3")
@pytest.mark.requirement("B1.12")
async def test_a_night_through_a_cut(region: Region, browser: Browser) -> None:
    nurse = await enter(region, browser, NIGHT)
    book = f"{region.url}/patients/{RESIDENT}/liaison"
    await kept(nurse, f"{region.url}/nuit")
    await kept(nurse, book)

    await nurse.context.set_offline(True)
    await nurse.goto(f"{region.url}/nuit")
    await expect(nurse.get_by_text("Hors ligne. Page gardée le")).to_be_visible()
    await nurse.goto(book)
    await write(nurse, "Agitée à 3 h, eau donnée")
    await nurse.wait_for_url(re.compile("/hors-ligne/attente"))
    await expect(nurse.locator("[data-queue] li")).to_contain_text("Agitée à 3 h, eau donnée")
    await expect(nurse.locator("[data-queue] li")).to_contain_text("attend le réseau")

    # Her own page was not opened before: her name, the three gestures, nothing else.
    await nurse.goto(f"{region.url}/patients/{RESIDENT}/nuit")
    await expect(nurse.locator("h1")).to_contain_text("MORVAN")
    await expect(nurse.get_by_text("non disponibles hors ligne")).to_be_visible()
    await expect(nurse.get_by_role("link", name=re.compile("Appeler le SAS"))).to_be_visible()
    await nurse.get_by_text("Noter et surveiller").click()
    await write(nurse, "A peu dormi")
    await nurse.wait_for_url(re.compile("/hors-ligne/attente"))
    await expect(nurse.locator("[data-queue] li")).to_have_count(2)

    await nurse.context.set_offline(False)
    await nurse.goto(f"{region.url}/nuit")
    await nurse.goto(f"{region.url}/hors-ligne/attente")
    await expect(nurse.locator("[data-none]")).to_be_visible()
    await nurse.goto(book)
    for words in ("Agitée à 3 h, eau donnée", "A peu dormi"):
        await expect(nurse.get_by_text(words, exact=True)).to_have_count(1)
    await kept(nurse, f"{region.url}/patients/{RESIDENT}/nuit")
    await nurse.context.set_offline(True)
    await nurse.goto(f"{region.url}/patients/{RESIDENT}/nuit")
    await expect(nurse.get_by_text("Allergies")).to_be_visible()


@pytest.mark.requirement("B1.12")
async def test_what_was_refused_is_shown_and_copies_go_with_who_leaves(
    region: Region, browser: Browser
) -> None:
    nurse = await enter(region, browser, NIGHT)
    book = f"{region.url}/patients/{RESIDENT}/liaison"
    await kept(nurse, f"{region.url}/nuit")
    await kept(nurse, book)
    await nurse.context.set_offline(True)
    await nurse.goto(book)
    await nurse.locator("select[name=sorte] option").first.evaluate("one => { one.value = 'x' }")
    await write(nurse, "Une note d’une sorte inconnue")
    await nurse.wait_for_url(re.compile("/hors-ligne/attente"))
    await nurse.context.set_offline(False)
    await nurse.goto(f"{region.url}/hors-ligne/attente")
    row = nurse.locator("[data-queue] li")
    await expect(row).to_contain_text("Choisissez une sorte de note")
    await row.get_by_role("button", name="Effacer").click()
    await expect(row).to_have_count(0)

    await nurse.goto(f"{region.url}/nuit")
    await nurse.get_by_role("button", name="Quitter").click()
    await nurse.wait_for_url(re.compile("/connexion"))
    await nurse.context.set_offline(True)
    with pytest.raises(Exception, match="net::"):
        await nurse.goto(f"{region.url}/nuit")
    sealed = await nurse.context.new_page()
    await nurse.context.set_offline(False)
    await sealed.goto(f"{region.url}/connexion")
    left = await sealed.evaluate(
        "() => new Promise(done => { const r = indexedDB.open('cordee', 1); r.onsuccess = () => {"
        " const q = r.result.transaction('copies').objectStore('copies').getAllKeys();"
        " q.onsuccess = () => done(q.result) } })"
    )
    assert left == []


@pytest.mark.requirement("B1.12")
async def test_copies_go_with_a_session_that_ends_and_a_page_that_comes_back_is_another_form(
    region: Region, browser: Browser
) -> None:
    nurse = await enter(region, browser, NIGHT)
    book = f"{region.url}/patients/{RESIDENT}/liaison"
    await kept(nurse, book)
    number = nurse.locator("input[name=numero]").first
    sent = await number.input_value()
    await nurse.evaluate(
        "() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    )
    assert await number.input_value() != sent

    await kept(nurse, f"{region.url}/nuit")
    await nurse.context.clear_cookies()  # the session ends without anybody leaving
    await nurse.goto(f"{region.url}/")
    await nurse.wait_for_url(re.compile("/connexion"))
    await nurse.context.set_offline(True)
    with pytest.raises(Exception, match="net::"):
        await nurse.goto(f"{region.url}/nuit")


BROKEN = "() => { crypto.subtle.encrypt = () => Promise.reject(new Error('no room')) }"
WHOSE = """async () => {
  let found = [];
  for (let n = 0; n < 200 && !found.length; n += 1) {
    found = await waiting();
    await new Promise((done) => setTimeout(done, 50));
  }
  return [await get("keys", "who"), ...found.map((one) => one.who)];
}"""
OTHER = "Claire Weber"
CUT = """() => { const real = self.fetch;
  self.fetch = (what) => what === TOKEN ? Promise.reject(new TypeError("cut")) : real(what) }"""


@pytest.mark.requirement("B7.3")
async def test_a_copy_that_cannot_be_made_holds_up_no_page(
    region: Region, browser: Browser
) -> None:
    nurse = await enter(region, browser, NIGHT)
    await kept(nurse, f"{region.url}/nuit")
    await nurse.context.service_workers[0].evaluate(BROKEN)
    answer = await nurse.goto(f"{region.url}/nuit")
    assert answer
    assert answer.headers.get("x-cordee-copie"), "the answer of the network, not the copy"
    await expect(nurse.get_by_text("Hors ligne. Page gardée le")).to_have_count(0)


@pytest.mark.requirement("B1.12")
async def test_what_waits_is_of_who_read_the_page_though_the_network_went_at_once(
    region: Region, browser: Browser
) -> None:
    nurse = await enter(region, browser, NIGHT)
    book = f"{region.url}/patients/{RESIDENT}/liaison"
    await kept(nurse, book)
    await nurse.get_by_role("button", name="Quitter").click()
    await nurse.wait_for_url(re.compile("/connexion"))
    await nurse.get_by_role("button", name=OTHER).first.click()
    await nurse.wait_for_url(f"{region.url}/")
    # The network takes the page, and goes before anything else.
    await nurse.context.service_workers[0].evaluate(CUT)
    await nurse.goto(book)
    await nurse.context.set_offline(True)
    await write(nurse, "Écrit par le second")
    whose = await nurse.context.service_workers[0].evaluate(WHOSE)
    await nurse.context.set_offline(False)
    told = await (await nurse.context.request.get(f"{region.url}/hors-ligne/jeton")).json()
    assert whose == [told["qui"], told["qui"]]
