"""A letter handed in before the identity is qualified reaches the DMP once it is, and the tile."""

from __future__ import annotations

import re

import pytest
from demonstration import Region
from playwright.async_api import Page, expect

from cordee.identity.ins.patient_writing import write_identity
from cordee.identity.ins.statuses import Identity
from identities import MORVANDEL

LE_GOFF = "Dr Anne Le Goff"
ODETTE = "journey-odette"
RECORD = f"/patients/{ODETTE}"
HOME, DOCTOR = "Organization/msp-quatre-vents", "Practitioner/anne-le-goff"
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF"
)


async def admit(region: Region) -> None:
    """Odette, whose identity nobody has checked, and her last visit to the practice."""
    patient = write_identity(
        {
            "resourceType": "Patient", "id": ODETTE, "managingOrganization": {"reference": HOME},
            "generalPractitioner": [{"reference": DOCTOR}],
        },
        Identity(MORVANDEL),
    )  # fmt: skip
    visit = {
        "resourceType": "Encounter", "id": f"{ODETTE}-visit", "status": "finished",
        "class": {"code": "AMB"}, "subject": {"reference": f"Patient/{ODETTE}"},
        "serviceProvider": {"reference": HOME},
        "period": {"start": "2026-01-05T08:00:00+01:00", "end": "2026-01-05T09:00:00+01:00"},
    }  # fmt: skip
    async with region.system() as laboratory:
        assert (await laboratory.put(f"Patient/{ODETTE}", json=patient)).status_code == 201
        answer = await laboratory.put(f"Encounter/{ODETTE}-visit", json=visit)
        assert answer.status_code == 201, answer.text


async def enter(region: Region, page: Page, who: str) -> None:
    await page.context.clear_cookies()
    await page.goto(f"{region.url}/connexion")
    await page.get_by_role("button", name=who).first.click()
    await page.wait_for_url(f"{region.url}/")


async def until_shown(page: Page, address: str, text: str) -> None:
    """Opens a page again until it says something: a job of the server comes by itself."""
    for _ in range(40):
        await page.goto(address)
        if await page.get_by_text(text).count():
            return
        await page.wait_for_timeout(500)
    raise AssertionError(f"{address} never said {text!r}")


@pytest.mark.requirement("A3.8")
@pytest.mark.requirement("A3.9")
async def test_a_deposit_waits_for_the_identity_then_is_seen_in_the_dmp(
    region: Region, page: Page
) -> None:
    told: list[str] = []
    page.on("console", lambda one: told.append(one.text))
    await admit(region)
    await enter(region, page, LE_GOFF)

    await page.goto(f"{region.url}{RECORD}/documents")
    await page.get_by_role("link", name="Déposer un document").click()
    await page.get_by_label("Fichier").set_input_files(
        {"name": "cr.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    await page.get_by_label("Type de document").fill("CR de passage aux urgences (15507-7)")
    await page.get_by_label("Titre").fill("Passage aux urgences")
    await page.get_by_label("Déposer aussi dans le DMP").check()
    await expect(page.get_by_text("le dépôt attendra qu’elle le soit")).to_be_visible()
    await page.get_by_role("button", name="Déposer").click()
    await expect(page.get_by_role("heading", name="Passage aux urgences")).to_be_visible()
    await expect(page.locator("iframe.sheet")).to_be_visible()
    assert not [text for text in told if "Content Security Policy" in text]
    document = page.url.rpartition("/")[2]

    await until_shown(page, f"{region.url}/depots-dmp", "L’identité n’est pas qualifiée")
    row = page.get_by_role("listitem").filter(has_text="MORVANDEL")
    await row.locator("summary").click()
    await row.get_by_role("link", name="Voir l’identité").click()
    await page.get_by_role("button", name="Interroger l’INSi").click()
    await expect(page.locator(".ident").first).to_have_text("Identité récupérée")
    await page.get_by_label("Pièce que vous avez vue").select_option("CN")
    await page.get_by_role("button", name="J’ai contrôlé cette pièce").click()
    await expect(page.locator(".ident").first).to_have_text("Identité qualifiée")

    await until_shown(page, f"{region.url}/depots-dmp?etat=done", "MORVANDEL")
    await page.goto(f"{region.url}{RECORD}")
    tile = page.locator("#dmp")
    await expect(tile).to_contain_text("1 document")
    await expect(tile).to_contain_text("1 nouveau depuis la dernière venue")
    await expect(tile).to_contain_text(re.compile("dernier CR urgences le [0-9/]+"))
    await tile.get_by_role("link", name="1 document").click()
    await expect(page.get_by_text("dans le DMP", exact=True)).to_be_visible()
    await page.get_by_role("link", name="Chercher dans le DMP").click()
    await expect(page.get_by_text("aussi dans Cordée")).to_be_visible()
    await page.get_by_role("link", name="Passage aux urgences", exact=True).click()
    await expect(page).to_have_url(re.compile(document))
    trail = await region.trail("dr.legoff")
    assert any(kind == "E" and text.startswith("transaction of") for kind, text in trail)
