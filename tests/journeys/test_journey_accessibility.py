"""What of RGAA 4.1 the tests can look at beside axe, on the pages of each persona. Rule: A6.7."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from demonstration import Region
from playwright.async_api import Browser, Page, ViewportSize, expect

RULES = (Path(__file__).parent / "accessibility_rules.js").read_text("utf-8")
HERS = "/patients/yvonne-morvan"
NARROW: ViewportSize = {"width": 320, "height": 900}
AROUND = "/mes-proches/*"  # the first that the list shows
PAGES: dict[str, list[str]] = {
    "": ["/connexion", "/accessibilite", "/invitation"],
    "Dr Anne Le Goff": [
        "/", HERS, *(f"{HERS}/{part}" for part in (
            "problemes", "resultats", "traitements", "documents", "parcours", "cercle", "identite",
            "pourquoi", "applications", "dmp", "documents/deposer", "proches", "documents/*",
            "urgences/envoi", "sas", "demandes", "demandes/nouvelle/dac-request", "demandes/nouvelle/facility-request",
            "evaluations", "evaluations/*", "ressources", "concertations", "concertations/nouvelle", "protocoles", "protocoles/plaie-chronique", "demandes/nouvelle/orientation",
            "cercle/inviter?q=haddad", "messages", "messages/nouveau", "liaison", "agenda",
        )),
        "/applications", "/raccourcis", "/plan", "/matrice", "/cercles-actifs", "/identites/recherche",
        "/depots-dmp", "/envois", "/residents", "/nuit", f"{HERS}/nuit", "/demandes", "/urgences", "/urgences/rpu", "/urgences/mur", "/urgences/capacites", "/urgences/capacites/declarer", f"{HERS}/passage/entree", "/evenements-recus",
        "/evenements-recus?etat=tous", "/ressources", "/protocoles", "/cpts", "/cpts/cpts-b-sud", "/file-active", "/sans-medecin-traitant", "/soins-non-programmes", "/mes-creneaux", "/place-de-marche", "/personnes-fragiles", f"{HERS}/soins-non-programmes", f"{HERS}/vaccination", f"{HERS}/visite", "/abonnements", "/a-prevenir", f"{HERS}/abonnements",
        "/messagerie", "/messagerie/nouveau?q=roux", "/messagerie/absence", "/mes-invitations", "/agenda", "/agenda/liens",
        "/relais-domicile",
    ],
    "Karim Saïdi": [
        "/", "/regulation", "/regulation/tableau", "/regulation/osnp", "/regulation/osnp/chiffres", "/regulation/mutualisation", "/regulation/papier", "/regulation/papier/fiche",
        "/regulation/place-de-marche", "/regulation/equite", "/regulation/delestage", "/regulation/demandes",
        "/regulation/territoires/samu-a", "/regulation > /regulation/dossiers/*",
        "/regulation/formation", "/regulation/formation/*",
    ],
    "Nora Belkacem": [
        "/crise", "/crise/*", "/crise/plan", "/prevention", "/prevention/*", "/cpts/cpts-b-sud/dossier",
        "/offres", "/offres/*", "/formations", "/formations/*",
    ],
    "Marion Girard": [
        "/", "/population/etablissement", "/sorties", "/sorties?vue=apres", "/sorties/forcees", "/sorties/indicateurs",
        *(f"/patients/yann-kerbrat/sorties/*{part}" for part in (
            "", "/appel", "/lettre", "/relais/nurse", "/resume",
        )),
    ],
    "Jeanne Bertin": [
        "/", "/mes-acces", "/mes-choix", "/mes-choix/documents", "/mes-droits", "/mon-cercle", "/mes-proches", "/mon-agenda", "/mon-plan",
    ],
    "Yacine Benali": [
        "/urgences", "/urgences > /patients/guy-lambert/passage/*",
        "/urgences > /patients/guy-lambert/passage/*/compte-rendu",
    ],
    "Sophie Mercier": ["/", "/identites", "/identites/indicateurs"],
    "Olivier Deschamps": [
        "/", *(f"/protection{part}" for part in (
            "", "/demandes", "/incidents", "/conservation", "/registre", "/alertes",
        )),
    ],
    "Élise Vasseur": ["/", "/hospiconnect"],
    "Administration de la démonstration": ["/administration/hub", "/administration/sas"],
    "Marc Lefort": ["/", "/evenements-recus", "/mes-proches", AROUND, f"{AROUND}/pourquoi", f"{AROUND}/agenda", f"{AROUND}/nouvelles", "/invitation"],
    "Julie Adam": ["/", "/mes-proches", AROUND, f"{AROUND}/pourquoi", f"{AROUND}/entourage"],
    "Claire Weber": [
        "/", "/residents", "/epidemies", "/epidemies/*", "/residents/evenements", "/residents/dui-actifs", f"{HERS}/faits", f"{HERS}/conciliations", f"{HERS}/conciliations/*",
        "/residents/projets", "/residents/reprises", "/transmissions",
        *(f"{HERS}/{part}" for part in ("dui", "dui/reprises", "sejour", "projet", "transmissions")),
        f"{HERS}/nouvelles", f"{HERS}/chariot", f"{HERS}/chariot/*",
    ],
    "Léa Fontaine": ["/", "/residents", HERS, f"{HERS}/agenda"],
    "Julie Perret": [
        "/", "/epidemies", "/pilotage/documents", "/pilotage/usage", "/latence", "/activite", "/sans-medecin-traitant", "/crise",
        "/dui-actifs-groupes", "/regulation/delestage", "/regulation/conventions", "/regulation/simulation?nouvelle=1",
        "/population", "/population/diabete", "/population/diabete/definition", "/population/diabete/implantation", "/population/versions", "/population/implantations", "/population/cohorte",
        "/population/ailleurs", "/population/diabete?calque=carence&niveau=cpts", "/population/alignement", "/population/diabete/avant-apres",
        "/population/registre", "/population/roles", "/population/qualite", "/population/catalogue", "/population/catalogue/indicateur-diabete", "/population/catalogue/validation", "/population/qualite/tickets",
        "/campagnes", "/campagnes/nouvelle", "/campagnes/kits", "/groupes-a-risque",
    ],
}  # fmt: skip
# WCAG 1.4.12: what a reader may set without losing anything.
SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important;
word-spacing: .16em !important } p { margin-block-end: 2em !important }"""
ROOMS = {"wider spaces": SPACED, "twice the size": "html { font-size: 200% }"}
RESTYLE = """css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);
document.adoptedStyleSheets = [sheet]; }"""
CUT = """() => [...document.querySelectorAll("main *")].filter(one => {
  const style = getComputedStyle(one);
  const hides = /hidden|clip/.test(style.overflowX + style.overflowY);
  return hides && one.textContent.trim() && one.getClientRects().length &&
    one.clientHeight > 4 && one.scrollHeight > one.clientHeight + 4;
}).map(one => one.outerHTML.slice(0, 120))"""
# A map follows the room that it has in the next frame that is drawn.
FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
WIDE = "() => document.documentElement.scrollWidth > window.innerWidth + 1"
OUTLINED = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  const seen = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) ||
    style.boxShadow !== "none";
  return one === document.body || seen ? "" : one.outerHTML.slice(0, 120);
}"""


LINKS = "all => all.map(one => one.getAttribute('href') || '')"
NUMBER = re.compile("(?!deposer$)[0-9a-zA-Z-]+")


async def enter(region: Region, page: Page, who: str) -> None:
    """Signs a persona in, or nobody."""
    if who:
        await page.goto(f"{region.url}/connexion")
        await page.get_by_role("button", name=who).first.click()
        await page.wait_for_url(f"{region.url}/")


async def reach(
    region: Region, page: Page, path: str, numbers: dict[str, str] | None = None
) -> None:
    """Opens a page; `*` is the number of the first one that the page of its folder leads to.

    Where another page leads to it, that one stands before ` > `. `numbers` keeps those found.
    """
    if "*" in path:
        found = {} if numbers is None else numbers
        start, _, path = path.rpartition(" > ")
        folder = path.partition("*")[0]
        if folder not in found:
            found[folder] = await first_number(region, page, start or folder.rstrip("/"), folder)
        path = path.replace("*", found[folder])
    answer = await page.goto(f"{region.url}{path}")
    if answer is not None and answer.status == 202:  # figures on the way: the page comes by itself
        await expect(page).not_to_have_title(re.compile("En préparation"), timeout=60_000)
        answer = await page.reload()
    assert answer is not None
    assert answer.status == 200, path


async def first_number(region: Region, page: Page, start: str, folder: str) -> str:
    """The number of the first page of a folder to which the page at `start` leads."""
    await page.goto(f"{region.url}{start}")
    links = await page.locator("main a").evaluate_all(LINKS)
    numbers = [one.removeprefix(folder) for one in links if one.startswith(folder)]
    return next(one for one in numbers if NUMBER.fullmatch(one))


@dataclass(slots=True)
class Seen:
    """What was found on the pages of somebody: on a telephone, on a screen, and with more room."""

    narrow: list[tuple[str, ...]] = field(default_factory=list)
    wide: list[tuple[str, ...]] = field(default_factory=list)
    lost: list[tuple[str, str, Any]] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
async def seen(region: Region, browser: Browser) -> Callable[[str], Awaitable[Seen]]:
    """Looks at each page of somebody, opened once for all that is asked of it."""
    known: dict[str, Seen] = {}

    async def look(who: str) -> Seen:
        if who not in known:
            known[who] = await visit(region, browser, who)
        return known[who]

    return look


async def visit(region: Region, browser: Browser, who: str) -> Seen:
    """Opens the pages on a telephone of 320 pixels, then gives each the width of a screen."""
    context = await browser.new_context(viewport=NARROW, locale="fr-FR")
    page, found = await context.new_page(), Seen()
    numbers: dict[str, str] = {}
    await enter(region, page, who)
    for path in PAGES[who]:
        await page.set_viewport_size(NARROW)
        await reach(region, page, path, numbers)
        found.narrow += [(path, *one) for one in await page.evaluate(RULES)]
        await page.set_viewport_size({"width": 1280, "height": 900})
        found.titles[path] = await page.title()
        found.wide += [(path, *one) for one in await page.evaluate(RULES)]
        # Through the object model: the policy of the page allows no style of its own.
        for name, css in ROOMS.items():
            await page.evaluate(RESTYLE, css)
            await page.evaluate(FRAMES)
            found.lost += [(path, name, one) for one in await page.evaluate(CUT)]
            found.lost += [(path, name, "too wide")] if await page.evaluate(WIDE) else []
    await context.close()
    return found


@pytest.mark.requirement("A6.7")
@pytest.mark.parametrize("who", PAGES)
async def test_each_page_keeps_what_can_be_counted_on_a_telephone(
    seen: Callable[[str], Awaitable[Seen]], who: str
) -> None:
    assert (await seen(who)).narrow == []


@pytest.mark.requirement("A6.7")
@pytest.mark.parametrize("who", PAGES)
async def test_each_page_has_its_title_keeps_the_rules_and_loses_nothing_when_wider(
    seen: Callable[[str], Awaitable[Seen]], who: str
) -> None:
    """Wider spaces and twice the size, WCAG 1.4.4 and 1.4.12, after what can be counted."""
    found = await seen(who)
    assert found.lost == []
    assert found.wide == []
    assert len(found.titles) == len(PAGES[who])
    assert len(set(found.titles.values())) == len(found.titles), found.titles


@pytest.mark.requirement("A6.7")
@pytest.mark.parametrize("who", [one for one in PAGES if one])
async def test_the_keyboard_shows_where_it_is(region: Region, page: Page, who: str) -> None:
    await enter(region, page, who)
    for path in PAGES[who][:2]:
        await reach(region, page, path)
        for _ in range(30):
            await page.keyboard.press("Tab")
            assert await page.evaluate(OUTLINED) == "", path
