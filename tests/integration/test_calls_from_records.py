"""A call to the SAMU from a record: who is meant goes with it, the telephone joins it. SC1, C1.6."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from cordee.app.demo_regulation import make_centres
from cordee.runtime import clock
from regulated import floor
from residents import NUMBER, TOWN, make_home, press, resident
from trusted import Screen, make_patient, plain


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_centres(bare_screen.platform.parts)
    await make_home(bare_screen)
    return bare_screen


@pytest.mark.requirement("C1.6", "A3.4")
async def test_who_is_meant_goes_with_the_call(screen: Screen) -> None:
    patient = await resident(screen)
    nadia, karim = await screen.person("nadia.benhamou"), await screen.person("karim.saidi")
    roy = await screen.person("dr.roy")
    form = plain(await nadia.get(f"/patients/{patient}/sas"))
    assert "SAMU A" in form
    number = await press(nadia, patient)
    assert "attend au SAMU" in plain(await nadia.get(f"/patients/{patient}/sas/{number}"))
    assert "professionnel, depuis un dossier" in plain(await karim.get("/regulation"))

    case = (await karim.post(f"/regulation/appels/{number}")).headers["location"]
    told = plain(await karim.get(case))
    assert "désignée par qui appelle" in told
    for value in ("Tombée du lit", NUMBER, "3 rue du Moulin", TOWN.code):
        assert value in (await karim.get(case)).text
    assert "pris votre appel" in plain(await nadia.get(f"/patients/{patient}/sas/{number}"))

    # No search: the call named her. The rule of emergency opens the record, and it is in the trail.
    assert (await roy.post(f"{case}/personne", patient=patient)).status_code == 303
    assert "urgence, régulation" in plain(await roy.get(case))
    key = screen.platform.parts.kernel.keys(f"Patient/{patient}")
    lines = await screen.rows(
        "SELECT detail FROM audit WHERE actor = 'dr.roy' AND pats @> ARRAY[$1::int8]", key
    )
    assert any("told in a call" in row["detail"] for row in lines)


@pytest.mark.requirement("C1.6", "A3.4")
async def test_who_was_not_named_is_searched_first(screen: Screen) -> None:
    patient, other = await resident(screen), await resident(screen)
    nadia, roy = await screen.person("nadia.benhamou"), await screen.person("dr.roy")
    number = await press(nadia, patient)
    case = (await roy.post(f"/regulation/appels/{number}")).headers["location"]
    assert (await roy.post(f"{case}/personne", patient=other)).status_code == 403


@pytest.mark.requirement("C1.1")
async def test_the_telephone_joins_the_call_that_was_made_from_the_record(screen: Screen) -> None:
    patient = await resident(screen)
    nadia, karim = await screen.person("nadia.benhamou"), await screen.person("karim.saidi")
    pressed = await press(nadia, patient)
    telephone, stranger = uuid4(), uuid4()
    at = clock.now() + timedelta(seconds=40)
    await floor(screen).desk.ring("samu-a", telephone, {"number": "+33353011234"}, at)
    await floor(screen).desk.ring("samu-a", stranger, {"number": "0600000041"}, at)
    lines = await screen.rows("SELECT id, state, since, line FROM regulation_call")
    known = {row["id"]: row for row in lines}
    assert (known[pressed]["state"], known[telephone]["state"]) == ("ended", "waiting")
    assert known[telephone]["since"] == known[pressed]["since"]
    assert known[stranger]["since"] == at
    assert "attend au SAMU" in plain(await nadia.get(f"/patients/{patient}/sas/{pressed}"))
    case = (await karim.post(f"/regulation/appels/{telephone}")).headers["location"]
    assert "désignée par qui appelle" in plain(await karim.get(case))
    assert "pris votre appel" in plain(await nadia.get(f"/patients/{patient}/sas/{pressed}"))
    again = uuid4()
    await floor(screen).desk.ring("samu-a", again, {"number": NUMBER}, at)
    assert "désignée" not in plain(
        await karim.get((await karim.post(f"/regulation/appels/{again}")).headers["location"])
    )


@pytest.mark.requirement("A3.1")
async def test_who_does_not_see_the_person_calls_without_the_record(screen: Screen) -> None:
    patient = uuid4().hex
    await make_patient(screen, patient)
    nadia, claire = await screen.person("nadia.benhamou"), await screen.person("claire.weber")
    assert (await nadia.get(f"/patients/{patient}/sas")).status_code in {200, 404}
    told = {"numero": str(uuid4()), "appel": NUMBER, "dit": "Essai"}
    assert (await nadia.post(f"/patients/{patient}/sas", **told)).status_code == 404
    assert not await screen.rows("SELECT FROM regulation_call")
    seen = await resident(screen)
    number = await press(nadia, seen)
    assert (await claire.get(f"/patients/{seen}/sas/{number}")).status_code == 404


@pytest.mark.requirement("C1.1")
async def test_what_is_wrong_is_said_at_its_field(screen: Screen) -> None:
    patient, nadia = await resident(screen), await screen.person("nadia.benhamou")
    told = {"numero": str(uuid4()), "appel": "12", "dit": "Tombée du lit"}
    answer = await nadia.post(f"/patients/{patient}/sas", **told)
    assert answer.status_code == 422
    assert "Donnez le numéro" in plain(answer)
    assert "Tombée du lit" in answer.text
    number = await press(nadia, patient, numero=told["numero"])
    await press(nadia, patient, numero=told["numero"])
    (row,) = await screen.rows("SELECT count(*) AS n FROM regulation_call WHERE id = $1", number)
    assert row["n"] == 1
    assert re.search(r'href="tel:15"', (await nadia.get(f"/patients/{patient}/nuit")).text)
