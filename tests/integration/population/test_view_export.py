"""`ViewDefinition/$export` on the real base: asked for, made, fetched, cancelled, out of date."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from cordee.access.registers.statements import Said, Speaker, Word, say_consent
from cordee.app.population import home_of, refresh
from cordee.population.engine.duck import DuckEngine
from cordee.population.exports import MOST, Asked, View
from cordee.population.view_desk import ViewDesk
from cordee.population.views.running import Order, Run
from cordee.runtime.errors import TimedOut
from running import Platform
from viewed import EXPORT, WEIGHTS, exporting, lake_with_weights, said, view

PEOPLE = view(("person", "getResourceKey()"), ("born", "birthDate"), resource="Patient")


@pytest.fixture
async def patient(platform: Platform, client: httpx.AsyncClient) -> str:
    """A person with two weights, in the lake."""
    return await lake_with_weights(platform, client)


def told(answer: httpx.Response) -> dict[str, Any]:
    """The single values of Parameters, by name."""
    return {
        one["name"]: next(text for key, text in one.items() if key.startswith("value"))
        for one in answer.json()["parameter"]
        if "part" not in one
    }


async def kicked(client: httpx.AsyncClient, body: dict[str, Any]) -> str:
    answer = await client.post(EXPORT, json=body, headers={"prefer": "respond-async"})
    assert answer.status_code == 202, answer.text
    assert told(answer)["status"] == "accepted"
    assert told(answer)["location"] == answer.headers["content-location"]
    return answer.headers["content-location"]


async def done(client: httpx.AsyncClient, address: str) -> httpx.Response:
    async with asyncio.timeout(30):
        while (answer := await client.get(address)).status_code == 202:
            assert told(answer)["status"] == "in-progress"
            assert answer.headers["retry-after"]
            await asyncio.sleep(0.05)
    return answer


def files(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    outputs = [one["part"] for one in answer.json()["parameter"] if one["name"] == "output"]
    return {one[0]["valueString"]: one[1]["valueUri"] for one in outputs}


async def lines_of_trail(platform: Platform, number: int) -> list[str]:
    async with platform.parts.database.write.acquire() as connection:
        rows = await connection.fetch("SELECT detail FROM audit ORDER BY n DESC LIMIT $1", number)
    return [one["detail"] for one in reversed(rows)]


async def test_views_come_as_parquet_and_each_file_leaves_a_line(
    patient: str, platform: Platform, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    body = exporting(
        ("weights", WEIGHTS), ("people", PEOPLE), _format="parquet", clientTrackingId="mine"
    )
    address = await kicked(client, body)
    answer = await done(client, address)
    assert (told(answer)["status"], told(answer)["clientTrackingId"]) == ("completed", "mine")
    assert "GMT" in answer.headers["expires"]
    found = files(answer)
    assert list(found) == ["weights", "people"]

    tables = {}
    for name, url in found.items():
        one = await client.get(url)
        assert one.headers["content-type"] == "application/vnd.apache.parquet"
        (tmp_path / name).write_bytes(one.content)
        tables[name] = duckdb.read_parquet(str(tmp_path / name)).fetchall()
    assert {70.5, 71.5} <= {kg for _, kg in tables["weights"]}
    assert {person for person, _ in tables["weights"]} <= {person for person, _ in tables["people"]}
    assert patient not in str(tables)

    *_, weights, people = await lines_of_trail(platform, 2)
    assert weights.startswith(
        f"export fetched, view essai of Observation over the lake, {len(tables['weights'])} rows"
    )
    assert f"{len(tables['people'])} rows" in people
    for definition, line in ((WEIGHTS, weights), (PEOPLE, people)):
        assert json.dumps(definition, separators=(",", ":")) in line


async def test_what_is_asked_is_a_line_before_any_file(
    patient: str, platform: Platform, client: httpx.AsyncClient
) -> None:
    await kicked(client, exporting(("w", WEIGHTS)))
    [line] = await lines_of_trail(platform, 1)
    assert line.startswith("export asked, view essai of Observation over the lake")
    assert json.dumps(WEIGHTS, separators=(",", ":")) in line


@pytest.mark.parametrize("kind", ["ndjson", "csv"])
async def test_texts(patient: str, client: httpx.AsyncClient, kind: str) -> None:
    address = await kicked(client, exporting(("w", WEIGHTS), _format=kind))
    [url] = files(await done(client, address)).values()
    first = (await client.get(url)).text.splitlines()[0]
    assert first == "person,kg" if kind == "csv" else set(json.loads(first)) == {"person", "kg"}
    assert (await client.get(f"{address}/2.{kind}")).status_code == 404
    assert (await client.get(f"{address}/job.json")).status_code == 404


async def test_a_cancelled_export_is_gone_with_its_files(
    patient: str, platform: Platform, client: httpx.AsyncClient
) -> None:
    address = await kicked(client, exporting(("w", WEIGHTS)))
    assert (await client.delete(address)).status_code == 202
    assert (await client.get(address)).status_code == 404
    assert (await client.delete(address)).status_code == 404

    address = await kicked(client, exporting(("w", WEIGHTS)))
    [url] = files(await done(client, address)).values()
    await client.delete(address)
    assert (await client.get(url)).status_code == 404
    folder = home_of(platform.parts.settings).folder / "exports"
    assert not (folder / address.rpartition("/")[2]).exists()


async def test_an_export_is_its_owners_alone(
    patient: str, platform: Platform, client: httpx.AsyncClient
) -> None:
    address = await kicked(client, exporting(("w", WEIGHTS)))
    [url] = files(await done(client, address)).values()
    other = await platform.client(user="another")
    assert (await other.get(address)).status_code == 404
    assert (await other.get(url)).status_code == 404
    assert (await other.delete(address)).status_code == 404
    narrow = await platform.client("system/Patient.rs")
    nobody = await platform.client(None)
    for caller, status in ((narrow, 403), (nobody, 401)):
        for one in (address, url):
            assert (await caller.get(one)).status_code == status
        assert (await caller.delete(address)).status_code == status
    assert (await client.get(url)).status_code == 200


async def test_files_go_after_a_day_and_when_somebody_is_forgotten(
    patient: str, platform: Platform, client: httpx.AsyncClient
) -> None:
    home = home_of(platform.parts.settings)
    address = await kicked(client, exporting(("w", WEIGHTS)))
    await done(client, address)
    folder = home.folder / "exports" / address.rpartition("/")[2]
    job = json.loads((folder / "job.json").read_bytes())
    (folder / "job.json").write_text(json.dumps(job | {"until": "2026-01-01T00:00:00+00:00"}))
    assert (await client.get(address)).status_code == 404
    assert (await client.get(f"{address}/1.ndjson")).status_code == 404
    home.exports.sweep(home.lake.era())
    assert not folder.exists()

    address = await kicked(client, exporting(("w", WEIGHTS)))
    await done(client, address)
    parts = platform.parts
    await refresh(parts.settings, parts.kernel)
    assert (await client.get(address)).status_code == 200
    async with parts.database.write.acquire() as connection:
        await say_consent(
            connection, patient, Word(Said.WAREHOUSE_OPPOSED, True),
            Speaker("Patient/x", datetime.now(UTC)), parts.kernel.keys,
        )  # fmt: skip
    await refresh(parts.settings, parts.kernel)
    assert (await client.get(address)).status_code == 404
    assert not list((home.folder / "exports").glob("*/*.ndjson"))


async def test_an_export_that_another_process_cancelled_stops(
    patient: str, platform: Platform
) -> None:
    home = home_of(platform.parts.settings)
    desk = ViewDesk(home)
    one = desk.begin(Asked("somebody", (View("w", WEIGHTS),), "ndjson"))
    assert desk.beat(one)
    ViewDesk(home).cancel(one.key, "somebody")
    assert not desk.beat(one)
    with contextlib.suppress(duckdb.IOException):
        desk.export(one)
    assert not one.folder.exists()


async def test_an_export_whose_server_died_says_so(
    patient: str, platform: Platform, client: httpx.AsyncClient
) -> None:
    address = await kicked(client, exporting(("w", WEIGHTS)))
    await done(client, address)
    folder = home_of(platform.parts.settings).folder / "exports" / address.rpartition("/")[2]
    (folder / "state.json").unlink()
    assert (await client.get(address)).status_code == 202
    os.utime(folder / "alive", (1, 1))
    answer = await client.get(address)
    assert answer.status_code == 500
    assert "stopped" in said(answer)


async def test_wrong_requests(platform: Platform, client: httpx.AsyncClient) -> None:
    for body, words in (
        (exporting(), "view"),
        (exporting(("w", WEIGHTS), _format="xls"), "_format"),
        (exporting(("w", WEIGHTS), _since="2026-01-01"), "_since"),
        (exporting(("w", WEIGHTS), patient="Patient/a"), "patient"),
        (exporting(("w", view(("x", "nothing.here")))), ""),
    ):
        answer = await client.post(EXPORT, json=body)
        assert answer.status_code == 400, body
        assert words in said(answer)
    assert answer.json()["issue"][0]["expression"] == ["ViewDefinition.select[0].column[0].path"]
    assert (await client.get(EXPORT)).status_code == 405
    assert (await client.get(f"{EXPORT}/../../x")).status_code in {404, 405}
    assert (await client.get(f"{EXPORT}/..%2f..%2fx")).status_code == 404


async def test_one_caller_has_so_many_exports(platform: Platform) -> None:
    client = await platform.client(user="greedy")
    for _ in range(MOST):
        await kicked(client, exporting(("w", WEIGHTS)))
    answer = await client.post(EXPORT, json=exporting(("w", WEIGHTS)))
    assert answer.status_code == 429


def test_what_takes_too_long_is_stopped(tmp_path: Path) -> None:
    with Run(tmp_path, 0.2) as run, pytest.raises(TimedOut):
        run._engine.deliver("SELECT count(*) FROM range(1000000000000)", tmp_path / "x", "csv")
    with Run(tmp_path, 60) as run:
        run.stop()
        with pytest.raises(TimedOut):
            run.over_resources(WEIGHTS, [], Order(tmp_path / "y", "csv"))
    engine = DuckEngine(threads=1, memory="2GB")
    held = engine.run("SELECT current_setting('memory_limit'), current_setting('threads')").rows
    assert held == [("1.8 GiB", 1)]
    engine.close()
