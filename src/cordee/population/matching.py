"""Who of some patients fulfils a criterion, by the compiler that counts a whole region.

Care reads resources of its own patients through the guard and asks here: a group at risk is sized
on pseudonyms and found in care by one and the same rule. Slow: never on the loop. G2.6, G3.3.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import orjson

from cordee.population.engine.duck import DuckEngine
from cordee.population.facts.kinds import (
    EVENT_COLUMNS,
    KINDS,
    PERSON,
    PERSON_COLUMNS,
    shaped,
    view,
)
from cordee.population.facts.making import OWN
from cordee.population.indicators.compiling import Compiler
from cordee.population.indicators.criteria import Combined, Criterion, Event, Span, services
from cordee.population.indicators.definition import Indicator
from cordee.population.views.compiling import compiled
from cordee.runtime.errors import InvalidRequest

_PERIOD: Final = Span(months=12)
_MONTH: Final = 7
_TYPES: Final = {"day": "DATE", "until": "DATE", "died": "DATE", "value": "DOUBLE"}
_OF_PERSON: Final = ("resourceType", "id", "gender", "generalPractitioner", "deceasedDateTime")


def kinds(asked: Criterion) -> frozenset[str]:
    """The kinds of events that a criterion asks about."""
    if services(asked):
        raise InvalidRequest("far: no record tells the way to a service")
    if isinstance(asked, Event):
        return frozenset({asked.kind})
    parts = asked.parts if isinstance(asked, Combined) else ()
    return frozenset().union(*map(kinds, parts))


def resource_types(asked: Criterion) -> tuple[str, ...]:
    """The FHIR types, beside Patient, that tell whether somebody fulfils a criterion."""
    return tuple(sorted({view(one).resource for one in kinds(asked)}))


def fulfilling(
    asked: Criterion, resources: Iterable[Mapping[str, Any]], day: date
) -> frozenset[str]:
    """The ids of the patients among `resources` who fulfil a criterion in the year up to a day."""
    by_type: dict[str, list[Mapping[str, Any]]] = {}
    for one in resources:
        by_type.setdefault(str(one["resourceType"]), []).append(one)
    by_type["Patient"] = [_slim(one) for one in by_type.get("Patient", ())]
    if not by_type["Patient"]:
        return frozenset()
    engine = DuckEngine(threads=1)
    try:
        with tempfile.TemporaryDirectory(prefix="cordee-matching-") as held:
            wanted = kinds(asked)
            for kind in (PERSON, *KINDS):
                rows = by_type.get(view(kind).resource, ()) if kind in wanted | {PERSON} else ()
                _table(engine, kind, rows, Path(held))
            told = Indicator("", "1", "", "", "share", "", "", _PERIOD, 100, asked)
            found = engine.run(Compiler(told, day, engine.dialect).cases())
            return frozenset(str(row[0]).rpartition("/")[2] for row in found.rows)
    finally:
        engine.close()


def _table(engine: DuckEngine, kind: str, rows: Sequence[Mapping[str, Any]], folder: Path) -> None:
    columns = PERSON_COLUMNS if kind == PERSON else EVENT_COLUMNS
    if not rows:
        engine.nothing(kind, {one: _TYPES.get(one, "text") for one in columns})
        return
    file, made = folder / f"{kind}.ndjson", compiled(view(kind), engine.dialect, f"given_{kind}")
    file.write_bytes(b"\n".join(_lines(rows)))
    engine.resources(f"given_{kind}", [file], made.shape)
    given = tuple(one.name for one in made.outputs)
    kept = folder / f"{kind}.parquet"
    engine.write(shaped(kind, made.sql, given, engine.dialect, OWN), kept)
    engine.parquet(kind, [kept])


def _lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    return (orjson.dumps(one) for one in rows)


def _slim(patient: Mapping[str, Any]) -> dict[str, Any]:
    """What a criterion may ask of a person, as the lake knows it: the month of birth, no name."""
    kept = {name: patient[name] for name in _OF_PERSON if name in patient}
    return kept | {"birthDate": str(patient.get("birthDate", ""))[:_MONTH]}
