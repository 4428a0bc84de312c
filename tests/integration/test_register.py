"""The register of processing says what is on and what is off, and follows the rules. Rule: A6.4."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from running import Ground
from trusted import Screen, screen_on

DPO, HERE = "olivier.deschamps", "/protection/registre"


@pytest.fixture
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        yield screen


@pytest.mark.requirement("A6.4")
async def test_a_flow_is_told_as_on_when_it_is(screen: Screen) -> None:
    dpo = await screen.person(DPO)
    before = (await dpo.get(f"{HERE}/registre.csv")).text
    await screen.rows(
        "INSERT INTO smart_client (id, name, kind, redirect_uris, scopes, approved)"
        " VALUES ('carnet', 'Carnet', 'public', '{http://x}', 'patient/*.rs', now()),"
        " ('attente', 'En attente', 'public', '{http://x}', 'patient/*.rs', NULL)"
    )
    await screen.rows("INSERT INTO installation VALUES ('trail-sent', '{\"n\": 1}')")

    after = (await dpo.get(f"{HERE}/registre.csv")).text
    page = await dpo.text(HERE)

    assert "Applications SMART on FHIR;Aucune application" in before
    assert "(syslog);Lignes du journal;flux éteint" in before
    assert "Application Carnet;Portées : patient/*.rs;flux actif" in after
    assert "En attente" not in after
    assert "(syslog);Lignes du journal;flux actif" in after
    assert "Téléservice INSi éteint" in page


@pytest.mark.requirement("A6.4")
async def test_durations_are_those_that_hold(screen: Screen) -> None:
    dpo = await screen.person(DPO)
    said = {"classe": "sessions", "jours": "77", "base": "Décision du comité"}
    assert (await dpo.post("/protection/conservation", **said)).status_code == 303

    assert "Sessions fermées ou échues : 77 jours" in await dpo.text(HERE)


@pytest.mark.requirement("A6.4")
@pytest.mark.parametrize("user", ["admin", "dr.legoff", "jeanne.bertin"])
async def test_the_register_is_the_dpos(screen: Screen, user: str) -> None:
    person = await screen.person(user)
    for path in (HERE, f"{HERE}/registre.csv"):
        assert (await person.get(path)).status_code == 403
