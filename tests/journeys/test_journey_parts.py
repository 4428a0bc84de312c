"""What a page fetches to bring itself up to date is its part, never a page within the page."""

from __future__ import annotations

import re

import pytest
from demonstration import Region
from playwright.async_api import Browser
from scenes import enter
from test_journey_accessibility import PAGES, reach

PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


def words(html: str) -> str:
    """What is read in a record, without what is new at each answer."""
    record = html.partition('id="dossier"')[2].partition('<footer class="foot')[0]
    record = re.sub(r"<hx-partial.*?</hx-partial>|<(script|style).*?</\1>", "", record, flags=re.S)
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", record))
    return re.sub(r"\d\d? h \d\d", "", plain.replace("\u00a0", " ").replace("\u202f", " "))


@pytest.mark.parametrize("who", [one for one in PAGES if one])
async def test_a_record_is_updated_by_its_part_alone(
    region: Region, browser: Browser, who: str
) -> None:
    page = await enter(browser, region, who)
    for path in PAGES[who]:
        if not path.startswith("/patients/"):
            continue
        await reach(region, page, path)
        whole = await (await page.request.get(page.url)).text()
        part = await (await page.request.get(page.url, headers=PART)).text()
        if 'id="dossier"' in whole:
            assert "<html" not in part, path
            assert 'id="veille"' not in part, path
            assert words(part).strip() == words(whole).strip(), path
    await page.context.close()
