"""The register of processing says what is on and what is off, and follows the rules. Rule: A6.4."""

from __future__ import annotations

from pathlib import Path

import pytest

from cordee.governance.register.compiling import Compiling, Register
from cordee.runtime.scanning import Clamd
from cordee.runtime.settings import Dmp, Settings
from trusted import Screen, who

DPO, HERE = "olivier.deschamps", "/protection/registre"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    return bare_screen


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


async def compiled(screen: Screen, settings: Settings) -> Register:
    return await Compiling(screen.platform.parts.database, settings).compile(who(DPO))


@pytest.mark.requirement("A2.9")
@pytest.mark.requirement("A6.4")
async def test_the_dmp_and_the_scanner_are_told_as_they_are_configured(screen: Screen) -> None:
    off = await compiled(screen, Settings(Path("/")))
    on = await compiled(
        screen,
        Settings(Path("/"), dmp=Dmp("https://dmp.example.org/x"), scanner=Clamd("antivirus")),
    )
    demo = await compiled(screen, Settings(Path("/"), mode="demo"))

    told = [
        {one.name.split()[0]: (one.is_on, one.to) for one in found.flows[-2:]}
        for found in (off, on, demo)
    ]
    assert told[0] == {"DMP": (False, ""), "Antivirus": (False, "")}
    assert told[1] == {"DMP": (True, "dmp.example.org"), "Antivirus": (True, "antivirus")}
    assert told[2]["DMP"] == (False, "émulateur, dans ce processus")
    names = [{one.name for one in found.processings} for found in (off, on, demo)]
    assert "Documents de santé" in names[0] & names[2]
    assert "Documents de santé et alimentation du DMP" in names[1]
    documents = next(one for one in on.processings if one.name.startswith("Documents"))
    assert "Mon espace santé (DMP)" in documents.readers
    assert "Dépôts au DMP terminés : 7300 jours" in documents.kept


@pytest.mark.requirement("A3.3")
@pytest.mark.requirement("A6.2")
@pytest.mark.requirement("A6.4")
async def test_mandates_citizens_and_keys_have_their_lines(screen: Screen) -> None:
    text = await (await screen.person(DPO)).text(HERE)

    for words in (
        "Mandats de proches et de représentants", "Comptes des citoyens", "Chiffrement des dossiers",
        "Codes d’invitation échus : 30 jours", "Clés qui chiffrent les dossiers : 7300 jours",
    ):  # fmt: skip
        assert words in text, words
    assert ("identité pivot" in text) == ("Connexion par FranceConnect" in text)


@pytest.mark.requirement("A6.4")
async def test_regulation_and_what_lies_around_it_have_their_lines(screen: Screen) -> None:
    found = await compiled(screen, Settings(Path("/")))

    lines = {one.name: " ".join(one.kept) for one in found.processings}
    assert "personne identifiée : 7300 jours" in lines["Régulation des appels des SAMU-centres 15"]
    assert "pas pris : 1 jour " in lines["Échanges et délestage entre SAMU"]
    assert "remis : 365 jours" in lines["Échanges et délestage entre SAMU"]
    assert "1095 jours" in lines["Créneaux de soins non programmés (SAS)"]
    assert "1095 jours" in lines["Formation de la régulation"]
