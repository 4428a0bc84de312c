"""The table of data classes that is shipped: how long, from when, why, destroyed by what."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

SYSTEM_USER = "housekeeping"


class How(StrEnum):
    """What destroys a class of data."""

    RULE = "rule"
    COMMAND = "command"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class DataClass:
    """A class of data with its duration in days from a moment that `start` names."""

    code: str
    label: str
    days: int
    start: str
    basis: str
    how: How

    @property
    def length(self) -> timedelta:
        """How long it is kept."""
        return timedelta(days=self.days)


@lru_cache(maxsize=1)
def shipped_classes() -> dict[str, DataClass]:
    """All classes by their code, in the order of the table."""
    text = files("cordee.governance.retention").joinpath("classes.csv").read_text("utf-8")
    return {
        row["class"]: DataClass(
            row["class"], row["label"], int(row["days"]), row["from"], row["basis"],
            How(row["how"]),
        )
        for row in csv.DictReader(text.splitlines(), delimiter=";")
    }  # fmt: skip
