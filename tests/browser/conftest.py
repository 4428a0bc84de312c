"""A served screen with invented patients, and Chromium to look at it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from sample_record import NOW, SampleAccounts, SampleRecords
from serving import FLAGS, VENDOR, Site, enter
from starlette.applications import Starlette

from cordee.web.application import create_web
from cordee.web.ports import WebPorts, WebSettings
from presence import need


@pytest.fixture(scope="session")
async def served() -> AsyncIterator[tuple[Starlette, str]]:
    """The application and its address; one server for all tests."""
    need(VENDOR, "front-end files (run scripts/front_end.py)")
    settings = WebSettings(key=b"k" * 32, is_demo=True, clock=lambda: NOW)
    app = create_web(WebPorts(SampleAccounts(), SampleRecords()), settings)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="warning", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield app, f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = server.force_exit = True
        await task


@pytest.fixture
def site(served: tuple[Starlette, str]) -> Site:
    """The screen with records and accounts of its own for each test."""
    app, url = served
    records, accounts = SampleRecords(), SampleAccounts()
    app.state.ports = WebPorts(accounts, records)
    return Site(url, records, accounts)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    found = os.environ.get("CORDEE_CHROMIUM") or shutil.which("chromium")
    executable = need(found, "chromium (CORDEE_CHROMIUM or the path)")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        await chromium.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    fresh = await browser.new_context(viewport={"width": 1440, "height": 900}, locale="fr-FR")
    yield fresh
    await fresh.close()


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    return await context.new_page()


@pytest.fixture
async def doctor(site: Site, page: Page) -> Page:
    """A page where Dr Le Goff has entered."""
    return await enter(site, page)
