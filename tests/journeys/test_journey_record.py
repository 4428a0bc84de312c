"""A general practitioner opens a record; what is written elsewhere shows; others see no trace."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from demonstration import Region
from playwright.async_api import Page, expect

HERS = "yvonne-morvan"
LE_GOFF, CLAIRE, ROUX = "Dr Anne Le Goff", "Claire Weber", "Dr Bernard Roux"
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"


def potassium(value: float) -> dict[str, object]:
    """A result that the laboratory has just released."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "laboratory",
                    }
                ]
            }
        ],
        "code": {"coding": [{"system": LOINC, "code": "2823-3"}], "text": "Potassium"},
        "subject": {"reference": f"Patient/{HERS}"},
        "effectiveDateTime": datetime.now(UTC).isoformat(timespec="seconds"),
        "valueQuantity": {"value": value, "unit": "mmol/L", "system": UCUM, "code": "mmol/L"},
    }


async def enter(region: Region, page: Page, who: str) -> None:
    await page.goto(f"{region.url}/connexion")
    await page.get_by_role("button", name=who).click()
    await page.wait_for_url(f"{region.url}/")


async def find(page: Page, typed: str) -> None:
    await page.get_by_role("searchbox").fill(typed)
    await page.get_by_role("button", name="Rechercher").click()


async def test_the_doctor_finds_and_opens_the_record(region: Region, page: Page) -> None:
    await enter(region, page, LE_GOFF)
    await find(page, "morvan")
    await page.locator(".found a", has_text="MORVAN").first.click()

    await page.wait_for_url(f"{region.url}/patients/{HERS}")
    await expect(page.locator("section.patient")).to_contain_text("MORVAN Yvonne")
    await expect(page.locator("#traitements")).to_contain_text("Apixaban")
    assert "DOSE\u00a0DOSE" not in await page.content()
    assert "DOSE DOSE" not in await page.content()


@pytest.mark.requirement("B2.4")
async def test_a_write_from_elsewhere_shows_within_two_seconds(region: Region, page: Page) -> None:
    await enter(region, page, LE_GOFF)
    await page.goto(f"{region.url}/patients/{HERS}")
    await expect(page.locator("section.patient")).to_contain_text("MORVAN")
    await page.evaluate("window.notReloaded = true")

    async with region.system() as laboratory:
        answer = await laboratory.post("Observation", json=potassium(6.7))
        assert answer.status_code == 201
    written = time.monotonic()
    await expect(page.locator("tr", has_text="Potassium").first).to_contain_text("6,7")

    assert time.monotonic() - written < 2
    assert await page.evaluate("window.notReloaded") is True


@pytest.mark.requirement("B2.4")
async def test_an_update_leaves_the_form_that_is_open_as_it_is(region: Region, page: Page) -> None:
    await enter(region, page, LE_GOFF)
    await page.goto(f"{region.url}/patients/yann-kerbrat/cercle")
    await page.locator("summary", has_text="Ajouter quelqu’un de l’entourage").click()
    await page.locator("#nom").fill("Patrick Gay")
    await page.locator("#role").focus()
    rail = page.locator(".rail a", has_text="Problèmes")
    before = await rail.inner_text()

    problem = {
        "resourceType": "Condition", "subject": {"reference": "Patient/yann-kerbrat"},
        "code": {"text": "Escarre du talon"},
    }  # fmt: skip
    async with region.system() as elsewhere:
        assert (await elsewhere.post("Condition", json=problem)).status_code == 201
    await expect(rail).not_to_have_text(before)

    await expect(page.locator("#nom")).to_be_visible()
    await expect(page.locator("#nom")).to_have_value("Patrick Gay")


@pytest.mark.requirement("A3.3")
async def test_the_nurse_of_her_home_sees_her_too(region: Region, page: Page) -> None:
    await enter(region, page, CLAIRE)
    await find(page, "morvan")
    await expect(page.locator(".found")).to_contain_text("MORVAN Yvonne")

    answer = await page.goto(f"{region.url}/patients/{HERS}")

    assert answer is not None
    assert answer.status == 200


@pytest.mark.requirement("A3.3")
async def test_a_doctor_outside_of_her_circle_finds_nothing(region: Region, page: Page) -> None:
    await enter(region, page, ROUX)
    await find(page, "morvan yvonne")
    await expect(page.locator("main")).to_contain_text("Aucun patient trouvé")
    await expect(page.locator(".found li")).to_have_count(0)

    answer = await page.goto(f"{region.url}/patients/{HERS}")

    assert answer is not None
    assert answer.status == 404
    assert "MORVAN" not in await page.content()


async def test_leaving_closes_the_session(region: Region, page: Page) -> None:
    await enter(region, page, LE_GOFF)
    cookies = await page.context.cookies()
    await page.get_by_role("button", name="Quitter").click()
    await page.wait_for_url(f"{region.url}/connexion")

    await page.context.add_cookies(cookies)  # a copy of the cookie opens nothing either
    await page.goto(f"{region.url}/patients/{HERS}")

    assert page.url.startswith(f"{region.url}/connexion")


async def test_each_opening_is_in_the_audit_trail(region: Region, page: Page) -> None:
    before = await region.trail("dr.legoff")
    await enter(region, page, LE_GOFF)
    await page.goto(f"{region.url}/patients/{HERS}")
    await page.goto(f"{region.url}/patients/{HERS}/resultats")

    opened = [
        line for line in (await region.trail("dr.legoff"))[len(before) :] if "open" in line[1]
    ]

    assert opened == [("R", f"record open {HERS}")] * 2
