"""The lake on a real base: fed by the journal, without a name, purged backwards, loaded anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import httpx
import pytest

import given
from cordee.access.registers.statements import Said, Speaker, Word, say_consent
from cordee.fhir.store.journal import publish
from cordee.population.engine.duck import DuckEngine
from cordee.population.home import Home
from cordee.population.lake.place import Loader, Loading, Place
from cordee.population.lake.pseudonyms import Custody
from cordee.population.lake.tables import Tables
from cordee.runtime.errors import Conflict
from running import Platform

INSEE = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code"
COMMUNES = "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM"


@dataclass(slots=True)
class Lake:
    platform: Platform
    client: httpx.AsyncClient
    place: Place
    loader: Loader

    async def refresh(self) -> Any:
        await self.publish()
        return await self.loader.refresh()

    async def publish(self) -> None:
        database = self.platform.parts.database
        async with asyncio.timeout(20), database.write.acquire() as connection:
            while await connection.fetchval("SELECT count(*) FROM journal"):
                await publish(database)
                await asyncio.sleep(0.01)

    @property
    def tables(self) -> Tables:
        return self.place.tables()

    def rows(self, kind: str, **where: Any) -> list[dict[str, Any]]:
        return read(self.tables.files(kind, **where))

    async def say(self, patient: str, *, opposed: bool) -> None:
        database = self.platform.parts.database
        async with database.write.acquire() as connection:
            await say_consent(
                connection, patient, Word(Said.WAREHOUSE_OPPOSED, opposed),
                Speaker("Patient/x", datetime.now(UTC)), self.platform.parts.kernel.keys,
            )  # fmt: skip

    def name_of(self, patient: str) -> str:
        keys = self.platform.parts.kernel.keys
        return self.loader._pseudonyms(self.loader._custody.key()).of_number(
            keys(f"Patient/{patient}")
        )


def read(files: list[Path]) -> list[dict[str, Any]]:
    if not files:
        return []
    found = duckdb.sql(f"SELECT * FROM read_parquet({[str(one) for one in files]})")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def somebody(**changes: Any) -> Mapping[str, Any]:
    """A person of a village, with all that tells who they are."""
    return given.patient(
        identifier=[given.identifier()],
        name=[{"family": "Quiberon", "given": ["Solenn"]}],
        telecom=[{"system": "phone", "value": "0612345678"}],
        address=[
            {"use": "home", "line": ["3 rue du Port"], "city": "Hoëdic", "postalCode": "56170",
             "extension": [{"url": INSEE, "valueCoding": {"system": COMMUNES, "code": "56085"}}]}
        ],
        contact=[{"name": {"family": "Quiberon", "given": ["Yann"]}}],
    ) | changes  # fmt: skip


@pytest.fixture
async def lake(
    platform: Platform, client: httpx.AsyncClient, tmp_path: Path
) -> AsyncIterator[Lake]:
    place = Place(tmp_path / "lake")
    how = Loading(lambda code: "56207+" if code == "56085" else code)
    custody = Custody(tmp_path / "custody")
    yield Lake(platform, client, place, Loader(platform.parts.kernel, place, custody, how))


async def made(lake: Lake, resource: Mapping[str, Any]) -> str:
    answer = await lake.client.post(resource["resourceType"], json=dict(resource))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.mark.requirement("G1.1")
async def test_what_names_somebody_stays_outside(lake: Lake) -> None:
    patient = await made(lake, somebody())
    note = [{"text": "Solenn Quiberon dit avoir maigri"}]
    weight = await made(lake, given.observation(f"Patient/{patient}", note=note))
    await lake.refresh()

    [person] = [one for one in lake.rows("Patient") if one["person"] == lake.name_of(patient)]
    assert (person["gender"], person["birthDate"]) == ("female", "1980-02")
    assert person["address"] == [{"district": "56207+"}]
    name = lake.name_of(patient)
    [found] = [one for one in lake.rows("Observation") if one["person"] == name]
    assert found["subject"] == {"reference": f"Patient/{person['id']}"}
    assert found["valueQuantity"]["value"] == 70.5
    assert "note" not in found
    every = str(lake.rows("Patient")) + str(lake.rows("Observation"))
    for word in ("Quiberon", "Solenn", "0612345678", "Port", "56085", patient, weight, "maigri"):
        assert word not in every
    for file in lake.place.folder.rglob("*"):
        if file.is_file():
            assert b"Quiberon" not in file.read_bytes()


@pytest.mark.requirement("G1.1")
async def test_the_lake_follows_what_is_written(lake: Lake) -> None:
    patient = await made(lake, somebody())
    kept = await made(lake, given.observation(f"Patient/{patient}"))
    lost = await made(lake, given.observation(f"Patient/{patient}"))
    await lake.refresh()
    name = lake.name_of(patient)
    before = lake.tables.version("Observation")

    body = (await lake.client.get(f"Observation/{kept}")).json()
    body["valueQuantity"]["value"] = 71.25
    await lake.client.put(f"Observation/{kept}", json=body)
    await lake.client.delete(f"Observation/{lost}")
    turned = await lake.refresh()

    values = [
        one["valueQuantity"]["value"] for one in lake.rows("Observation") if one["person"] == name
    ]
    assert values == [71.25]
    past = lake.rows("Observation", version=before)
    assert (
        sorted(one["valueQuantity"]["value"] for one in past if one["person"] == name) == [70.5] * 2
    )
    assert turned.changes == 2
    assert (await lake.refresh()).changes == 0


@pytest.mark.requirement("G1.2", "A6.3")
async def test_who_opposes_is_gone_backwards_and_may_come_back(lake: Lake) -> None:
    patient, other = await made(lake, somebody()), await made(lake, somebody())
    for one in (patient, other):
        await made(lake, given.observation(f"Patient/{one}"))
    await lake.refresh()
    lake.tables.freeze("2026-11")
    name, stays = lake.name_of(patient), lake.name_of(other)

    await lake.say(patient, opposed=True)
    await made(lake, given.observation(f"Patient/{patient}"))
    done = await lake.refresh()

    assert done.forgotten == 4
    for snapshot in ("", "2026-11"):
        for kind in ("Patient", "Observation"):
            persons = {one["person"] for one in lake.rows(kind, snapshot=snapshot)}
            assert name not in persons
            assert stays in persons
    held = [one.read_bytes() for one in lake.place.folder.rglob("*.parquet")]
    assert not any(name.encode() in one for one in held)

    await lake.say(patient, opposed=False)
    await lake.refresh()
    back = [one for one in lake.rows("Observation") if one["person"] == name]
    assert len(back) == 2
    assert len({one["id"] for one in back}) == 2


async def test_a_file_out_of_use_leaves(lake: Lake) -> None:
    patient = await made(lake, somebody())
    await lake.refresh()
    body = (await lake.client.get(f"Patient/{patient}")).json()
    await lake.client.put(f"Patient/{patient}", json=body | {"active": False})
    await lake.refresh()
    assert lake.name_of(patient) not in {one["person"] for one in lake.rows("Patient")}


async def test_what_was_written_before_a_crash_is_not_written_twice(lake: Lake) -> None:
    patient = await made(lake, somebody())
    await lake.refresh()
    database = lake.platform.parts.database
    async with database.write.acquire() as connection:
        await connection.execute("UPDATE journal_reader SET n = 0 WHERE name LIKE 'lake %'")
    done = await lake.loader.refresh()
    assert done.changes
    assert done.rows == 0
    name = lake.name_of(patient)
    assert sum(one["person"] == name for one in lake.rows("Patient")) == 1


@pytest.mark.requirement("G1.1")
async def test_another_key_makes_another_lake(lake: Lake) -> None:
    patient = await made(lake, somebody())
    await made(lake, given.observation(f"Patient/{patient}"))
    await lake.refresh()
    before, era, rows = lake.name_of(patient), lake.place.era(), lake.rows("Observation")

    await lake.publish()
    await lake.loader.rotate()

    after = lake.name_of(patient)
    assert after != before
    assert lake.place.era() != era
    assert not (lake.place.folder / era).exists()
    now = lake.rows("Observation")
    assert len(now) == len(rows)
    assert {one["person"] for one in now}.isdisjoint(one["person"] for one in rows)
    assert after in {one["person"] for one in now}


async def test_a_snapshot_stays_as_it_was(lake: Lake) -> None:
    patient = await made(lake, somebody())
    await made(lake, given.observation(f"Patient/{patient}"))
    await lake.refresh()
    name = f"test-{uuid4().hex[:6]}"
    lake.tables.freeze(name)
    frozen = lake.rows("Observation", snapshot=name)
    await made(lake, given.observation(f"Patient/{patient}"))
    await lake.refresh()
    lake.tables.compact()
    assert lake.rows("Observation", snapshot=name) == frozen
    assert len(lake.rows("Observation")) == len(frozen) + 1
    assert name in lake.tables.snapshots()
    with pytest.raises(Conflict):
        lake.tables.freeze(name)


@pytest.mark.requirement("G1.1")
async def test_dates_may_be_shifted_by_one_number_of_days_a_person(
    lake: Lake, tmp_path: Path
) -> None:
    patient = await made(lake, somebody())
    for day in ("2026-03-01T08:00:00+01:00", "2026-03-11T08:00:00+01:00"):
        await made(lake, given.observation(f"Patient/{patient}", effectiveDateTime=day))
    await lake.publish()
    shifted = Place(tmp_path / "shifted")
    how = Loading(lambda code: code, shift=300)
    await Loader(lake.platform.parts.kernel, shifted, Custody(tmp_path / "other"), how).refresh()
    rows = read(shifted.tables().files("Observation"))
    days = {}
    for one in rows:
        days.setdefault(one["person"], set()).add(one["effectiveDateTime"])
    for told in days.values():
        if len(told) == 2:
            first, last = sorted(datetime.fromisoformat(one) for one in told)
            assert (last - first).days == 10
    assert any(one["effectiveDateTime"][:7] != "2026-03" for one in rows)


@pytest.mark.requirement("G1.2")
async def test_facts_follow_the_lake_whatever_died_between(lake: Lake, tmp_path: Path) -> None:
    patient = await made(lake, somebody())
    home = Home(tmp_path)
    engine = DuckEngine()
    await lake.refresh()
    home.make_facts(engine)
    assert home.is_up_to_date()
    assert lake.name_of(patient) in {one["person"] for one in read(home.facts.files()["person"])}
    await lake.say(patient, opposed=True)
    await lake.refresh()  # and the process dies here
    assert not home.is_up_to_date()
    home.make_facts(engine)
    assert home.is_up_to_date()
    assert lake.name_of(patient) not in {
        one["person"] for one in read(home.facts.files()["person"])
    }
