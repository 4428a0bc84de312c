"""The roles of the warehouse: each account of a role opens what `RIGHTS` says, and nothing else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from cordee.identity.principal import (
    ANALYST,
    COMMITTEE,
    DATA_MANAGER,
    DPO,
    STEERING,
    WAREHOUSE,
)
from cordee.population.callers import RIGHTS
from populated import populated
from running import Ground
from trusted import Screen, plain

PEOPLE = {
    STEERING: "julie.perret", WAREHOUSE: "helene.vasseur", DATA_MANAGER: "rachid.amrani",
    ANALYST: "lucie.caron", COMMITTEE: "pierre.lemaire", DPO: "olivier.deschamps",
}  # fmt: skip
# What each right opens, said again by hand: a page that changes hands fails here.
MAY = {
    "indicators": {STEERING, WAREHOUSE, DATA_MANAGER, ANALYST, COMMITTEE},
    "figures": {STEERING, WAREHOUSE, ANALYST},
    "cohorts": {STEERING, ANALYST},
    "versions": {STEERING, WAREHOUSE, ANALYST, COMMITTEE},
    "keeping": {STEERING, ANALYST},
    "boards": {STEERING},
    "quality": {STEERING, WAREHOUSE, DATA_MANAGER, ANALYST},
    "tickets": {STEERING, DATA_MANAGER},
    "catalogue": {STEERING, WAREHOUSE, DATA_MANAGER, ANALYST, COMMITTEE, DPO},
    "register": {STEERING, WAREHOUSE, COMMITTEE, DPO},
}
MAP = "/population/diabete"
PAGES = {
    "/population": "indicators", f"{MAP}/definition": "indicators",
    MAP: "figures", f"{MAP}/nombres.csv": "figures", f"{MAP}/mesure.json": "figures",
    f"{MAP}/graphiques/groupes.json": "figures", f"{MAP}/implantation": "figures",
    f"{MAP}/avant-apres": "figures", "/population/ailleurs": "figures",
    "/population/cohorte": "cohorts",
    "/population/versions": "versions", "/population/implantations": "versions",
    "/population/alignement": "boards",
    "/population/qualite": "quality", "/population/qualite/tickets": "quality",
    "/population/qualite/tickets/nouveau": "tickets",
    "/population/catalogue": "catalogue", "/population/catalogue.jsonld": "catalogue",
    "/population/catalogue/validation": "catalogue",
    "/population/catalogue/indicateur-diabete": "catalogue", "/population/roles": "catalogue",
    "/population/registre": "register", "/population/registre/lignes.csv": "register",
}  # fmt: skip


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with populated(ground, 1200) as running:
        yield running


def test_rights_are_those_said_here() -> None:
    assert {right: set(whose) for right, whose in RIGHTS.items()} == MAY


@pytest.mark.requirement("G1.7")
@pytest.mark.parametrize("role", PEOPLE)
async def test_a_role_opens_its_pages_and_no_other(screen: Screen, role: str) -> None:
    person = await screen.person(PEOPLE[role])
    opened = {path: (await person.get(path)).status_code for path in PAGES}
    for path, right in PAGES.items():
        if role not in MAY[right]:
            assert opened[path] == 403, path
        elif path.endswith("/nouveau"):
            assert opened[path] == 404, path  # no line of the report is named
        else:
            assert opened[path] == 200, path
    kept = await person.post(f"{MAP}/versions", note="")
    assert kept.status_code == (303 if role in MAY["keeping"] else 403)
    compared = await person.post(f"{MAP}/implantation?arrets=1", note="")
    assert compared.status_code == (303 if role in MAY["keeping"] else 403)


@pytest.mark.requirement("G1.7")
@pytest.mark.parametrize("role", PEOPLE)
async def test_what_is_offered_is_what_opens(screen: Screen, role: str) -> None:
    person = await screen.person(PEOPLE[role])
    starts = ["/", "/plan", *(one for one in PAGES if not re.search(r"\.(csv|json|jsonld)$", one))]
    led: set[str] = set()
    for path in starts:
        answer = await person.get(path)
        if answer.status_code == 200:
            main = answer.text[answer.text.index('id="contenu"') :]
            led |= set(re.findall(r'href="(/population[^"#?]*)"', main))
    assert led
    for path in sorted(led):
        assert (await person.get(path)).status_code != 403, path


@pytest.mark.requirement("G1.7")
async def test_the_page_says_who_does_what(screen: Screen) -> None:
    page = plain(await (await screen.person("rachid.amrani")).get("/population/roles"))
    assert "Votre rôle : Data manager." in page
    assert page.count(" vous ") == 4
    # The map of who may not keep offers no form to keep.
    lead = await (await screen.person("helene.vasseur")).get(MAP)
    assert "Figer une version" not in lead.text
