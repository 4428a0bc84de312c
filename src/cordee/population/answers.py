"""What the desk of population health answers: values, light to carry to a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cordee.population.areas.files import Origin
from cordee.population.indicators.definition import Indicator
from cordee.population.reading import Reading
from cordee.population.siting.covering import Plan
from cordee.population.siting.scenarios import Outcome
from cordee.population.statistics.trends import Watched


@dataclass(frozen=True, slots=True)
class Sources:
    """How many people each source tells of, alone or with others; what an indicator lacks.

    `dates` are the days on which they were taken in.
    """

    counts: dict[str, int]
    used: str
    missing: tuple[str, ...]
    origins: tuple[Origin, ...]
    dates: dict[str, date]


@dataclass(frozen=True, slots=True)
class Answer:
    """A reading with what it rests on."""

    indicator: Indicator
    reading: Reading
    start: date
    end: date
    version: str
    sources: Sources


@dataclass(frozen=True, slots=True)
class Sited:
    """What is reached today and by each scenario; the plan of the best one, which comes last.

    `level` is where the rates come from, `reach` the outline of each scenario.
    """

    present: Outcome
    outcomes: tuple[Outcome, ...]
    plan: Plan | None
    level: str
    reach: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Weekly:
    """Events of the region by week (Mondays) and what the CUSUM says of the last half year."""

    weeks: tuple[date, ...]
    counts: tuple[int, ...]
    watched: Watched

    @property
    def first_watched(self) -> int:
        """The place of the first week that is watched; those before it are the reference."""
        return len(self.weeks) - len(self.watched.sums)
