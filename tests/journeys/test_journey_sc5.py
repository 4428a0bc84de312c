"""SC5, the parts of coordination: four browsers at once, a discharge from A to a home in B.

The discharge nurse of the CHU of A prepares; the pharmacist and the nurse of B answer, the HAD by its
own software; "prête" waits for the letter; the médecin traitant reads it, the DAC of where he lives
has taken the request; and nobody met what he keeps to himself.
"""

from __future__ import annotations

import asyncio
import re

import pytest
from demonstration import Region
from playwright.async_api import Browser, Page, expect
from scenes import enter, kept_hidden, nobody_met_it

from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import Wanted, moved_task
from cordee.runtime.clock import now, today

KERBRAT = "yann-kerbrat"
RECORD = f"/patients/{KERBRAT}"
BOUND = 5000


async def had_accepts(region: Region) -> str:
    """The HAD answers by its own software; where its request stands."""
    query = f"Task?patient=Patient/{KERBRAT}&owner=Organization/had-belmont&status=requested"
    async with region.system() as had:
        (entry,) = (await had.get(query)).json()["entry"]
        task = entry["resource"]
        wanted = Wanted("accept", {"place-from": today().isoformat()})
        moved = moved_task(task, machines()["facility-request"], wanted, now())
        answer = await had.put(f"Task/{task['id']}", json=moved)
        assert answer.status_code == 200, answer.text
    return f"{region.url}{RECORD}/demandes/{task['id']}"


async def ticked(page: Page, line: str, note: str) -> None:
    """What the nurse settles by telephone."""
    row = page.locator("#contenu li", has=page.locator("summary", has_text=line)).first
    await row.locator("summary").click()
    await row.get_by_label("Où en est-on").select_option("done")
    await row.get_by_label("Précision").fill(note)
    await row.get_by_role("button", name="Enregistrer").click()
    await expect(row).to_contain_text(note)


async def service_accepts(region: Region, page: Page, kind: str) -> None:
    """Somebody of the town accepts what they are asked, without a name before they do."""
    answer = await page.goto(f"{region.url}/relais-domicile")
    assert answer is not None
    assert answer.status == 200
    asked = page.locator("#contenu li", has_text=kind).first
    shown = await page.locator("#contenu").inner_text()
    assert kind in shown, f"{shown}\n{region.said()}"  # what the page has instead, and why
    await expect(page.locator("#contenu")).not_to_contain_text("KERBRAT")
    await asked.locator("summary", has_text="Accepter").click()
    await asked.get_by_role("button", name="Accepter").click()
    await expect(page.locator("#contenu")).to_contain_text("KERBRAT")


async def letter_written(page: Page) -> None:
    await page.get_by_role("link", name="Écrire la lettre").click()
    await page.get_by_label("Synthèse du séjour").fill("Perte de 7 kg, poids sec 72,5 kg.")
    await page.get_by_label("Suites à donner").fill("Pesée chaque jour, visite à J+7.")
    await page.get_by_role("button", name="Déposer la lettre").click()


@pytest.mark.requirement("B5.1")
@pytest.mark.requirement("B5.3")
@pytest.mark.requirement("B5.4")
async def test_the_discharge_of_monsieur_kerbrat(region: Region, browser: Browser) -> None:
    names = ("Marion Girard", "Samira Haddad", "Linh Tran", "Paul Rey", "Dr Anne Le Goff")
    pages = await asyncio.gather(*(enter(browser, region, who) for who in names))
    marion, samira, linh, paul, legoff = pages
    await kept_hidden(region, KERBRAT)

    # The planner stands since the admission; the DAC is that of where he lives.
    await marion.goto(f"{region.url}/sorties")
    await marion.get_by_role("link", name="KERBRAT").first.click()
    await marion.wait_for_url("**/sorties/*")
    planner = marion.url
    contents = marion.locator("#contenu")
    await expect(contents).to_contain_text("Saulx-le-Bas relève de ce DAC, où que soit l’hôpital")

    # All are asked at once, and answer from where they are.
    await asyncio.gather(
        service_accepts(region, samira, "Soins infirmiers"),
        service_accepts(region, linh, "Préparation du traitement"),
    )
    place = await had_accepts(region)
    await marion.goto(place)
    await marion.get_by_role("button", name="Confirmer").click()
    await marion.goto(f"{region.url}{RECORD}/demandes")
    smr = contents.locator("li", has_text="SMR de Montrevaux")
    await expect(smr).to_contain_text("Pourvue ailleurs", timeout=BOUND)

    # The DAC takes its request; what is left is settled; ready waits for the letter.
    await paul.get_by_role("link", name="Ouvrir").first.click()
    await paul.get_by_role("button", name="Qualifier").click()
    await expect(paul.locator("#contenu")).to_contain_text("Qualifiée")
    await marion.goto(planner)
    await ticked(marion, "Transport", "Ambulance confirmée")
    await ticked(marion, "Télésuivi activé", "Balance livrée")
    await marion.get_by_role("button", name="Déclarer prête", exact=True).click()
    await expect(contents).to_contain_text("« Déclarer prête » attend : Lettre de liaison.")
    await marion.goto(planner)
    await letter_written(marion)
    await marion.goto(planner)
    done = contents.locator("li", has=marion.locator("[data-state=done]"))
    await expect(done.filter(has_text=re.compile("Lettre de liaison"))).to_be_visible(timeout=BOUND)
    await marion.get_by_role("button", name="Déclarer prête", exact=True).click()
    await expect(contents).to_contain_text("Prête")

    # The médecin traitant is told of the letter; nobody met what he has hidden.
    await legoff.goto(f"{region.url}/evenements-recus")
    told = legoff.locator("#recus li", has_text="Lettre de liaison").first
    await expect(told).to_contain_text("KERBRAT", timeout=BOUND)
    users = ("marion.girard", "samira.haddad", "linh.tran", "paul.rey", "dr.legoff")
    people = dict(zip(users, pages, strict=True))
    await nobody_met_it(region, KERBRAT, people, readers=("marion.girard", "dr.legoff"))
    for page in pages:
        await page.context.close()
