"""The tables of the lake: a Delta table a resource type, of Parquet files, read by any engine.

A batch of the journal becomes one commit a table, which bears the number that it came to: what is
given twice, after a crash, is taken once. Rule: decision 0113.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlparse

import pyarrow as pa
from deltalake import (
    CommitProperties,
    DeltaTable,
    Field,
    Schema,
    Transaction,
    convert_to_deltalake,
    write_deltalake,
)
from deltalake.schema import PrimitiveType

from cordee.population.lake.contents import PART, PERSON, TYPES, VERSION, schema
from cordee.runtime.errors import Conflict, NotFound

_READER: Final = "journal"
_GONE: Final = "gone"
_MANY_FILES: Final = 24
_KEPT_HOURS: Final = 24 * 7
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """What a part of the journal makes of one table: rows, ids that are no more, its last number.

    `is_new` when no row has an id that the table may hold.
    """

    rows: Sequence[Mapping[str, Any]]
    gone: Sequence[str]
    upto: int
    is_new: bool = False


class Tables:
    """The tables of one era; used by one writer at a time, read by everybody."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made when something is written."""
        self._tables = folder / "tables"
        self._snapshots = folder / "snapshots"

    def kinds(self) -> list[str]:
        """The resource types that have a table."""
        return _kinds(self._tables)

    def files(self, kind: str, version: int | None = None, snapshot: str = "") -> list[Path]:
        """The Parquet files of a table, as it is, as it was at a version, or in a snapshot."""
        table = self._table(kind, snapshot)
        if table is None:
            return []
        if version is not None:
            table.load_as_version(version)
        return [Path(unquote(urlparse(one).path)) for one in table.file_uris()]

    def version(self, kind: str) -> int | None:
        """The version of a table; None where there is none."""
        table = self._table(kind)
        return None if table is None else table.version()

    def mark(self, kind: str) -> int:
        """The number of the journal that a table has come to."""
        table = self._table(kind)
        return 0 if table is None else table.transaction_version(_READER) or 0

    def apply(self, kind: str, batch: Batch) -> int:
        """Writes a batch in one commit; how many rows it made or removed. Done once, ever."""
        mark = self.mark(kind)
        if mark >= batch.upto:
            return 0
        rows = [one for one in batch.rows if one[VERSION] > mark]
        marked = CommitProperties(app_transactions=[Transaction(_READER, batch.upto)])
        made = pa.Table.from_pylist(rows, schema=schema(kind))
        table = self._table(kind)
        if table is None or (batch.is_new and not batch.gone):
            write_deltalake(
                self._tables / kind, made, mode="append", partition_by=[PART],
                commit_properties=marked,
            )  # fmt: skip
            return len(rows)
        self._merge(table, made, batch.gone, marked)
        return len(rows) + len(batch.gone)

    def append(self, kind: str, rows: pa.Table) -> None:
        """Adds rows of a table as they are, beside the journal: nothing is looked for."""
        write_deltalake(self._tables / kind, rows, mode="append", partition_by=[PART])

    def add(self, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> int:
        """Adds or replaces rows by table, beside the journal's order; how many."""
        for kind, some in rows.items():
            made = pa.Table.from_pylist(list(some), schema=schema(kind))
            table = self._table(kind)
            if table is None:
                write_deltalake(self._tables / kind, made, partition_by=[PART])
            else:
                self._merge(table, made, (), CommitProperties())
        return sum(map(len, rows.values()))

    def forget(self, persons: Iterable[str]) -> int:
        """Removes all rows of persons, here and in every snapshot, for ever; how many."""
        removed, told = 0, sorted(set(persons))
        for folder in (self._tables, *self._all_snapshots()):
            for kind in _kinds(folder):
                removed += _without(DeltaTable(folder / kind), told)
        return removed

    def compact(self) -> None:
        """Puts small files together, and drops what no version of the last week needs."""
        for kind in self.kinds():
            table = DeltaTable(self._tables / kind)
            if len(table.file_uris()) > _MANY_FILES:
                table.optimize.compact()
            table.vacuum(_KEPT_HOURS, dry_run=False, enforce_retention_duration=False)

    def freeze(self, name: str) -> None:
        """Keeps the lake as it is under a name; its files are shared, not copied.

        Raises `Conflict` where the name is taken.
        """
        target = self._snapshots / name
        if target.exists():
            raise Conflict(f"there is a snapshot {name}")
        made = self._snapshots / f".{name}"
        shutil.rmtree(made, ignore_errors=True)
        for kind in self.kinds():
            for file in self.files(kind):
                place = made / kind / file.relative_to(self._tables / kind)
                place.parent.mkdir(parents=True, exist_ok=True)
                os.link(file, place)
            if self.files(kind):
                convert_to_deltalake(
                    made / kind, partition_by=Schema([Field(PART, PrimitiveType("integer"))]),
                    partition_strategy="hive",
                )  # fmt: skip
        made.rename(target)

    def snapshots(self) -> Mapping[str, datetime]:
        """The snapshots by name, with the moment at which they were made."""
        return {
            one.name: datetime.fromtimestamp(one.stat().st_mtime, UTC)
            for one in self._all_snapshots()
        }

    def _all_snapshots(self) -> list[Path]:
        if not self._snapshots.is_dir():
            return []
        return sorted(one for one in self._snapshots.iterdir() if not one.name.startswith("."))

    def _table(self, kind: str, snapshot: str = "") -> DeltaTable | None:
        folder = self._snapshots / snapshot if snapshot else self._tables
        if kind not in TYPES or not folder.is_dir():
            if snapshot:
                raise NotFound(f"there is no snapshot {snapshot}")
            return None
        place = folder / kind
        return DeltaTable(place) if DeltaTable.is_deltatable(str(place)) else None

    def _merge(
        self, table: DeltaTable, made: pa.Table, gone: Sequence[str], marked: CommitProperties
    ) -> None:
        ends = pa.Table.from_pylist([{"id": one} for one in gone], schema=made.schema)
        flags = pa.array([False] * len(made) + [True] * len(ends), pa.bool_())
        source = pa.concat_tables([made, ends]).append_column(_GONE, flags)
        columns = {f"`{name}`": f"s.`{name}`" for name in made.schema.names}
        merger = table.merge(
            source, "t.id = s.id", source_alias="s", target_alias="t", commit_properties=marked
        )
        merger = merger.when_matched_delete(f"s.{_GONE}")
        merger = merger.when_matched_update(columns, predicate=f"NOT s.{_GONE}")
        merger.when_not_matched_insert(columns, predicate=f"NOT s.{_GONE}").execute()


def _kinds(folder: Path) -> list[str]:
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(one.name for one in found if DeltaTable.is_deltatable(str(one)))


def _without(table: DeltaTable, persons: Sequence[str]) -> int:
    """Removes rows of persons, and the files that held them."""
    removed = 0
    for start in range(0, len(persons), _AT_ONCE):
        told = ", ".join(f"'{one}'" for one in persons[start : start + _AT_ONCE])
        found = table.delete(f"{PERSON} IN ({told})")
        removed += found.get("num_deleted_rows") or 0
    if removed:
        table.vacuum(0, dry_run=False, enforce_retention_duration=False)
    return removed
