"""DuckDB: the default engine, in the process, on the files of the lake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import duckdb

from cordee.population.engine.port import Table
from cordee.population.views.dialects import DUCKDB
from cordee.population.views.shapes import Shape
from cordee.runtime.errors import InvalidRequest, TimedOut, TooCostly

_LONGEST = 64 * 1024 * 1024
_FORMATS: Final = {
    "ndjson": "FORMAT json",
    "json": "FORMAT json, ARRAY true",
    "csv": "FORMAT csv, HEADER true",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}


class DuckEngine:
    """See `Engine`. One connection: used by one thread at a time."""

    dialect = DUCKDB

    def __init__(self, threads: int = 0, memory: str = "", spill: Path | None = None) -> None:
        """`threads` of the machine's cores; 0 takes all. `memory` as in `2GB`, empty for most.

        What goes beyond it lies in the folder `spill` until the engine ends.
        """
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'UTC'")
        if threads:
            self._connection.execute(f"SET threads = {threads}")
        if memory:
            self._connection.execute(f"SET memory_limit = {self.dialect.text(memory)}")
        if spill is not None:
            told = self.dialect.text(str(spill / "spilt"))
            self._connection.execute(f"SET temp_directory = {told}")

    def resources(self, name: str, files: Sequence[Path], shape: Shape) -> None:
        """See `Engine`."""
        text = self.dialect.text
        fields = {one: self.dialect.type_of(child) for one, child in shape.fields.items()}
        columns = ", ".join(f"{text(one)}: {text(kind)}" for one, kind in fields.items())
        listed = ", ".join(text(str(one)) for one in files)
        source = (
            f"read_json([{listed}], format = 'newline_delimited', maximum_object_size = {_LONGEST},"
            f" columns = {{'resourceType': 'VARCHAR', {columns}}})"
        )
        self._connection.execute(
            f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM {source}"
            f' WHERE "resourceType" = {text(shape.kind)}'
        )

    def parquet(self, name: str, files: Sequence[Path]) -> None:
        """See `Engine`."""
        listed = ", ".join(self.dialect.text(str(one)) for one in files)
        self._connection.execute(
            f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM"
            f" read_parquet([{listed}], union_by_name = true)"
        )

    def nothing(self, name: str, columns: Mapping[str, str]) -> None:
        """See `Engine`."""
        told = ", ".join(
            f"CAST(NULL AS {self.dialect.types.get(kind, kind)}) AS {self.dialect.name_of(one)}"
            for one, kind in columns.items()
        )
        self._connection.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT {told} WHERE FALSE")

    def values(self, name: str, columns: Sequence[str], rows: str) -> None:
        """See `Engine`."""
        named = ", ".join(map(self.dialect.name_of, columns))
        self._connection.execute(
            f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM (VALUES {rows}) told({named})"
        )

    def write(self, sql: str, file: Path) -> None:
        """See `Engine`."""
        self._execute(
            f"COPY ({sql}) TO {self.dialect.text(str(file))} (FORMAT parquet, COMPRESSION zstd)"
        )

    def deliver(self, sql: str, file: Path, kind: str) -> int:
        """Writes the rows of a SELECT as `ndjson`, `json`, `csv` or `parquet`; how many."""
        told = f"COPY ({sql}) TO {self.dialect.text(str(file))} ({_FORMATS[kind]})"
        return int((self._execute(told).fetchone() or (0,))[0])

    def interrupt(self) -> None:
        """Stops what runs; called by another thread. What ran raises `TimedOut`."""
        self._connection.interrupt()

    def run(self, sql: str) -> Table:
        """See `Engine`."""
        found = self._execute(sql)
        columns = tuple(one[0] for one in found.description or ())
        return Table(columns, found.fetchall())

    def _execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(sql)
        except (duckdb.InvalidInputException, duckdb.BinderException) as error:
            raise InvalidRequest(str(error)) from error
        except duckdb.InterruptException as error:
            raise TimedOut("this was stopped before it was done") from error
        except duckdb.OutOfMemoryException as error:
            raise TooCostly("this needs more memory than it is given; ask for less") from error

    def close(self) -> None:
        """See `Engine`."""
        self._connection.close()
