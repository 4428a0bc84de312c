"""What is told of the quality of a source; light, for faces that load no engine. Rule: G1.4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

FINE, WATCH, FEW = "fine", "watch", "few"


@dataclass(frozen=True, slots=True)
class Line:
    """What one check says of a kind of rows of a source.

    `people` have such rows, `failing` of them one that fails, by tens; None where that may not be
    told. `is_nearly_all`: all but fewer than 11 fail. `value` is days for timeliness, a ratio for
    drift; `month` the month that they are about, `YYYY-MM`.
    """

    source: str
    kind: str
    dimension: str
    check: str
    state: str
    people: int | None
    failing: int | None = None
    is_nearly_all: bool = False
    value: float | None = None
    month: str = ""

    @property
    def share(self) -> float | None:
        """The part of persons for whom it fails, of the numbers that are told."""
        return self.failing / self.people if self.failing and self.people else None


@dataclass(frozen=True, slots=True)
class Report:
    """All lines of a day, under a version of the rules."""

    day: date
    rules: str
    lines: tuple[Line, ...]

    def to_json(self) -> dict[str, Any]:
        """For a file."""
        return {"day": self.day.isoformat(), "rules": self.rules,
                "lines": [asdict(one) for one in self.lines]}  # fmt: skip

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Report:
        """Of a file."""
        lines = tuple(Line(**one) for one in told["lines"])
        return cls(date.fromisoformat(told["day"]), told["rules"], lines)
