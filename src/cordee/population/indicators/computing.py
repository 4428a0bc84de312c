"""An indicator computed: cells that count cases and people. What leaves passes `disclosure` first.

Results are kept by what they rest on: the facts in force, the definition, the day. One engine, used
by one thread at a time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cordee.population.areas.access import ACCESS, Way, table
from cordee.population.engine.port import Engine, Table
from cordee.population.facts.kinds import EVENT_COLUMNS, KINDS, PERSON, PERSON_COLUMNS
from cordee.population.facts.making import Facts
from cordee.population.indicators.compiling import Compiler
from cordee.population.indicators.criteria import Criterion, Span
from cordee.population.indicators.definition import Indicator
from cordee.population.quality.lines import Report
from cordee.population.quality.measuring import measured
from cordee.population.quality.rules import QualityRules

_MOST: Final = 400
_TYPES: Final = {"day": "DATE", "until": "DATE", "died": "DATE", "value": "DOUBLE"}


@dataclass(frozen=True, slots=True)
class Cell:
    """Cases among people of one area, sex and band of five years; an area may be unknown."""

    commune: str
    sex: str
    band: int
    cases: int
    people: int


class Computing:
    """Computes indicators over the facts in force."""

    def __init__(self, engine: Engine, facts: Facts, ways: Sequence[Way] = ()) -> None:
        """`engine` is this object's own; `ways` those of `areas.access`."""
        self._engine = engine
        self._ways = ways
        self._facts = facts
        self._lock = threading.Lock()
        self._version = ""
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    @property
    def version(self) -> str:
        """Which facts are in force."""
        return self._facts.version()

    def cells(self, indicator: Indicator, day: date, source: str = "") -> list[Cell]:
        """The cells of an indicator as of a day, for the people of a source or for all."""
        found = self._computed(indicator, day, "cells", source)
        return [
            Cell(commune or "", sex or "", band, cases, people)
            for commune, sex, band, cases, people in found.rows
        ]

    def weeks(self, indicator: Indicator, day: date, source: str = "") -> Table:
        """commune, week, events."""
        return self._computed(indicator, day, "weeks", source)

    def places(self, indicator: Indicator, day: date, source: str = "") -> Table:
        """place, cases, people: by structure."""
        return self._computed(indicator, day, "places", source)

    def placed(self) -> str:
        """The source that tells most often in which structure somebody was seen; empty for none."""
        with self._lock:
            self._open()
            found = self._engine.run(
                "SELECT source, count(*) FROM encounter WHERE place IS NOT NULL GROUP BY source"
            )
        return max(found.rows, key=lambda row: (row[1], row[0]), default=("", 0))[0]

    def months(self, kind: str, source: str) -> dict[date, int]:
        """How many events of a kind a source tells of each month, by its first day."""
        name = self._engine.dialect.text(source)
        with self._lock:
            self._open()
            found = self._engine.run(
                f"SELECT CAST(date_trunc('month', day) AS DATE) AS month, count(*) FROM {kind}"
                f" WHERE source = {name} GROUP BY CAST(date_trunc('month', day) AS DATE)"
            )
        return {row[0]: row[1] for row in found.rows if row[0] is not None}

    def numbers(self, asked: Criterion, day: date, source: str) -> NDArray[np.int64]:
        """A number of each person who fulfils a criterion in the year that ends on a day."""
        told = Indicator("cohorte", "1", "", "", "share", "", "", Span(months=12), 100, asked)
        compiler = Compiler(told, day, self._engine.dialect, source)
        with self._lock:
            self._open()
            number = "CAST(concat('0x', substring(md5(e.person), 1, 15)) AS BIGINT)"
            found = self._engine.run(compiler.cases(f"DISTINCT {number}"))
        return np.fromiter((row[0] for row in found.rows), np.int64, len(found.rows))

    def quality(self, rules: QualityRules, day: date) -> Report:
        """What the checks say of each source on a day."""
        sources = sorted({part for one in self.sources() for part in one.split("+")})
        with self._lock:
            self._open()
            return measured(self._engine, rules, day, sources, list(self._facts.files()))

    def sources(self) -> Mapping[str, int]:
        """How many persons each source, or several together, tell of."""
        with self._lock:
            self._open()
            found = self._engine.run("SELECT source, count(*) FROM person GROUP BY source")
        return dict(found.rows)

    def has(self, kind: str) -> bool:
        """Whether there is any event of a kind, or any way."""
        return bool(self._ways) if kind == ACCESS else kind in self._facts.files()

    def _computed(self, indicator: Indicator, day: date, what: str, source: str) -> Table:
        with self._lock:
            self._open()
            key = (indicator, day, what, source)
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            compiler = Compiler(indicator, day, self._engine.dialect, source)
            found = self._engine.run(getattr(compiler, what)())
            self._kept[key] = found
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)
            return found

    def _open(self) -> None:
        """Names the tables of the facts in force; those without rows stand empty."""
        version = self._facts.version()
        if version == self._version and version:
            return
        files = self._facts.files()
        for kind in (PERSON, *KINDS):
            columns = PERSON_COLUMNS if kind == PERSON else EVENT_COLUMNS
            if kind in files:
                self._engine.parquet(kind, files[kind])
            else:
                self._engine.nothing(kind, {one: _TYPES.get(one, "text") for one in columns})
        table(self._engine, self._ways)
        self._kept.clear()
        self._version = version
