"""The figures of use, the same in every region. B1.14."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from cordee.access.figures.usage import UsageFigures
from cordee.app.circles import circle_desk
from cordee.app.messages import message_desk
from cordee.care.circle.steps import Spoken
from cordee.care.messaging.writing import Draft
from cordee.fhir.store.journal import publish
from cordee.runtime.clock import now
from cordee.runtime.errors import AccessDenied
from trusted import JEANNE, Screen, make_patient, who

STEERING, DOCTOR, OTHER = who("julie.perret"), who("dr.legoff"), who("linh.tran")


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE)
    client = await bare_screen.platform.client()
    body = {"resourceType": "Practitioner", "id": "linh-tran", "name": [{"family": "Tran"}]}
    assert (await client.put("Practitioner/linh-tran", json=body)).status_code == 201
    return bare_screen


@pytest.mark.requirement("B1.14")
async def test_files_people_messages_and_what_is_read_in_a_day(screen: Screen) -> None:
    parts, at = screen.platform.parts, now()
    figures = UsageFigures(parts.database)
    before = await figures.now(STEERING, at)
    assert (before.files, before.messages, before.read) == (0, 0, None)

    spoken = Spoken("consented", "paper", "patient", at.date())
    await circle_desk(parts).opening.open(DOCTOR, JEANNE, ("home", ""), spoken, at)
    await publish(parts.database)
    parts.guard.forget()
    desk, long_ago = message_desk(parts), at - timedelta(days=3)
    threads = [uuid4(), uuid4()]
    for number in threads:
        await desk.writing.start(
            DOCTOR, number, ("", "Réunion"), ["Practitioner/linh-tran"], long_ago
        )
        await desk.writing.write(DOCTOR, number, Draft(uuid4(), "Jeudi ?"), long_ago)
    thread = await desk.reading.own(OTHER, threads[0])
    await desk.reading.read(OTHER, thread, thread.changes, long_ago + timedelta(hours=3))
    late = await desk.reading.own(OTHER, threads[1])
    await desk.reading.read(OTHER, late, late.changes, long_ago + timedelta(hours=30))
    await desk.writing.write(OTHER, threads[0], Draft(uuid4(), "Oui"), at)  # too new to judge

    found = await figures.now(STEERING, now() + timedelta(seconds=1))

    assert (found.files, found.messages, found.read) == (1, 3, 0.5)
    assert found.professionals >= 1
    assert all(one.messages is None or one.messages == 0 for one in found.structures)


@pytest.mark.requirement("B1.14")
async def test_they_are_for_who_steers_with_their_definitions(screen: Screen) -> None:
    for user in ("dr.legoff", "jeanne.bertin"):
        assert (await (await screen.person(user)).get("/pilotage/usage")).status_code == 403
    with pytest.raises(AccessDenied):
        await UsageFigures(screen.platform.parts.database).now(DOCTOR, now())
    steering = await screen.person("julie.perret")
    assert "Messages lus en 24 heures" in await steering.text("/pilotage/usage")
    sheet = (await steering.get("/pilotage/usage.csv")).text
    assert "Cercles de soins ouverts" in sheet
    data = (await steering.get("/pilotage/usage.json")).json()
    assert [one["code"] for one in data["figures"]] == [
        "files",
        "professionals",
        "messages",
        "read",
    ]
