"""Where views are run: at once, into a file that the caller streams, or as an export, file by file.

Rows of the lake are for whom `api.viewing` lets in; each of these methods is slow, and never runs
on the loop. Rules: G1.6, G1.7.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from cordee.population.exports import Asked, Export, Output
from cordee.population.home import Home
from cordee.population.views.running import Order, Run, for_lake
from cordee.runtime.errors import ProductError, TimedOut

RUN_SECONDS: Final = 120.0
EXPORT_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """Rows in an open file that has no name any more, and how many there are."""

    file: BinaryIO
    rows: int


class ViewDesk:
    """Runs views for one process."""

    def __init__(self, home: Home) -> None:
        """Nothing is opened yet."""
        self._home = home
        self._exports = home.exports
        self._running: dict[str, Run] = {}
        self._lock = threading.Lock()

    def run(
        self,
        definition: Mapping[str, Any],
        resources: Sequence[Mapping[str, Any]] | None,
        kind: str,
        limit: int,
    ) -> Delivery:
        """The rows of a view over resources; over the lake where they are None."""
        with tempfile.TemporaryDirectory(prefix="cordee-view-") as held:
            folder = Path(held)
            order = Order(folder / "rows", kind, limit)
            with Run(folder, RUN_SECONDS) as run:
                if resources is None:
                    rows = run.over_lake(definition, self._home.lake.tables(), order)
                else:
                    rows = run.over_resources(definition, resources, order)
            return Delivery(order.file.open("rb"), rows)

    def begin(self, asked: Asked) -> Export:
        """Notes an export once all its views are checked; raises as `for_lake` does."""
        for one in asked.views:
            for_lake(one.definition)
        return self._exports.begin(asked, self._home.lake.era())

    def export(self, one: Export) -> None:
        """Makes the files of an export, one after another."""
        made: list[Output] = []
        tables = self._home.lake.tables()
        with Run(one.folder, EXPORT_SECONDS) as run:
            with self._lock:
                self._running[one.key] = run
            try:
                for place, view in enumerate(one.asked.views, 1):
                    name = f"{place}.{one.asked.format}"
                    order = Order(one.folder / name, one.asked.format)
                    rows = run.over_lake(view.definition, tables, order)
                    made.append(Output(view.name, name, rows))
                self._exports.end(one, made)
            except TimedOut:
                self._exports.end(one, (), "it took too long, or the server was stopped")
            except ProductError as error:
                self._exports.end(one, (), error.message)
            except Exception:
                self._exports.end(one, (), "something went wrong here; export again")
                if one.folder.is_dir():
                    raise
            finally:
                with self._lock:
                    del self._running[one.key]

    def beat(self, one: Export) -> bool:
        """Gives a sign of life of an export; stops it and says False when it was cancelled."""
        if self._exports.beat(one):
            return True
        self.stop(one)
        return False

    def stop(self, one: Export) -> None:
        """Stops the work on an export, where this process works on it."""
        with self._lock:
            run = self._running.get(one.key)
        if run is not None:
            run.stop()

    def find(self, key: str, owner: str) -> Export:
        """An export of somebody; raises `NotFound`."""
        return self._exports.find(key, owner, self._home.lake.era())

    def cancel(self, key: str, owner: str) -> None:
        """Removes an export of somebody with its files; raises `NotFound`."""
        found = self.find(key, owner)
        self.stop(found)
        self._exports.remove(found)

    def open(self, one: Export, output: Output) -> BinaryIO:
        """A file of an export."""
        return (one.folder / output.file).open("rb")
