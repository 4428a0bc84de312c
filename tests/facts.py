"""Facts for tests: persons and events as short lines, written as the tables that indicators read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cordee.population.facts.kinds import EVENT_COLUMNS, PERSON, PERSON_COLUMNS
from cordee.population.facts.making import Facts

TYPES = {"day": pa.date32(), "until": pa.date32(), "died": pa.date32(), "value": pa.float64()}


def person(name: str, **told: Any) -> dict[str, Any]:
    """A woman born in June 1960 in 96001, with a médecin traitant, unless told otherwise."""
    return {
        "person": name, "sex": "female", "birth": "1960-06", "commune": "96001", "died": None,
        "doctor": "m", "structure": None, "source": "cordee",
    } | told  # fmt: skip


def event(kind: str, name: str, code: str | None, day: str, **told: Any) -> dict[str, Any]:
    """An event of a person; days as ISO texts."""
    if told.get("until"):
        told["until"] = date.fromisoformat(told["until"])
    made = dict.fromkeys(EVENT_COLUMNS) | {"source": "cordee"} | told
    return made | {
        "kind": kind, "person": name, "code": code, "day": date.fromisoformat(day),
    }  # fmt: skip


def write(
    folder: Path, persons: Sequence[Mapping[str, Any]], events: Iterable[Mapping[str, Any]]
) -> Facts:
    """The facts in force in a folder."""
    made = folder / "1"
    made.mkdir(parents=True)
    _table(made / f"{PERSON}.parquet", PERSON_COLUMNS, persons)
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for one in events:
        by_kind.setdefault(one["kind"], []).append(one)
    for kind, rows in by_kind.items():
        _table(made / f"{kind}.parquet", EVENT_COLUMNS, rows)
    (folder / "current").symlink_to("1")
    return Facts(folder)


def _table(file: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    schema = pa.schema([(one, TYPES.get(one, pa.string())) for one in columns])
    kept = [{one: row[one] for one in columns} for row in rows]
    pq.write_table(pa.Table.from_pylist(kept, schema=schema), file)
