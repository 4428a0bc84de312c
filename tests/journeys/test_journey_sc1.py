"""SC1, the parts that are not the SAMU's: five browsers at once, one resident across the border.

The night worker of an EHPAD of département A sends her to the emergency department of B; the
physician sees her coming; the hospital's own software admits her; the médecin traitant, the DAC and
the son read it within five seconds; she goes back, the treatment is checked, the letter comes, the
plan is revised, the DAC takes over; and nobody met what she keeps to herself.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest
from demonstration import Region
from playwright.async_api import Browser, Page, expect
from scenes import deposited, enter, kept_hidden, nobody_met_it

from cordee.runtime.clock import PARIS, instant, now

MORVAN = "yvonne-morvan"
BOUND = 5000
LETTER = "Passage de cette nuit"


async def admitted(region: Region) -> None:
    """What the hospital's own software writes when she is at its desk (ADT A01)."""
    arrival: dict[str, Any] = {
        "resourceType": "Encounter",
        "status": "in-progress",
        "class": {"code": "EMER"},
        "subject": {"reference": f"Patient/{MORVAN}"},
        "serviceProvider": {"reference": "Organization/ch-belmont"},
        "period": {"start": instant(now().replace(microsecond=0))},
        "reasonCode": [{"text": "Chute avec choc à la tête"}],
    }
    async with region.system() as hospital:
        answer = await hospital.post("Encounter", json=arrival)
        assert answer.status_code == 201, answer.text


async def plan_revised(region: Region, legoff: Page) -> None:
    """The night made the plan to be revised by itself; its versions say what is new."""
    await legoff.goto(f"{region.url}/patients/{MORVAN}/plans")
    await expect(legoff.locator("#contenu")).to_contain_text("À réviser", timeout=BOUND)
    await legoff.get_by_role("link", name="Marcher sans peur aux Tilleuls").click()
    await expect(legoff.locator("#contenu")).to_contain_text("Arrivée aux urgences")
    plan = legoff.url.partition("?")[0]
    await legoff.goto(f"{plan}/besoins")
    await legoff.get_by_label("Besoin", exact=True).fill("Chutes répétées ou peur de tomber")
    await legoff.get_by_role("button", name="Ajouter le besoin").click()
    await legoff.goto(f"{plan}/versions")
    await expect(legoff.locator("#contenu ins").first).to_contain_text("Chutes répétées")


def local(moment: datetime) -> str:
    return moment.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")


async def taken_back(nadia: Page) -> None:
    """The home reads the decision, takes her back, checks the treatment."""
    await nadia.reload()
    await expect(nadia.locator("#contenu")).to_contain_text("Réveil toutes les 4 h")
    await nadia.locator("summary", has_text="La personne est revenue").click()
    await nadia.locator("details[open]").get_by_role("button").click()
    await nadia.locator("summary", has_text="Traitement vérifié").click()
    await nadia.select_option("#settle-treatment-check", "same")
    await nadia.locator("details[open]").get_by_role("button").click()
    await expect(nadia.locator("#contenu")).to_contain_text("Terminé")


async def dac_takes_over(region: Region, legoff: Page, costa: Page) -> None:
    """07:50, the médecin traitant asks the DAC of where she lives; it qualifies."""
    await legoff.goto(f"{region.url}/patients/{MORVAN}/demandes/nouvelle/dac-request")
    await legoff.select_option("#debut-asker", "traitant")
    await legoff.select_option("#debut-motive", "chutes")
    await legoff.select_option("#debut-urgency", "48h")
    await legoff.check("#debut-person-informed")
    await legoff.check("#debut-attending-informed")
    await legoff.fill("#texte", "Cette nuit encore. Passage d’un ergothérapeute, bilan des chutes.")
    await legoff.get_by_role("button", name="Envoyer la demande").click()
    await legoff.wait_for_url("**/demandes/*")
    await costa.goto(f"{region.url}/demandes")
    row = costa.locator("#contenu li", has_text="Chutes à répétition").last
    await row.get_by_role("link").click()
    await costa.get_by_role("button", name="Qualifier").click()
    await expect(costa.locator("#contenu")).to_contain_text("Qualifiée")


@pytest.mark.requirement("B2.6")
@pytest.mark.requirement("B2.4")
@pytest.mark.requirement("B1.9")
async def test_the_night_of_madame_morvan(region: Region, browser: Browser) -> None:
    names = ("Nadia Benhamou", "Dr Yacine Benali", "Dr Anne Le Goff", "Hélène Costa", "Marc Lefort")
    pages = await asyncio.gather(*(enter(browser, region, who) for who in names))
    nadia, benali, legoff, costa, marc = pages
    await kept_hidden(region, MORVAN)

    # 02:31, the sheet of the home: three questions, the record follows.
    await benali.goto(f"{region.url}/urgences")
    await nadia.goto(f"{region.url}/patients/{MORVAN}/urgences/envoi")
    await nadia.select_option("#motif", "chute-tete")
    await nadia.select_option("#destination", label="Urgences de Belmont")
    await nadia.fill("#histoire", "Tombée du lit, plaie du front, parle normalement.")
    await nadia.fill("#tension", "148/82")
    await nadia.check("[name=objet-dentier]")
    await nadia.get_by_role("button", name="Envoyer, les urgences").click()
    await nadia.wait_for_url("**/urgences/*")
    await expect(nadia.locator("#contenu")).to_contain_text("Attendue aux urgences")

    # She is expected in B, with why, before she is there.
    await benali.reload()
    coming = benali.locator("section", has_text="Attendus").locator("tr", has_text="MORVAN")
    await expect(coming).to_contain_text("Chute avec choc à la tête")

    # 02:55, the hospital's software admits her: who has to know knows.
    for page in (legoff, costa, marc):
        await page.goto(f"{region.url}/evenements-recus")
    await admitted(region)
    for page in (legoff, costa, marc):
        row = page.locator("#recus li", has_text="Arrivée aux urgences").first
        await expect(row).to_contain_text("MORVAN", timeout=BOUND)
    await nadia.reload()
    await expect(nadia.locator("#contenu")).to_contain_text("Aux urgences", timeout=BOUND)

    # 05:40, the decision: back home, with what to watch.
    await benali.reload()
    here = benali.locator("section", has_text="Présents").locator("tr", has_text="MORVAN")
    await here.get_by_role("link").click()
    await benali.wait_for_url("**/passage/*")
    await benali.get_by_role("button", name="Prendre en charge").click()
    await benali.locator("summary", has_text="Décider la suite").click()
    await benali.fill("#decide-diagnosis", "Traumatisme crânien léger, scanner normal")
    await benali.select_option("#decide-orientation", "facility")
    await benali.fill("#decide-departure", local(now()))
    await benali.select_option("#decide-transport", "ambulance")
    await benali.fill("#decide-advice", "Réveil toutes les 4 h pendant 24 h. Apixaban repris.")
    await benali.locator("details[open]").get_by_role("button", name="Décider la suite").click()
    await expect(benali.locator("#contenu")).to_contain_text("Suite décidée")

    await taken_back(nadia)
    await legoff.goto(f"{region.url}/evenements-recus")
    await deposited(region, MORVAN, LETTER, "Scanner normal, retour avec surveillance.", "15507-7")
    row = legoff.locator("#recus li", has_text="Compte rendu des urgences").first
    await expect(row).to_contain_text("MORVAN", timeout=BOUND)
    await plan_revised(region, legoff)
    await dac_takes_over(region, legoff, costa)
    users = ("nadia.benhamou", "dr.benali", "dr.legoff", "helene.costa", "marc.lefort")
    who = dict(zip(users, pages, strict=True))
    await nobody_met_it(region, MORVAN, who, readers=users[1:4])
    for page in pages:
        await page.context.close()
