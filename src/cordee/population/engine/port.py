"""What an engine does for the lake: it names its dialect, and runs what was compiled for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cordee.population.views.dialects import Dialect
from cordee.population.views.shapes import Shape


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with the names of their columns."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


class Engine(Protocol):
    """Runs SQL of its dialect over files. What the data break raises `InvalidRequest`."""

    dialect: Dialect

    def resources(self, name: str, files: Sequence[Path], shape: Shape) -> None:
        """Names the resources of a type among NDJSON files, with the columns of `shape`."""
        ...

    def parquet(self, name: str, files: Sequence[Path]) -> None:
        """Names the rows of Parquet files of one table; there is at least one."""
        ...

    def nothing(self, name: str, columns: Mapping[str, str]) -> None:
        """Names a table without rows; types as SQL says them, `text` as the engine does."""
        ...

    def values(self, name: str, columns: Sequence[str], rows: str) -> None:
        """Names a small table of ours, its rows written as SQL tuples."""
        ...

    def write(self, sql: str, file: Path) -> None:
        """Writes the rows of a SELECT as Parquet, a file or a folder of files."""
        ...

    def run(self, sql: str) -> Table:
        """The rows of a SELECT; raises `InvalidRequest` where the data break what it asks."""
        ...

    def close(self) -> None:
        """Ends the engine."""
        ...
