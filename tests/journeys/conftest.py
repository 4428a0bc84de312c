"""The demo as a process of its own, and Chromium in front of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright
from running import Server, bearer, forget_sockets

from cordee.app.accounts import principal_of
from cordee.app.region.accounts import DEMO_ACCOUNTS
from cordee.identity.tokens import Tokens

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
VENDOR = Path(__file__).resolve().parents[2] / "src/cordee/web/static/vendor/htmx.js"
PATIENTS = 60


@dataclass(frozen=True, slots=True)
class Region:
    """The demo that runs."""

    server: Server

    @property
    def url(self) -> str:
        """Address of the screen."""
        return self.server.url

    def system(self) -> httpx.AsyncClient:
        """A client of the FHIR base as another program of the region."""
        return self._client(bearer(Tokens(self.server.settings.keys)))

    def person(self, user: str) -> httpx.AsyncClient:
        """A client of the FHIR base with the token of a demo account."""
        account = next(one for one in DEMO_ACCOUNTS if one.user == user)
        return self._client(Tokens(self.server.settings.keys).make(principal_of(account), 60))

    async def trail(self, actor: str) -> list[tuple[str, str]]:
        """Action and detail of the lines of one actor in the audit trail, oldest first."""
        socket = (self.server.data / "postgres.json").read_text().split('"')[3]
        connection = await asyncpg.connect(
            host=socket, user="cordee_owner", database="cordee"
        )
        try:
            rows = await connection.fetch(
                "SELECT action, detail FROM audit WHERE actor = $1 ORDER BY n", actor
            )
        finally:
            await connection.close()
        return [(row["action"].decode(), row["detail"]) for row in rows]

    def _client(self, token: str) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {token}"}
        return httpx.AsyncClient(base_url=f"{self.server.fhir}/", headers=headers, timeout=60)


@pytest.fixture(scope="session")
def region() -> Iterator[Region]:
    """`cordee demo` with sixty people besides those whom the scenarios name."""
    _need(VENDOR, "front-end files (run scripts/front_end.py)")
    with tempfile.TemporaryDirectory(prefix="cordee-test-", ignore_cleanup_errors=True) as folder:
        server = Server(Path(folder) / "data", "--patients", str(PATIENTS), command="demo")
        server.start()
        try:
            yield Region(server)
        finally:
            server.stop()
            forget_sockets(server.data)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    found = os.environ.get("CORDEE_CHROMIUM") or shutil.which("chromium") or "chromium"
    executable = _need(Path(found), "chromium (CORDEE_CHROMIUM or the path)")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        await asyncio.wait_for(chromium.close(), 20)


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, locale="fr-FR")
    yield await context.new_page()
    await context.close()


def _need(path: Path, what: str) -> Path:
    """The path, or a skip outside CI when it is missing."""
    if path.exists():
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is missing")
