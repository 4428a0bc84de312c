"""Planned acts: who, when, done by one press or not and why; twice missed is told. B1.8."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from cordee.app.plans import rounds
from cordee.app.store import system
from cordee.care.plans.acts import DAYS, Act, last_slots, slots
from cordee.fhir.store.journal import publish
from cordee.runtime import clock
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken
from trusted import DOCTOR, HOME, JEANNE, Screen, make_patient, who

HERE = f"/patients/{JEANNE}/soins"
NOON = datetime(2026, 3, 11, 11, tzinfo=UTC)  # a Wednesday, 12 h in Paris
NURSE = "Practitioner/samira-haddad"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE)
    client = await bare_screen.platform.client()
    nurse = {"resourceType": "Practitioner", "id": "samira-haddad"}
    assert (await client.put(NURSE, json=nurse)).status_code == 201
    team = {
        "resourceType": "CareTeam", "status": "active",
        "subject": {"reference": f"Patient/{JEANNE}"},
        "participant": [{"member": {"reference": NURSE, "display": "Samira Haddad"}}],
    }  # fmt: skip
    assert (await client.post("CareTeam", json=team)).status_code == 201
    await publish(bare_screen.platform.parts.database)
    return bare_screen


def _act(**more: Any) -> Act:
    given: dict[str, Any] = {
        "key": "", "text": "Pansement de la jambe", "patient": f"Patient/{JEANNE}",
        "responsible": NURSE, "author": DOCTOR, "days": tuple(DAYS), "moments": ("MORN",),
        "start": "2026-03-01", "end": "", "link": "", "status": "active", "version": 1,
    }  # fmt: skip
    return Act(**given | more)


@pytest.mark.requirement("B1.8")
def test_an_act_has_its_times_within_its_days_and_bounds() -> None:
    act = _act(days=("mon", "wed"), moments=("EVE", "MORN"), end="2026-03-11")
    assert [one.code for one in slots(act, NOON.date())] == ["2026-03-11.MORN", "2026-03-11.EVE"]
    assert slots(act, NOON.date() + timedelta(days=1)) == []
    assert slots(act, datetime(2026, 3, 16, tzinfo=UTC).date()) == []
    past = [one.code for one in last_slots(act, NOON + timedelta(minutes=1), 3)]
    assert past == ["2026-03-11.MORN", "2026-03-09.EVE", "2026-03-09.MORN"]


@pytest.mark.requirement("B1.8")
async def test_done_not_done_and_twice_missed(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = screen.platform.parts
    desk = rounds(parts.database, parts.kernel, parts.guard)
    doctor, nurse = who("dr.legoff"), who("samira.haddad")
    monkeypatch.setattr(clock, "now", lambda: NOON)
    key = await desk.plan(doctor, str(uuid4()), _act())
    await publish(parts.database)
    [mine] = await desk.today(nurse)
    assert [one.moment for one in mine.today] == ["MORN"]
    assert await desk.today(doctor) == []
    with pytest.raises(RuleBroken, match="pourquoi"):
        await desk.note(nurse, JEANNE, key, "2026-03-10.MORN", "non")
    for code in ("2026-03-12.MORN", "2026-03-10.EVE", "x"):
        with pytest.raises(RuleBroken):
            await desk.note(nurse, JEANNE, key, code)
    await desk.note(nurse, JEANNE, key, "2026-03-09.MORN")
    await desk.note(nurse, JEANNE, key, "2026-03-10.MORN", "Personne absente")
    assert await _told(screen) == []
    for _ in range(2):
        await desk.note(nurse, JEANNE, key, "2026-03-11.MORN", "Refus de la personne")
    assert await _told(screen) == [[DOCTOR]]
    [mine] = await desk.today(nurse)
    assert (mine.today[0].state, mine.missed) == ("not-done", True)
    stranger = who("helene.costa")
    with pytest.raises(NotFound):
        await desk.note(stranger, JEANNE, key, "2026-03-11.MORN")
    await desk.stop(doctor, JEANNE, key)
    with pytest.raises(RuleBroken, match="arrêté"):
        await desk.note(nurse, JEANNE, key, "2026-03-11.MORN")


@pytest.mark.requirement("B1.8")
async def test_what_nobody_said_anything_of_is_told_once(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = screen.platform.parts
    desk = rounds(parts.database, parts.kernel, parts.guard)
    monkeypatch.setattr(clock, "now", lambda: NOON)
    doctor = who("dr.legoff")
    await desk.plan(doctor, str(uuid4()), _act(start="2026-03-11"))
    await desk.plan(doctor, str(uuid4()), _act(start="2026-03-09", text="Prise de la tension"))
    await publish(parts.database)
    for _ in range(2):
        assert await desk.watch(system("plans")) == 2
    assert await _told(screen) == [[DOCTOR]]


async def test_who_neither_plans_nor_does_an_act_does_not_note_it(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = screen.platform.parts
    desk = rounds(parts.database, parts.kernel, parts.guard)
    monkeypatch.setattr(clock, "now", lambda: NOON)
    doctor = who("dr.legoff")
    key = await desk.plan(doctor, str(uuid4()), _act(responsible=HOME))
    await publish(parts.database)
    with pytest.raises(AccessDenied):
        await desk.note(who("samira.haddad"), JEANNE, key, "2026-03-11.MORN")


@pytest.mark.requirement("B1.8")
async def test_the_screen_of_a_day_takes_one_press(screen: Screen) -> None:
    doctor, nurse = await screen.person("dr.legoff"), await screen.person("samira.haddad")
    sent = {"numero": str(uuid4()), "acte": "Prise de la tension", "moment-MORN": "oui",
            "moment-EVE": "oui", "responsable": NURSE, "debut": clock.today().isoformat()}  # fmt: skip
    refused = await doctor.post(HERE, **sent | {"moment-MORN": "", "moment-EVE": ""})
    assert refused.status_code == 422
    assert "Prise de la tension" in refused.text
    foreign = await doctor.post(HERE, **sent | {"ordonnance": "MedicationRequest/autre"})
    assert "prescription de cette personne" in foreign.text
    outside = await doctor.post(HERE, **sent | {"responsable": "Practitioner/helene-costa"})
    assert "responsable du cercle" in outside.text
    for _ in range(2):
        assert (await doctor.post(HERE, **sent)).status_code == 303
    text = await nurse.text("/soins-du-jour")
    assert text.count("Prise de la tension") >= 1
    page = (await nurse.get("/soins-du-jour")).text
    forms = re.findall(r'action="(/patients/[^"]+/soins/[^"]+)"', page)
    times = re.findall(r'name="creneau" value="([^"]+)"', page)
    assert len(set(forms)) == 1
    answer = await nurse.post(forms[0], geste="fait", creneau=times[0], retour="jour")
    assert answer.headers["location"] == "/soins-du-jour"
    assert "fait" in await doctor.text(HERE)
    assert "Prise de la tension" in (await nurse.get("/soins-du-jour.csv")).text
    stranger = await screen.person("helene.costa")
    assert (await stranger.get(HERE)).status_code == 404
    assert (await stranger.post(forms[0], geste="fait", creneau=times[0])).status_code == 404


async def _told(screen: Screen) -> list[list[str]]:
    rows = await screen.rows(
        "SELECT recipients FROM event WHERE focus LIKE 'ServiceRequest/%' ORDER BY n"
    )
    return [list(row["recipients"]) for row in rows]
