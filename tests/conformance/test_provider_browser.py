"""Signing in through a certified OpenID provider, in Chromium: in, up, out at either end."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import national
import pytest
import uvicorn
from playwright.async_api import Page, async_playwright, expect

import running
from cordee.app.asgi import make_application
from cordee.app.screen import make_screen
from cordee.app.wiring import background, open_parts
from cordee.identity.accounts.register import NewAccount, Register, Situation
from cordee.identity.accounts.sealing import Sealer
from cordee.identity.federation.providers import Provider, Providers
from cordee.runtime.settings import read_settings
from presence import need
from running import Ground

ground = running.ground
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PASSWORD = "une corde bien tendue"
CLINIC = Situation("médecin", "Organization/clinic", "Clinique")
pytestmark = pytest.mark.requirement("A2.1")


@dataclass
class Screen:
    """A served installation, its provider, and what stands in its tables."""

    url: str
    issuer: str
    owner: str
    register: Register
    providers: Providers

    async def sql(self, statement: str, *values: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.owner)
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    port, own = national.free_port(), national.free_port()
    base = f"http://127.0.0.1:{own}"
    name = await ground.new_database()
    settings = read_settings({}, data=str(ground.data / name), base_url=base)
    with national.provider(base, port) as issuer:
        async with (
            open_parts(settings, ground.place(name), port=own, pool=4) as parts,
            background(parts, leads=False),
        ):
            providers = Providers(parts.database, Sealer(settings.keys))
            psc = Provider("psc", "psc", "Pro Santé Connect", issuer, "cordee", national.SECRET)
            await providers.add(psc)
            hospital = Provider(
                "chu", "hospital", "CHU", issuer, "cordee", national.SECRET, scope="openid profile",
                structure="Organization/chu", local_claim="preferred_username",
            )  # fmt: skip
            await providers.add(hospital)
            with socket.socket() as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(("127.0.0.1", own))
                config = uvicorn.Config(
                    make_application(parts, make_screen(parts)), log_level="warning",
                    lifespan="off", ws="none",
                )  # fmt: skip
                server = uvicorn.Server(config)
                task = asyncio.create_task(server.serve(sockets=[listener]))
                while not server.started:
                    await asyncio.sleep(0.01)
                owner = ground.superuser(name)
                register = Register(parts.database, "test")
                made = Screen(base, issuer, owner, register, providers)
                await made.register.add(NewAccount("dr.benali", "Dr Yacine Benali"), [CLINIC])
                await made.sql(
                    "UPDATE account SET rpps = $1 WHERE login = 'dr.benali'", national.DOCTOR
                )
                yield made
                server.should_exit = server.force_exit = True
                await task
    await ground.drop(name)


@pytest.fixture
async def page(screen: Screen) -> AsyncIterator[Page]:
    found = os.environ.get("CORDEE_CHROMIUM") or shutil.which("chromium")
    executable = need(found, "chromium (CORDEE_CHROMIUM or the path)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
        context = await browser.new_context(locale="fr-FR")
        yield await context.new_page()
        await browser.close()


async def sign_in(page: Page, screen: Screen, who: str = "doctor", path: str = "") -> None:
    await page.goto(f"{screen.url}{path or '/connexion'}")
    await page.get_by_role("link", name="Carte professionnelle ou e-CPS").click()
    await page.get_by_role("button", name=who, exact=True).click()


async def test_a_professional_enters_by_their_card(screen: Screen, page: Page) -> None:
    await sign_in(page, screen, path="/raccourcis")

    await page.wait_for_url(f"{screen.url}/raccourcis")
    await expect(page.get_by_text("Dr Yacine Benali")).to_be_visible()
    row = (await screen.sql("SELECT * FROM session WHERE closed IS NULL"))[0]
    told = (row["level"], row["means"], row["acr"], row["amr"], row["provider"])
    assert told == (2, "psc", "eidas1", ["hwk", "pin"], "psc")
    assert national.DOCTOR not in row["id_token"].decode("latin-1")
    await screen.sql("DELETE FROM session")


async def test_the_provider_ends_the_session_by_the_back_channel(
    screen: Screen, page: Page
) -> None:
    await sign_in(page, screen)
    await page.wait_for_url(f"{screen.url}/")

    other = await page.context.new_page()
    await other.goto(f"{screen.issuer}/session/end")
    await other.get_by_role("button", name="Fermer").click()
    await other.wait_for_url(f"{screen.issuer}/session/end/success*")

    await page.goto(f"{screen.url}/raccourcis")
    assert page.url.startswith(f"{screen.url}/connexion")
    rows = await screen.sql("SELECT closed_by FROM session")
    assert [row["closed_by"] for row in rows] == ["provider"]
    await screen.sql("DELETE FROM session")


async def test_who_leaves_here_leaves_there(screen: Screen, page: Page) -> None:
    await sign_in(page, screen)
    await page.get_by_role("button", name="Quitter").click()

    await page.get_by_role("button", name="Fermer").click()

    await page.wait_for_url(f"{screen.url}/connexion")
    await page.goto(f"{screen.url}/raccourcis")
    assert page.url.startswith(f"{screen.url}/connexion")
    await page.get_by_role("link", name="Carte professionnelle ou e-CPS").click()
    assert await page.get_by_role("button", name="doctor", exact=True).is_visible()
    await screen.sql("DELETE FROM session")


@pytest.mark.requirement("A2.8")
async def test_an_unknown_number_is_flagged_and_not_let_in(screen: Screen, page: Page) -> None:
    await sign_in(page, screen, "stranger")

    await expect(page.get_by_role("alert")).to_contain_text("pas encore rattachée")
    await expect(page.get_by_role("alert")).to_contain_text(national.STRANGER)
    rows = await screen.sql("SELECT number, name, profession, attempts FROM unknown_professional")
    assert [tuple(row) for row in rows] == [(national.STRANGER, "Yacine Benali", "10", 1)]
    assert await screen.sql("SELECT FROM session") == []
    assert await screen.sql("SELECT FROM account WHERE rpps = $1", national.STRANGER) == []


async def test_who_refuses_comes_back_to_a_sentence(screen: Screen, page: Page) -> None:
    await sign_in(page, screen, "Refuser")

    await expect(page.get_by_role("alert")).to_contain_text("Connexion abandonnée")
    await page.get_by_role("link", name="Revenir").click()
    await page.wait_for_url(f"{screen.url}/connexion")


async def test_an_answer_opens_nothing_in_another_browser(screen: Screen, page: Page) -> None:
    await page.goto(f"{screen.url}/connexion")
    await page.get_by_role("link", name="Carte professionnelle ou e-CPS").click()
    await page.context.clear_cookies(name="cordee_session")

    await page.get_by_role("button", name="doctor", exact=True).click()

    await expect(page.get_by_role("alert")).to_contain_text("a pris trop de temps")
    assert await screen.sql("SELECT FROM session WHERE closed IS NULL") == []


@pytest.mark.requirement("A2.2")
async def test_a_hospital_maps_its_own_people(screen: Screen, page: Page) -> None:
    await page.goto(f"{screen.url}/connexion")
    await page.get_by_role("link", name="Compte CHU").click()
    await page.get_by_role("button", name="agent", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("pas encore rattachée")
    await screen.sql(
        "INSERT INTO agent (structure, local_id, rpps, status, account)"
        " SELECT 'Organization/chu', 'ybenali', rpps, 'linked', id FROM account"
    )

    for who, level in (("agent", 1), ("strong-agent", 2)):
        await page.context.clear_cookies()
        await page.goto(f"{screen.url}/connexion")
        await page.get_by_role("link", name="Compte CHU").click()
        await page.get_by_role("button", name=who, exact=True).click()
        await page.wait_for_url(f"{screen.url}/")
        rows = await screen.sql("SELECT level FROM session WHERE closed IS NULL")
        assert [row["level"] for row in rows] == [level]
        # The open page would go to the sign-in page by itself, at a moment of its own.
        await page.goto("about:blank")
        await screen.sql("DELETE FROM session")
        # One subject stands for one account; these two are the same person at the hospital.
        await screen.sql("DELETE FROM federated_identity WHERE provider = 'chu'")
