"""Open a record, read it, see it change."""

from __future__ import annotations

import re
import time

import pytest
from playwright.async_api import Browser, Page, Route, expect
from sample_morvan import MORVAN, MORVAN_ROWS
from sample_resources import condition
from serving import Site, enter

from cordee.runtime.errors import Unavailable

RECORD = f"/patients/{MORVAN['id']}"


@pytest.mark.requirement("B1.1")
async def test_the_record_says_who_and_what(site: Site, doctor: Page) -> None:
    await doctor.goto(site.url + RECORD)

    banner = doctor.locator("section.patient")
    await expect(banner).to_contain_text("MORVAN Yvonne")
    await expect(banner).to_contain_text("04/04/1939 (87\u00a0ans)")
    await expect(banner).to_contain_text("Identité qualifiée")
    await expect(banner).to_contain_text("Allergies connues")
    await expect(doctor.locator("#traitements")).to_contain_text("DOSE\u00a075\u00a0microgrammes")
    await expect(doctor.locator("#resultats")).to_contain_text("12,10")
    await expect(doctor.locator("#parcours")).to_contain_text("Passage aux urgences")


@pytest.mark.requirement("B2.4")
async def test_a_new_problem_shows_within_a_second(site: Site, doctor: Page) -> None:
    await doctor.goto(site.url + RECORD)
    await doctor.wait_for_timeout(300)
    link = doctor.get_by_role("link", name="Tous les résultats")
    await link.focus()
    await doctor.evaluate("window.scrollTo(0, 400)")
    top = await doctor.evaluate("window.scrollY")

    start = time.monotonic()
    await site.records.write(
        MORVAN["id"], problems=(condition("Pneumopathie", "2026-11-24"), *MORVAN_ROWS.problems)
    )
    await expect(doctor.locator("#problemes")).to_contain_text("Pneumopathie", timeout=2000)
    elapsed = time.monotonic() - start

    assert elapsed < 1.0
    await expect(doctor.locator("#maj")).to_have_text("Dossier mis à jour à 7\u00a0h\u00a058")
    await expect(link).to_be_focused()
    assert abs(await doctor.evaluate("window.scrollY") - top) < 60


async def test_a_change_between_page_and_stream_is_not_lost(site: Site, doctor: Page) -> None:
    async def write_then_go_on(route: Route) -> None:
        await site.records.write(MORVAN["id"], problems=(condition("Zona", "2026-11-24"),))
        await route.continue_()

    await doctor.route("**/evenements**", write_then_go_on, times=1)
    await doctor.goto(site.url + RECORD)

    await expect(doctor.locator("#problemes")).to_contain_text("Zona", timeout=2000)


async def test_the_head_of_printed_sheets_follows_a_change(site: Site, doctor: Page) -> None:
    said: list[str] = []
    doctor.on("console", lambda message: said.append(message.text))
    await doctor.goto(site.url + RECORD)
    await doctor.wait_for_timeout(300)
    sheet = "[...document.styleSheets].map(s => s.cssRules[0]?.cssText).join(' ')"
    assert "Allergies connues" in await doctor.evaluate(sheet)

    await site.records.write(MORVAN["id"], allergies=())
    await expect(doctor.locator("section.patient")).to_contain_text("Allergies non renseignées")

    assert "Allergies non renseign" in await doctor.evaluate(sheet)
    assert said == []


async def test_the_fragment_equals_the_reloaded_page(site: Site, doctor: Page) -> None:
    for path in (
        "",
        "/problemes",
        "/resultats",
        "/parcours",
        "/parcours?page=2",
        "/documents",
        "/traitements",
    ):
        headers = {"HX-Request": "true", "HX-Request-Type": "partial"}
        part = await doctor.request.get(site.url + RECORD + path, headers=headers)
        whole = await doctor.request.get(site.url + RECORD + path)

        assert _record(await part.text()) == _record(await whole.text())
        assert "<html" not in await part.text()


async def test_the_swapped_page_equals_the_reloaded_page(site: Site, doctor: Page) -> None:
    await doctor.goto(site.url + RECORD)
    await doctor.wait_for_timeout(300)
    await site.records.write(MORVAN["id"], problems=(condition("Zona", "2026-11-24"),))
    await expect(doctor.locator("#problemes")).to_contain_text("Zona")
    read = (
        "document.getElementById('dossier').outerHTML"
        ".replace(/nonce=\"[^\"]*\"/g, '').replace(/\\s+/g, ' ')"
    )
    swapped = await doctor.evaluate(read)

    await doctor.reload()

    assert swapped == await doctor.evaluate(read)


async def test_an_update_that_fails_leaves_the_page_and_says_so(site: Site, doctor: Page) -> None:
    await doctor.goto(site.url + RECORD)
    await doctor.wait_for_timeout(300)

    site.records.failure = Unavailable("the store does not answer")
    await site.records.write(MORVAN["id"], problems=(condition("Zona", "2026-11-24"),))
    await expect(doctor.get_by_text("La mise à jour n’a pas abouti")).to_be_visible()
    await expect(doctor.locator("#problemes")).to_contain_text("Fibrillation")

    site.records.failure = None
    await site.records.write(MORVAN["id"], problems=(condition("Zona", "2026-11-24"),))
    await expect(doctor.locator("#problemes")).to_contain_text("Zona")
    await expect(doctor.get_by_text("La mise à jour n’a pas abouti")).to_be_hidden()


async def test_a_deceased_patient_is_told_by_words_and_pattern(site: Site, doctor: Page) -> None:
    await doctor.goto(f"{site.url}/patients/p-55e1")

    banner = doctor.locator("section.patient[data-status=deceased]")
    await expect(banner).to_contain_text("décédé le 02/11/2026, à 91\u00a0ans")
    await expect(banner).to_contain_text("Identité provisoire, douteuse")
    await expect(banner).to_contain_text("non transmis")
    await expect(banner).to_contain_text("Allergies non renseignées")


async def test_a_pane_that_fails_does_not_take_the_page(site: Site, doctor: Page) -> None:
    broken = ({"resourceType": "Condition", "code": "not an object"},)
    await site.records.write(MORVAN["id"], problems=broken)
    await doctor.goto(site.url + RECORD)

    await expect(doctor.locator("#problemes")).to_contain_text("Problèmes non disponibles")
    await expect(doctor.locator("#resultats")).to_contain_text("Créatinine")


@pytest.mark.requirement("A6.7")
async def test_every_section_reads_at_320_pixels(site: Site, browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 320, "height": 640})
    page = await enter(site, await context.new_page())
    paths = ("/", RECORD, f"{RECORD}/resultats", f"{RECORD}/parcours", f"{RECORD}/documents")

    for path in (*paths, f"{RECORD}/traitements", "/patients/p-55e1", "/composants", "/raccourcis"):
        await page.goto(site.url + path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path
    await page.goto(site.url + RECORD)
    table = page.locator("#resultats .scroll")
    assert await table.evaluate("e => e.scrollWidth - e.clientWidth") <= 1
    await context.close()


async def test_the_reading_is_in_sight_at_every_width(site: Site, doctor: Page) -> None:
    for width in (1440, 1280, 1220, 1180, 1024, 840, 600, 390, 320):
        await doctor.set_viewport_size({"width": width, "height": 900})
        for path in (RECORD, f"{RECORD}/resultats"):
            await doctor.goto(site.url + path)
            for table in await doctor.locator(".scroll").all():
                assert await table.evaluate("e => e.scrollWidth - e.clientWidth") <= 1, (
                    width,
                    path,
                )


async def test_an_unknown_patient_is_a_french_page(site: Site, doctor: Page) -> None:
    answer = await doctor.goto(f"{site.url}/patients/nobody")

    assert answer is not None
    assert answer.status == 404
    await expect(doctor.get_by_role("heading", name="Page introuvable")).to_be_visible()


async def test_print_keeps_who_and_drops_acts(site: Site, doctor: Page) -> None:
    await doctor.goto(site.url + RECORD)
    await doctor.emulate_media(media="print")

    await expect(doctor.get_by_text("par Dr Anne Le Goff")).to_be_visible()
    await expect(doctor.locator(".rail")).to_be_hidden()
    await expect(doctor.get_by_role("button", name="Imprimer")).to_be_hidden()


def _record(html: str) -> str:
    found = re.search(r'<div id="dossier">.*</main>\s*</div>\s*</div>', html, re.DOTALL)
    assert found
    return re.sub(r'nonce="[^"]*"', "", found.group())
