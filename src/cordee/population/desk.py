"""The desk of population health: who may ask, what is read, always behind the release.

Who steers the region reads all; everything is asked in a thread, beside the loop. Each reading is
written in the register of questions. Rules: G1.7, G2.1 to G2.12.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely import unary_union

from cordee.identity.principal import Principal
from cordee.population.answers import Answer, Sited, Sources, Weekly
from cordee.population.areas.access import ways
from cordee.population.areas.files import Team
from cordee.population.areas.geography import Commune, Geography
from cordee.population.areas.outlines import Outlines
from cordee.population.asking import (
    AGE,
    CRUDE,
    LAYER_GAP,
    LENSES,
    QUINTILE,
    RURAL,
    SEX,
    STANDARD,
    Action,
    OpenQuestion,
    Question,
)
from cordee.population.callers import (
    CATALOGUE,
    COHORTS,
    FIGURES,
    INDICATORS,
    QUALITY,
    need,
    need_reader,
    structure_of,
)
from cordee.population.catalogue.entries import Dataset
from cordee.population.catalogue.finding import listed
from cordee.population.elsewhere import Elsewhere, OpenReading
from cordee.population.engine.duck import DuckEngine
from cordee.population.facts.making import OWN
from cordee.population.home import Home
from cordee.population.indicators.compiling import period
from cordee.population.indicators.computing import Computing
from cordee.population.indicators.criteria import criterion
from cordee.population.indicators.definition import Indicator, indicator, services_asked, shipped
from cordee.population.interventions import Followed, followed, moments, month_end, whole_since
from cordee.population.maps.drawing import Atlas, drawn, framed, path
from cordee.population.overlays import Layer, Overlays
from cordee.population.peers import STEERING_INDICATORS, Counted, Figure, StructurePublisher, figure
from cordee.population.publishing import Publication, Publisher
from cordee.population.quality.lines import Report
from cordee.population.quality.rules import shipped as checks
from cordee.population.reading import Reader, Row
from cordee.population.siting.scenarios import Outcome, Siting
from cordee.population.siting.scenes import Scenario
from cordee.population.statistics.equity import Equity, equity
from cordee.population.statistics.standardising import Count
from cordee.population.weeks import weekly
from cordee.runtime.errors import InvalidRequest, NotFound


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
        self._overlays: Overlays | None = None
        self._structures = StructurePublisher(home.folder / "publications" / "structures")
        self.outlines: Outlines | None = None
        self._atlases: dict[str, Atlas] = {}

    def indicators(self, principal: Principal) -> list[Indicator]:
        """All indicators, by theme and title."""
        need(principal, INDICATORS)
        return sorted(shipped().values(), key=lambda one: (one.theme, one.title))

    def answer(self, principal: Principal, question: Question) -> Answer:
        """An indicator by areas; raises `AccessDenied`, `NotFound`, `InvalidRequest`."""
        told, made, source = self._read(principal, question)
        reader = self._reader(told, made)
        start, end = period(told, self._day(question))
        sources = self._sources(told, source)
        return Answer(told, reader.reading(question), start, end, made.version, sources)

    def layer(self, principal: Principal, question: Question, name: str) -> Layer:
        """An overlay for the rows of a question; the gap stands on standardised figures."""
        told, made, _ = self._read(principal, question)
        asked = Question(told.id, question.level, STANDARD) if name == LAYER_GAP else question
        if self._overlays is None:
            self._overlays = Overlays(self.geography(), self._home.areas)
        return self._overlays.layer(name, told, self._reader(told, made).reading(asked))

    def elsewhere(self, principal: Principal, asked: OpenQuestion) -> OpenReading | None:
        """A group of open data by département of its own region; None where none are here."""
        need(principal, FIGURES)
        return Elsewhere(self._home.open).reading(asked)

    def elsewhere_atlas(self, principal: Principal) -> Atlas | None:
        """The outlines of that region; None where none are told."""
        need(principal, FIGURES)
        return Elsewhere(self._home.open).atlas()

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

    def followed(self, principal: Principal, asked: Action) -> Followed:
        """Before and after an action, beside control areas; errors as `answer`."""
        need(principal, FIGURES)
        told, last = indicator(asked.indicator), self._day(Question(asked.indicator))
        geography = self.geography()

        @cache
        def rows_at(end: date) -> Sequence[Row]:
            question = Question(told.id, asked.level, CRUDE, day=end, source=asked.source)
            try:
                _told, made, _source = self._made(question)
            except NotFound:
                return ()
            return self._reader(told, made).reading(question).rows

        when = moments(told.period.months, asked.day, last)
        used = self._used(Question(told.id, source=asked.source))
        known = [whole_since(self._facts().months(one, used)) for one in told.needs]
        since = max((one for one in known if one), default=None)
        return followed(asked, geography, when, rows_at, since)

    def own_structure(self, principal: Principal) -> list[Figure]:
        """The indicators of steering for the structure of who asks, with peers without a name.

        Raises `AccessDenied` for who is no professional of a structure: nobody asks for another's.
        """
        structure = structure_of(principal)
        if not self._home.is_there():
            return []
        return [self._of_structure(indicator(one), structure) for one in STEERING_INDICATORS]

    def _of_structure(self, told: Indicator, structure: str) -> Figure:
        facts, day = self._facts(), self._day(Question(told.id))
        source = facts.placed()

        def count() -> Counted:
            places = [(one[0], one[1], one[2]) for one in facts.places(told, day, source).rows]
            atoms = self.geography().atoms
            cells = facts.cells(told, day, source) if told.measure != "share" else []
            whole = sum(one.cases for one in cells if one.commune in atoms)
            return Counted(places, whole if told.measure != "share" else None, facts.version)

        made = self._structures.published(told, day, source, count) if source else None
        return figure(told, made, structure, period(told, day))

    def weekly(self, principal: Principal, question: Question) -> Weekly | None:
        """The weekly events of the region; None for what is no event, or has too few weeks."""
        need(principal, FIGURES)
        told = indicator(question.indicator)
        if told.measure != "rate":
            return None
        rows = self._facts().weeks(told, self._day(question), self._used(question)).rows
        sums: dict[date, int] = {}
        for _, week, count in rows:
            sums[week] = sums.get(week, 0) + count
        return weekly(sums)

    def atlas(self, principal: Principal, level: str) -> Atlas | None:
        """The outlines of a level as paths; None where no outline is known."""
        need(principal, FIGURES)
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

    def cohort(
        self, principal: Principal, asked: Mapping[str, Any], source: str
    ) -> tuple[NDArray[np.int64], int, str]:
        """The pseudonymous numbers of who fulfils criteria, how many people there are, the load.

        For the counter of cohorts alone: these numbers leave no process.
        """
        need(principal, COHORTS)
        question = Question("", source=source)
        told = criterion(asked, {}, "cohort")
        facts, day = self._facts(), self._day(question)
        used = self._used(question)
        return (
            facts.numbers(told, day, used), facts.sources().get(used, 0), f"{facts.version} {used}"
        )  # fmt: skip

    def communes(self, principal: Principal) -> list[Commune]:
        """The communes of the region by name."""
        need(principal, FIGURES)
        return sorted(self.geography().communes, key=lambda one: one.name)

    def territories(self, principal: Principal, level: str) -> list[tuple[str, str]]:
        """Code and name of the areas of a level, by name; raises `InvalidRequest`."""
        need(principal, FIGURES)
        geography = self.geography()
        names = [(code, geography.name(level, code)) for code in geography.members(level)]
        return sorted(names, key=lambda one: one[1])

    def geography(self) -> Geography:
        """The areas of the region."""
        self._open()
        return self._geography or Geography((), {})

    def teams(self, principal: Principal) -> list[Team]:
        """Teams in place."""
        need(principal, FIGURES)
        return self._home.areas.teams()

    def _read(self, principal: Principal, question: Question) -> tuple[Indicator, Publication, str]:
        need_reader(principal)
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

    def quality(self, principal: Principal) -> Report | None:
        """The newest report of quality; the first one is made when it is asked for."""
        need(principal, QUALITY)
        return self._home.quality.newest() or self.measure()

    def measure(self) -> Report | None:
        """Measures the quality of each source, once a day; None before there are facts."""
        day, kept = self._today(), self._home.quality
        if self._home.is_there() and self._home.facts.version() and not kept.has(day):
            kept.keep(self._facts().quality(checks(), day))
        return kept.newest()

    def catalogue(self, principal: Principal) -> tuple[Dataset, ...]:
        """All datasets of this installation, with what they are made of."""
        need(principal, CATALOGUE)
        if not self._home.is_there():
            return ()
        return listed(self._home, self._facts().sources(), self._day(Question("")))

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
        origins = tuple(self._home.areas.origins())
        return Sources(dict(facts.sources()), used, missing, origins, self._home.loaded())

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
        """The last day of the month before, or that of an earlier month that is asked for.

        Raises `InvalidRequest` for any other day: what is told is told by whole months.
        """
        last = self._today().replace(day=1) - timedelta(days=1)
        if question.day is None:
            return last
        if question.day > last or not month_end(question.day):
            raise InvalidRequest("give the last day of a month that is over")
        return question.day

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
            told = ways(geography, self._home.areas.centres(), services_asked())
            self.outlines = Outlines(geography, self._home.areas.contours())
            self._computing = Computing(DuckEngine(), self._home.facts, told)
            folder = self._home.folder / "publications"
            self._publisher = Publisher(geography, self.outlines, folder)
            self._geography = geography
