"""Reports of quality on disk: one a day at most, the newest is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import orjson

from cordee.population.publishing import put
from cordee.population.quality.lines import Report


@dataclass(frozen=True, slots=True)
class Reports:
    """The folder of the reports of one installation."""

    folder: Path

    def has(self, day: date) -> bool:
        """Whether a day was measured."""
        return self._file(day).exists()

    def keep(self, report: Report) -> None:
        """Keeps the report of its day; what that day told already stays."""
        if not self.has(report.day):
            self.folder.mkdir(parents=True, exist_ok=True)
            put(self._file(report.day), orjson.dumps(report.to_json()))

    def newest(self) -> Report | None:
        """The newest report; None before anything was measured."""
        files = sorted(self.folder.glob("*.json"))
        return Report.from_json(orjson.loads(files[-1].read_bytes())) if files else None

    def _file(self, day: date) -> Path:
        return self.folder / f"{day.isoformat()}.json"
