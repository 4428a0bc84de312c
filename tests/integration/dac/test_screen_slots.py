"""Slots of unscheduled care: published, seen by CPTS and SAS alone, booked once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from coordinated import make_person, make_region, put, service
from cordee.app.slots import slots
from cordee.care.slots.desk import Slots
from cordee.care.slots.publishing import Offer, moments
from cordee.fhir.store.journal import publish
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import Conflict, NotFound, RuleBroken
from running import Ground
from trusted import Person, Screen, screen_on, who

LINA, MARC, FAR = "lina-essai", "marc-essai", "far-essai"
CPTS, SERVICE = "cpts-b-sud", "HealthcareService/communaute-b-sud"
ROUX = "Practitioner/bernard-roux"
SAMU = "Organization/samu-a"
PATH = "/soins-non-programmes"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_region(screen)
        await put(
            screen,
            {"resourceType": "Organization", "id": CPTS, "name": "CPTS B-Sud"},
            {"resourceType": "Location", "id": CPTS},
            service("communaute-b-sud", CPTS, "cpts"),
        )
        for key, code in (("bernard-roux", "10"), ("anne-le-goff", "10"), ("nora-belkacem", "ADM")):
            await put(
                screen,
                {"resourceType": "Practitioner", "id": key, "name": [{"text": key}]},
                {
                    "resourceType": "PractitionerRole", "id": f"{key}-1", "active": True,
                    "practitioner": {"reference": f"Practitioner/{key}"},
                    "organization": {"reference": f"Organization/{CPTS}"},
                    "code": [{"coding": [{"code": code}]}],
                },
            )  # fmt: skip
        for key in (LINA, MARC):
            await make_person(screen, key, name=[{"family": key.title(), "given": ["X"]}])
        elsewhere = {"reference": "Organization/dac-a"}
        await make_person(screen, FAR, managingOrganization=elsewhere)
        yield screen


def _desk(screen: Screen) -> Slots:
    screen.platform.parts.guard.forget()
    return slots(screen.platform.parts)


async def _publish(screen: Screen, day: datetime, **more: str) -> list[str]:
    """Publishes as the CPTS for Dr Roux; the ids of the slots of that day."""
    nora = await screen.person("nora.belkacem")
    form = {
        "numero": str(uuid4()), "membre": f"{SERVICE}|{ROUX}", "jour": day.date().isoformat(),
        "heure": day.strftime("%H:%M"), "duree": "15", "suite": "1", **more,
    }  # fmt: skip
    answer = await nora.post(PATH, **form)
    assert answer.status_code == 303, answer.text
    again = await nora.post(PATH, **form)  # the same form is one
    assert again.status_code == 303
    await publish(screen.platform.parts.database)
    who_sees, desk = who("nora.belkacem"), _desk(screen)
    found = await desk.between(
        who_sees, await desk.communities(who_sees), day, day + timedelta(hours=12)
    )
    return [one.id for one in found]


def _at(days: int, hour: int) -> datetime:
    day = datetime.now(PARIS) + timedelta(days=days)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


async def _book(person: Person, patient: str, slot: str) -> int:
    form = {"numero": str(uuid4()), "creneau": slot, "motif": "fièvre"}
    return (await person.post(f"/patients/{patient}{PATH}", **form)).status_code


@pytest.mark.requirement("B6.2")
async def test_slots_are_seen_by_the_cpts_and_the_sas_alone(screen: Screen) -> None:
    keys = await _publish(screen, _at(2, 8), suite="2")
    assert len(keys) == 2
    for user in ("nora.belkacem", "dr.roux", "dr.legoff", "dr.roy"):
        text = await (await screen.person(user)).text(PATH)
        assert "8 h 15–8 h 30 bernard-roux" in text, user
        assert "bernard-roux" in (await (await screen.person(user)).get(f"{PATH}.csv")).text
    for user in ("paul.rey", "jeanne.bertin", "julie.perret", "helene.costa"):
        for path in (PATH, f"{PATH}.csv", f"{PATH}/partage.csv"):
            assert (await (await screen.person(user)).get(path)).status_code == 403, user


@pytest.mark.requirement("B6.2")
async def test_the_api_shows_slots_to_systems_and_to_the_sas_alone(screen: Screen) -> None:
    key = (await _publish(screen, _at(3, 8)))[0]
    system = await screen.platform.client()
    sas = {"schedule.actor": SERVICE, "status": "free", "_include": "Slot:schedule"}
    found = (await system.get("Slot", params=sas)).json()
    assert key in {one["resource"]["id"] for one in found["entry"]}
    schedule = next(
        one["resource"]["id"]
        for one in found["entry"]
        if one["resource"]["resourceType"] == "Schedule"
    )

    for user, expected in (("dr.roy", 200), ("dr.legoff", 403), ("paul.rey", 403)):
        one = who(user)
        client = await screen.platform.client(
            "user/*.cruds", user=one.user, role=one.role, structure=one.structure,
            practitioner=one.practitioner, functions=one.functions, level=2,
            profession=one.profession,
        )  # fmt: skip
        for path in ("Slot", f"Slot/{key}", f"Schedule/{schedule}", f"Slot/{key}/_history"):
            assert (await client.get(path)).status_code == expected, (user, path)
        assert (await client.delete(f"Slot/{key}")).status_code == 403
        if expected != 200:
            around = await client.get("Appointment", params={"_include": "Appointment:slot"})
            assert '"Slot"' not in around.text
            for query in (
                f"Schedule?_id={schedule}", f"Practitioner?_has:Schedule:actor:_id={schedule}",
            ):  # fmt: skip
                answer = await client.get(query)
                assert answer.status_code == 403 or "entry" not in answer.json(), query


@pytest.mark.requirement("B6.2")
async def test_of_two_who_book_at_once_one_wins(screen: Screen) -> None:
    key = (await _publish(screen, _at(4, 8)))[0]
    desk, doctor = _desk(screen), who("dr.legoff")
    answers = await asyncio.gather(
        *(
            desk.book(doctor, patient, key, "fièvre", str(uuid4()))
            for patient in (LINA, MARC, LINA, MARC)
        ),
        return_exceptions=True,
    )
    won = [one for one in answers if isinstance(one, str)]
    lost = [one for one in answers if not isinstance(one, str)]
    assert len(won) == 1
    assert all(isinstance(one, Conflict) for one in lost), lost
    rows = await (await screen.platform.client()).get("Appointment", params={"slot": f"Slot/{key}"})
    assert len(rows.json()["entry"]) == 1
    # Who comes later is told, with what is left.
    anne = await screen.person("dr.legoff")
    form = {"numero": str(uuid4()), "creneau": key, "motif": "toux"}
    answer = await anne.post(f"/patients/{LINA}{PATH}", **form)
    assert answer.status_code == 409
    assert "vient d’être pris" in answer.text
    assert 'value="toux"' in answer.text


@pytest.mark.requirement("B6.2")
async def test_a_booking_is_called_off_or_missed_and_counted(screen: Screen) -> None:
    key = (await _publish(screen, _at(5, 8)))[0]
    anne, roux = await screen.person("dr.legoff"), await screen.person("dr.roux")
    number = str(uuid4())
    form = {"numero": number, "creneau": key, "motif": "fièvre"}
    for _again in range(2):
        assert (await anne.post(f"/patients/{LINA}{PATH}", **form)).status_code == 303
    await publish(screen.platform.parts.database)
    screen.platform.parts.guard.forget()
    assert LINA.upper() in await roux.text(PATH)  # whose slot it is knows who comes
    assert "LINA" not in await (await screen.person("dr.roy")).text(PATH)  # the SAS does not
    found = await (await screen.platform.client()).get(
        "Appointment", params={"slot": f"Slot/{key}"}
    )
    booking = found.json()["entry"][0]["resource"]["id"]

    # What a physician includes of the appointment that they see is not the slot.
    doctor = who("dr.legoff")
    client = await screen.platform.client(
        "user/*.cruds", user=doctor.user, structure=doctor.structure,
        practitioner=doctor.practitioner,
    )  # fmt: skip
    around = {"_id": booking, "_include": "Appointment:slot"}
    seen = (await client.get("Appointment", params=around)).json()
    assert [one["resource"]["resourceType"] for one in seen["entry"]] == ["Appointment"]

    # Its agenda sends to the page that frees the slot.
    refused = await anne.post(f"/patients/{LINA}/agenda/{booking}", geste="cancelled", raison="non")
    assert "tient un créneau" in refused.text
    early = await roux.post(f"{PATH}/{booking}", geste="noshow")
    assert "pas encore commencé" in early.text
    assert "Dites pourquoi" in (await roux.post(f"{PATH}/{booking}", geste="cancelled")).text
    sent = await roux.post(f"{PATH}/{booking}", geste="cancelled", raison="va mieux")
    assert sent.status_code == 303
    assert await _book(anne, MARC, key) == 303  # free again

    await publish(screen.platform.parts.database)
    query = {"slot": f"Slot/{key}", "status": "booked"}
    found = await (await screen.platform.client()).get("Appointment", params=query)
    booking = found.json()["entry"][0]["resource"]["id"]
    later = datetime.now(PARIS) + timedelta(days=6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cordee.runtime.clock.now", lambda: later)
        screen.platform.parts.guard.forget()
        assert (await roux.post(f"{PATH}/{booking}", geste="noshow")).status_code == 303
    desk, nora = _desk(screen), who("nora.belkacem")
    shares = await desk.shares(nora, await desk.communities(nora), later)
    roux_share = next(one for one in shares if one.name == "bernard-roux")
    assert (roux_share.taken >= 1, roux_share.missed) == (True, 1)


@pytest.mark.requirement("B6.2")
async def test_the_sas_books_for_whom_it_was_called(screen: Screen) -> None:
    key = (await _publish(screen, _at(7, 8)))[0]
    roy = await screen.person("dr.roy")
    assert await _book(roy, FAR, key) == 404  # nobody called for them
    call = {
        "resourceType": "Encounter", "id": "call-far", "status": "finished",
        "class": {"code": "VR"}, "subject": {"reference": f"Patient/{FAR}"},
        "serviceProvider": {"reference": "Organization/samu-a"},
        "period": {"start": datetime.now(PARIS).isoformat(timespec="seconds")},
    }  # fmt: skip
    await put(screen, {"resourceType": "Organization", "id": "samu-a", "name": "SAMU A"}, call)
    screen.platform.parts.guard.forget()
    assert "bernard-roux" in await roy.text(f"/patients/{FAR}{PATH}")
    assert await _book(roy, FAR, key) == 303
    await publish(screen.platform.parts.database)
    screen.platform.parts.guard.forget()
    roux = await screen.person("dr.roux")
    assert (await roux.get(f"/patients/{FAR}")).status_code == 200
    told = await screen.rows(
        "SELECT recipients FROM event WHERE source LIKE 'slot:%' AND patient = $1", f"Patient/{FAR}"
    )
    assert [row["recipients"] for row in told] == [[ROUX]]
    rows = await screen.rows("SELECT owner, state FROM workflow_task WHERE requester = $1", SAMU)
    assert [tuple(row) for row in rows] == [(ROUX, "expected")]


@pytest.mark.requirement("B6.2")
async def test_who_may_not_does_not(screen: Screen) -> None:
    key = (await _publish(screen, _at(6, 8)))[0]
    roux, anne = await screen.person("dr.roux"), await screen.person("dr.legoff")
    helene = await screen.person("helene.costa")
    assert await _book(anne, FAR, key) == 404  # no patient of hers
    assert await _book(helene, LINA, key) == 404  # no member
    assert (await anne.post(f"{PATH}/{key}", geste="retirer")).status_code == 404  # not hers
    of_roux = {"membre": f"{SERVICE}|{ROUX}", "jour": "2027-01-04", "heure": "08:00", "duree": "15"}
    refused = await anne.post(PATH, **of_roux)
    assert refused.status_code == 422
    assert "Choisissez le membre" in refused.text
    met = of_roux | {"jour": _at(6, 8).date().isoformat(), "heure": "08:05"}
    refused = await roux.post(PATH, **met)
    assert "couvre déjà ce moment" in refused.text
    assert 'value="08:05"' in refused.text
    assert (await roux.post(f"{PATH}/{key}", geste="retirer")).status_code == 303
    assert await _book(anne, LINA, key) == 409
    with pytest.raises(NotFound):
        await _desk(screen).end(who("dr.legoff"), "nothing", "noshow", "")


@pytest.mark.requirement("B6.2")
def test_slots_come_back_at_the_hour_of_the_clock() -> None:
    start = datetime(2026, 10, 19, 9, tzinfo=PARIS)  # a Monday; summer time ends on the 25th
    days = frozenset({0, 3})
    made = moments(
        Offer(start, 20, 2, days, start.date() + timedelta(days=10)), start - timedelta(1)
    )
    shown = [one.astimezone(PARIS).strftime("%d %H:%M") for one, _end in made]
    assert shown == [
        "19 09:00", "19 09:20", "22 09:00", "22 09:20", "26 09:00", "26 09:20", "29 09:00",
        "29 09:20",
    ]  # fmt: skip
    for wrong in (
        Offer(start, 0), Offer(start, 15, 13), Offer(start, 15, 1, days),
        Offer(start, 1, 12, frozenset(range(7)), start.date() + timedelta(days=60)),
        Offer(start - timedelta(days=9), 15),
    ):  # fmt: skip
        with pytest.raises(RuleBroken):
            moments(wrong, start - timedelta(days=1))
