"""The map in a browser: zoomed, pointed at, led to its line; whole on paper and without script."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from demonstration import Region
from playwright.async_api import Browser, Page, expect
from test_journey_accessibility import NARROW, enter, reach

JULIE = "Julie Perret"
PAGE = "/population/urgences?depuis=5"  # the first five lines are on another page
# Names that can be read and lie over one another.
MEETING = """() => {
  const names = [...document.querySelectorAll(".map text.near")]
    .filter(one => getComputedStyle(one).visibility === "visible")
    .map(one => [one.textContent, one.getBoundingClientRect()]);
  return names.flatMap(([name, a], at) => names.slice(at + 1).filter(([, b]) =>
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
  ).map(([other]) => `${name} / ${other}`));
}"""
WIDTH = "document.querySelector('.map svg').getBoundingClientRect().width"


async def becomes(page: Page, is_so: Callable[[float], bool]) -> None:
    """Waits, five seconds at most, for the width of the drawing."""
    for _ in range(100):
        if is_so(await page.evaluate(WIDTH)):
            return
        await page.wait_for_timeout(50)
    raise AssertionError(await page.evaluate(WIDTH))


@pytest.mark.requirement("G2.1", "G2.2")
async def test_a_map_is_zoomed_and_leads_to_the_line_of_an_area(region: Region, page: Page) -> None:
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda line: broken.append(line.text) if line.type == "error" else None)
    await enter(region, page, JULIE)
    await reach(region, page, PAGE)
    frame = page.get_by_role("group", name=re.compile(r"^Carte\. Flèches"))
    await expect(frame).to_be_visible()
    whole = await page.evaluate(WIDTH)
    out = page.get_by_role("button", name="Réduire la carte")
    await expect(out).to_be_disabled()

    # By keyboard alone: larger, moved, whole again.
    await frame.focus()
    await page.keyboard.press("+")
    await becomes(page, lambda width: width > whole * 1.4)
    await expect(out).to_be_enabled()
    await page.get_by_role("button", name="Tout voir").focus()
    await page.keyboard.press("Enter")
    await becomes(page, lambda width: abs(width - whole) < 2)

    # The room changes: the drawing fills it, and is not moved aside.
    await page.set_viewport_size({"width": 700, "height": 900})
    await page.wait_for_timeout(600)
    room = await frame.bounding_box()
    drawn = await page.locator(".map svg").first.bounding_box()
    assert room
    assert drawn
    assert all(abs(room[side] - drawn[side]) < 2 for side in ("x", "y", "width", "height"))
    await page.set_viewport_size({"width": 1280, "height": 900})
    await page.wait_for_timeout(600)

    # On a telephone names would lie over one another: the first of them stays.
    await page.set_viewport_size(NARROW)
    await page.wait_for_timeout(600)
    await frame.focus()
    await page.keyboard.press("+")
    await expect(page.locator(".frame[data-near]")).to_be_visible()
    await page.wait_for_timeout(400)
    assert await page.locator(".map .crowded").count() > 0
    assert await page.evaluate(MEETING) == []
    await page.set_viewport_size({"width": 1280, "height": 900})
    await page.wait_for_timeout(600)

    # What is pointed at says what the table says; a click goes to its line, wherever it is.
    area = page.locator('.map path[data-row="2"]').first
    told = await area.get_attribute("data-title")
    assert told
    await area.scroll_into_view_if_needed()
    box = await area.bounding_box()
    assert box
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await expect(page.locator(".leaflet-tooltip")).to_have_text(told)
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.wait_for_url(re.compile(r"depuis=0#ligne-2$"))
    name = told.partition(" (")[0].partition(" :")[0]
    await expect(page.locator("tr:target th")).to_contain_text(name)
    assert broken == []


@pytest.mark.requirement("G2.2")
async def test_a_page_of_paper_holds_the_whole_map_and_its_numbers(
    region: Region, page: Page
) -> None:
    await enter(region, page, JULIE)
    await reach(region, page, "/population/urgences")
    await page.get_by_role("button", name="Agrandir la carte").click()
    await expect(page.locator(".frame:not([data-whole])")).to_be_visible()
    paper = await page.pdf(format="A4", print_background=False)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    await expect(page.get_by_role("button", name="Agrandir la carte")).to_be_visible()


@pytest.mark.requirement("G2.2")
async def test_the_map_stands_without_a_script(region: Region, browser: Browser) -> None:
    context = await browser.new_context(
        viewport=NARROW, locale="fr-FR", java_script_enabled=False
    )  # fmt: skip
    page = await context.new_page()
    await enter(region, page, JULIE)
    await reach(region, page, "/population/urgences")
    await expect(page.locator(".map > svg")).to_be_visible()
    await expect(page.locator("[data-drawn] svg").first).to_be_visible()
    await expect(page.get_by_role("button", name="Agrandir la carte")).to_be_hidden()
    await context.close()
