"""Views of SQL on FHIR v2 over 50,000 Observations: ours, beside fhir4ds-v2 in the same run.

    python -m bench.viewing [--reference /path/to/python]

`--reference` is the Python of an environment that holds fhir4ds-v2 (it pins another DuckDB: never
ours). Prints Observations a second and ratios; nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import orjson

from cordee.app.region.generator import region_resources
from cordee.population.engine.duck import DuckEngine
from cordee.population.views.compiling import compiled
from cordee.population.views.definition import read

COUNT = 50_000
VIEW = {
    "resourceType": "https://sql-on-fhir.org/ig/StructureDefinition/ViewDefinition",
    "name": "results", "status": "active", "resource": "Observation",
    "where": [{"path": "status = 'final'"}],
    "select": [
        {
            "column": [
                {"name": "id", "path": "id"},
                {"name": "patient", "path": "subject.reference"},
                {"name": "day", "path": "effective.ofType(dateTime)"},
                {"name": "value", "path": "value.ofType(Quantity).value"},
                {"name": "unit", "path": "value.ofType(Quantity).code"},
            ]
        },
        {"forEach": "code.coding", "column": [{"name": "code", "path": "code"}]},
    ],
}  # fmt: skip
REFERENCE = """
import json, sys, time
import fhir4ds
view, file = json.loads(sys.argv[1]), sys.argv[2]
con = fhir4ds.create_connection()
fhir4ds.FHIRDataLoader(con).load_ndjson(file)
sql = fhir4ds.generate_view_sql(view)
best, rows = 1e9, 0
for _ in range(3):
    start = time.perf_counter()
    rows = len(con.execute(sql).fetchall())
    best = min(best, time.perf_counter() - start)
print(json.dumps({"seconds": best, "rows": rows}))
"""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--reference", default="")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "observations.ndjson"
        write(file)
        made = compiled(read(VIEW | {"resourceType": "ViewDefinition"}), DuckEngine().dialect)
        engine = DuckEngine()
        engine.resources("resources", [file], made.shape)
        lines, rows = best(engine, made.sql)
        columns = Path(folder) / "observations.parquet"
        engine.write("SELECT * FROM resources", columns)
        engine.parquet("resources", [columns])
        stored, same = best(engine, made.sql)
        print(f"NDJSON    {COUNT / lines:12,.0f} Observations/s  ({rows} rows)")
        print(f"Parquet   {COUNT / stored:12,.0f} Observations/s  ({same} rows)")
        if told.reference:
            run = subprocess.run(
                [told.reference, "-c", REFERENCE, json.dumps(VIEW), str(file)],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            other = json.loads(run.stdout.splitlines()[-1])
            seconds = other["seconds"]
            print(f"reference {COUNT / seconds:12,.0f} Observations/s  ({other['rows']} rows)")
            print(f"ratio     NDJSON {seconds / lines:.1f}, Parquet {seconds / stored:.1f}")


def write(file: Path) -> None:
    """The Observations of the fictional region, as many as are wanted."""
    count, people = 0, 6000
    with file.open("wb") as out:
        for body in region_resources(1, people):
            if b'"resourceType":"Observation"' in body[:40]:
                out.write(orjson.dumps(orjson.loads(body)) + b"\n")
                count += 1
                if count == COUNT:
                    return


def best(engine: DuckEngine, sql: str) -> tuple[float, int]:
    """The best of three times, and how many rows."""
    found = []
    rows = 0
    for _ in range(3):
        start = time.perf_counter()
        rows = len(engine.run(sql).rows)
        found.append(time.perf_counter() - start)
    return min(found), rows


if __name__ == "__main__":
    main()
