"""What may be asked of an indicator; light, for faces that load no engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

STANDARD, CRUDE, SMOOTH, RATIO = "standardise", "brut", "lisse", "smr"
FIGURES: Final = (STANDARD, CRUDE, SMOOTH, RATIO)
"""Standardised on age and sex, as counted, smoothed by empirical Bayes, observed for expected."""
REGIONAL, EUROPE = "region", "europe"
REFERENCES: Final = (REGIONAL, EUROPE)
"""The populations that may be standardised on: the region's own, the European one of 2013."""
QUINTILE, RURAL, SEX, AGE = "quintile", "ruralite", "sexe", "age"
LENSES: Final = (QUINTILE, RURAL, SEX, AGE)


@dataclass(frozen=True, slots=True)
class Question:
    """An indicator, by areas of a level; `source` empty for the one that knows most people."""

    indicator: str
    level: str = "epci"
    kind: str = STANDARD
    reference: str = REGIONAL
    day: date | None = None
    source: str = ""
