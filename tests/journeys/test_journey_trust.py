"""SC6, steps 7 and 8: a curious glass is broken, told, contested, judged; a document is hidden."""

from __future__ import annotations

import pytest
from demonstration import Region
from playwright.async_api import Browser, expect
from scenes import enter

HERS = "jeanne-bertin"
BENALI, JEANNE, DPO = "Dr Yacine Benali", "Jeanne Bertin", "Olivier Deschamps"
LE_GOFF, CLAIRE = "Dr Anne Le Goff", "Samira Haddad"
MOTIVE = "Patiente attendue en salle, allergies à vérifier."


@pytest.mark.requirement("A3.4")
@pytest.mark.requirement("A3.11")
async def test_a_broken_glass_from_the_search_to_the_judgement(
    region: Region, browser: Browser
) -> None:
    doctor = await enter(browser, region, BENALI)
    closed = await doctor.goto(f"{region.url}/patients/{HERS}")
    await doctor.goto(f"{region.url}/identites/recherche")
    await doctor.get_by_label("Nom de naissance").fill("Bertin")
    await doctor.get_by_label("Date de naissance").fill("12/03/1968")
    await doctor.locator("main").get_by_role("button", name="Rechercher").click()
    await doctor.locator(".found a", has_text="BERTIN").first.click()
    await doctor.get_by_role("link", name="Ouvrir le dossier").click()
    await expect(doctor.locator("h1")).to_contain_text("ne vous est pas ouvert")
    await doctor.get_by_role("link", name="Ouvrir en urgence").click()
    await doctor.get_by_label("Urgence vitale").check()
    await doctor.get_by_label("La raison, avec vos mots").fill(MOTIVE)
    await doctor.get_by_role("button", name="Ouvrir le dossier pour 4 heures").click()
    await expect(doctor.locator("section.patient")).to_contain_text("BERTIN Jeanne")
    await expect(doctor.locator("form.notice")).to_contain_text("Encore 3 h 59 min")

    patient = await enter(browser, region, JEANNE)
    await expect(patient.locator(".notice").first).to_contain_text(MOTIVE)
    await patient.get_by_role("link", name="Voir cet accès").first.click()
    await patient.get_by_role("link", name="Cet accès m’étonne").first.click()
    await patient.get_by_label("Ce qui vous étonne").fill("Je ne suis pas venue aux urgences.")
    await patient.get_by_role("button", name="Envoyer au délégué").click()

    judge = await enter(browser, region, DPO)
    await judge.goto(f"{region.url}/protection")
    await expect(judge.locator("#signalements")).to_contain_text("Je ne suis pas venue")
    await judge.locator("#contenu .circle").get_by_role("link", name="Relire").first.click()
    await judge.get_by_label("Non justifié").check()
    await judge.get_by_label("Pourquoi").fill("Aucune venue aux urgences ce jour-là.")
    await judge.get_by_role("button", name="Enregistrer l’avis").click()

    await patient.goto(f"{region.url}/mes-acces")
    await expect(patient.locator("main")).to_contain_text("l’a jugé non justifié")
    again = await doctor.goto(f"{region.url}/patients/{HERS}")
    assert closed is not None
    assert again is not None
    assert (closed.status, again.status) == (404, 403)


@pytest.mark.requirement("A3.5")
async def test_she_hides_a_document_and_sees_that_her_nurse_does_not_see_it(
    region: Region, browser: Browser
) -> None:
    nurse = await enter(browser, region, CLAIRE)
    await nurse.goto(f"{region.url}/patients/{HERS}/documents")
    await expect(nurse.locator("main")).to_contain_text("Volet de synthèse médicale")

    patient = await enter(browser, region, JEANNE)
    await patient.get_by_role("link", name="Mes choix").first.click()
    await patient.get_by_role("link", name="Cacher ou montrer un document").click()
    await patient.get_by_role("button", name="Cacher Volet de synthèse médicale").click()
    await expect(patient.locator("#documents")).to_contain_text("caché")
    await patient.goto(f"{region.url}/mes-choix/voir/infirmiere")
    await expect(patient.locator("#pas-vu")).to_contain_text("Volet de synthèse médicale")

    await nurse.reload()
    await expect(nurse.locator("main")).not_to_contain_text("Volet de synthèse médicale")
    author = await enter(browser, region, LE_GOFF)
    await author.goto(f"{region.url}/patients/{HERS}/documents")
    await expect(author.locator("main")).to_contain_text("Volet de synthèse médicale")
