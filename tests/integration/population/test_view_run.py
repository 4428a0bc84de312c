"""`ViewDefinition/$run` on the real base: over the lake for systems, over resources for anybody."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import given
from cordee.app.population import home_of
from cordee.fhir.store.journal import publish
from cordee.population.lake.place import Loader, Loading
from cordee.population.lake.pseudonyms import Custody
from running import Platform

RUN = "ViewDefinition/$run"


def view(*columns: tuple[str, str], resource: str = "Observation", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ViewDefinition", "name": "essai", "status": "active", "resource": resource,
        "select": [{"column": [{"name": name, "path": path} for name, path in columns]}],
    } | more  # fmt: skip


WEIGHTS = view(
    ("person", "subject.getReferenceKey(Patient)"), ("kg", "value.ofType(Quantity).value")
)


def asking(definition: dict[str, Any], *resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    told: list[dict[str, Any]] = [{"name": "viewResource", "resource": definition}]
    told += [{"name": "resource", "resource": one} for one in resources]
    told += [{"name": f"_{name}", "valueString": str(value)} for name, value in more.items()]
    return {"resourceType": "Parameters", "parameter": told}


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(one) for one in answer.text.splitlines()]


def said(answer: httpx.Response) -> str:
    return answer.json()["issue"][0]["diagnostics"]


@pytest.fixture
async def patient(
    platform: Platform, client: httpx.AsyncClient, tmp_path: Path
) -> AsyncIterator[str]:
    """A person with two weights, in the lake."""
    one = (await client.post("Patient", json=given.patient())).json()["id"]
    for value in (70.5, 71.5):
        made = given.observation(f"Patient/{one}")
        made["valueQuantity"]["value"] = value
        assert (await client.post("Observation", json=made)).status_code == 201
    database = platform.parts.database
    async with asyncio.timeout(20), database.write.acquire() as connection:
        while await connection.fetchval("SELECT count(*) FROM journal"):
            await publish(database)
            await asyncio.sleep(0.01)
    place = home_of(platform.parts.settings).lake
    custody = Custody(platform.parts.settings.warehouse.keys)
    await Loader(platform.parts.kernel, place, custody, Loading(lambda code: code)).refresh()
    yield one


async def test_a_system_reads_rows_without_a_name_and_leaves_a_line(
    patient: str, platform: Platform, client: httpx.AsyncClient
) -> None:
    rows = lines(await client.post(RUN, json=asking(WEIGHTS)))
    assert {70.5, 71.5} <= {one["kg"] for one in rows}
    assert patient not in str(rows)
    assert all(one["person"] for one in rows)
    async with platform.parts.database.write.acquire() as connection:
        detail = await connection.fetchval("SELECT detail FROM audit ORDER BY n DESC LIMIT 1")
    assert f"{len(rows)} rows" in detail
    assert "getReferenceKey" in detail


@pytest.mark.requirement("G1.1")
@pytest.mark.parametrize(
    ("definition", "missing"),
    [
        (view(("note", "note.text.first()")), "Observation.note"),
        (view(("label", "code.text")), "Observation.code.text"),
        (view(("family", "name.family.first()"), resource="Patient"), "Patient.name"),
        (view(("id", "id"), resource="DocumentReference"), "DocumentReference"),
    ],
)
async def test_what_the_lake_does_not_hold_is_refused_with_its_path(
    patient: str, client: httpx.AsyncClient, definition: dict[str, Any], missing: str
) -> None:
    answer = await client.post(RUN, json=asking(definition))
    assert answer.status_code == 400
    assert f"{missing}: not in the lake" in said(answer)


async def test_persons_and_narrow_systems_read_no_row(patient: str, platform: Platform) -> None:
    doctor = await platform.client(
        "user/*.rs", structure="Organization/x", practitioner="Practitioner/x"
    )
    narrow = await platform.client("system/Patient.rs")
    nobody = await platform.client(None)
    for caller, status in ((doctor, 403), (narrow, 403), (nobody, 401)):
        assert (await caller.post(RUN, json=asking(WEIGHTS))).status_code == status
    own = given.observation("Patient/a")
    assert lines(await doctor.post(RUN, json=asking(WEIGHTS, own))) == [{"person": "a", "kg": 70.5}]


async def test_formats_and_bounds(client: httpx.AsyncClient) -> None:
    some = [given.observation("Patient/a"), given.observation("Patient/b"), given.patient()]
    told = await client.post(RUN, json=asking(WEIGHTS, *some, format="csv"))
    assert told.headers["content-type"].startswith("text/csv")
    assert list(csv.reader(io.StringIO(told.text))) == [
        ["person", "kg"],
        ["a", "70.5"],
        ["b", "70.5"],
    ]
    told = await client.post(f"{RUN}?_format=json&_limit=1", json=asking(WEIGHTS, *some))
    assert told.json() == [{"person": "a", "kg": 70.5}]
    for wrong in ({"format": "xls"}, {"limit": "0"}, {"limit": "x"}):
        assert (await client.post(RUN, json=asking(WEIGHTS, *some, **wrong))).status_code == 400
    assert (await client.post(RUN, json={"resourceType": "Parameters"})).status_code == 400
    assert (await client.get(RUN)).status_code == 405


async def test_a_wrong_view_is_refused_with_its_place(client: httpx.AsyncClient) -> None:
    wrong = await client.post(RUN, json=asking(view(("x", "nothing.here")), given.observation()))
    assert wrong.status_code == 400
    assert wrong.json()["issue"][0]["expression"]
