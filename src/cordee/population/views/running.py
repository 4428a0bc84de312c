"""A view run on demand: over resources that come with it, or over the lake, into a file.

An element that the lake does not hold is refused with its path before anything runs: free text
stays out, and nobody shall take its absence for an empty answer.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import orjson
import pyarrow as pa

from cordee.population.engine.duck import DuckEngine
from cordee.population.lake.contents import TYPES, schema
from cordee.population.lake.tables import Tables
from cordee.population.views.compiling import Compiled, Output, compiled
from cordee.population.views.definition import read
from cordee.population.views.dialects import DUCKDB
from cordee.population.views.shapes import Shape
from cordee.runtime.errors import RuleBroken, TimedOut

_MEMORY: Final = "2GB"
_TABLE: Final = "resources"


@dataclass(frozen=True, slots=True)
class Order:
    """Where rows go, as `ndjson`, `json`, `csv` or `parquet`, and how many at most; 0 for all."""

    file: Path
    format: str
    limit: int = 0


def for_lake(definition: Mapping[str, Any]) -> Compiled:
    """A view that the lake can answer.

    Raises `InvalidRequest` where the view is wrong, `RuleBroken` with the paths that it reads and
    that the lake does not hold.
    """
    made = compiled(read(definition), DUCKDB, _TABLE)
    known = made.resource in TYPES
    lost = (
        tuple(_missing(made.shape, schema(made.resource), made.resource))
        if known
        else (made.resource,)
    )
    if lost:
        why = "not in the lake (no free text, no name and no identifier enters it)"
        raise RuleBroken(f"{', '.join(lost)}: {why}", expression=lost)
    return made


class Run:
    """One engine, small and bounded, for the views of one caller; ended when it is left."""

    def __init__(self, folder: Path, seconds: float) -> None:
        """What takes longer than these seconds in all raises `TimedOut`.

        What goes beyond its memory lies in the folder until it ends.
        """
        self._lock = threading.Lock()
        self._engine = DuckEngine(threads=1, memory=_MEMORY, spill=folder)
        self._is_closed = self._is_stopped = False
        self._timer = threading.Timer(seconds, self.stop)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        """The time runs from here."""
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the engine."""
        self._timer.cancel()
        with self._lock:
            self._is_closed = True
            self._engine.close()

    def stop(self) -> None:
        """Stops what runs and lets nothing begin; called by any thread, at any time."""
        with self._lock:
            self._is_stopped = True
            if not self._is_closed:
                self._engine.interrupt()

    def over_resources(
        self, definition: Mapping[str, Any], resources: Sequence[Mapping[str, Any]], order: Order
    ) -> int:
        """Writes the rows of a view over resources, those of its type; how many rows."""
        made = compiled(read(definition), DUCKDB, _TABLE)
        file = order.file.with_suffix(".resources")
        kept = [one for one in resources if one.get("resourceType") == made.resource]
        file.write_bytes(b"\n".join(map(orjson.dumps, kept)) or b"{}")
        try:
            self._engine.resources(_TABLE, [file], made.shape)
            return self._write(made.sql, order)
        finally:
            file.unlink()

    def over_lake(self, definition: Mapping[str, Any], tables: Tables, order: Order) -> int:
        """Writes the rows of a view over the lake; how many. Raises as `for_lake` does."""
        made = for_lake(definition)
        files = tables.files(made.resource)
        if not files:
            return self._write(_no_row(made.outputs), order)
        self._engine.parquet(_TABLE, files)
        return self._write(made.sql, order)

    def _write(self, sql: str, order: Order) -> int:
        if self._is_stopped:
            raise TimedOut("this was stopped before it was done")
        if order.limit:
            sql = f"SELECT * FROM ({sql}) rows_of_view LIMIT {order.limit}"
        return self._engine.deliver(sql, order.file, order.format)


def _no_row(outputs: Sequence[Output]) -> str:
    """A SELECT of these columns that gives nothing."""
    columns = ", ".join(
        f"CAST(NULL AS {DUCKDB.type_of(Shape(one.kind, one.many))}) AS {DUCKDB.name_of(one.name)}"
        for one in outputs
    )
    return f"SELECT {columns} WHERE FALSE"


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
