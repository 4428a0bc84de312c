"""The demonstration's identity providers on the real wire, their failures, and the console."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from serving import VENDOR, axe_violations

from presence import need
from running import Server, served

DOCTOR, MANAGER = "Dr Yacine Benali", "Élise Vasseur"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    need(VENDOR, "front-end files (run scripts/front_end.py)")
    with served("--mode", "demo") as running:
        yield running


@pytest.fixture(autouse=True)
def short(context: BrowserContext) -> None:
    context.set_default_timeout(8000)


async def by_card(page: Page, server: Server, who: str = DOCTOR, failure: str = "") -> None:
    await page.goto(f"{server.url}/connexion")
    await page.get_by_role("link", name="Carte professionnelle ou e-CPS").click()
    if failure:
        await page.get_by_label(failure).check()
    await page.get_by_role("button", name=who).click()


@pytest.mark.requirement("A2.1")
async def test_one_click_goes_through_the_wire(server: Server, page: Page) -> None:
    await by_card(page, server)

    await page.wait_for_url(f"{server.url}/")
    await expect(page.get_by_text(DOCTOR)).to_be_visible()
    await page.goto(f"{server.url}/securite")
    await expect(page.get_by_text("Cette session")).to_be_visible()
    await expect(page.get_by_label("Votre mot de passe actuel")).to_have_count(0)
    await expect(page.get_by_role("link", name="Rattacher : Compte CHU d’Aubrey")).to_be_visible()
    await expect(page.get_by_role("link", name="Rattacher : FranceConnect")).to_have_count(0)
    await page.get_by_label("Code court").fill("418263")
    await page.get_by_role("button", name="Enregistrer le code court").click()
    await expect(page.get_by_text("Un code court est en place.")).to_be_visible()


@pytest.mark.requirement("A2.1")
async def test_a_card_that_is_taken_out_ends_the_session(
    server: Server, page: Page, browser: Browser
) -> None:
    await by_card(page, server)
    await page.wait_for_url(f"{server.url}/")
    desk = await (await browser.new_context()).new_page()
    await desk.goto(f"{server.url}/emulateur/psc/")
    await desk.get_by_role("button", name=f"Fermer la session de {DOCTOR}").click()
    await expect(desk.get_by_role("status")).to_contain_text("fermée")

    await page.goto(f"{server.url}/raccourcis")

    assert page.url.startswith(f"{server.url}/connexion")
    await desk.context.close()


@pytest.mark.requirement("A2.1")
@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("Le jeton porte un autre nonce", "n’est pas valable"),
        ("Le jeton est périmé", "n’est pas valable"),
        ("La personne refuse sur son téléphone", "Connexion abandonnée"),
    ],
)
async def test_a_failed_sign_in_is_said_and_opens_nothing(
    server: Server, page: Page, failure: str, words: str
) -> None:
    await by_card(page, server, failure=failure)

    await expect(page.get_by_role("alert")).to_contain_text(words)
    await page.goto(f"{server.url}/raccourcis")
    assert page.url.startswith(f"{server.url}/connexion")


@pytest.mark.requirement("A2.1")
async def test_a_citizen_identity_is_bound_and_taken_away(server: Server, page: Page) -> None:
    await page.goto(f"{server.url}/connexion")
    await page.get_by_role("link", name="FranceConnect").click()
    await page.get_by_role("button", name="Jeanne Bertin").click()
    await page.wait_for_url(f"{server.url}/")
    await page.goto(f"{server.url}/securite")
    await expect(page.get_by_role("link", name="Rattacher")).to_have_count(0)
    await expect(page.get_by_role("heading", name="Poste partagé")).to_have_count(0)
    await page.get_by_role("button", name="Détacher FranceConnect").click()
    await expect(page.get_by_role("button", name="Détacher")).to_have_count(0)

    await page.get_by_role("link", name="Rattacher : FranceConnect").click()
    await page.get_by_role("button", name="Jeanne Bertin").click()

    await page.wait_for_url(f"{server.url}/securite")
    await expect(page.get_by_role("button", name="Détacher FranceConnect")).to_be_visible()


@pytest.mark.requirement("A2.10")
async def test_a_break_is_said_and_ends_with_the_next_sign_in(server: Server, page: Page) -> None:
    httpx.post(f"{server.url}/emulateur/hospital/", data={"panne": "oui"})
    await page.goto(f"{server.url}/connexion")
    await page.get_by_role("link", name="Compte CHU d’Aubrey").click()
    await expect(page.get_by_role("heading", name="CHU d’Aubrey ne répond pas")).to_be_visible()
    await page.get_by_role("link", name="Revenir").click()
    await expect(page.get_by_text("ne répond pas", exact=True)).to_be_visible()

    httpx.post(f"{server.url}/emulateur/hospital/", data={"panne": "non"})
    await page.get_by_role("link", name="Compte CHU d’Aubrey").click()
    await page.get_by_role("button", name="Marion Girard").click()

    await page.wait_for_url(f"{server.url}/")
    await page.get_by_role("button", name="Quitter").click()
    await page.wait_for_url(f"{server.url}/connexion")
    await expect(page.get_by_text("ne répond pas", exact=True)).to_have_count(0)


@pytest.mark.requirement("A2.3")
async def test_the_console_links_and_lets_go(server: Server, page: Page) -> None:
    await page.goto(f"{server.url}/connexion")
    await page.get_by_role("button", name=MANAGER).click()
    await page.get_by_role("link", name="HospiConnect").click()
    await page.get_by_label("Nom, identifiant ou RPPS").fill("lopez")
    await page.get_by_role("button", name="Filtrer").click()
    await page.wait_for_url("**mots=lopez**")
    await page.get_by_text("Changer Maria Lopez").click()
    await page.get_by_role("textbox", name="Compte à rattacher").fill("personne")
    await page.get_by_role("button", name="Rattacher", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("n’existe pas")

    await page.get_by_text("Changer Maria Lopez").click()
    await page.get_by_role("textbox", name="Compte à rattacher").fill("ines.lambert")
    await page.get_by_role("button", name="Rattacher", exact=True).click()
    await page.goto(f"{server.url}/hospiconnect?mots=lopez&etat=linked")
    await expect(page.get_by_text("compte ines.lambert")).to_be_visible()
    await page.get_by_text("Changer Maria Lopez").click()
    await page.get_by_role("button", name="Suspendre").click()
    answer = await page.request.get(f"{server.url}/hospiconnect/agents.csv?mots=lopez")

    assert "attachment" in answer.headers["content-disposition"]
    assert "mlopez;Maria Lopez;" in await answer.text()
    assert "suspendu;ines.lambert" in await answer.text()


@pytest.mark.requirement("A2.9")
async def test_targets_stand_beside_what_was_reached(server: Server, page: Page) -> None:
    await page.goto(f"{server.url}/connexion")
    await page.get_by_role("button", name=MANAGER).click()
    await page.goto(f"{server.url}/hospiconnect")
    await page.get_by_text("Fixer les cibles").click()
    await page.get_by_label("Agents rattachés, en pour cent").fill("140")
    await page.get_by_label("Sessions fédérées, en pour cent").fill("50")
    await page.get_by_role("button", name="Enregistrer").click()
    await expect(page.get_by_role("alert")).to_contain_text("de 0 à 100")

    await page.get_by_label("Agents rattachés, en pour cent").fill("100")
    await page.get_by_role("button", name="Enregistrer").click()

    await expect(page.get_by_text("cible 100 %")).to_be_visible()
    await expect(page.get_by_text("cible 50 %")).to_be_visible()


@pytest.mark.requirement("A2.3")
async def test_the_console_is_for_who_manages_agents(server: Server, page: Page) -> None:
    await page.goto(f"{server.url}/connexion")
    await page.get_by_role("button", name=DOCTOR).click()

    for path in ("/hospiconnect", "/hospiconnect/agents.csv"):
        answer = await page.goto(f"{server.url}{path}")
        assert answer is not None
        assert answer.status == 403


async def test_the_pages_of_providers_are_accessible(server: Server, browser: Browser) -> None:
    context = await browser.new_context(bypass_csp=True)
    page = await context.new_page()
    broken = []
    await page.goto(f"{server.url}/connexion")
    broken += await axe_violations(page, "sign-in")
    await page.goto(f"{server.url}/connexion/retour?state=x")
    broken += await axe_violations(page, "problem")
    await page.goto(f"{server.url}/connexion")
    await page.get_by_role("button", name=MANAGER).click()
    await page.goto(f"{server.url}/hospiconnect")
    broken += await axe_violations(page, "console")
    await context.close()

    assert broken == []
