"""Open data as they were taken in: typed tables in one folder, with what was taken and left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from cordee.population.sources.offer import Density, Establishment, Way
from cordee.population.sources.places import Departement
from cordee.population.sources.prevalence import Cell

CELLS, DENSITIES, ESTABLISHMENTS, WAYS, DEPARTEMENTS = (
    "cells", "densities", "establishments", "ways", "departements",
)  # fmt: skip
TYPES: Final[Mapping[str, type]] = {
    CELLS: Cell, DENSITIES: Density, ESTABLISHMENTS: Establishment, WAYS: Way,
    DEPARTEMENTS: Departement,
}  # fmt: skip
_CONTOURS: Final = "contours.json"
_TAKEN: Final = "taken.json"
_FRESH: Final = ".new"
_BATCH: Final = 50_000
_COLUMN: Final[Mapping[str, Any]] = {
    "str": pa.string(), "int": pa.int64(), "bool": pa.bool_(), "float": pa.float64(),
    "float | None": pa.float64(), "tuple[str, ...]": pa.list_(pa.string()),
}  # fmt: skip
"""How each type of a row is written."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was taken in: its format, name, how many rows, how many were left out.

    `unreadable` are groups of which it tells nothing that could be read.
    """

    source: str
    file: str
    rows: int
    left_out: int = 0
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of open data of an installation."""

    folder: Path

    def taken(self) -> list[Taken]:
        """What was taken in; nothing where no file was."""
        file = self.folder / _TAKEN
        if not file.exists():
            return []
        return [
            Taken(**{**one, "unreadable": tuple(one["unreadable"])})
            for one in orjson.loads(file.read_bytes())
        ]

    def stamp(self) -> int:
        """Changes with what was taken in; 0 where nothing was."""
        file = self.folder / _TAKEN
        return file.stat().st_mtime_ns if file.exists() else 0

    def sources(self, name: str) -> list[str]:
        """The formats of which a table holds rows."""
        file = self._file(name)
        if not file.exists():
            return []
        return sorted(set(pq.read_table(file, columns=["source"])["source"].to_pylist()))

    def keys(self, name: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """The different values of some columns of a table."""
        file = self._file(name)
        if not file.exists():
            return []
        found = pq.read_table(file, columns=list(columns)).group_by(list(columns)).aggregate([])
        return sorted(tuple(one.values()) for one in found.select(list(columns)).to_pylist())

    def read(self, name: str, kind: type[_T], **where: Any) -> list[_T]:
        """The rows of a table, those alone that have these values."""
        file = self._file(name)
        if not file.exists():
            return []
        filters = [(column, "==", value) for column, value in where.items()] or None
        rows = pq.read_table(file, filters=filters).drop_columns(["source"]).to_pylist()
        return [
            kind(**{key: tuple(one) if isinstance(one, list) else one for key, one in row.items()})
            for row in rows
        ]

    def contours(self) -> dict[str, Any]:
        """The geometry of each département."""
        file = self.folder / _CONTOURS
        return orjson.loads(file.read_bytes()) if file.exists() else {}

    def write(
        self, tables: Mapping[str, Mapping[str, Iterable[Any]]], contours: Mapping[str, Any],
        taken: Iterable[Taken],
    ) -> None:  # fmt: skip
        """Puts tables in the place of those of before: name -> format -> rows.

        Rows are read as they are written, and nothing takes the place of what was before until the
        last of them was; rows of other formats stay. `taken` is read after them.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        staged = [name for name, rows in tables.items() if self._stage(name, rows)]
        if contours:
            _replace(self.folder / _CONTOURS, orjson.dumps(contours))
        for name in staged:
            file = self._file(name)
            file.with_suffix(_FRESH).replace(file)
        fresh = {one.file: one for one in [*self.taken(), *taken]}
        body = orjson.dumps([asdict(fresh[name]) for name in sorted(fresh)])
        _replace(self.folder / _TAKEN, body)

    def _stage(self, name: str, by_source: Mapping[str, Iterable[Any]]) -> int:
        """Writes a table beside the one of before, whose other formats it keeps; how many rows."""
        if not by_source:
            return 0
        kind, count = TYPES[name], 0
        columns = [one.name for one in fields(kind)]
        schema = _schema(kind)
        file = self._file(name).with_suffix(_FRESH)
        with pq.ParquetWriter(file, schema) as writer:
            for source, rows in by_source.items():
                rest = iter(rows)
                while batch := list(islice(rest, _BATCH)):
                    count += len(batch)
                    told = {"source": [source] * len(batch)}
                    told |= {one: [getattr(row, one) for row in batch] for one in columns}
                    writer.write_table(pa.Table.from_pydict(told, schema))
            for batch in self._others(name, by_source):
                writer.write_batch(batch)
        return count

    def _others(self, name: str, sources: Iterable[str]) -> Iterator[pa.RecordBatch]:
        """The rows of a table as it is that come from other formats than these."""
        if not self._file(name).exists():
            return
        fresh = set(sources)
        with pq.ParquetFile(self._file(name)) as file:
            for batch in file.iter_batches():
                kept = [one not in fresh for one in batch["source"].to_pylist()]
                yield batch.filter(pa.array(kept, pa.bool_()))

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"


def _schema(kind: type) -> pa.Schema:
    """The columns of a table: the format that a row comes from, then those of its type."""
    told = [(one.name, _COLUMN[str(one.type)]) for one in fields(kind)]
    return pa.schema([("source", pa.string()), *told])


def _replace(file: Path, body: bytes) -> None:
    fresh = file.with_suffix(_FRESH)
    fresh.write_bytes(body)
    fresh.replace(file)
