"""Local accounts on the screen, on the real database: enter, second factor, lock, my security."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, expect
from serving import VENDOR, axe_violations

import running
from cordee.app.screen import make_screen
from cordee.identity.accounts import totp
from cordee.identity.accounts.register import NewAccount, Register, Situation
from cordee.runtime.clock import now
from presence import need
from running import Ground, Platform, platform_on

ground = running.ground
PASSWORD = "une corde bien tendue"
CLINIC = Situation("médecin généraliste", "Organization/cabinet", "Cabinet Roux")
HOME = Situation("médecin coordonnateur", "Organization/tilleuls", "EHPAD Les Tilleuls")
PICTURES = os.environ.get("CORDEE_PICTURES")


@dataclass
class Installation:
    """A screen in production, and the register of its accounts."""

    url: str
    platform: Platform
    register: Register

    async def sql(self, statement: str, *values: object) -> None:
        import asyncpg

        connection = await asyncpg.connect(self.platform.ground.superuser(self.platform.database))
        await connection.execute(statement, *values)
        await connection.close()


@pytest.fixture(scope="module")
async def installation(ground: Ground) -> AsyncIterator[Installation]:
    need(VENDOR, "front-end files (run scripts/front_end.py)")
    async with platform_on(ground) as platform:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            config = uvicorn.Config(
                make_screen(platform.parts), log_level="warning", lifespan="off", ws="none"
            )
            server = uvicorn.Server(config)
            task = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:
                await asyncio.sleep(0.01)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            yield Installation(url, platform, Register(platform.parts.database, "test"))
            server.should_exit = server.force_exit = True
            await task


@pytest.fixture(params=[1440, 320])
async def screen(
    request: pytest.FixtureRequest, browser: Browser
) -> AsyncIterator[tuple[Page, Callable[[str], Awaitable[None]]]]:
    """A page without JavaScript of each width, and how it is looked at."""
    size = {"width": request.param, "height": 900}
    context = await browser.new_context(viewport=size, locale="fr-FR", java_script_enabled=False)
    page = await context.new_page()

    async def look(name: str) -> None:
        if PICTURES:
            path = Path(PICTURES) / f"{name}-{request.param}.png"
            await page.screenshot(path=path, full_page=True)
        width = await page.locator("html").evaluate("page => page.scrollWidth")
        assert width <= request.param, name

    yield page, look
    await context.close()


async def given(installation: Installation, login: str, *situations: Situation) -> str:
    """First password of somebody new, counted from nothing."""
    await installation.sql("DELETE FROM sign_in_attempt")
    person = NewAccount(login, "Dr Bernard Roux")
    return await installation.register.add(person, situations or (CLINIC,))


async def sign_in(
    page: Page, installation: Installation, login: str, password: str = PASSWORD, path: str = "/"
) -> None:
    await page.goto(f"{installation.url}{path}")
    await page.get_by_label("Identifiant").fill(login)
    await page.get_by_label("Mot de passe").fill(password)
    await page.get_by_role("button", name="Entrer").click()


async def choose_password(page: Page, password: str = PASSWORD) -> None:
    await page.get_by_label("Nouveau mot de passe").fill(password)
    await page.get_by_role("button", name="Enregistrer et continuer").click()


def code_of(text: str) -> str:
    """The code that an application with this key shows."""
    plain = text.replace(" ", "")
    secret = base64.b32decode(plain + "=" * (-len(plain) % 8))
    return totp.code_of(secret, int(time.time()) // totp.PERIOD)


Screen = tuple[Page, Callable[[str], Awaitable[None]]]


@pytest.mark.requirement("A2.1")
async def test_a_first_entry_without_javascript(installation: Installation, screen: Screen) -> None:
    page, look = screen
    login = f"premier{page.viewport_size['width']}"
    first = await given(installation, login)
    await page.goto(f"{installation.url}/connexion")
    await look("sign-in")
    assert await page.get_by_role("button").count() == 1

    await sign_in(page, installation, login, "faux", "/raccourcis")
    await expect(page.get_by_role("alert")).to_contain_text("Identifiant ou mot de passe inconnu")
    await expect(page.get_by_label("Identifiant")).to_have_value(login)
    await expect(page.get_by_label("Mot de passe")).to_have_value("")
    await look("sign-in-wrong")

    await page.get_by_label("Mot de passe").fill(first)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Choisissez votre mot de passe")).to_be_visible()
    await look("new-password")
    await choose_password(page, "court")
    await expect(page.get_by_role("alert")).to_contain_text("au moins 12 caractères")
    await choose_password(page)

    await page.wait_for_url(f"{installation.url}/raccourcis")


@pytest.mark.requirement("A2.2")
async def test_a_second_factor_without_javascript(
    installation: Installation, screen: Screen
) -> None:
    page, look = screen
    login = f"facteur{page.viewport_size['width']}"
    await sign_in(page, installation, login, await given(installation, login))
    await choose_password(page)
    await page.goto(f"{installation.url}/securite")
    await look("security")
    await page.locator("#preuve-application").fill("faux")
    await page.get_by_role("button", name="Ajouter une application").click()
    await expect(page.get_by_role("alert")).to_contain_text("Ce n’est pas votre mot de passe")

    await page.locator("#preuve-application").fill(PASSWORD)
    await page.get_by_role("button", name="Ajouter une application").click()
    await expect(page.get_by_role("img", name="Code QR")).to_be_visible()
    await look("security-enrol")
    key = "".join(await page.locator("#cle code").all_inner_texts())
    await page.get_by_label("Code à six chiffres").fill("000000")
    await page.get_by_role("button", name="Activer").click()
    await expect(page.get_by_role("alert")).to_contain_text("Ce code n’est pas le bon")
    spent = code_of(key)
    await page.get_by_label("Code à six chiffres").fill(spent)
    await page.get_by_role("button", name="Activer").click()
    codes = await page.locator("#codes code").all_inner_texts()
    assert len(codes) == 10
    await look("security-codes")
    await page.get_by_role("link", name="Je les ai notés").click()
    await expect(page.get_by_text("Il vous reste 10 codes de secours.")).to_be_visible()
    await expect(page.locator("#codes")).to_have_count(0)
    await look("security-active")

    await page.get_by_role("button", name="Quitter").click()
    await sign_in(page, installation, login)
    await page.wait_for_url(re.compile("/connexion/code"))
    await look("code")
    await page.goto(f"{installation.url}/securite")
    await page.wait_for_url(re.compile("/connexion/code"))
    await page.get_by_label("Code").fill(spent)
    await page.get_by_role("button", name="Entrer").click()
    await expect(page.get_by_role("alert")).to_contain_text("il a déjà servi")
    await page.get_by_label("Code").fill(codes[0])
    await page.get_by_role("button", name="Entrer").click()
    await page.wait_for_url(f"{installation.url}/securite")
    await expect(page.get_by_text("Il vous reste 9 codes de secours.")).to_be_visible()


@pytest.mark.requirement("A2.5")
async def test_a_situation_is_chosen_without_javascript(
    installation: Installation, screen: Screen
) -> None:
    page, look = screen
    login = f"situation{page.viewport_size['width']}"
    first = await given(installation, login, CLINIC, HOME)
    await sign_in(page, installation, login, first)
    await choose_password(page)

    await expect(page.get_by_role("heading", name="Où exercez-vous maintenant")).to_be_visible()
    await look("situation")
    await page.get_by_role("button", name="EHPAD Les Tilleuls").click()
    await page.wait_for_url(f"{installation.url}/")
    await look("home")

    await page.goto(f"{installation.url}/connexion/situation")
    await page.get_by_role("button", name="Cabinet Roux").click()
    await page.wait_for_url(f"{installation.url}/")


@pytest.mark.requirement("A2.6")
async def test_a_locked_session_comes_back_to_its_page(
    installation: Installation, screen: Screen
) -> None:
    page, look = screen
    login = f"verrou{page.viewport_size['width']}"
    await sign_in(page, installation, login, await given(installation, login))
    await choose_password(page)
    await installation.sql("UPDATE session SET seen = seen - interval '16 minutes'")

    await page.goto(f"{installation.url}/raccourcis")
    await expect(page.get_by_role("heading", name="Session verrouillée")).to_be_visible()
    await expect(page.get_by_text("Dr Bernard Roux")).to_be_visible()
    await look("lock")
    await page.get_by_label("Mot de passe ou code").fill("faux")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("ni votre mot de passe")
    started = time.monotonic()
    await page.get_by_label("Mot de passe ou code").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{installation.url}/raccourcis")
    assert time.monotonic() - started < 5


@pytest.mark.requirement("A2.6")
async def test_verrouiller_locks_and_another_person_can_enter(
    installation: Installation, page: Page
) -> None:
    login, other = "verrouille", "suivante"
    first = await given(installation, other)
    await sign_in(page, installation, login, await given(installation, login))
    await choose_password(page)
    await page.goto(f"{installation.url}/raccourcis")
    await page.get_by_role("button", name="Verrouiller").click()
    assert page.url == f"{installation.url}/verrou?suite=/raccourcis"
    await page.goto(f"{installation.url}/")
    assert page.url == f"{installation.url}/verrou"

    await page.get_by_role("button", name="Changer de personne").click()
    await sign_in(page, installation, other, first)
    await expect(page.get_by_role("heading", name="Choisissez votre mot de passe")).to_be_visible()


@pytest.mark.requirement("A2.7")
async def test_a_secretary_sees_in_whose_name_she_acts(
    installation: Installation, page: Page
) -> None:
    await given(installation, "medecin")
    desk = Situation("secrétaire médicale", "Organization/cabinet", "Secrétariat")
    first = await given(installation, "secretaire", desk)
    await installation.register.delegate("secretaire", "medecin", now(), None)
    await sign_in(page, installation, "secretaire", first)
    await choose_password(page)

    await page.get_by_role("button", name="par délégation de Dr Bernard Roux").click()
    await page.wait_for_url(f"{installation.url}/")
    await expect(page.get_by_text("par délégation de Dr Bernard Roux")).to_be_visible()


@pytest.mark.requirement("A2.3")
async def test_who_has_left_is_out_at_the_next_page(installation: Installation, page: Page) -> None:
    await sign_in(page, installation, "sortie", await given(installation, "sortie"))
    await choose_password(page)
    await page.wait_for_url(f"{installation.url}/")

    await installation.register.set_status("sortie", "left")
    await page.goto(f"{installation.url}/raccourcis")

    assert page.url.startswith(f"{installation.url}/connexion")


async def test_the_cookie_of_before_opens_nothing_after(
    installation: Installation, page: Page, context: BrowserContext
) -> None:
    first = await given(installation, "fixe")
    await page.goto(f"{installation.url}/connexion")
    before = {c["value"] for c in await context.cookies() if c["name"] == "cordee_session"}
    await sign_in(page, installation, "fixe", first)
    await choose_password(page)
    entered = await context.cookies()
    assert not before & {c["value"] for c in entered}
    await page.get_by_role("button", name="Quitter").click()

    await context.add_cookies(entered)
    await page.goto(f"{installation.url}/")
    assert page.url.startswith(f"{installation.url}/connexion")


async def test_another_session_is_seen_and_closed(
    installation: Installation, page: Page, browser: Browser
) -> None:
    await sign_in(page, installation, "deux", await given(installation, "deux"))
    await choose_password(page)
    elsewhere = await browser.new_context()
    other = await elsewhere.new_page()
    await sign_in(other, installation, "deux")
    await other.wait_for_url(f"{installation.url}/")

    await page.goto(f"{installation.url}/securite")
    await expect(page.get_by_text("Cette session")).to_have_count(1)
    await page.get_by_role("button", name="Fermer").click()
    await expect(page.get_by_text("Autre session")).to_have_count(0)
    await other.goto(f"{installation.url}/")
    assert other.url.startswith(f"{installation.url}/connexion")
    await elsewhere.close()


async def test_too_many_errors_make_one_wait(installation: Installation, page: Page) -> None:
    await given(installation, "presse")
    for _ in range(6):
        await sign_in(page, installation, "presse", "faux")
    await sign_in(page, installation, "presse", "faux")

    await expect(page.get_by_role("alert")).to_contain_text("Trop d’essais : attendez")


async def test_the_pages_of_accounts_are_accessible(
    installation: Installation, browser: Browser
) -> None:
    login = "accessible"
    first = await given(installation, login, CLINIC, HOME)
    context = await browser.new_context(bypass_csp=True)
    page = await context.new_page()
    broken = []
    await page.goto(f"{installation.url}/connexion")
    broken += await axe_violations(page, "sign-in")
    await sign_in(page, installation, login, first)
    await expect(page.get_by_label("Nouveau mot de passe")).to_be_visible()
    broken += await axe_violations(page, "new password")
    await choose_password(page)
    place = page.get_by_role("button", name="Cabinet Roux")
    await expect(place).to_be_visible()
    broken += await axe_violations(page, "situation")
    await place.click()
    await expect(place).to_be_hidden()
    await page.goto(f"{installation.url}/securite")
    broken += await axe_violations(page, "security")
    await page.locator("#preuve-application").fill(PASSWORD)
    await page.get_by_role("button", name="Ajouter une application").click()
    await expect(page.get_by_role("img", name="Code QR")).to_be_visible()
    broken += await axe_violations(page, "enrolment")
    await page.get_by_role("button", name="Verrouiller").click()
    await expect(page.get_by_role("button", name="Déverrouiller")).to_be_visible()
    broken += await axe_violations(page, "lock")
    await context.close()

    assert broken == []
