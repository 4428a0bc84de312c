"""What an installation holds, found on its disk for the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from cordee.population.catalogue.datasets import Found, datasets
from cordee.population.catalogue.entries import FACTS, LAKE, SOURCE, Dataset
from cordee.population.catalogue.texts import shipped as texts
from cordee.population.home import Home
from cordee.population.indicators.compiling import period
from cordee.population.indicators.definition import shipped as indicators
from cordee.population.quality.lines import WATCH
from cordee.population.sources.description import shipped


def listed(home: Home, people: Mapping[str, int], day: date) -> tuple[Dataset, ...]:
    """All datasets of an installation as of a day; `people` by source."""
    known = indicators()
    periods = {name: period(one, day) for name, one in known.items()}
    return datasets(found(home, people, periods), texts(), known.values())


def found(home: Home, people: Mapping[str, int], periods: Mapping[str, tuple[date, date]]) -> Found:
    """The tables, facts, sources and open files that are there now."""
    tables, facts = home.lake.tables(), home.facts.files()
    kinds = tables.kinds()
    records = {f"{LAKE}-{one.lower()}": _rows(tables.files(one)) for one in kinds}
    records |= {f"{FACTS}-{kind}": _rows(files) for kind, files in facts.items()}
    for name in home.sources():
        records[f"{SOURCE}-{name}"] = _rows(home.source(name).glob("*.parquet"))
    watched: dict[str, int] = {}
    report = home.quality.newest()
    for one in report.lines if report else ():
        watched[one.kind] = watched.get(one.kind, 0) + (one.state == WATCH)
    open_files: dict[str, int] = {}
    for one in home.open.taken():
        open_files[one.source] = open_files.get(one.source, 0) + one.rows
    known = shipped()
    told = [(known[name], rows) for name, rows in open_files.items() if name in known]
    return Found(kinds, list(facts), people, home.loaded(), told, watched, records, periods)


def _rows(files: Iterable[Path]) -> int:
    return sum(pq.read_metadata(one).num_rows for one in files)
