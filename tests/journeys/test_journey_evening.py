"""SC1 and the regulation half of SC2 in real browsers, side by side, while 240 calls an hour ring.

Two call-takers in two départements, a physician at each, an OSNP, an emergency department, a médecin
traitant and the home of who falls: eight screens, one evening.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from demonstration import Region
from playwright.async_api import Browser, Page, expect
from scenes import enter

BOUND = 15_000
FLOOR, OVERFLOW, ASKED = "/regulation", "/regulation/delestage", "/regulation/demandes"


@pytest.fixture(scope="module")
def region() -> Iterator[Region]:
    """A region of its own: what happens here is not in the record that other journeys read."""
    with tempfile.TemporaryDirectory(prefix="cordee-test-", ignore_cleanup_errors=True) as folder:
        running = Region(Path(folder) / "data")
        running.start(people=8)
        try:
            yield running
        finally:
            running.stop()


async def called(region: Region, nadia: Page) -> str:
    """02:10, Nadia presses the button of the night screen; the number of her call."""
    await nadia.goto(f"{region.url}/patients/yvonne-morvan/nuit")
    await nadia.get_by_role("link", name=re.compile("Appeler le SAS")).click()
    await nadia.fill("#dit", "Tombée du lit, choc à la tête, sous anticoagulant")
    await nadia.get_by_role("button", name="Appeler, avec le dossier").click()
    await nadia.wait_for_url("**/sas/*")
    await expect(nadia.locator("#suite")).to_contain_text("attend au SAMU")
    return nadia.url.rpartition("/")[2]


async def shared(region: Region, roy: Page, aubry: Page, call: str) -> None:
    """A is full and asks; B accepts; both physicians agree on the call of the home."""
    await roy.goto(f"{region.url}{OVERFLOW}")
    await aubry.goto(f"{region.url}{OVERFLOW}")
    accept = aubry.get_by_role("button", name="Accepter")
    if not await accept.count():  # that of the beginning has expired
        await roy.select_option("#convention", label="SAMU B, 20 %")
        await roy.get_by_role("button", name="Proposer", exact=True).click()
    await expect(accept).to_be_visible(timeout=BOUND)
    await accept.click()
    await confided(roy, call)


async def confided(roy: Page, call: str = "") -> None:
    """Both physicians agree on one call: that one, else the one that has waited longest."""
    confide = roy.locator("summary", has_text="Confier un appel de vive voix")
    await expect(confide).to_be_visible(timeout=BOUND)
    await confide.click()
    opened = roy.locator("details[open]")
    first = opened.locator("option").first
    key = call or await first.get_attribute("value") or ""
    await opened.locator("select").select_option(key)
    await opened.get_by_label("Les deux médecins régulateurs").check()
    await opened.get_by_role("button", name="Confier cet appel").click()
    await roy.wait_for_load_state()


async def answered(region: Region, lucie: Page) -> str:
    """B's call-taker sees it come, with its true wait, and passes it on by the keyboard alone."""
    row = lucie.locator("#file tr", has_text="professionnel, depuis un dossier")
    await expect(row).to_be_visible(timeout=BOUND)
    await row.get_by_role("button", name=re.compile("Décrocher")).focus()
    await lucie.keyboard.press("Enter")
    await lucie.wait_for_url("**/regulation/dossiers/*")
    await expect(lucie.locator("#dit")).to_have_value(re.compile("Tombée du lit"))
    who = lucie.locator("section", has=lucie.locator("#t-personne"))
    await expect(who).to_contain_text("MORVAN")
    await lucie.fill("#motif", "M02.07 Chute")
    await lucie.keyboard.press("F3")
    await lucie.keyboard.press("F9")
    await lucie.wait_for_url(re.compile(r"/regulation$"))
    return (
        await lucie.locator("#t-dossiers")
        .locator("../..")
        .get_by_role("link", name="Chute")
        .first.get_attribute("href")
        or ""
    )


@pytest.mark.requirement("C1.1", "C1.2", "C1.6", "C1.7", "C2.5", "C2.6", "C4.1")
async def test_an_evening_of_two_centres_side_by_side(region: Region, browser: Browser) -> None:
    names = (
        "Nadia Benhamou", "Dr Sofia Roy", "Dr Pauline Aubry", "Karim Saïdi", "Lucie Ferrand",
        "Dr Yacine Benali", "Inès Lambert", "Dr Anne Le Goff",
    )  # fmt: skip
    pages = await asyncio.gather(*(enter(browser, region, who) for who in names))
    nadia, roy, aubry, karim, lucie, benali, ines, legoff = pages
    for page in (karim, lucie):
        await page.goto(f"{region.url}{FLOOR}")
    assert await karim.locator("#file tbody tr").count() > 8  # an evening of heat

    call = await called(region, nadia)
    await expect(karim.locator("#file")).to_contain_text("professionnel, depuis un dossier", timeout=BOUND)  # fmt: skip
    await shared(region, roy, aubry, call)
    case = await answered(region, lucie)
    await expect(nadia.locator("#suite")).to_contain_text("pris votre appel", timeout=BOUND)

    # B's physician reads who it is, without a search; she is awaited at Belmont.
    await aubry.goto(f"{region.url}{case}")
    await expect(aubry.locator("#contenu")).to_contain_text("Apixaban")
    await decide(aubry, "urgences", "Urgences de Belmont")
    await decide(aubry, "vsav")
    await benali.goto(f"{region.url}/urgences")
    coming = benali.locator("section", has_text="Attendus").locator("tr", has_text="MORVAN")
    await expect(coming.first).to_be_visible(timeout=BOUND)

    # The vehicle stays that of A, whose call-taker is told on the floor and sends it.
    await expect(karim.locator("#plateau")).to_contain_text("vous demande", timeout=BOUND)
    await karim.goto(f"{region.url}{ASKED}")
    await (
        karim.locator("li", has_text="VSAV")
        .get_by_role("button", name=re.compile("Engager le plus proche"))
        .first.click()
    )
    await aubry.reload()
    await expect(aubry.locator("#contenu")).to_contain_text("VSAV")

    await confided(roy)
    await stroke(region, lucie, karim)
    await slot(region, roy, ines, legoff)
    await over(region, roy)


async def decide(physician: Page, decision: str, place: str = "") -> None:
    """A decision, with where the person goes."""
    await physician.locator(f"#decision input[value={decision}]").check()
    if place:
        await physician.select_option("#lieu", label=place)
    await physician.get_by_role("button", name="Décider", exact=True).click()
    await physician.wait_for_load_state()


async def stroke(region: Region, lucie: Page, karim: Page) -> None:
    """Another call of A: a stroke, P0 by one key, A is asked for its SMUR."""
    await lucie.goto(f"{region.url}{FLOOR}")
    row = lucie.locator("#file tr", has_text="venu du centre voisin").filter(
        has=lucie.get_by_role("button", name=re.compile("Décrocher"))
    )
    await expect(row.first).to_be_visible(timeout=BOUND)
    await row.first.get_by_role("button", name=re.compile("Décrocher")).click()
    await lucie.wait_for_url("**/regulation/dossiers/*")
    await lucie.fill("#commune", "Aubrey (96001)")
    await lucie.fill("#motif", "M03.08 Signes d’AVC")
    await lucie.keyboard.press("F12")
    await expect(lucie.locator("#contenu")).to_contain_text("Réflexe P0")
    await karim.goto(f"{region.url}{ASKED}")
    await expect(karim.locator("li", has_text="SMUR").first).to_be_visible(timeout=BOUND)


async def slot(region: Region, roy: Page, ines: Page, legoff: Page) -> None:
    """A P3 of A is for the town: the OSNP calls the médecin traitant first, then books what is free."""
    await legoff.goto(f"{region.url}/mes-creneaux")  # two taps
    await legoff.locator("button[name=creneau]").first.click()
    await expect(legoff.get_by_role("status")).to_contain_text("ouvert")
    await roy.goto(f"{region.url}{FLOOR}")
    await roy.get_by_role("link", name="Demande de conseil").first.click()
    await decide(roy, "rdv-ville")
    await ines.goto(f"{region.url}/regulation/osnp")
    first = ines.locator("section", has_text="Étape 1 sur 4").first
    assert await first.get_by_role("link", name=re.compile("Créneaux libres")).count() == 0
    key = await first.get_attribute("id")
    await first.locator("button[value=mt-absent]").click()
    mine = ines.locator(f"#{key}")
    await expect(mine).to_contain_text("Étape 2 sur 4")
    await mine.get_by_role("link", name=re.compile("Créneaux libres")).click()
    await ines.select_option("#rayon", "100")
    await ines.get_by_role("button", name="Chercher", exact=True).click()
    await ines.get_by_role("button", name=re.compile("Retenir")).first.click()
    await ines.get_by_role("button", name=re.compile("Confirmer")).first.click()
    await ines.goto(f"{region.url}/regulation/osnp")
    await expect(ines.locator(f"#{key}")).to_contain_text("Étape 3 sur 4")


async def over(region: Region, roy: Page) -> None:
    """Stopped, both reports say what it changed."""
    await roy.goto(f"{region.url}{OVERFLOW}")
    await roy.get_by_role("button", name="Arrêter le délestage").first.click()
    await roy.get_by_role("link", name="Trace et rapport").first.click()
    await expect(roy.locator("#contenu")).to_contain_text("Appels")
