"""A patient names her daughter, who sees what she was given and nothing else, until the end."""

from __future__ import annotations

import re

import pytest
from demonstration import Region
from playwright.async_api import Browser, expect
from scenes import enter

JEANNE, LUCIE, MARC, JULIE = "Jeanne Bertin", "Lucie Bertin", "Marc Lefort", "Julie Adam"


@pytest.mark.requirement("A3.3")
@pytest.mark.requirement("A3.11")
async def test_a_daughter_is_named_reads_and_is_let_go(region: Region, browser: Browser) -> None:
    mother = await enter(browser, region, JEANNE)
    await mother.get_by_role("link", name="Mes proches").click()
    await mother.get_by_label("Prénom et nom").fill(LUCIE)
    await mother.get_by_label("Lien avec la personne").fill("fille")
    await mother.get_by_label("Rendez-vous et passages à l’hôpital").check()
    await mother.get_by_label("Traitements et vaccins").check()
    await mother.get_by_role("button", name="Nommer et obtenir le code").click()
    code = await mother.locator("output.code").inner_text()

    daughter = await enter(browser, region, LUCIE)
    await daughter.get_by_role("link", name="J’ai reçu un code").click()
    await daughter.get_by_label("Code").fill(code.lower())
    await daughter.get_by_role("button", name="Continuer").click()
    await expect(daughter.locator("main")).to_contain_text("traitements et vaccins")
    await daughter.get_by_role("button", name="Accepter avec mon compte").click()
    await daughter.wait_for_url(re.compile("/mes-proches/"))
    place = daughter.url
    await expect(daughter.locator("h1")).to_contain_text("BERTIN")
    await expect(daughter.locator("#traitements")).to_contain_text("Metformine")
    for closed in ("#documents", "#problemes", "#allergies", "#cercle", "#groupe-1"):
        await expect(daughter.locator(closed)).to_have_count(0)
    await daughter.get_by_role("link", name="Pourquoi ?").first.click()
    await expect(daughter.locator("main")).to_contain_text(
        "Cette personne vous a ouvert cette partie de son dossier."
    )
    refused = await daughter.goto(f"{region.url}/patients/jeanne-bertin")

    await mother.goto(f"{region.url}/mes-acces")
    seen = mother.locator("ol.seen > li", has_text=LUCIE).first
    await expect(seen).to_contain_text("agit pour vous")
    await mother.goto(f"{region.url}/mes-proches")
    await mother.get_by_role("button", name=f"Retirer l’accès de {LUCIE}").click()
    await expect(mother.locator("#mes-proches")).to_contain_text("terminé le")
    gone = await daughter.goto(place)

    assert refused is not None
    assert gone is not None
    assert (refused.status, gone.status) == (403, 404)
    await daughter.goto(f"{region.url}/")
    await expect(daughter.locator(".notice").first).to_contain_text("Un accès vous a été retiré.")


@pytest.mark.requirement("A3.3")
async def test_a_son_and_a_mother_of_the_region_find_whom_they_act_for(
    region: Region, browser: Browser
) -> None:
    async with region.person("marc.lefort") as son:
        statuses = [
            (await son.get(url)).status_code
            for url in (
                "Patient/yvonne-morvan", "Encounter?patient=yvonne-morvan",
                "Observation?patient=yvonne-morvan", "Patient/jeanne-bertin",
            )
        ]  # fmt: skip
        papers = (await son.get("DocumentReference?patient=yvonne-morvan")).json()
        types = {one["resource"]["type"]["coding"][0]["code"] for one in papers["entry"]}
    marc = await enter(browser, region, MARC)
    await marc.get_by_role("link", name="Les personnes que j’accompagne").click()
    await marc.get_by_role("link", name=re.compile("MORVAN")).click()
    await expect(marc.locator("#passages")).to_contain_text("Passage aux urgences")
    await expect(marc.locator("#problemes")).to_have_count(0)
    julie = await enter(browser, region, JULIE)
    await julie.goto(f"{region.url}/mes-proches")
    await julie.get_by_role("link", name=re.compile("ADAM")).click()
    await expect(julie.locator(".notice").first).to_contain_text("Autorité parentale.")
    await expect(julie.locator(".notice").first).to_contain_text("tout le dossier")

    assert statuses == [200, 200, 403, 404]
    assert "11502-2" not in types
    assert "60591-5" in types
