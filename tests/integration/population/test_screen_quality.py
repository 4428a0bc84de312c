"""Quality of the sources on screen, and tickets to them from opening to closing. Rule: G1.4."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from cordee.app.demo_population import write_areas
from cordee.app.population import home_of
from cordee.runtime.clock import today
from facts import event, person, write
from running import Ground
from trusted import Person, Screen, plain, screen_on

PAGE = "/population/qualite"
TICKETS = f"{PAGE}/tickets"
LINE = {"source": "cordee", "donnees": "person", "verification": "commune"}


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as running:
        home = home_of(running.platform.parts.settings)
        write_areas(home)
        people = [person(f"p{at}", commune=None if at < 40 else "96021") for at in range(100)]
        day = (today().replace(day=1) - timedelta(days=20)).isoformat()
        events = [event("act", one["person"], "X", day) for one in people]
        shutil.rmtree(home.facts.folder, ignore_errors=True)
        write(home.facts.folder, people, events)
        yield running


def rows(text: str) -> list[dict[str, str]]:
    return list(
        csv.DictReader(io.StringIO(text.removeprefix("\ufeff").replace("\xa0", " ")), delimiter=";")
    )


async def begun(julie: Person, **more: str) -> str:
    sent = LINE | {"form": str(uuid4()), "mots": "Quatre communes sur dix manquent"} | more
    answer = await julie.post(TICKETS, **sent)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@pytest.mark.parametrize(
    "path", [PAGE, f"{PAGE}/lignes.csv", TICKETS, f"{TICKETS}/liste.csv", f"{TICKETS}/1"]
)
async def test_who_steers_the_region_reads_and_nobody_else(screen: Screen, path: str) -> None:
    julie = await screen.person("julie.perret")
    await begun(julie)
    assert (await julie.get(path)).status_code == 200
    for other in ("dr.legoff", "admin", "jeanne.bertin"):
        assert (await (await screen.person(other)).get(path)).status_code == 403, other
    assert (await (await screen.stranger()).get(path)).status_code in {303, 401}


async def test_nobody_else_opens_or_moves_a_ticket(screen: Screen) -> None:
    path = await begun(await screen.person("julie.perret"))
    doctor = await screen.person("dr.legoff")
    assert (await doctor.post(path, geste="sent")).status_code == 403
    sent = LINE | {"form": str(uuid4()), "mots": "x"}
    assert (await doctor.post(TICKETS, **sent)).status_code == 403


@pytest.mark.requirement("G1.4")
async def test_what_fails_is_seen_first_filtered_and_as_a_file(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    page = await julie.get(PAGE)
    text = plain(page)
    assert "manque : commune du domicile" in text
    assert "environ 40 personnes, 40,0 %" in text
    first = re.search(r'<tbody><tr><th scope="row">(.*?) <small>', page.text)
    assert first
    assert first[1].replace("\xa0", " ") == "manque : commune du domicile"
    only = plain(await julie.get(f"{PAGE}?volet=timeliness"))
    assert "dernier mois transmis" in only
    assert "commune du domicile" not in only
    assert "Aucune ligne" in plain(await julie.get(f"{PAGE}?source=x"))
    told = {
        (one["données"], one["vérification"]): one
        for one in rows((await julie.get(f"{PAGE}/lignes.csv")).text)
    }
    line = told["person", "manque : commune du domicile"]
    assert (line["personnes, par dizaines"], line["en défaut, par dizaines"]) == ("100", "40")
    assert told["person", "manque : sexe"]["en défaut, par dizaines"] == "moins de 11"


@pytest.mark.requirement("G1.4")
async def test_a_ticket_goes_to_the_source_and_comes_back(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    link = re.search(r'href="(/population/qualite/tickets/nouveau\?[^"]+)"',
                     (await julie.get(PAGE)).text)  # fmt: skip
    assert link
    page = await julie.get(link[1].replace("&amp;", "&"))
    assert "environ 40 personnes" in plain(page)
    number = re.search(r'name="form" value="([^"]+)"', page.text)
    assert number
    empty = await julie.post(TICKETS, **LINE, form=number[1], mots=" ")
    assert empty.status_code == 422
    sent = LINE | {"form": number[1], "mots": "Communes absentes depuis la reprise"}
    path = (await julie.post(TICKETS, **sent)).headers["location"]
    assert (await julie.post(TICKETS, **sent)).headers["location"] == path  # pressed twice, one
    assert (await julie.post(path, geste="fixed")).status_code == 409
    assert (await julie.post(path, geste="sent", mots="Écrit au DSI")).status_code == 303
    refused = await julie.post(path, geste="contested", mots="")
    assert refused.status_code == 422
    assert "Dites pourquoi" in plain(refused)
    assert (await julie.post(path, geste="fixed", mots="Repris")).status_code == 303
    assert (await julie.post(path, geste="closed")).status_code == 303
    text = plain(await julie.get(path))
    assert "Écrit au DSI" in text
    assert "à l’ouverture" in text
    assert "à la dernière mesure" in text
    assert (await julie.post(path, geste="sent")).status_code == 409
    found = plain(await julie.get(f"{TICKETS}?etat=closed&texte=reprise"))
    assert "Communes absentes depuis la reprise" in found
    assert "Aucun ticket" in plain(await julie.get(f"{TICKETS}?texte=introuvable"))
    listed = rows((await julie.get(f"{TICKETS}/liste.csv?etat=closed")).text)
    assert [one["mots"] for one in listed] == ["Communes absentes depuis la reprise"]


async def test_a_line_that_is_not_there_has_no_ticket(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    bad = LINE | {"verification": "x"}
    assert (await julie.get(f"{TICKETS}/nouveau?source=x")).status_code == 404
    sent = {"form": str(uuid4()), "mots": "x"}
    assert (await julie.post(TICKETS, **bad, **sent)).status_code == 404
    assert (await julie.get(f"{TICKETS}/999999")).status_code == 404
