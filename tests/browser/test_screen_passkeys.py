"""Passkeys (a virtual authenticator), the step up, and workstations that several people share."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
import uvicorn
from playwright.async_api import BrowserContext, CDPSession, Page, expect
from serving import VENDOR, axe_violations
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

import running
from cordee.app.screen import make_screen
from cordee.identity.accounts.register import NewAccount, Register, Situation
from cordee.web.stepping.levels import needs_level
from presence import need
from running import Ground, Platform, platform_on

ground = running.ground
PASSWORD = "une corde bien tendue"
CLINIC = Situation("médecin généraliste", "Organization/cabinet", "Cabinet Roux")
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


async def guarded(request: Request) -> Response:
    """A page of the DMP class, as any page asks for two factors."""
    needs_level(request, 2)
    return PlainTextResponse("document du DMP")


@dataclass
class Place:
    """A screen under a name that browsers allow keys for."""

    url: str
    platform: Platform
    register: Register

    async def sql(self, statement: str, *values: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.platform.ground.superuser(self.platform.database))
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def person(self, login: str) -> str:
        await self.sql("DELETE FROM sign_in_attempt")
        return await self.register.add(NewAccount(login, "Dr Bernard Roux"), [CLINIC])


@pytest.fixture(scope="module")
async def place(ground: Ground) -> AsyncIterator[Place]:
    need(VENDOR, "front-end files (run scripts/front_end.py)")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://localhost:{listener.getsockname()[1]}"
        async with platform_on(ground, base_url=url) as platform:
            screen: Any = make_screen(platform.parts)
            screen.router.routes.insert(0, Route("/dmp", guarded))
            config = uvicorn.Config(screen, log_level="warning", lifespan="off", ws="none")
            server = uvicorn.Server(config)
            task = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:
                await asyncio.sleep(0.01)
            yield Place(url, platform, Register(platform.parts.database, "test"))
            server.should_exit = server.force_exit = True
            await task


@pytest.fixture
async def device(context: BrowserContext, page: Page) -> CDPSession:
    page.set_default_timeout(6000)
    tools = await context.new_cdp_session(page)
    await tools.send("WebAuthn.enable")
    await tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return tools


async def sign_in(page: Page, place: Place, login: str, password: str) -> None:
    await page.goto(f"{place.url}/connexion")
    await page.get_by_label("Identifiant").fill(login)
    await page.get_by_label("Mot de passe").fill(password)
    await page.get_by_role("button", name="Entrer", exact=True).click()


async def enrolled(page: Page, place: Place, login: str) -> None:
    """Somebody new with a key on the device of the page."""
    await sign_in(page, place, login, await place.person(login))
    await page.get_by_label("Nouveau mot de passe").fill(PASSWORD)
    await page.get_by_role("button", name="Enregistrer et continuer").click()
    await page.wait_for_url(f"{place.url}/")
    await page.goto(f"{place.url}/securite")
    await page.get_by_label("Nom de la clé").fill("Téléphone")
    await page.locator("#preuve-cle").fill(PASSWORD)
    await page.get_by_role("button", name="Ajouter une clé d’accès").click()
    await expect(page.get_by_text("Téléphone", exact=True).first).to_be_visible()


@pytest.mark.requirement("A2.1")
async def test_a_key_enters_as_two_factors(place: Place, page: Page, device: CDPSession) -> None:
    await enrolled(page, place, "cle")
    await page.get_by_role("button", name="Quitter").click()

    await page.get_by_role("button", name="Clé d’accès de cet appareil").click()

    await page.wait_for_url(f"{place.url}/")
    rows = await place.sql(
        "SELECT s.level, s.means FROM session s JOIN account a ON a.id = s.account"
        " WHERE a.login = 'cle' AND s.closed IS NULL"
    )
    assert [tuple(row) for row in rows] == [(2, "passkey")]


@pytest.mark.requirement("A2.2")
async def test_a_page_of_the_dmp_leads_to_a_confirmation_and_back(
    place: Place, page: Page, device: CDPSession
) -> None:
    await enrolled(page, place, "monte")
    await page.get_by_role("button", name="Quitter").click()
    await sign_in(page, place, "monte", PASSWORD)
    await page.wait_for_url(f"{place.url}/")

    answer = await page.goto(f"{place.url}/dmp")
    assert answer is not None
    assert answer.status == 403
    await page.get_by_role("link", name="Confirmer avec un second facteur").click()
    await page.get_by_role("button", name="Utiliser ma clé d’accès").click()

    await page.wait_for_url(f"{place.url}/dmp")
    await expect(page.get_by_text("document du DMP")).to_be_visible()


@pytest.mark.requirement("A2.2")
async def test_the_key_of_somebody_else_raises_nothing(
    place: Place, page: Page, device: CDPSession
) -> None:
    await enrolled(page, place, "premiere")
    await page.get_by_role("button", name="Quitter").click()
    await sign_in(page, place, "seconde", await place.person("seconde"))
    await page.get_by_label("Nouveau mot de passe").fill(PASSWORD)
    await page.get_by_role("button", name="Enregistrer et continuer").click()
    await page.wait_for_url(f"{place.url}/")
    await place.sql(
        "INSERT INTO passkey (id, account, public_key, label)"
        " SELECT 'x', id, 'y', 'z' FROM account WHERE login = 'seconde'"
    )

    await page.goto(f"{place.url}/confirmer?suite=/dmp")
    await page.get_by_role("button", name="Utiliser ma clé d’accès").click()

    await expect(page.get_by_role("alert").first).to_contain_text("n’est pas une clé d’accès")
    answer = await page.goto(f"{place.url}/dmp")
    assert answer is not None
    assert answer.status == 403


@pytest.mark.requirement("A2.1")
async def test_a_key_whose_signature_does_not_hold_is_refused(
    place: Place, page: Page, device: CDPSession
) -> None:
    await enrolled(page, place, "sansverif")
    await page.get_by_role("button", name="Quitter").click()
    changed = await place.sql(
        "UPDATE passkey SET public_key = set_byte(public_key, 20, 255 - get_byte(public_key, 20))"
        " WHERE octet_length(public_key) > 30 RETURNING id"
    )
    assert changed

    await page.get_by_role("button", name="Clé d’accès de cet appareil").click()

    await expect(page.get_by_role("alert").first).to_contain_text("n’ouvre aucun compte")
    await place.sql("DELETE FROM passkey")


@pytest.mark.requirement("A2.10")
async def test_while_the_national_service_is_broken_no_new_access_is_opened(
    place: Place, page: Page, device: CDPSession
) -> None:
    await enrolled(page, place, "panne")
    await expect(page.locator("body")).not_to_contain_text("ne répond pas")
    await page.goto(f"{place.url}/dmp")
    await expect(page.get_by_text("document du DMP")).to_be_visible()
    await place.sql(
        "INSERT INTO identity_provider (name, kind, label, issuer, client_id, scope, down_since)"
        " VALUES ('psc', 'psc', 'Pro Santé Connect', 'http://localhost:9', 'c', 'openid', now())"
    )

    await page.goto(f"{place.url}/dmp")
    await expect(page.get_by_text("document du DMP")).to_be_visible()
    await page.goto(f"{place.url}/raccourcis")
    await expect(page.get_by_role("status").first).to_contain_text("aucun nouvel accès au DMP")
    await page.get_by_role("button", name="Quitter").click()
    await page.get_by_role("button", name="Clé d’accès de cet appareil").click()
    await page.wait_for_url(f"{place.url}/")
    answer = await page.goto(f"{place.url}/dmp")
    assert answer is not None
    assert answer.status == 403
    await expect(page.locator("main")).to_contain_text("Aucun nouvel accès au DMP")
    await place.sql("UPDATE session SET means = 'psc', opened = now() - interval '5 h'")
    await place.sql("UPDATE identity_provider SET down_since = now() - interval '241 min'")
    await page.goto(f"{place.url}/raccourcis")
    assert page.url.startswith(f"{place.url}/connexion")
    await place.sql("DELETE FROM identity_provider")


async def with_short_code(page: Page, place: Place, login: str, code: str, badge: str) -> None:
    """Somebody new, signed in, with a short code and a badge."""
    await sign_in(page, place, login, await place.person(login))
    await page.get_by_label("Nouveau mot de passe").fill(PASSWORD)
    await page.get_by_role("button", name="Enregistrer et continuer").click()
    await page.wait_for_url(f"{place.url}/")
    await page.goto(f"{place.url}/securite")
    await page.locator("#preuve-court").fill(PASSWORD)
    await page.locator("#court").fill("111111")
    await page.get_by_role("button", name="Enregistrer le code court").click()
    await expect(page.get_by_role("alert").first).to_contain_text("ni pareils ni qui se suivent")
    await page.locator("#preuve-court").fill(PASSWORD)
    await page.locator("#court").fill(code)
    await page.locator("#badge").fill(badge)
    await page.get_by_role("button", name="Enregistrer le code court").click()
    await expect(page.get_by_text("Un code court est en place.")).to_be_visible()


@pytest.mark.requirement("A2.6")
async def test_two_people_share_a_workstation(place: Place, page: Page) -> None:
    await with_short_code(page, place, "jour", "493817", "BADGE-1")
    await page.goto(f"{place.url}/raccourcis")
    await page.get_by_role("button", name="Verrouiller").click()
    await page.context.clear_cookies(name="cordee_session")
    await with_short_code(page, place, "nuit", "620518", "BADGE-2")
    await page.get_by_role("button", name="Verrouiller").click()

    await page.get_by_text("Une autre personne reprend ce poste").click()
    await page.get_by_label("Badge ou identifiant").fill("BADGE-1")
    await page.get_by_label("Code court de cette personne").fill("493810")
    await page.get_by_role("button", name="Reprendre sa session").click()
    await expect(page.get_by_role("alert").first).to_contain_text("Aucune session")
    started = time.monotonic()
    await page.get_by_label("Code court de cette personne").fill("493817")
    await page.get_by_role("button", name="Reprendre sa session").click()

    await page.wait_for_url(f"{place.url}/raccourcis")
    assert time.monotonic() - started < 5
    await page.get_by_role("button", name="Verrouiller").click()
    await page.get_by_text("Une autre personne reprend ce poste").click()
    await page.get_by_label("Badge ou identifiant").fill("nuit")
    await page.get_by_label("Code court de cette personne").fill("620518")
    await page.get_by_role("button", name="Reprendre sa session").click()
    await page.wait_for_url(f"{place.url}/securite")


@pytest.mark.requirement("A2.6")
async def test_a_short_code_opens_nothing_elsewhere(place: Place, page: Page) -> None:
    await with_short_code(page, place, "poste", "718264", "BADGE-3")
    await page.get_by_role("button", name="Verrouiller").click()
    started = time.monotonic()
    await page.get_by_label("Code court", exact=True).fill("718264")
    await page.get_by_role("button", name="Reprendre", exact=True).click()
    await page.wait_for_url(f"{place.url}/securite")
    assert time.monotonic() - started < 5
    await page.get_by_role("button", name="Verrouiller").click()
    await place.sql("UPDATE session SET station = 'another'")

    await page.get_by_text("Une autre personne reprend ce poste").click()
    await page.get_by_label("Badge ou identifiant").fill("poste")
    await page.get_by_label("Code court de cette personne").fill("718264")
    await page.get_by_role("button", name="Reprendre sa session").click()

    await expect(page.get_by_role("alert").first).to_contain_text("Aucune session")


@pytest.mark.requirement("A2.6")
async def test_what_was_typed_survives_the_lock(place: Place, page: Page) -> None:
    await with_short_code(page, place, "saisie", "395172", "BADGE-4")
    await page.get_by_label("Nom de la clé").fill("ce que j’écrivais")
    await page.locator("#court").fill("846201")
    await page.locator("#preuve-court").fill(PASSWORD)
    await place.sql("UPDATE session SET seen = seen - interval '16 minutes'")
    await page.get_by_role("button", name="Enregistrer le code court").click()
    await page.wait_for_url(f"{place.url}/verrou?suite=/reprise")
    kept = await place.sql("SELECT path, sealed FROM session_draft")
    assert [row["path"] for row in kept] == ["/securite/code-court"]
    assert b"846201" not in kept[0]["sealed"]

    await page.get_by_label("Mot de passe ou code").fill(PASSWORD)
    await page.get_by_role("button", name="Déverrouiller").click()
    await expect(page.get_by_role("heading", name="Votre saisie est intacte")).to_be_visible()
    await page.get_by_role("button", name="Envoyer maintenant").click()

    await expect(page.get_by_text("Un code court est en place.")).to_be_visible()
    assert await place.sql("SELECT FROM session_draft") == []
    await page.get_by_role("button", name="Verrouiller").click()
    await page.get_by_label("Code court", exact=True).fill("846201")
    await page.get_by_role("button", name="Reprendre", exact=True).click()
    await page.wait_for_url(f"{place.url}/securite")


async def test_the_pages_of_keys_are_accessible(
    place: Place, page: Page, device: CDPSession
) -> None:
    await enrolled(page, place, "lisible")
    context = page.context.browser
    assert context is not None
    fresh = await context.new_context(bypass_csp=True)
    cookies: Any = await page.context.cookies()  # what is read is not typed as what is set
    await fresh.add_cookies(cookies)
    other = await fresh.new_page()
    broken = []
    await place.sql("UPDATE session SET level = 1")
    for path in ("/securite", "/confirmer", "/dmp"):
        await other.goto(f"{place.url}{path}")
        broken += await axe_violations(other, path)
    await fresh.close()

    assert broken == []
