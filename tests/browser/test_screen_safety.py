"""No violation, no third party, nothing kept, readable by all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request
from sample_morvan import MORVAN
from serving import Site, axe_violations, enter

ROOT = Path(__file__).resolve().parents[2]
RECORD = f"/patients/{MORVAN['id']}"
PAGES = (
    "/",
    RECORD,
    f"{RECORD}/problemes",
    f"{RECORD}/resultats",
    f"{RECORD}/parcours",
    f"{RECORD}/documents",
    f"{RECORD}/traitements",
    "/patients/p-55e1",
    "/composants",
    "/raccourcis",
    "/accessibilite",
    "/nulle-part",
)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 1440), ("light", 390)])
@pytest.mark.requirement("A6.7")
async def test_axe_finds_nothing_serious(
    site: Site, browser: Browser, scheme: str, width: int
) -> None:
    size = {"width": width, "height": 900}
    context = await browser.new_context(color_scheme=scheme, viewport=size, bypass_csp=True)
    page = await context.new_page()
    await page.goto(f"{site.url}/connexion")
    found = await axe_violations(page, "/connexion")
    await enter(site, page)
    for path in PAGES:
        await page.goto(site.url + path)
        found += await axe_violations(page, path)
    await page.goto(f"{site.url}/")
    await page.get_by_role("searchbox").fill("morvan")
    await page.locator(".found .close").first.wait_for()
    found += await axe_violations(page, "/ (found)")
    await context.close()

    assert found == []


@pytest.mark.requirement("A6.9")
async def test_pages_break_no_policy_and_ask_nobody_else(site: Site, page: Page) -> None:
    said: list[str] = []
    asked: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "404" not in message.text:
            said.append(message.text)

    def follow(request: Request) -> None:
        asked.append(request.url)

    page.on("console", note)
    page.on("request", follow)
    page.on("pageerror", lambda error: said.append(str(error)))
    await enter(site, page)
    for path in PAGES:
        await page.goto(site.url + path)
    await page.goto(f"{site.url}/")
    await page.get_by_role("searchbox").fill("morvan")
    await page.locator(".found").wait_for()

    assert said == []
    assert [url for url in asked if not url.startswith(site.url)] == []
    assert [url for url in asked if "morvan" in url.lower()] == []


async def test_nothing_of_a_patient_stays_in_the_browser(site: Site, doctor: Page) -> None:
    await doctor.goto(site.url + RECORD)
    await doctor.goto(f"{site.url}/")
    kept = await doctor.evaluate(
        "async () => JSON.stringify([localStorage, sessionStorage, await caches.keys(),"
        " (await indexedDB.databases()).length])"
    )
    answer = await doctor.request.get(site.url + RECORD)

    assert json.loads(kept) == [{}, {}, [], 0]
    assert answer.headers["cache-control"] == "no-store"
    assert "unsafe" not in answer.headers["content-security-policy"]


async def test_an_injected_htmx_attribute_is_stripped(site: Site, doctor: Page) -> None:
    await doctor.goto(f"{site.url}/")
    said: list[str] = []
    doctor.on("console", lambda message: said.append(message.text))

    await doctor.evaluate(
        """() => {
            const button = document.createElement('button');
            button.id = 'injected';
            button.setAttribute('hx-get', '/raccourcis');
            document.querySelector('main').append(button);
            htmx.process(button);
        }"""
    )

    assert await doctor.locator("#injected").get_attribute("hx-get") is None
    assert any("hx-csp" in text for text in said)
