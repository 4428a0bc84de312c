"""A patient reads who came to her record, and why; nobody else reads it. Requirement A3.11."""

from __future__ import annotations

import pytest
from demonstration import Region
from playwright.async_api import Page, expect

HERS = "jeanne-bertin"
LE_GOFF, JEANNE, MARC = "Dr Anne Le Goff", "Jeanne Bertin", "Marc Lefort"


async def enter(region: Region, page: Page, who: str) -> None:
    await page.goto(f"{region.url}/connexion")
    await page.get_by_role("button", name=who).click()
    await page.wait_for_url(f"{region.url}/")


@pytest.mark.requirement("A3.11")
async def test_a_patient_reads_who_opened_her_record_and_why(region: Region, page: Page) -> None:
    async with region.person("dr.legoff") as doctor, region.system() as laboratory:
        seen = await doctor.get(f"Patient/{HERS}")
        await laboratory.get("Observation", params={"patient": HERS})
    await enter(region, page, JEANNE)

    await page.get_by_role("link", name="Qui a vu mon dossier").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Qui a vu mon dossier")
    rows = page.locator("ol.seen > li")
    assert seen.status_code == 200
    hers = rows.filter(has_text=LE_GOFF).first
    await expect(hers).to_contain_text("A lu votre identité.")
    await expect(hers).to_contain_text("cercle de soins")
    await expect(rows.filter(has_text="Un logiciel relié").first).to_be_visible()
    await page.reload()
    own = rows.filter(has_text="Vous").first
    await expect(own).to_contain_text("A lu la liste de qui a vu le dossier.")


@pytest.mark.requirement("A3.11")
async def test_the_list_is_narrowed_to_who_is_outside_of_the_circle(
    region: Region, page: Page
) -> None:
    await enter(region, page, JEANNE)
    await page.goto(f"{region.url}/mes-acces?montrer=hors")

    await expect(page.locator("ol.seen > li", has_text=LE_GOFF)).to_have_count(0)
    await expect(page.get_by_role("link", name="Hors de mon équipe")).to_have_attribute(
        "aria-current", "true"
    )


@pytest.mark.parametrize("who", [LE_GOFF, MARC])
async def test_nobody_else_reads_the_list(region: Region, page: Page, who: str) -> None:
    await enter(region, page, who)

    answer = await page.goto(f"{region.url}/mes-acces")

    assert answer is not None
    assert answer.status == 403
    assert "ol" not in await page.content() or await page.locator("ol.seen").count() == 0
