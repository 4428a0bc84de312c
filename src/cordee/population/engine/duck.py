"""DuckDB: the default engine, in the process, on the files of the lake."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from cordee.population.engine.port import Table
from cordee.population.views.dialects import DUCKDB
from cordee.population.views.shapes import Shape
from cordee.runtime.errors import InvalidRequest

_LONGEST = 64 * 1024 * 1024


class DuckEngine:
    """See `Engine`. One connection: used by one thread at a time."""

    dialect = DUCKDB

    def __init__(self, threads: int = 0) -> None:
        """`threads` of the machine's cores; 0 takes all."""
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'UTC'")
        if threads:
            self._connection.execute(f"SET threads = {threads}")

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

    def run(self, sql: str) -> Table:
        """See `Engine`."""
        try:
            found = self._connection.execute(sql)
        except duckdb.InvalidInputException as error:
            raise InvalidRequest(str(error)) from error
        columns = tuple(one[0] for one in found.description or ())
        return Table(columns, found.fetchall())

    def close(self) -> None:
        """See `Engine`."""
        self._connection.close()
