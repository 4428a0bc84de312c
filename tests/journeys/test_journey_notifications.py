"""A hospital's system writes an arrival; the doctor's and the home's open pages say so at once."""

from __future__ import annotations

import time

import pytest
from demonstration import Region
from playwright.async_api import Browser, expect
from scenes import enter

from told import resident, stay

BOUND_SECONDS = 5.0


async def arrives(region: Region, patient: str, number: str) -> float:
    """Writes the arrival as the hospital's system; when that began."""
    async with region.system() as hospital:
        known = resident(patient, name=[{"use": "official", "family": "QUERRE", "given": ["Léa"]}])
        answer = await hospital.put(f"Patient/{patient}", json=known)
        assert answer.status_code in {200, 201}, answer.text
        began = time.monotonic()
        encounter = stay(patient, number, "in-progress")
        answer = await hospital.put(f"Encounter/{number}", json=encounter)
        assert answer.status_code == 201, answer.text
    return began


@pytest.mark.requirement("B2.3")
@pytest.mark.requirement("B2.4")
async def test_two_open_browsers_are_told_within_five_seconds(
    region: Region, browser: Browser
) -> None:
    doctor = await enter(browser, region, "Dr Anne Le Goff")
    nurse = await enter(browser, region, "Claire Weber")
    await doctor.goto(f"{region.url}/evenements-recus")
    badge = nurse.locator("[data-unread]").first
    before = int((await badge.text_content() or "0").strip())

    began = await arrives(region, "lea-querre", "e-lea-querre")

    row = doctor.locator("#recus li", has_text="QUERRE").first
    await expect(row).to_contain_text("Arrivée aux urgences", timeout=BOUND_SECONDS * 1000)
    await expect(badge).to_have_text(str(before + 1), timeout=BOUND_SECONDS * 1000)
    assert time.monotonic() - began < BOUND_SECONDS

    await doctor.keyboard.press("Tab")
    await row.get_by_role("link").focus()
    await doctor.keyboard.press("Enter")
    await doctor.wait_for_url("**/evenements-recus/*")
    await expect(doctor.locator("#detail")).to_contain_text("CH de Belmont")
    await doctor.get_by_role("button", name="Accuser réception").click()
    await expect(doctor.locator("#detail")).to_contain_text("accusée")
    await doctor.context.close()
    await nurse.context.close()


@pytest.mark.requirement("B2.5")
async def test_it_is_read_and_acknowledged_without_javascript(
    region: Region, browser: Browser
) -> None:
    await arrives(region, "lea-querre", "e-lea-querre-2")
    page = await enter(
        browser, region, "Nadia Benhamou", java_script_enabled=False,
        viewport={"width": 320, "height": 700},
    )  # fmt: skip
    row = page.locator("#recus li", has_text="QUERRE").first

    for _ in range(50):
        await page.goto(f"{region.url}/evenements-recus")
        if await row.count():
            break
    await row.get_by_role("link").click()
    await page.get_by_role("button", name="Accuser réception").click()
    await page.goto(f"{region.url}/evenements-recus?etat=accuses&type=emergency-arrival")

    assert await row.count() == 1
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    await page.context.close()
