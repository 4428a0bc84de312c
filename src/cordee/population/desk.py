"""The desk of population health: who may ask, what is read, always behind the release.

Who steers the region reads all; everything is asked in a thread, beside the loop. Each reading is
written in the register of questions. Rules: G1.7, G2.1 to G2.12.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from shapely import unary_union

from cordee.identity.principal import STEERING, Principal
from cordee.population.areas.files import Origin, Team
from cordee.population.areas.geography import Commune, Geography
from cordee.population.areas.outlines import Outlines
from cordee.population.asking import AGE, CRUDE, LENSES, QUINTILE, RURAL, SEX, Question
from cordee.population.disclosure.cells import K
from cordee.population.engine.duck import DuckEngine
from cordee.population.engine.port import Table
from cordee.population.facts.making import OWN
from cordee.population.home import Home
from cordee.population.indicators.compiling import period
from cordee.population.indicators.computing import Computing
from cordee.population.indicators.criteria import criterion
from cordee.population.indicators.definition import Indicator, indicator, shipped
from cordee.population.maps.drawing import Atlas, drawn, framed, path
from cordee.population.publishing import Publication, Publisher
from cordee.population.reading import Reader, Reading, Row
from cordee.population.siting.covering import Plan
from cordee.population.siting.scenarios import Outcome, Siting
from cordee.population.siting.scenes import Scenario
from cordee.population.statistics.equity import Equity, equity
from cordee.population.statistics.standardising import Count
from cordee.population.statistics.trends import Watched, cusum
from cordee.population.views.running import over_lake, over_resources
from cordee.runtime.errors import AccessDenied, InvalidRequest, NotFound

_BASELINE_WEEKS: Final = 26


@dataclass(frozen=True, slots=True)
class Sources:
    """How many people each source tells of, alone or with others; what an indicator lacks."""

    counts: dict[str, int]
    used: str
    missing: tuple[str, ...]
    origins: tuple[Origin, ...]


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


class Desk:
    """Answers for one process. Slow: never on the loop."""

    def __init__(self, home: Home, today: Callable[[], date]) -> None:
        """`today` gives the day: what is told ends with the month before it."""
        self._home = home
        self._today = today
        self._lock = threading.Lock()
        self._geography: Geography | None = None
        self._computing: Computing | None = None
        self._publisher: Publisher | None = None
        self.outlines: Outlines | None = None
        self._atlases: dict[str, Atlas] = {}

    def indicators(self, principal: Principal) -> list[Indicator]:
        """All indicators, by theme and title."""
        _steering(principal)
        return sorted(shipped().values(), key=lambda one: (one.theme, one.title))

    def answer(self, principal: Principal, question: Question) -> Answer:
        """An indicator by areas; raises `AccessDenied`, `NotFound`, `InvalidRequest`."""
        told, made, source = self._read(principal, question)
        reader = self._reader(told, made)
        start, end = period(told, self._day(question))
        sources = self._sources(told, source)
        return Answer(told, reader.reading(question), start, end, made.version, sources)

    def equity(self, principal: Principal, question: Question, lens: str) -> Equity:
        """The same indicator by quintile, place, sex or age; only groups that are told."""
        told, made, _ = self._read(principal, question)
        reader = self._reader(told, made)
        if lens not in LENSES:
            raise InvalidRequest(f"{lens} is none of {', '.join(LENSES)}")
        groups: dict[str, Count] = (
            reader.groups(lens)
            if lens in {QUINTILE, RURAL}
            else reader.bands({SEX: "sex", AGE: "age"}[lens])
        )
        return equity(groups, is_share=told.measure != "rate", is_ordered=lens == QUINTILE)

    def weekly(self, principal: Principal, question: Question) -> Weekly | None:
        """The weekly events of the region; None for what is no event, or has too few weeks."""
        _steering(principal)
        told = indicator(question.indicator)
        if told.measure != "rate":
            return None
        rows = self._facts().weeks(told, self._day(question), self._used(question)).rows
        sums: dict[date, int] = {}
        for _, week, count in rows:
            sums[week] = sums.get(week, 0) + count
        if len(sums) < _BASELINE_WEEKS:
            return None
        weeks = _mondays(min(sums), max(sums))[1:-1]
        # What is left out beside the year is not told either, by what the year would leave.
        if 0 < sum(sums.values()) - sum(sums.get(one, 0) for one in weeks) < K:
            weeks = weeks[1:]
        counts = [sums.get(one, 0) for one in weeks]
        if min(counts) < K or len(counts) <= _BASELINE_WEEKS:
            return None
        watched = cusum(counts[_BASELINE_WEEKS:], counts[:_BASELINE_WEEKS])
        return Weekly(tuple(weeks), tuple(counts), watched)

    def atlas(self, principal: Principal, level: str) -> Atlas | None:
        """The outlines of a level as paths; None where no outline is known."""
        _steering(principal)
        self._open()
        if self.outlines is None or not self.outlines.of(level):
            return None
        if level not in self._atlases:
            self._atlases[level] = drawn(self.outlines.of(level), self.outlines.of("departement"))
        return self._atlases[level]

    def siting(
        self, principal: Principal, question: Question, scenarios: Sequence[Scenario], count: int
    ) -> Sited:
        """Scenarios over what is told of an indicator, and the best one of `count` sites.

        Cases are told rates of the finest told level for the people of each commune: nothing else
        is known of them here.
        """
        told, made, _ = self._read(principal, question)
        reader = self._reader(told, made)
        level = next((one for one in ("commune", "epci", "cpts") if one in reader.levels()), "")
        if not level:
            raise InvalidRequest("no level is told that is fine enough to site a team")
        rows = reader.reading(Question(told.id, level, CRUDE)).rows
        teams = [one.commune for one in self.teams(principal)]
        siting = Siting(self.geography().communes, self._spread(level, rows), teams)
        best, plan = siting.proposed("", count) if count else (Scenario("", ()), None)
        asked = [one for one in scenarios if one.sites]
        outcomes = (
            siting.outcomes([*asked, best] if best.sites else asked) if asked or best.sites else []
        )
        return Sited(siting.present(), tuple(outcomes), plan, level, self._reach(outcomes))

    def _spread(self, level: str, rows: Sequence[Row]) -> dict[str, float]:
        """Cases by commune at the told rate of its area; none where nothing is told."""
        members = self.geography().members(level)
        return {
            one.code: row.figure.value * one.people
            for row in rows
            if row.figure is not None
            for area in row.members
            for one in members.get(area, ())
        }

    def _reach(self, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
        """The outline of what each scenario reaches, as a path of the drawing of communes."""
        if self.outlines is None:
            return ()
        shapes = self.outlines.of("commune")
        frame = framed(shapes.values())
        return tuple(
            path(unary_union([shapes[one] for one in told.within if one in shapes]), frame)
            for told in outcomes
        )

    def placed_teams(self, principal: Principal) -> list[tuple[str, float, float]]:
        """Teams in place with the longitude and latitude of their commune."""
        communes = {one.code: one for one in self.geography().communes}
        return [
            (one.name, here.longitude, here.latitude)
            for one in self.teams(principal)
            if (here := communes.get(one.commune)) is not None
        ]

    def run_view(
        self, principal: Principal, definition: Any, resources: Sequence[Any], limit: int
    ) -> Table:
        """The rows of a view over resources, or over the lake for a system; see `api.viewing`."""
        if resources:
            return over_resources(definition, resources, limit)
        if not principal.is_system:
            raise AccessDenied("rows of the lake are for registered systems")
        return over_lake(definition, self._home.lake.tables(), limit)

    def cohort(
        self, principal: Principal, asked: Mapping[str, Any], source: str
    ) -> tuple[NDArray[np.int64], int, str]:
        """The pseudonymous numbers of who fulfils criteria, how many people there are, the load.

        For the counter of cohorts alone: these numbers leave no process.
        """
        _steering(principal)
        question = Question("", source=source)
        told = criterion(asked, {}, "cohort")
        facts, day = self._facts(), self._day(question)
        used = self._used(question)
        return (
            facts.numbers(told, day, used), facts.sources().get(used, 0), f"{facts.version} {used}"
        )  # fmt: skip

    def communes(self, principal: Principal) -> list[Commune]:
        """The communes of the region by name."""
        _steering(principal)
        return sorted(self.geography().communes, key=lambda one: one.name)

    def geography(self) -> Geography:
        """The areas of the region."""
        self._open()
        return self._geography or Geography((), {})

    def teams(self, principal: Principal) -> list[Team]:
        """Teams in place."""
        _steering(principal)
        return self._home.areas.teams()

    def _read(self, principal: Principal, question: Question) -> tuple[Indicator, Publication, str]:
        _steering(principal)
        return self._made(question)

    def _made(self, question: Question) -> tuple[Indicator, Publication, str]:
        told, day, source = indicator(question.indicator), self._day(question), self._used(question)
        facts = self._facts()
        if self._publisher is None:
            raise NotFound("no area is told")
        made = self._publisher.published(
            told, day, source, lambda: (facts.cells(told, day, source), facts.version)
        )
        return told, made, source

    def _reader(self, told: Indicator, made: Publication) -> Reader:
        return Reader(told, self.geography(), made.cells, made.released)

    def publish(self) -> int:
        """Publishes all indicators of the last month that are not yet; how many there are."""
        done = 0
        for name in shipped():
            try:
                self._made(Question(name))
                done += 1
            except NotFound:
                continue
        return done

    def _sources(self, told: Indicator, used: str) -> Sources:
        facts = self._facts()
        missing = tuple(one for one in told.needs if not facts.has(one))
        return Sources(dict(facts.sources()), used, missing, tuple(self._home.areas.origins()))

    def _used(self, question: Question) -> str:
        """The source that is asked for, or the one that knows most people."""
        alone = sorted({part for one in self._facts().sources() for part in one.split("+")})
        if question.source:
            if question.source not in alone:
                raise InvalidRequest(f"{question.source} is no source here")
            return question.source
        counts = self._facts().sources()
        return max(alone, key=lambda one: sum(n for name, n in counts.items() if one in name),
                   default=OWN)  # fmt: skip

    def _day(self, question: Question) -> date:
        """The last day of the month before, unless a day is asked for."""
        if question.day is not None:
            return question.day
        return self._today().replace(day=1) - timedelta(days=1)

    def _facts(self) -> Computing:
        self._open()
        if self._computing is None:
            raise NotFound("no area is told: this installation does no population health")
        return self._computing

    def _open(self) -> None:
        with self._lock:
            if self._geography is not None or not self._home.is_there():
                return
            geography = self._home.geography()
            self.outlines = Outlines(geography, self._home.areas.contours())
            self._computing = Computing(DuckEngine(), self._home.facts)
            folder = self._home.folder / "publications"
            self._publisher = Publisher(geography, self.outlines, folder)
            self._geography = geography


def _steering(principal: Principal) -> None:
    if STEERING not in principal.functions:
        raise AccessDenied("population health is for who steers the region")


def _mondays(first: date, last: date) -> list[date]:
    return [first + timedelta(days=7 * at) for at in range((last - first).days // 7 + 1)]
