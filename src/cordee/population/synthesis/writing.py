"""A synthetic region written as the facts of a source; `lake` writes it to a lake of its own.

Requirement G1.12. The same seed, day and version of the libraries give the same region.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cordee.population.areas.geography import Geography
from cordee.population.facts.kinds import EVENT_COLUMNS, PERSON
from cordee.population.synthesis.drawing import Drawn, events
from cordee.population.synthesis.people import People, doctors, drawn

_do: Final[Any] = import_module("pyarrow.compute")
_EPOCH: Final = date(1970, 1, 1).toordinal()
_TYPES: Final = {
    "day": pa.date32(), "until": pa.date32(), "value": pa.float64(), "person": pa.string(),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What to draw: how many people, until which day, with which weights of EPCI."""

    count: int
    day: date
    seed: int = 1
    years: int = 2
    source: str = "synthese"
    weights: Mapping[str, float] = field(default_factory=dict[str, float])


def write_facts(geography: Geography, plan: Plan, folder: Path) -> dict[str, int]:
    """Writes `person.parquet` and one file a kind of events; how many rows each has."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(plan.seed)
    people = drawn(geography.communes, plan.count, plan.weights, rng)
    names = named(plan, people.count)
    rows = persons(geography, people, plan, names, rng)
    pq.write_table(rows, folder / f"{PERSON}.parquet", compression="zstd")
    counts = {PERSON: people.count}
    by_kind: dict[str, pq.ParquetWriter] = {}
    try:
        for one in events(people, plan.day, plan.years, rng):
            table = _table(one, names, plan)
            if one.kind not in by_kind:
                by_kind[one.kind] = pq.ParquetWriter(
                    folder / f"{one.kind}.parquet", table.schema, compression="zstd"
                )
            by_kind[one.kind].write_table(table)
            counts[one.kind] = counts.get(one.kind, 0) + len(table)
    finally:
        for writer in by_kind.values():
            writer.close()
    return counts


def files_of(folder: Path) -> dict[str, list[Path]]:
    """The files of a source, by table of facts."""
    return {one.stem: [one] for one in sorted(folder.glob("*.parquet"))}


def named(plan: Plan, count: int) -> pa.Array:
    """A name of nobody for each, the same for a source and number."""
    numbers = pa.array([f"{one:08d}" for one in range(count)])
    return _do.binary_join_element_wise(f"{plan.source}-", numbers, "")


def persons(
    geography: Geography, people: People, plan: Plan, names: pa.Array, rng: Any
) -> pa.Table:
    """The people as rows of facts."""
    atoms = pa.array([geography.widened(one.code) for one in people.communes])
    born = (plan.day.toordinal() - people.age * 365.25 - _EPOCH).astype("int32")
    birth = _do.strftime(pa.array(born, pa.int32()).cast(pa.date32()), "%Y-%m")
    doctor = doctors(people, rng)
    named = _do.binary_join_element_wise("medecin-", pa.array(doctor).cast(pa.string()), "")
    nobody = pa.array(doctor < 0)
    count = people.count
    return pa.table(
        {
            "person": names,
            "sex": _do.if_else(pa.array(people.woman), "female", "male"),
            "birth": birth,
            "commune": atoms.take(pa.array(people.where)),
            "died": pa.nulls(count, pa.date32()),
            "doctor": _do.if_else(nobody, pa.scalar(None, pa.string()), named),
            "structure": pa.nulls(count, pa.string()),
            "source": pa.array([plan.source] * count),
        }
    )


def _table(one: Drawn, names: pa.Array, plan: Plan) -> pa.Table:
    count = len(one.who)
    given: dict[str, Any] = {
        "person": names.take(pa.array(one.who)),
        "code": pa.array([one.code] * count, pa.string()),
        "day": dates(one.day),
        "source": pa.array([plan.source] * count, pa.string()),
    }
    if one.until is not None:
        given["until"] = dates(one.until)
    if one.value is not None:
        given["value"] = pa.array(one.value, pa.float64())
    for name in ("unit", "detail"):
        if told := getattr(one, name):
            given[name] = pa.array([told] * count, pa.string())
    kinds = {name: _TYPES.get(name, pa.string()) for name in EVENT_COLUMNS}
    return pa.table({name: given.get(name, pa.nulls(count, kind)) for name, kind in kinds.items()})


def dates(days: Any) -> pa.Array:
    """Ordinal numbers as dates."""
    return pa.array((days - _EPOCH).astype("int32"), pa.int32()).cast(pa.date32())
