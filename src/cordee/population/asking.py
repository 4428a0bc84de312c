"""What may be asked of an indicator; light, for faces that load no engine."""

from __future__ import annotations

from collections.abc import Iterable
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
LAYER_DEPRIVATION, LAYER_DISTANCE, LAYER_TEAMS = "precarite", "distance", "equipes"
LAYER_DENSITY, LAYER_ACCESS, LAYER_GAP = "densite", "apl", "carence"
LAYERS: Final = (
    LAYER_DEPRIVATION, LAYER_DISTANCE, LAYER_TEAMS, LAYER_DENSITY, LAYER_ACCESS, LAYER_GAP,
)  # fmt: skip
"""What may lie over the map: deprivation, way to care, teams, density, generalists within reach,
need against offer."""


@dataclass(frozen=True, slots=True)
class Question:
    """An indicator, by areas of a level; `source` empty for the one that knows most people."""

    indicator: str
    level: str = "epci"
    kind: str = STANDARD
    reference: str = REGIONAL
    day: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A group of open data, by département of its region; what is empty is chosen.

    `group` bears its source before a colon; `profession` is that of the density beside.
    """

    group: str = ""
    year: int = 0
    sex: str = "all"
    profession: str = ""


def digits(values: Iterable[float], per: int) -> int:
    """With how many digits rates are told, `per` persons: one, two where all are under 1.

    More would tell more than the counts: a standardised rate is made of cells that stay inside.
    """
    return 1 if max(values, default=0.0) * per >= 1 else 2


@dataclass(frozen=True, slots=True)
class Action:
    """Something was done in areas of a level from a day on; `controls` empty to be proposed."""

    indicator: str
    level: str
    acted: tuple[str, ...]
    day: date
    controls: tuple[str, ...] = ()
    source: str = ""
