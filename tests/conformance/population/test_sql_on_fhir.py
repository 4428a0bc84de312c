"""The public tests of SQL on FHIR v2, on each engine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from cordee.population.engine.duck import DuckEngine
from cordee.population.engine.port import Engine
from cordee.population.engine.spark import SparkEngine
from cordee.population.views.compiling import compiled
from cordee.population.views.definition import read
from cordee.runtime.errors import InvalidRequest
from shared_data import shared

SUITE = "data/03-suites/sql-on-fhir-v2"
WHOLE = 64


def spark() -> Engine:
    """Without the compilation of each query, which pays on many rows alone."""
    return SparkEngine(
        spark_sql_shuffle_partitions="2",
        spark_sql_codegen_wholeStage="false",
        spark_sql_codegen_factoryMode="NO_CODEGEN",
    )


@pytest.fixture(scope="module", params=[DuckEngine, spark])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    made: Engine = request.param()
    yield made
    made.close()


def suite() -> list[tuple[str, list[dict[str, Any]], dict[str, Any]]]:
    """All tests: name, resources, test."""
    return [
        (f"{file.stem}: {test['title']}", told["resources"], test)
        for file in sorted(shared(SUITE).glob("*.json"))
        for told in [json.loads(file.read_text())]
        for test in told["tests"]
    ]


def rows_of(
    engine: Engine, folder: Path, resources: Sequence[Mapping[str, Any]], view: dict[str, Any]
) -> list[dict[str, Any]]:
    made = compiled(read(view), engine.dialect)
    file = folder / "resources.ndjson"
    kept = [one for one in resources if one["resourceType"] == made.resource]
    file.write_text("\n".join(map(json.dumps, kept)))
    engine.resources("resources", [file], made.shape)
    found = engine.run(made.sql)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def counted(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in rows)


def test_all_public_tests_pass(engine: Engine, tmp_path: Path) -> None:
    tests, wrong = suite(), []
    for name, resources, test in tests:
        try:
            found: Any = rows_of(engine, tmp_path, resources, test["view"])
        except InvalidRequest as error:
            found = error
        refused = isinstance(found, InvalidRequest)
        if test.get("expectError"):
            fits = refused
        else:
            fits = not refused and counted(found) == counted(test["expect"])
        if not fits:
            wrong.append((name, str(found)[:300]))
    assert len(tests) == WHOLE
    assert wrong == []
