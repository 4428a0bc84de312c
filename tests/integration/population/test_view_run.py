"""`ViewDefinition/$run` on the real base: over the lake for systems, over resources for anybody."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pytest

import given
from running import Platform
from viewed import EXPORT, RUN, WEIGHTS, asking, exporting, lake_with_weights, said, view


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(one) for one in answer.text.splitlines()]


@pytest.fixture
async def patient(platform: Platform, client: httpx.AsyncClient) -> str:
    """A person with two weights, in the lake."""
    return await lake_with_weights(platform, client)


async def test_a_system_reads_rows_without_a_name_and_leaves_a_line(
    patient: str, platform: Platform, client: httpx.AsyncClient
) -> None:
    rows = lines(await client.post(RUN, json=asking(WEIGHTS)))
    assert {70.5, 71.5} <= {one["kg"] for one in rows}
    assert patient not in str(rows)
    assert all(one["person"] for one in rows)
    async with platform.parts.database.write.acquire() as connection:
        row = await connection.fetchrow("SELECT detail FROM audit ORDER BY n DESC LIMIT 1")
    assert row is not None
    assert f"view essai of Observation over the lake, {len(rows)} rows" in row["detail"]
    assert json.dumps(WEIGHTS, separators=(",", ":")) in row["detail"]


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
    assert answer.status_code == 422
    assert f"{missing}: not in the lake" in said(answer)
    assert answer.json()["issue"][0]["expression"] == [missing]
    told = await client.post(EXPORT, json=exporting(("x", definition)))
    assert told.status_code == 422
    assert f"{missing}: not in the lake" in said(told)


async def test_persons_and_narrow_systems_read_no_row(patient: str, platform: Platform) -> None:
    doctor = await platform.client(
        "user/*.rs", structure="Organization/x", practitioner="Practitioner/x"
    )
    steering = await platform.client(
        "user/*.cruds", structure="Organization/x", practitioner="Practitioner/x",
        functions=frozenset({"steering"}),
    )  # fmt: skip
    narrow = await platform.client("system/Patient.rs")
    some = await platform.client("system/ViewDefinition.rs?name=essai")
    nobody = await platform.client(None)
    for caller, status in ((doctor, 403), (steering, 403), (narrow, 403), (some, 403),
                           (nobody, 401)):  # fmt: skip
        assert (await caller.post(RUN, json=asking(WEIGHTS))).status_code == status
        told = await caller.post(EXPORT, json=exporting(("w", WEIGHTS)))
        assert told.status_code == status
        assert said(told)
    views = await platform.client("system/ViewDefinition.rs")
    assert lines(await views.post(RUN, json=asking(WEIGHTS)))
    own = given.observation("Patient/a")
    assert (await narrow.post(RUN, json=asking(WEIGHTS, own))).status_code == 403
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
    broken = {"resourceType": "Parameters", "parameter": [{"name": "viewResource"}, "x"]}
    assert (await client.post(RUN, json=broken)).status_code == 400
    told = await client.post(RUN, json=asking(WEIGHTS, *some), headers={"accept": "text/csv"})
    assert told.text.startswith("person,kg\n")
    filtered = asking(WEIGHTS, *some)
    filtered["parameter"].append({"name": "patient", "valueString": "Patient/a"})
    answer = await client.post(RUN, json=filtered)
    assert (answer.status_code, "patient" in said(answer)) == (400, True)
    assert (await client.get(RUN)).status_code == 405


async def test_a_wrong_view_is_refused_with_its_place(client: httpx.AsyncClient) -> None:
    wrong = await client.post(RUN, json=asking(view(("x", "nothing.here")), given.observation()))
    assert wrong.status_code == 400
    assert wrong.json()["issue"][0]["expression"]


@pytest.mark.parametrize(
    "odd",
    [
        {"valueQuantity": {"value": "heavy"}},
        {"valueQuantity": "heavy"},
        {"subject": ["x"]},
        {"subject": {"reference": 7}},
        {"valueQuantity": {"value": 1e400}},
    ],
)
async def test_odd_resources_are_refused_or_left_empty(
    client: httpx.AsyncClient, odd: dict[str, Any]
) -> None:
    body = json.dumps(asking(WEIGHTS, {"resourceType": "Observation"} | odd))
    answer = await client.post(RUN, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {200, 400}, answer.text
