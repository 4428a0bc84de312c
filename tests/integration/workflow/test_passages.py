"""A resident sent to an emergency department: seen there at once, oriented, back; sent once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

import given
from cordee.app.passages import StayReader
from cordee.app.store import KernelStore, system
from cordee.app.workflow import tell_late
from cordee.care.emergency.desk import Emergency
from cordee.care.passages.desk import Passages
from cordee.care.passages.sheet import Sheet
from cordee.care.workflow.clocks import AGENT, Clocks
from cordee.care.workflow.desk import Workflow
from cordee.care.workflow.tasks import MACHINE as MACHINES
from cordee.care.workflow.tasks import Wanted, facts_of, party, state_of
from cordee.fhir.store.journal import publish
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.errors import AccessDenied, NotFound, ResourceInvalid
from running import Platform


class Places:
    """An EHPAD in one département, the emergency departments of two hospitals in another."""

    def __init__(self, platform: Platform, client: httpx.AsyncClient) -> None:
        store = KernelStore(platform.parts.kernel, platform.parts.guard)
        workflow = Workflow(platform.parts.database, store)
        self.desk = Passages(platform.parts.database, store, workflow)
        self.board = Emergency(platform.parts.database, store, workflow)
        self.store = store
        self.client = client
        self.people: dict[str, Principal] = {}
        self.patient = ""

    async def prepare(self) -> None:
        for name in ("ehpad", "hospital", "other"):
            organisation = await self._make({"resourceType": "Organization", "name": name})
            who = await self._make({"resourceType": "Practitioner", "name": [{"family": name}]})
            self.people[name] = Principal(
                name, name, "nurse", organisation, who, ("user/*.cruds",), level=2, profession="60"
            )
        home = {"managingOrganization": {"reference": self.people["ehpad"].structure}}
        self.patient = (await self._make(given.patient(**home))).removeprefix("Patient/")

    async def _make(self, resource: Mapping[str, Any]) -> str:
        answer = await self.client.post(str(resource["resourceType"]), json=resource)
        assert answer.status_code == 201, answer.text
        return f"{resource['resourceType']}/{answer.json()['id']}"

    def sheet(self, **changes: Any) -> Sheet:
        now = clock.now().replace(microsecond=0)
        sheet = Sheet(
            str(uuid4()), self.people["hospital"].structure, "chute-tete",
            "Chute avec choc à la tête", now, story="Tombée du lit à 02:10", transport="VSAB",
            vitals={"systolic": 148, "diastolic": 82, "glasgow": 15},
        )  # fmt: skip
        return replace(sheet, **changes)

    async def sent(self) -> str:
        return await self.desk.send(self.people["ehpad"], self.patient, self.sheet())


@pytest.fixture
async def places(platform: Platform, client: httpx.AsyncClient) -> Places:
    made = Places(platform, client)
    await made.prepare()
    return made


@pytest.mark.requirement("B2.6")
async def test_the_department_sees_who_comes_and_why_without_typing_anything(
    places: Places,
) -> None:
    hospital = places.people["hospital"]
    with pytest.raises(NotFound):
        await places.store.read(places.people["other"], "Patient", places.patient)
    task = await places.sent()

    (coming,) = await places.board.board(hospital)
    assert coming.patient["id"] == places.patient
    assert coming.encounter["status"] == "planned"
    assert coming.passage is not None
    assert facts_of(coming.passage)["story"] == "Tombée du lit à 02:10"
    due = (await places.desk.one(hospital, task)).due
    assert (due.name if due else "") == "arrive"
    criteria = f"patient={places.patient}&category=vital-signs"
    signs = await places.store.search(hospital, "Observation", criteria)
    assert {one["code"]["text"] for one in signs} == {"Pression artérielle", "Score de Glasgow"}
    assert (await places.desk.one(places.people["ehpad"], task)).patient["id"] == places.patient
    assert await places.board.board(places.people["other"]) == []
    with pytest.raises(NotFound):
        await places.desk.one(places.people["other"], task)


@pytest.mark.requirement("B2.6")
async def test_a_form_that_is_sent_again_is_one_passage(places: Places) -> None:
    sheet = places.sheet()
    ehpad = places.people["ehpad"]
    sent = await asyncio.gather(*(places.desk.send(ehpad, places.patient, sheet) for _ in range(4)))
    again = await places.desk.send(ehpad, places.patient, sheet)
    assert {*sent, again} == {again}
    assert len(await places.desk.sent_by(ehpad)) == 1


@pytest.mark.requirement("B2.6")
async def test_what_is_wrong_on_a_sheet_is_told_field_by_field(places: Places) -> None:
    later = clock.now() + timedelta(days=3)
    wrong = places.sheet(destination="", motive="", sent_at=later, vitals={"temperature": 389.0})
    with pytest.raises(ResourceInvalid) as refused:
        await places.desk.send(places.people["ehpad"], places.patient, wrong)
    where = {one.expression[0] for one in refused.value.issues()}
    assert where == {"destination", "motive", "sent_at", "temperature"}
    assert await places.desk.sent_by(places.people["ehpad"]) == []


@pytest.mark.requirement("B7.9")
async def test_the_encounter_follows_what_both_sides_do(places: Places) -> None:
    task = await places.sent()
    ehpad, hospital = places.people["ehpad"], places.people["hospital"]
    now = clock.now().replace(microsecond=0)
    arrived = Wanted("arrive", facts={"arrived-at": clock.instant(now), "ccmu": "2"})
    with pytest.raises(AccessDenied, match="revient au destinataire"):
        await places.desk.move(ehpad, task, arrived)
    await places.desk.move(hospital, task, arrived)
    here = await places.desk.one(ehpad, task)
    assert here.encounter["status"] == "in-progress"
    leaving = {"departure": clock.instant(now + timedelta(hours=2)), "advice": "Réveil / 4 h."}
    await places.desk.move(hospital, task, Wanted("return", facts=leaving))
    gone = await places.desk.one(ehpad, task)
    assert gone.encounter is not None
    assert gone.encounter["status"] == "finished"
    assert gone.encounter["hospitalization"]["origin"]["reference"] == ehpad.structure
    assert await places.board.board(hospital) == []
    back = Wanted("back", facts={"returned-at": clock.instant(now + timedelta(hours=3))})
    await places.desk.move(ehpad, task, back)
    opened = await places.store.search(ehpad, "Task", f"code={MACHINES}|reconciliation")
    assert [party(one, "focus") for one in opened] == [f"Task/{task}"]
    assert party(opened[0], "owner") == ehpad.structure
    assert facts_of(opened[0])["departed-at"]
    await places.desk.move(ehpad, task, Wanted("settle", facts={"treatment-check": "same"}))
    done = await places.desk.one(ehpad, task)
    assert done.task is not None
    assert state_of(done.task) == "settled"


async def test_a_sheet_that_is_taken_back_leaves_the_list(places: Places) -> None:
    task = await places.sent()
    await places.desk.move(
        places.people["ehpad"], task, Wanted("cancel", reason="SAMU : reste ici")
    )
    assert await places.board.board(places.people["hospital"]) == []


def _stay(places: Places, **changes: Any) -> dict[str, Any]:
    """An Encounter as the hospital's own software sends it."""
    now = clock.instant(clock.now().replace(microsecond=0))
    return {
        "resourceType": "Encounter",
        "status": "in-progress",
        "class": {"code": "EMER"},
        "subject": {"reference": f"Patient/{places.patient}"},
        "serviceProvider": {"reference": places.people["hospital"].structure},
        "period": {"start": now},
    } | changes


async def _followed(platform: Platform) -> None:
    database = platform.parts.database
    reader = StayReader(database, platform.parts.kernel, platform.parts.guard)
    async with asyncio.timeout(20):
        while True:
            await publish(database)
            async with database.write.acquire() as connection:
                waits = await connection.fetchval("SELECT count(*) FROM journal")
            if not await reader.follow() and not waits:
                return


@pytest.mark.requirement("B2.6")
async def test_the_admission_of_the_hospital_is_the_arrival(
    places: Places, platform: Platform
) -> None:
    await _followed(platform)
    task = await places.sent()
    hospital = places.people["hospital"]
    made = (await places.client.post("Encounter", json=_stay(places))).json()
    await _followed(platform)

    (here,) = await places.board.board(hospital)
    assert here.encounter["id"] == made["id"]
    assert here.passage is not None
    assert state_of(here.passage) == "arrived"
    ward = {"code": "IMP"}
    stay = {"class": ward, "serviceType": {"text": "Médecine polyvalente"}}
    inside = (await places.client.post("Encounter", json=_stay(places, **stay))).json()
    await _followed(platform)
    passage = await places.desk.one(places.people["ehpad"], task)
    assert passage.task is not None
    assert facts_of(passage.task)["unit"] == "Médecine polyvalente"
    out = {"coding": [{"code": "snf"}]}
    period = inside["period"] | {"end": clock.instant(clock.now())}
    left = inside | {
        "status": "finished", "period": period, "hospitalization": {"dischargeDisposition": out},
    }  # fmt: skip
    await places.client.put(f"Encounter/{inside['id']}", json=left)
    await _followed(platform)
    passage = await places.desk.one(places.people["ehpad"], task)
    assert passage.task is not None
    assert state_of(passage.task) == "returning"


async def test_a_stay_somewhere_else_moves_nothing(places: Places, platform: Platform) -> None:
    await _followed(platform)
    task = await places.sent()
    elsewhere = {"reference": places.people["other"].structure}
    await places.client.post("Encounter", json=_stay(places, serviceProvider=elsewhere))
    await _followed(platform)
    passage = await places.desk.one(places.people["ehpad"], task)
    assert passage.task is not None
    assert state_of(passage.task) == "expected"


async def test_the_admission_by_a_unit_counts_for_its_hospital(
    places: Places, platform: Platform
) -> None:
    await _followed(platform)
    task = await places.sent()
    hospital = {"reference": places.people["hospital"].structure}
    unit = await places._make({"resourceType": "Organization", "name": "U", "partOf": hospital})
    stay = _stay(places, serviceProvider={"reference": unit})
    await places.client.post("Encounter", json=stay)
    await _followed(platform)
    passage = await places.desk.one(places.people["ehpad"], task)
    assert passage.task is not None
    assert state_of(passage.task) == "arrived"


@pytest.mark.requirement("B2.8")
async def test_a_resident_who_is_away_for_a_day_without_orientation_is_told_of(
    places: Places, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await places.sent()
    now = clock.now().replace(microsecond=0)
    arrived = Wanted("arrive", facts={"arrived-at": clock.instant(now)})
    await places.desk.move(places.people["hospital"], task, arrived)
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=25))
    ringing = Clocks(platform.parts.database, places.store, system(AGENT), tell_late)
    async with asyncio.timeout(20):
        while await ringing.ring_due():
            pass
    sql = "SELECT recipients, detail->>'clock' AS clock FROM event WHERE focus = $1"
    async with platform.parts.database.write.acquire() as connection:
        (told,) = await connection.fetch(sql, f"Task/{task}")
    parties = {places.people["ehpad"].structure, places.people["hospital"].structure}
    assert (told["clock"], set(told["recipients"])) == ("orient", parties)


async def test_a_task_of_another_kind_on_a_stay_hides_nobody_from_the_board(
    places: Places,
) -> None:
    hospital = places.people["hospital"]
    stay = _stay(places, period={"start": clock.instant(clock.now())})
    made = await places._make(stay)
    await places._make(
        {
            "resourceType": "Task", "status": "requested", "intent": "order",
            "for": {"reference": f"Patient/{places.patient}"}, "encounter": {"reference": made},
        }
    )  # fmt: skip
    await places._make(
        {"resourceType": "CareTeam", "subject": stay["subject"], "status": "active",
         "managingOrganization": [{"reference": hospital.structure}]}
    )  # fmt: skip

    (present,) = await places.board.board(hospital)

    assert present.passage is None


async def test_a_stay_of_a_day_alone_can_be_ended(places: Places, platform: Platform) -> None:
    """Software that knows the day of an arrival and not its hour."""
    await _followed(platform)
    task = await places.sent()
    hospital = places.people["hospital"]
    await places.client.post("Encounter", json=_stay(places))
    await _followed(platform)
    (here,) = await places.board.board(hospital)
    day = {**here.encounter, "period": {"start": str(clock.now().date())}}
    await places.client.put(f"Encounter/{day['id']}", json=day)

    leaving = {"departure": clock.instant(clock.now()), "advice": "Réveil / 4 h."}
    await places.desk.move(hospital, task, Wanted("return", facts=leaving))

    gone = await places.desk.one(hospital, task)
    assert gone.task is not None
    assert state_of(gone.task) == "returning"
