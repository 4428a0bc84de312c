"""The board of prevention of a CPTS; days of vaccination whose places are never too many."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from community import CPTS, make_community
from coordinated import make_person
from cordee.app.communities import vaccination
from cordee.care.prevention.days import VaccinationDays
from cordee.fhir.store.journal import publish
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import Conflict, RuleBroken
from running import Ground
from trusted import Person, Screen, screen_on, who

LINA, MARC, ZOE = "lina-essai", "marc-essai", "zoe-essai"
ACTION = {
    "cpts": f"Organization/{CPTS}", "theme": "vaccination", "titre": "Grippe à la halle",
    "public": "65 ans et plus", "lieu": "Halle de Saulx", "debut": "2027-01-04",
    "fin": "2027-02-04", "qui": "Infirmières et pharmaciens", "prevus": "150", "etat": "prepared",
}  # fmt: skip


@pytest.fixture(scope="module")
async def region(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_community(screen)
        for key in (LINA, MARC, ZOE):
            await make_person(screen, key, name=[{"family": key.title(), "given": ["X"]}])
        yield screen


async def _add(person: Person, **more: str) -> str:
    form = ACTION | {"numero": str(uuid4())} | more
    answer = await person.post("/prevention", **form)
    assert answer.status_code == 303, answer.text
    assert (await person.post("/prevention", **form)).headers["location"] == answer.headers[
        "location"
    ]
    return str(answer.headers["location"])


async def _open(region: Screen, days: int, **more: str) -> str:
    """The path of a day with two vaccinators, one place each an hour, twice."""
    nora = await region.person("nora.belkacem")
    action = await _add(nora)
    at = datetime.now(PARIS) + timedelta(days=days)
    form = {
        "geste": "journee", "numero": str(uuid4()), "jour": at.date().isoformat(),
        "heure": "09:00", "duree": "10", "suite": "2", "ou": "Halle de Saulx",
        "vaccine-0": "Practitioner/anne-le-goff", "vaccine-1": "Practitioner/bernard-roux",
    } | more  # fmt: skip
    answer = await nora.post(action, **form)
    assert answer.status_code == 303, answer.text
    assert (await nora.post(action, **form)).headers["location"] == answer.headers["location"]
    await publish(region.platform.parts.database)
    return str(answer.headers["location"])


def _desk(region: Screen) -> VaccinationDays:
    region.platform.parts.guard.forget()
    return vaccination(region.platform.parts)


@pytest.mark.requirement("B6.6")
async def test_actions_are_the_members_and_their_changes_do_not_cross(region: Screen) -> None:
    nora, roux = await region.person("nora.belkacem"), await region.person("dr.roux")
    place = await _add(nora, titre="Dépistage au marché", theme="depistage")
    assert "Dépistage au marché Dépistage des cancers 65 ans et plus" in await roux.text(
        "/prevention"
    )
    seen = re.search(r'name="vu" value="(\d+)"', (await roux.get(place)).text)
    assert seen
    changed = ACTION | {"titre": "Dépistage au marché", "vu": seen[1], "etat": "done"}
    refused = await roux.post(place, **changed)
    assert "combien de personnes sont venues" in refused.text
    assert (await roux.post(place, **changed, venus="87")).status_code == 303
    assert (await nora.post(place, **changed, venus="12")).status_code == 409
    assert "87 venues sur 150 visées" in await nora.text("/prevention")
    assert ";150;87;Terminée" in (await nora.get("/prevention.csv")).text

    wrong = await nora.post(
        "/prevention", **ACTION | {"theme": "", "fin": "2027-01-01", "prevus": "x"}
    )
    for said in ("Choisissez le thème", "après le premier", "combien de personnes sont visées"):
        assert said in wrong.text
    for user in ("paul.rey", "helene.costa", "jeanne.bertin", "julie.perret"):
        stranger = await region.person(user)
        for path in ("/prevention", "/prevention.csv", place):
            assert (await stranger.get(path)).status_code in {403, 404}, (user, path)
        assert (await stranger.post("/prevention", **ACTION)).status_code == 403
        assert (await stranger.post(place, **changed, venus="1")).status_code in {403, 404}


@pytest.mark.requirement("B6.6")
async def test_places_are_never_more_than_there_are(region: Screen) -> None:
    path = await _open(region, 3)
    desk, doctor = _desk(region), who("dr.legoff")
    day = await desk.one(doctor, path.rpartition("/")[2])
    hour = (await desk.places(doctor, [day]))[0].starts
    answers = await asyncio.gather(
        *(desk.book(doctor, one, day, hour, str(uuid4())) for one in (LINA, MARC, ZOE)),
        return_exceptions=True,
    )
    won = [one for one in answers if isinstance(one, str)]
    lost = [one for one in answers if not isinstance(one, str)]
    assert len(won) == 2, answers
    assert [type(one) for one in lost] == [Conflict]
    taken = [one for one in await desk.places(doctor, [day]) if one.status == "busy"]
    assert [one.starts for one in taken] == [hour, hour]
    later = hour + timedelta(minutes=10)
    first = (LINA, MARC, ZOE)[next(n for n, one in enumerate(answers) if isinstance(one, str))]
    with pytest.raises(RuleBroken, match="déjà une place"):
        await desk.book(doctor, first, day, later, str(uuid4()))


@pytest.mark.requirement("B6.6")
async def test_one_person_has_one_place_whoever_books_at_once(region: Screen) -> None:
    path = await _open(region, 5)
    desk, doctor = _desk(region), who("dr.legoff")
    day = await desk.one(doctor, path.rpartition("/")[2])
    hours = sorted({one.starts for one in await desk.places(doctor, [day])})
    answers = await asyncio.gather(
        *(desk.book(doctor, ZOE, day, hours[n % 2], str(uuid4())) for n in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, str) for one in answers) == 1, answers
    taken = [one for one in await desk.places(doctor, [day]) if one.status == "busy"]
    assert len(taken) == 1
    booking = next(one for one in answers if isinstance(one, str))
    await desk.end(doctor, day, booking, "cancelled", "part en voyage")
    assert await desk.book(doctor, ZOE, day, hours[1], str(uuid4())) != booking


@pytest.mark.requirement("B6.6")
async def test_the_list_of_the_day_names_whom_each_may_see(region: Screen) -> None:
    path = await _open(region, 4, **{"vaccine-0": ""})  # Dr Roux alone
    anne, roux = await region.person("dr.legoff"), await region.person("dr.roux")
    nora = await region.person("nora.belkacem")
    booking = f"/patients/{LINA}/vaccination"
    hour = re.search(rf'value="({path.rpartition("/")[2]}\|[^"]+)"', (await anne.get(booking)).text)
    assert hour
    form = {"numero": str(uuid4()), "place": hour[1]}
    for _again in range(2):
        assert (await anne.post(booking, **form)).status_code == 303
    await publish(region.platform.parts.database)
    region.platform.parts.guard.forget()
    assert "LINA" in await roux.text(path)  # who vaccinates knows who comes
    assert "LINA" in (await roux.get(f"{path}/liste.csv")).text.upper()
    for person in (nora,):
        assert "LINA" not in (await person.text(path)).upper()
        assert "1 place prise sur 2" in await person.text(path)
        assert "LINA" not in (await person.get(f"{path}/liste.csv")).text.upper()
    late = await anne.post(f"/patients/{MARC}/vaccination", numero=str(uuid4()), place=hour[1])
    assert late.status_code == 409
    assert "Plus de place à cette heure" in late.text
    for user in ("paul.rey", "helene.costa", "julie.perret", "jeanne.bertin"):
        stranger = await region.person(user)
        for one in (path, f"{path}/liste.csv", booking):
            assert (await stranger.get(one)).status_code in {403, 404}, (user, one)
        assert (await stranger.post(booking, **form)).status_code in {403, 404}

    found = re.search(r'name="reservation" value="([^"]+)"', (await roux.get(path)).text)
    assert found
    said = {"reservation": found[1], "geste": "cancelled"}
    assert (await nora.post(path, **said, raison="pas elle")).status_code in {403, 404}
    assert "Dites pourquoi" in (await roux.post(path, **said)).text
    assert (await roux.post(path, **said, raison="fièvre")).status_code == 303
    again = await anne.post(f"/patients/{MARC}/vaccination", numero=str(uuid4()), place=hour[1])
    assert again.status_code == 303, "the place is free again"


@pytest.mark.requirement("B6.6")
async def test_a_day_that_cannot_be_is_refused(region: Screen) -> None:
    nora = await region.person("nora.belkacem")
    action = await _add(nora)
    tomorrow = (datetime.now(PARIS) + timedelta(days=1)).date().isoformat()
    good = {
        "geste": "journee", "jour": tomorrow, "heure": "09:00", "duree": "10", "suite": "2",
        "ou": "Halle", "vaccine-0": "Practitioner/bernard-roux",
    }  # fmt: skip
    for wrong, said in (
        ({"vaccine-0": "Practitioner/nora-belkacem"}, "Choisissez qui vaccine"),
        ({"vaccine-0": "Practitioner/paul-rey"}, "Choisissez qui vaccine"),
        ({"suite": "49"}, "de 1 à 48 places"), ({"duree": "0"}, "de 5 à 60 minutes"),
        ({"jour": "2020-01-01"}, "Ce moment est passé"), ({"heure": ""}, "le jour et l’heure"),
        ({"ou": ""}, "Dites où"),
    ):  # fmt: skip
        answer = await nora.post(action, **good | wrong)
        assert answer.status_code == 422, wrong
        assert said in answer.text, wrong
