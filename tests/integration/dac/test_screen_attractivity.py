"""Offers of a CPTS answered by professionals; trainings whose seats are never too many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from icalendar import Calendar

from community import CPTS, make_community
from cordee.app.communities import trainings
from cordee.runtime import clock
from cordee.runtime.errors import Conflict
from running import Ground
from trusted import Person, Screen, screen_on, who


@pytest.fixture(scope="module")
async def region(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_community(screen)
        yield screen


def _day(region: Screen, days: int) -> str:
    return (region.clock().date() + timedelta(days=days)).isoformat()


async def _offer(region: Screen, person: Person, **more: str) -> str:
    form = {
        "numero": str(uuid4()), "cpts": f"Organization/{CPTS}", "nature": "remplacement",
        "profession": "Infirmière", "commune": "Saulx", "debut": _day(region, 20),
        "fin": _day(region, 40), "texte": "Deux semaines, tournée du matin.",
        "contact": "Nora Belkacem, 02 00 00 12 01", "echeance": _day(region, 15),
    } | more  # fmt: skip
    answer = await person.post("/offres", **form)
    assert answer.status_code == 303, answer.text
    assert (await person.post("/offres", **form)).headers["location"] == answer.headers["location"]
    return str(answer.headers["location"])


async def _session(region: Screen, person: Person, seats: int) -> str:
    form = {
        "numero": str(uuid4()), "cpts": f"Organization/{CPTS}", "titre": "Plaies chroniques",
        "lieu": "Salle des fêtes", "jour": _day(region, 10), "heure": "19:00", "fin": "21:00",
        "places": str(seats), "texte": "Cas et matériel.",
    }  # fmt: skip
    answer = await person.post("/formations", **form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@pytest.mark.requirement("B6.8")
async def test_an_offer_is_answered_read_by_its_cpts_and_closed(region: Screen) -> None:
    roux, nora = await region.person("dr.roux"), await region.person("nora.belkacem")
    paul, anne = await region.person("paul.rey"), await region.person("dr.legoff")
    place = await _offer(region, roux)
    assert "Infirmière, Saulx Remplacement" in await paul.text("/offres")
    assert "tournée du matin" in (await paul.get("/offres.csv")).text
    assert (await paul.post("/offres", cpts=f"Organization/{CPTS}")).status_code == 403
    without = await paul.post(place, geste="repondre", reponse="Je suis libre.")
    assert "comment vous joindre" in without.text
    assert "Je suis libre." in without.text
    said = {"geste": "repondre", "reponse": "Je suis libre.", "reponse-contact": "06 00 00 00 09"}
    for _again in range(2):
        assert (await paul.post(place, **said)).status_code == 303
    assert "Vous avez répondu" in await paul.text(place)
    for leader in (roux, nora):
        told = await leader.text(place)
        assert told.count("06 00 00 00 09") == 1, "an answer is one"
    assert "06 00 00 00 09" not in await anne.text(place), "answers are not the other members'"
    assert (await anne.post(place, geste="filled")).status_code == 403
    assert (await nora.post(place, geste="filled")).status_code == 303
    assert (await anne.get(place)).status_code == 404
    assert "Saulx" not in await anne.text("/offres")
    assert "pourvue" in await nora.text("/offres")
    for user in ("jeanne.bertin", "julie.perret"):
        for path in ("/offres", place):
            assert (await (await region.person(user)).get(path)).status_code == 403


@pytest.mark.requirement("B6.8")
async def test_an_offer_ends_by_itself(region: Screen) -> None:
    nora = await region.person("nora.belkacem")
    place = await _offer(region, nora, commune="Ouchelles", echeance=_day(region, 1))
    region.ahead = timedelta(days=2)
    try:
        nora, paul = await region.person("nora.belkacem"), await region.person("paul.rey")
        assert "Ouchelles" not in await paul.text("/offres")
        assert (await paul.get(place)).status_code == 404
        assert "échue" in await nora.text("/offres")
    finally:
        region.ahead = timedelta()
    nora = await region.person("nora.belkacem")
    wrong = await nora.post("/offres", cpts=f"Organization/{CPTS}", texte="Un texte",
                            echeance=_day(region, 400))  # fmt: skip
    for text in ("la nature de l’offre", "Donnez la commune", "à 180 jours au plus", "Un texte"):
        assert text in wrong.text


@pytest.mark.requirement("B6.8")
async def test_seats_are_never_too_many(region: Screen) -> None:
    nora = await region.person("nora.belkacem")
    number = (await _session(region, nora, 3)).rpartition("/")[2]
    desk, now = trainings(region.platform.parts), clock.now()
    people = [replace(who("paul.rey"), user=f"person-{n}", name=f"P {n}") for n in range(8)]
    answers = await asyncio.gather(
        *(desk.register(one, number, now) for one in [*people, *people[:2]]),
        return_exceptions=True,
    )
    rows = await region.rows("SELECT by FROM cpts_training_seat WHERE training = $1", number)
    assert len(rows) == 3
    assert all(one is None or isinstance(one, Conflict) for one in answers), answers
    one = (await region.rows("SELECT * FROM cpts_training_seat LIMIT 1"))[0]
    with pytest.raises(Exception, match="violates check constraint"):
        await region.rows(
            "INSERT INTO cpts_training_seat VALUES ($1, 3, 4, 'x', 'x', now())", one["training"]
        )


@pytest.mark.requirement("B6.8")
async def test_a_session_is_joined_left_read_elsewhere_and_called_off(region: Screen) -> None:
    nora, paul = await region.person("nora.belkacem"), await region.person("paul.rey")
    anne = await region.person("dr.legoff")
    place = await _session(region, nora, 1)
    assert (await paul.post(place, geste="inscrire")).status_code == 303
    assert (await paul.post(place, geste="inscrire")).status_code == 303
    full = await anne.post(place, geste="inscrire")
    assert full.status_code == 409
    assert "complète" in full.text
    assert "Paul Rey" in await nora.text(place)
    assert "Inscrits" not in await anne.text(place), "who comes is told to who leads"
    assert (await paul.post(place, geste="desinscrire")).status_code == 303
    assert (await anne.post(place, geste="inscrire")).status_code == 303

    for path in ("/formations.ics", f"{place}/seance.ics"):
        found = await paul.get(path)
        assert found.headers["content-type"].startswith("text/calendar")
        events = Calendar.from_ical(found.content).walk("VEVENT")
        assert "Plaies chroniques" in {str(one["SUMMARY"]) for one in events}
        assert "Le Goff" not in found.text
    assert (await paul.post(place, geste="annuler")).status_code == 403
    assert (await nora.post(place, geste="annuler")).status_code == 303
    assert "annulée" in await paul.text("/formations")
    assert (await paul.post(place, geste="inscrire")).status_code == 409
    for user in ("jeanne.bertin", "julie.perret"):
        for path in ("/formations", place, "/formations.ics", f"{place}/seance.ics"):
            assert (await (await region.person(user)).get(path)).status_code == 403
    wrong = await nora.post("/formations", cpts=f"Organization/{CPTS}", titre="Sans jour")
    for text in ("jour et une heure à venir", "Donnez le nombre de places", "Sans jour"):
        assert text in wrong.text
