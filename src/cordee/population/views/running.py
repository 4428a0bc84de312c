"""A view run on demand: over resources that come with it, or over the lake.

An element that the lake does not hold is refused with its path before anything runs: free text
stays out, and nobody shall take its absence for an empty answer.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa

from cordee.population.engine.duck import DuckEngine
from cordee.population.engine.port import Table
from cordee.population.lake.contents import TYPES, schema
from cordee.population.lake.tables import Tables
from cordee.population.views.compiling import Compiled, compiled
from cordee.population.views.definition import read
from cordee.population.views.shapes import Shape
from cordee.runtime.errors import InvalidRequest

MOST_ROWS: Final = 1_000_000
_TABLE: Final = "resources"


def over_resources(
    definition: Mapping[str, Any], resources: Sequence[Mapping[str, Any]], limit: int
) -> Table:
    """The rows of a view over resources; those of other types are left out."""
    engine = DuckEngine(threads=1)
    try:
        made = compiled(read(definition), engine.dialect, _TABLE)
        with tempfile.TemporaryDirectory(prefix="cordee-view-") as folder:
            file = Path(folder) / "resources.ndjson"
            kept = [one for one in resources if one.get("resourceType") == made.resource]
            file.write_bytes(b"\n".join(map(orjson.dumps, kept)) or b"{}")
            engine.resources(_TABLE, [file], made.shape)
            return engine.run(_limited(made, limit))
    finally:
        engine.close()


def over_lake(definition: Mapping[str, Any], tables: Tables, limit: int) -> Table:
    """The rows of a view over the lake; raises `InvalidRequest` for what it does not hold."""
    engine = DuckEngine(threads=1)
    try:
        made = compiled(read(definition), engine.dialect, _TABLE)
        if made.resource not in TYPES:
            raise InvalidRequest(f"{made.resource}: not in the lake")
        for missing in _missing(made.shape, schema(made.resource), made.resource):
            raise InvalidRequest(f"{missing}: not in the lake, where no text and no name enters")
        files = tables.files(made.resource)
        if not files:
            return Table(tuple(one.name for one in made.outputs), [])
        engine.parquet(_TABLE, files)
        return engine.run(_limited(made, limit))
    finally:
        engine.close()


def _limited(made: Compiled, limit: int) -> str:
    if not 0 < limit <= MOST_ROWS:
        raise InvalidRequest(f"_limit: a number from 1 to {MOST_ROWS}")
    return f"SELECT * FROM ({made.sql}) rows_of_view LIMIT {limit}"


def _missing(shape: Shape, fields: Any, place: str) -> Iterator[str]:
    """Paths that a view reads and that have no column."""
    known = {one.name: one.type for one in fields}
    for name, child in shape.fields.items():
        kind = known.get(name)
        while kind is not None and pa.types.is_list(kind):
            kind = kind.value_type
        if kind is None:
            yield f"{place}.{name}"
        elif pa.types.is_struct(kind):
            yield from _missing(child, kind, f"{place}.{name}")
