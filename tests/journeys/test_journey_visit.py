"""A visit at home without network: the form, the note and the photo wait and leave once. B4.8."""

from __future__ import annotations

import io
import re

import pytest
from demonstration import Region
from PIL import Image
from playwright.async_api import Browser, expect
from test_journey_offline import enter, kept

COORDINATOR, PERSON = "Hélène Costa", "yvonne-morvan"


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1600, 1200), "teal").save(out, "JPEG")
    return out.getvalue()


@pytest.mark.requirement("B4.8")
async def test_a_visit_through_a_cut(region: Region, browser: Browser) -> None:
    helene = await enter(region, browser, COORDINATOR)
    here = f"{region.url}/patients/{PERSON}/visite"
    await helene.goto(here)
    await helene.get_by_label("Jour", exact=True).fill("2099-01-05")
    await helene.get_by_label("Heure", exact=True).fill("10:00")
    await helene.get_by_label("Questionnaire à remplir").select_option("reperage-dix-criteres")
    await helene.get_by_role("button", name="Préparer").click()
    await helene.wait_for_url(re.compile("prete=oui"))
    await kept(helene, here)
    taken = helene.locator("a[data-take]").first
    form = await taken.get_attribute("href")

    await helene.context.set_offline(True)
    await helene.goto(here)
    await expect(helene.get_by_text("Hors ligne. Page gardée le")).to_be_visible()
    await expect(helene.get_by_text("Allergies").first).to_be_visible()
    await helene.goto(f"{region.url}{form}")  # never opened before: it was taken along
    for question in await helene.locator("fieldset[id^=q-]").all():
        await question.locator("input[type=radio]").first.check()
    await helene.get_by_role("button", name="Terminer et voir le résultat").click()
    await helene.wait_for_url(re.compile("/hors-ligne/attente"))
    await helene.goto(here)
    await helene.get_by_label("Ce que vous avez vu et convenu").fill("Tapis ôtés, barre posée")
    await helene.get_by_role("button", name="Ajouter au cahier").click()
    await helene.wait_for_url(re.compile("/hors-ligne/attente"))
    await helene.goto(here)
    await helene.get_by_label("Qui accepte").select_option("personne")
    await helene.get_by_label("Pour quoi").select_option("logement")
    await helene.get_by_label("Cette personne accepte à l’instant").check()
    image = {"name": "couloir.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    await helene.get_by_label("Photo", exact=True).set_input_files([image])
    await helene.get_by_role("button", name="Garder la photo").click()
    await helene.wait_for_url(re.compile("/hors-ligne/attente"))
    await expect(helene.locator("[data-queue] li")).to_have_count(3)
    await expect(helene.locator("[data-queue]")).to_contain_text("Photo de visite")

    await helene.context.set_offline(False)
    await helene.goto(f"{region.url}/hors-ligne/attente")
    await expect(helene.locator("[data-none]")).to_be_visible()
    await helene.goto(here)
    await expect(helene.get_by_text("Accord : la personne elle-même")).to_have_count(1)
    await helene.goto(f"{region.url}/patients/{PERSON}/liaison")
    await expect(helene.get_by_text("Tapis ôtés, barre posée", exact=True)).to_have_count(1)
    await helene.goto(f"{region.url}{(form or '').rpartition('/')[0]}")
    await expect(helene.get_by_text("Critères réunis : 10 / 10")).to_be_visible()
