"""The SQL of the hot shapes, kept in files, and the indexes that PostgreSQL uses for them.

To keep a changed statement: run once with CORDEE_GOLDEN=write, and read the difference.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import asyncpg
import pytest

import given
from cordee.fhir.search.query import read_query
from cordee.fhir.store.scope import Scope
from running import Ground, Platform, platform_on

GOLDEN = Path(__file__).parent / "golden"
ALL = Scope("test", None, {"*": "cruds"})
PATIENTS, EACH = 60, 50
HOT = "urn:codes|hot"
SHAPES = {
    "patient-timeline": "Observation?patient=p3",
    "patient-code": f"Observation?patient=p3&code={HOT}",
    "code-by-date": f"Observation?code={HOT}",
    "code-by-date-next": f"Observation?code={HOT}&_count=5",
    "code-in-a-period": f"Observation?code={HOT}&date=ge2021&date=lt2022",
    "several-codes": f"Observation?code={HOT},urn:codes|mild,urn:codes|rare",
    "rare-key": "Observation?_tag=urn:tags|once",
    "two-keys": f"Observation?code={HOT}&status=final",
    "code-and-quantity": f"Observation?code-value-quantity={HOT}$gt95",
    "identifier": "Patient?identifier=urn:ids|7",
    "name": "Patient?family=exemple",
    "chain-to-few": "Observation?patient.identifier=urn:ids|7",
    "chain-to-few-with-code": f"Observation?code={HOT}&patient.identifier=urn:ids|7",
    "has": f"Patient?_has:Observation:patient:code={HOT}",
    "last-updated": "Observation?_sort=-_lastUpdated",
    "all-types": "",
    "include": f"Observation?code={HOT}&_include=Observation:patient",
    "count": f"Observation?code={HOT}&_summary=count",
    "scoped-code": f"Observation?code={HOT}",
}  # fmt: skip
EXPECTED = {
    "patient-timeline": "resource_patient",
    "patient-code": "sp_sort_patient",
    "code-by-date": "sp_sort_key",
    "code-by-date-next": "sp_sort_key",
    "code-in-a-period": "sp_sort_key",
    "several-codes": "sp_sort_key",
    "rare-key": "resource_keys",
    "code-and-quantity": "sp_qty_value",
    "identifier": "resource_keys",
    "chain-to-few": "resource_patient",
    "chain-to-few-with-code": "sp_sort_patient",
    "last-updated": "journal",
    "count": "sp_sort",
    "scoped-code": "sp_sort",
}
INDEX_ONLY = {
    "patient-code",
    "code-by-date",
    "code-by-date-next",
    "count",
    "chain-to-few-with-code",
    "scoped-code",
}
LARGE = {"r_observation", "sp_sort", "sp_qty", "resource"}


def observations(patient: int) -> list[dict[str, Any]]:
    made = []
    for number in range(EACH):
        code = (
            "hot"
            if number % 3 == 0
            else "rare"
            if (patient, number) == (3, 1)
            else f"c{number % 17}"
        )
        one = given.observation(f"Patient/p{patient}", id=f"o{patient}-{number}")
        one["code"] = {"coding": [{"system": "urn:codes", "code": code}]}
        one["effectiveDateTime"] = (
            f"{2015 + (patient + number) % 9}-0{1 + number % 9}-1{patient % 9}"
        )
        one["valueQuantity"]["value"] = 40 + (patient * 7 + number) % 60
        if (patient, number) == (5, 5):
            one["meta"] = {"tag": [{"system": "urn:tags", "code": "once"}]}
        made.append(one)
    return made


@pytest.fixture(scope="module")
async def large(ground: Ground) -> AsyncIterator[Platform]:
    """Some thousand rows, vacuumed and analysed."""
    async with platform_on(ground) as running:
        client = await running.client()
        for patient in range(PATIENTS):
            entries = [
                given.entry("PUT", f"{one['resourceType']}/{one['id']}", one)
                for one in [
                    given.patient(
                        id=f"p{patient}", identifier=[{"system": "urn:ids", "value": str(patient)}]
                    ),
                    *observations(patient),
                ]
            ]
            answer = await client.post("", json=given.bundle("transaction", *entries))
            assert answer.status_code == 200, answer.text
        owner = await asyncpg.connect(running.ground.superuser(running.database))
        await owner.execute("SELECT publish_journal(100000)")
        for table in ("r_patient", "r_observation", "sp_sort", "sp_qty", "sp_str", "journal_pub"):
            await owner.execute(f"VACUUM (ANALYZE) {table}")
        await owner.execute("ANALYZE resource")
        await owner.close()
        await running.parts.kernel.frequencies.load(running.parts.database)
        yield running


async def statement(platform: Platform, shape: str) -> tuple[str, list[Any]]:
    """The last statement that a search sends, with its values."""
    searcher = platform.parts.kernel.searcher
    sent: list[tuple[str, list[Any]]] = []
    kind, _, criteria = SHAPES[shape].partition("?")
    query = read_query(kind or None, parse_qsl(criteria))
    scope = ALL
    if shape.startswith("scoped"):
        scope = Scope(
            "test", tuple(searcher.keys(f"Patient/p{n}") for n in range(3)), {"*": "cruds"}
        )
    async with platform.parts.database.search.acquire() as connection:

        class Listening:
            async def fetch(self, sql: str, *values: Any) -> list[asyncpg.Record]:
                sent.append((sql, list(values)))
                return await connection.fetch(sql, *values)

            async def execute(self, sql: str, *values: Any) -> None:
                await connection.execute(sql, *values)

        found = await searcher.search(query, scope, connection=Listening())
        if shape.endswith("-next"):
            query.cursor = found.next
            await searcher.search(query, scope, connection=Listening())
    return sent[-1]


async def plan(platform: Platform, shape: str) -> dict[str, Any]:
    sql, values = await statement(platform, shape)
    async with platform.parts.database.search.acquire() as connection:
        text = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values)
    return json.loads(text)[0]["Plan"]


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from nodes(below)


@pytest.mark.parametrize("shape", SHAPES)
async def test_statement_is_the_one_in_the_file(large: Platform, shape: str) -> None:
    sql, _ = await statement(large, shape)
    text = re.sub(r" (FROM|WHERE|UNION ALL|ORDER BY|AND EXISTS|JOIN|LIMIT) ", r"\n\1 ", sql) + "\n"
    file = GOLDEN / f"{shape}.sql"

    if os.environ.get("CORDEE_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")

    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("shape", EXPECTED)
async def test_index_is_used(large: Platform, shape: str) -> None:
    found = list(nodes(await plan(large, shape)))

    used = {node["Index Name"] for node in found if "Index Name" in node}
    assert any(_fits(name, EXPECTED[shape]) for name in used), used
    read = {
        node.get("Relation Name")
        for node in found
        if node["Node Type"] == "Seq Scan" and node["Actual Loops"]
    }
    assert not read & LARGE
    if shape in INDEX_ONLY:
        kinds = {node["Node Type"] for node in found if node.get("Relation Name") == "sp_sort"}
        assert kinds == {"Index Only Scan"}


def _fits(name: str, wanted: str) -> bool:
    """Indexes of partitions have names of their own, made of the columns."""
    columns = {"resource_patient": "_pat_type_sd_rid", "resource_keys": "_idx_"}
    return name.startswith(wanted) or (wanted in columns and columns[wanted] in name)


async def test_a_page_by_code_and_date_reads_no_more_rows_than_it_shows(large: Platform) -> None:
    found = list(nodes(await plan(large, "code-by-date")))

    walked = [
        node
        for node in found
        if node.get("Index Name") == "sp_sort_key" and node.get("Parent Relationship") != "InitPlan"
    ]
    assert min(node["Actual Rows"] for node in walked) <= 21
