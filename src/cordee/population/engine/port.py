"""What an engine does for the lake: it names its dialect, and runs what was compiled for it."""

from __future__ import annotations

from collections.abc import Sequence
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
    """Runs SQL of its dialect over files."""

    dialect: Dialect

    def resources(self, name: str, files: Sequence[Path], shape: Shape) -> None:
        """Names the resources of a type among NDJSON files, with the columns of `shape`."""
        ...

    def run(self, sql: str) -> Table:
        """The rows of a SELECT; raises `InvalidRequest` where the data break what it asks."""
        ...

    def close(self) -> None:
        """Ends the engine."""
        ...
