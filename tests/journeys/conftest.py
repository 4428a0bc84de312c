"""The demo as a process of its own, and Chromium in front of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from demonstration import Region
from playwright.async_api import Browser, Page, async_playwright

from presence import need

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
VENDOR = Path(__file__).resolve().parents[2] / "src/cordee/web/static/vendor/htmx.js"
PEOPLE = 60


@pytest.fixture(scope="session")
def region() -> Iterator[Region]:
    """`cordee demo` with sixty people besides those whom the scenarios name."""
    need(VENDOR, "front-end files (run scripts/front_end.py)")
    with tempfile.TemporaryDirectory(prefix="cordee-test-", ignore_cleanup_errors=True) as folder:
        running = Region(Path(folder) / "data")
        running.start(people=PEOPLE)
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    found = os.environ.get("CORDEE_CHROMIUM") or shutil.which("chromium")
    executable = need(found, "chromium (CORDEE_CHROMIUM or the path)")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        await asyncio.wait_for(chromium.close(), 20)


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, locale="fr-FR")
    yield await context.new_page()
    await context.close()
