"""Samira writes, Dr Le Goff reads live and Samira sees that he has; a cut loses nothing."""

from __future__ import annotations

import re

import pytest
from demonstration import Region
from playwright.async_api import Browser, Route, expect
from scenes import enter

SAMIRA, LE_GOFF, STRANGER = "Samira Haddad", "Anne Le Goff", "Aurélie Maurin"


@pytest.mark.requirement("B1.5")
async def test_a_nurse_writes_and_the_doctor_reads_live(region: Region, browser: Browser) -> None:
    nurse = await enter(browser, region, SAMIRA)
    await nurse.goto(f"{region.url}/patients/yann-kerbrat/messages/nouveau")
    await nurse.get_by_label("Dr Anne Le Goff").check()
    await nurse.get_by_label("Objet").fill("Tension du matin")
    await nurse.get_by_label("Premier message").fill("16/9 au lever, sans signe.")
    await nurse.get_by_role("button", name="Ouvrir le fil").click()
    await nurse.wait_for_url(re.compile("/messagerie/[0-9a-f-]{36}$"))
    await expect(nurse.locator("#conversation")).to_contain_text("envoyé, pas encore remis")

    doctor = await enter(browser, region, LE_GOFF)
    await doctor.goto(f"{region.url}/messagerie")
    await expect(nurse.locator("#conversation")).to_contain_text("pas encore")
    await doctor.get_by_role("link", name="Tension du matin").click()
    await expect(doctor.locator("#conversation")).to_contain_text("16/9 au lever")
    await expect(nurse.locator("#conversation")).to_contain_text("lu par 1 sur 1")

    await doctor.get_by_label(re.compile("Écrire à")).fill("brouillon du médecin")
    await nurse.get_by_label(re.compile("Écrire à")).fill("Recontrôle à 15/8.")
    await nurse.get_by_role("button", name="Envoyer").click()
    await expect(doctor.locator("#conversation")).to_contain_text("Recontrôle à 15/8.")
    # What the doctor was typing is still there.
    await expect(doctor.locator("#texte")).to_have_value("brouillon du médecin")
    await expect(nurse.locator("#conversation")).to_contain_text("lu par 1 sur 1")

    stranger = await enter(browser, region, STRANGER)
    refused = await stranger.goto(nurse.url)
    assert refused is not None
    assert refused.status == 404


@pytest.mark.requirement("B1.5")
async def test_a_message_that_does_not_leave_is_kept_and_sent_once(
    region: Region, browser: Browser
) -> None:
    nurse = await enter(browser, region, SAMIRA)
    await nurse.goto(f"{region.url}/messagerie")
    await nurse.get_by_role("link", name="Plaie du talon droit").click()
    arrived = 0

    async def cut(route: Route) -> None:
        nonlocal arrived
        if route.request.method == "POST" and not arrived:
            # It reaches the server, but the answer never comes back.
            arrived += 1
            await route.fetch(max_redirects=0)
            await route.abort()
            return
        await route.continue_()

    await nurse.route(re.compile("/messagerie/[0-9a-f-]{36}$"), cut)
    await nurse.get_by_label(re.compile("Écrire à")).fill("Température à 38,2")
    await nurse.get_by_role("button", name="Envoyer").click()
    await expect(nurse.locator("[data-unsent]")).to_be_visible()
    await expect(nurse.locator("#texte")).to_have_value("Température à 38,2")
    await nurse.get_by_role("button", name="Envoyer").click()

    await expect(nurse.locator("#texte")).to_have_value("")
    await nurse.reload()
    assert arrived == 1
    await expect(
        nurse.locator("#conversation").get_by_text("Température à 38,2", exact=True)
    ).to_have_count(1)


@pytest.mark.requirement("B1.5")
async def test_all_of_it_works_without_javascript(region: Region, browser: Browser) -> None:
    nurse = await enter(browser, region, SAMIRA, java_script_enabled=False)
    await nurse.goto(f"{region.url}/messagerie")
    await nurse.get_by_role("link", name="Plaie du talon droit").click()
    await nurse.get_by_label(re.compile("Écrire à")).fill("Sans JavaScript")
    await nurse.get_by_role("button", name="Envoyer").click()

    await expect(nurse.locator("#conversation")).to_contain_text("Sans JavaScript")


@pytest.mark.requirement("B1.3")
async def test_somebody_invited_comes_into_the_circle(region: Region, browser: Browser) -> None:
    doctor = await enter(browser, region, "Bernard Roux")
    closed = await doctor.goto(f"{region.url}/patients/yann-kerbrat")
    await doctor.goto(f"{region.url}/mes-invitations")
    await expect(doctor.locator("#invitations")).to_contain_text("Y. K., 1947")
    await doctor.get_by_role("button", name=re.compile("Accepter")).click()
    await doctor.wait_for_url(re.compile("/patients/yann-kerbrat/cercle$"))

    assert closed is not None
    assert closed.status == 404
    await expect(doctor.locator("#cercle")).to_contain_text("Dr Bernard Roux")
    await expect(doctor.locator("#histoire")).to_contain_text("est entré dans le cercle")
