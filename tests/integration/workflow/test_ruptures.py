"""What should follow a discharge and has not: found once, asked of somebody, mended by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

import given
from cordee.app.passages import StayReader, ruptures
from cordee.app.store import KernelStore, system
from cordee.care.workflow.tasks import facts_of, party, state_of
from cordee.fhir.store.journal import publish
from cordee.runtime import clock
from running import Platform


class Ward:
    """A patient, the hospital that they leave, and the nurse of their village."""

    def __init__(self, platform: Platform, client: httpx.AsyncClient) -> None:
        self.platform = platform
        self.client = client
        self.store = KernelStore(platform.parts.kernel, platform.parts.guard)
        self.patient = self.hospital = self.nurse = ""

    async def prepare(self) -> None:
        self.hospital = await self.make({"resourceType": "Organization", "name": "CH"})
        self.nurse = await self.make({"resourceType": "Organization", "name": "IDEL"})
        self.patient = await self.make(given.patient())
        await self.read()

    async def make(self, resource: Mapping[str, Any]) -> str:
        answer = await self.client.post(str(resource["resourceType"]), json=resource)
        assert answer.status_code == 201, answer.text
        return f"{resource['resourceType']}/{answer.json()['id']}"

    async def stay(self, start: datetime, end: datetime | None, kind: str = "IMP") -> str:
        period = {"start": clock.instant(start)}
        more: dict[str, Any] = {"status": "in-progress"}
        if end is not None:
            period["end"] = clock.instant(end)
            home = {"coding": [{"code": "home"}]}
            more = {"status": "finished", "hospitalization": {"dischargeDisposition": home}}
        return await self.make(
            {
                "resourceType": "Encounter",
                "class": {"code": kind},
                "subject": {"reference": self.patient},
                "serviceProvider": {"reference": self.hospital},
                "period": period,
            }
            | more
        )

    async def read(self) -> None:
        """Everything that is written is heard of."""
        parts = self.platform.parts
        reader = StayReader(parts.database, parts.kernel, parts.guard)
        async with asyncio.timeout(20):
            while True:
                await publish(parts.database)
                async with parts.database.write.acquire() as connection:
                    waits = await connection.fetchval("SELECT count(*) FROM journal")
                if not await reader.follow() and not waits:
                    return

    async def look(self) -> None:
        parts = self.platform.parts
        async with asyncio.timeout(20):
            while await ruptures(parts.database, parts.kernel, parts.guard).look():
                pass

    async def tasks(self) -> list[Any]:
        criteria = f"patient={self.patient}"
        return await self.store.search(system("test"), "Task", criteria)

    async def flags(self) -> list[str]:
        found = await self.store.search(system("test"), "Flag", f"patient={self.patient}")
        return sorted(one["code"]["coding"][0]["code"] for one in found)

    async def told(self) -> list[str]:
        sql = "SELECT detail->>'rule' AS rule FROM event WHERE kind = 'rupture' AND patient = $1"
        async with self.platform.parts.database.write.acquire() as connection:
            return sorted(row["rule"] for row in await connection.fetch(sql, self.patient))


@pytest.fixture
async def ward(platform: Platform, client: httpx.AsyncClient) -> Ward:
    made = Ward(platform, client)
    await made.prepare()
    return made


def _later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    at = clock.now() + by
    monkeypatch.setattr(clock, "now", lambda: at)


@pytest.mark.requirement("B2.8")
async def test_no_letter_on_the_day_of_the_discharge_asks_the_hospital(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    await ward.stay(now - timedelta(days=4), now - timedelta(minutes=5))
    await ward.read()
    await ward.look()
    assert await ward.tasks() == []
    _later(monkeypatch, timedelta(days=1, hours=1))
    await ward.look()
    await ward.look()
    (task,) = await ward.tasks()
    assert (state_of(task), party(task, "owner")) == ("open", ward.hospital)
    assert facts_of(task)["rule"] == "letter"
    assert await ward.told() == ["letter"]


@pytest.mark.requirement("B2.8")
async def test_a_letter_that_comes_late_mends_it(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    await ward.stay(now - timedelta(days=4), now - timedelta(minutes=5))
    await ward.read()
    _later(monkeypatch, timedelta(days=1, hours=1))
    await ward.look()
    letter = {
        "resourceType": "DocumentReference", "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11490-0"}]},
        "subject": {"reference": ward.patient}, "date": clock.instant(clock.now()),
        "content": [{"attachment": {"title": "Lettre"}}],
    }  # fmt: skip
    await ward.make(letter)
    _later(monkeypatch, timedelta(hours=7))
    await ward.look()
    (task,) = await ward.tasks()
    assert state_of(task) == "mended"


@pytest.mark.requirement("B2.8")
async def test_a_letter_in_time_asks_nobody(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    await ward.stay(now - timedelta(days=4), now - timedelta(minutes=5))
    letter = {
        "resourceType": "DocumentReference", "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11490-0"}]},
        "subject": {"reference": ward.patient}, "date": clock.instant(now),
        "content": [{"attachment": {"title": "Lettre"}}],
    }  # fmt: skip
    await ward.make(letter)
    await ward.read()
    _later(monkeypatch, timedelta(days=3))
    await ward.look()
    assert await ward.tasks() == []


@pytest.mark.requirement("B2.8")
@pytest.mark.parametrize("comes", [True, False])
async def test_a_nurse_who_was_prescribed_and_did_not_come_is_asked(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, comes: bool
) -> None:
    now = clock.now()
    await ward.stay(now - timedelta(days=4), now - timedelta(minutes=5))
    await ward.make(
        {
            "resourceType": "ServiceRequest", "status": "active", "intent": "order",
            "category": [{"coding": [{"code": "soins-infirmiers"}]}],
            "subject": {"reference": ward.patient}, "authoredOn": clock.instant(now),
            "performer": [{"reference": ward.nurse}],
        }
    )  # fmt: skip
    if comes:
        await ward.make(
            {
                "resourceType": "Encounter", "status": "finished", "class": {"code": "HH"},
                "subject": {"reference": ward.patient},
                "period": {"start": clock.instant(now), "end": clock.instant(now)},
            }
        )  # fmt: skip
    await ward.read()
    _later(monkeypatch, timedelta(hours=49))
    await ward.look()
    owners = {facts_of(one)["rule"]: party(one, "owner") for one in await ward.tasks()}
    assert owners.get("nurse") == (None if comes else ward.nurse)


@pytest.mark.requirement("B2.8")
async def test_a_return_within_three_days_is_marked_once(ward: Ward) -> None:
    now = clock.now()
    await ward.stay(now - timedelta(hours=60), now - timedelta(hours=50), "EMER")
    again = await ward.stay(now - timedelta(hours=1), None, "EMER")
    await ward.read()
    await ward.look()
    answer = await ward.client.get(again)
    await ward.client.put(again, json=answer.json() | {"status": "triaged"})
    await ward.read()
    await ward.look()
    assert await ward.flags() == ["return"]
    assert (await ward.told()).count("return") == 1


@pytest.mark.requirement("B2.8")
async def test_a_readmission_within_thirty_days_is_marked_and_a_transfer_is_not(
    ward: Ward,
) -> None:
    now = clock.now()
    await ward.stay(now - timedelta(days=22), now - timedelta(days=20))
    await ward.stay(now - timedelta(hours=3), None)
    await ward.read()
    await ward.look()
    assert await ward.flags() == ["readmission"]

    other = Ward(ward.platform, ward.client)
    await other.prepare()
    await other.stay(now - timedelta(days=50), now - timedelta(days=40))
    await other.stay(now - timedelta(days=2), now - timedelta(hours=3))
    await other.stay(now - timedelta(hours=2, minutes=30), None)
    await other.read()
    await other.look()
    assert await other.flags() == []


async def test_the_history_that_comes_in_asks_nobody(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    await ward.stay(now - timedelta(days=400), now - timedelta(days=396))
    await ward.stay(now - timedelta(days=390), now - timedelta(days=386))
    await ward.read()
    _later(monkeypatch, timedelta(days=4))
    await ward.look()
    assert await ward.tasks() == []
    assert await ward.flags() == []


async def test_a_stay_that_says_little_or_leads_nowhere_stops_nobody(ward: Ward) -> None:
    place = {"reference": ward.hospital}
    for period in ({"start": "2026"}, {"start": "2026-11"}, {"end": "2026-11-22"}, {}):
        for subject in ({"reference": ward.patient}, {"identifier": {"value": "x"}}, {}):
            bare: dict[str, Any] = {
                "resourceType": "Encounter", "status": "finished", "class": {"code": "EMER"},
                "subject": subject, "serviceProvider": place, "period": period,
            }  # fmt: skip
            await ward.make({key: value for key, value in bare.items() if value})
    now = clock.now()
    await ward.stay(now - timedelta(hours=60), now - timedelta(hours=50), "EMER")
    await ward.stay(now - timedelta(hours=1), None, "EMER")
    await ward.read()
    await ward.look()
    assert await ward.flags() == ["return"]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-01-01T00:00:00Z", "9999-12-31T23:59:59+01:00"),
        ("0001-01-01T00:00:00+02:00", ""),
        ("9999-12-31T23:59:59-02:00", ""),
    ],
)
async def test_a_stay_of_an_impossible_date_stops_nobody(ward: Ward, start: str, end: str) -> None:
    """9999 is how much software writes an end that it does not know."""
    begun = clock.instant(clock.now()) if end else start
    period = {"start": begun} | ({"end": end} if end else {})
    odd = {
        "resourceType": "Encounter", "status": "finished", "class": {"code": "IMP"},
        "subject": {"reference": ward.patient}, "serviceProvider": {"reference": ward.hospital},
        "period": period,
    }  # fmt: skip
    await ward.make(odd)
    now = clock.now()
    focus = await ward.stay(now - timedelta(days=1), now - timedelta(minutes=5))

    await ward.read()

    sql = "SELECT count(*) FROM vigil WHERE focus = $1"
    async with ward.platform.parts.database.write.acquire() as connection:
        assert await connection.fetchval(sql, focus) == 5


async def test_what_cannot_be_looked_at_does_not_hold_up_the_others(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    focus = await ward.stay(now - timedelta(days=1), now - timedelta(minutes=5))
    await ward.read()
    sql = """INSERT INTO vigil (rule, focus, patient, place, starts, ends, due)
      VALUES ('nurse', 'Encounter/odd', $1, $2, $3, NULL, $3)"""
    async with ward.platform.parts.database.write.acquire() as connection:
        await connection.execute(sql, ward.patient, ward.hospital, now - timedelta(days=2))
    _later(monkeypatch, timedelta(days=9))

    await ward.look()

    sql = "SELECT count(*) FROM vigil WHERE focus = $1 AND state = 'waiting'"
    async with ward.platform.parts.database.write.acquire() as connection:
        assert await connection.fetchval(sql, focus) == 0
