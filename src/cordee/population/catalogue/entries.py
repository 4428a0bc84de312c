"""An entry of the catalogue; light, for faces that load no engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

LAKE, SOURCE, FACTS, OPEN_DATA, INDICATOR = "lac", "source", "faits", "ouvert", "indicateur"
KINDS_OF_SETS: Final = (INDICATOR, FACTS, LAKE, SOURCE, OPEN_DATA)


@dataclass(frozen=True, slots=True)
class Variable:
    """A column: its name, type, and what it means where somebody has said it."""

    name: str
    type: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset. `made_of` are ids of others; Counts are rounded to hundreds, 0 for unknown."""

    id: str
    kind: str
    title: str
    description: str
    access: str
    origin: str
    version: str = ""
    theme: str = ""
    updated: date | None = None
    start: date | None = None
    end: date | None = None
    people: int = 0
    records: int = 0
    variables: tuple[Variable, ...] = ()
    codings: tuple[str, ...] = ()
    made_of: tuple[str, ...] = ()
    licence: str = ""
    watched: int = 0

    @property
    def is_personal(self) -> bool:
        """Whether its rows are about persons."""
        return self.kind in {LAKE, SOURCE, FACTS}
