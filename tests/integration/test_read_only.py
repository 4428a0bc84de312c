"""Read-only: records stay open and traced, nothing of care is written, the screen says so."""

from __future__ import annotations

from pathlib import Path

import pytest

import given
from cordee.app.gates import read_only
from cordee.runtime.degraded import FLAG, ReadOnly
from cordee.runtime.settings import read_settings
from running import Ground, Platform, platform_on

READS = [
    ("GET", "Patient/p1"), ("GET", "Patient?_count=1"), ("POST", "Patient/_search"),
    ("GET", "Patient/p1/$everything"), ("GET", "Patient/p1/_history"), ("GET", "metadata"),
]  # fmt: skip
WRITES = [
    ("POST", "Patient"), ("PUT", "Patient/p1"), ("PATCH", "Patient/p1"), ("DELETE", "Patient/p1"),
    ("POST", ""), ("PUT", "Patient?_id=p1"),
]  # fmt: skip


async def lines(platform: Platform) -> int:
    async with platform.parts.database.write.acquire() as connection:
        return await connection.fetchval("SELECT count(*) FROM audit WHERE action = 'R'")


@pytest.mark.requirement("A6.8")
async def test_reads_go_on_and_are_traced_while_writes_are_refused(ground: Ground) -> None:
    async with platform_on(ground) as platform:
        client = await platform.client()
        patient = given.patient(id="p1")
        assert (await client.put("Patient/p1", json=patient)).status_code == 201
        (platform.parts.settings.data).mkdir(parents=True, exist_ok=True)
        (platform.parts.settings.data / FLAG).touch()
        client = await platform.client()  # another process, which looks for the first time
        before = await lines(platform)

        form = {"content-type": "application/x-www-form-urlencoded"}
        reads = [await client.request(method, path, headers=form) for method, path in READS]
        writes = [await client.request(method, path, json=patient) for method, path in WRITES]
        traced = await lines(platform) - before
        (platform.parts.settings.data / FLAG).unlink()
        after = await (await platform.client()).put("Patient/p1", json=patient)

    assert [answer.status_code for answer in reads] == [200] * len(READS)
    assert traced >= 3
    assert {answer.status_code for answer in writes} == {503}
    assert {answer.json()["issue"][0]["code"] for answer in writes} == {"transient"}
    assert after.status_code == 200


@pytest.mark.requirement("A6.8")
def test_the_file_is_seen_within_a_second_and_the_setting_holds(tmp_path: Path) -> None:
    now = [0.0]
    state = ReadOnly(tmp_path / FLAG, clock=lambda: now[0])
    assert not state()
    (tmp_path / FLAG).touch()

    assert not state()
    now[0] = 1.0
    assert state()

    told = read_settings({"CORDEE_READ_ONLY": "1"}, data=str(tmp_path / "other"))
    assert read_only(told)()
