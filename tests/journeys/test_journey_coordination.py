"""A coordinator at work without JavaScript: she spots, assesses, finds a resource, invites."""

from __future__ import annotations

import re

import pytest
from demonstration import Region
from playwright.async_api import Browser, expect

HERS = "/patients/yvonne-morvan"


@pytest.mark.requirement("B4.4")
@pytest.mark.requirement("B4.5")
@pytest.mark.requirement("B4.6")
async def test_a_coordinator_works_without_javascript(region: Region, browser: Browser) -> None:
    context = await browser.new_context(locale="fr-FR", java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{region.url}/connexion")
    await page.get_by_role("button", name="Hélène Costa").click()

    await page.goto(f"{region.url}{HERS}/evaluations")
    await page.get_by_role("button", name="Repérage des situations complexes").click()
    for words in ("Vit seule", "Aidant absent", "A besoin d’aide", "Deux chutes"):
        question = page.get_by_role("group", name=words)
        await question.get_by_label("Oui", exact=True).check()
    await page.get_by_role("button", name="Terminer et voir le résultat").click()
    await expect(page.locator("#contenu")).to_contain_text("Seuil atteint")
    await page.get_by_role("link", name="Préparer la demande").click()
    await expect(page.locator("#texte")).to_have_value(re.compile("Aidant absent"))

    await page.goto(f"{region.url}{HERS}/evaluations")
    await page.get_by_role("button", name="Évaluation multidimensionnelle").click()
    toilette = page.get_by_role("group", name="Toilette")
    await toilette.get_by_label("C : ne fait pas").check()
    await page.get_by_role("button", name="Enregistrer et continuer").click()
    await expect(page.locator("h2").first).to_contain_text("Cognition")

    await page.goto(f"{region.url}{HERS}/ressources?sorte=ssiad")
    await page.get_by_role("link", name="Orienter vers SSIAD").first.click()
    await expect(page.locator("#debut-kind")).to_have_value("ssiad")
    await context.close()
