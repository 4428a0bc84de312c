"""The datasets of an installation, as they are on disk and in the definitions; nothing typed twice.

Lineage: tables of the lake and other sources make facts, facts make indicators. Rule: G1.9.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cordee.population.catalogue.entries import (
    FACTS,
    INDICATOR,
    KINDS_OF_SETS,
    LAKE,
    OPEN_DATA,
    SOURCE,
    Dataset,
    Variable,
)
from cordee.population.catalogue.texts import OPEN, RESTRICTED, TOLD, Texts
from cordee.population.facts.kinds import EVENT_COLUMNS, KINDS, PERSON, PERSON_COLUMNS, view
from cordee.population.facts.making import OWN
from cordee.population.indicators.criteria import Combined, Criterion, Event, PersonFact
from cordee.population.indicators.definition import Indicator
from cordee.population.lake.contents import schema
from cordee.population.sources.description import Description

_HUNDRED: Final = 100
_TYPES: Final = {"day": "date", "until": "date", "died": "date", "value": "double"}


@dataclass(frozen=True, slots=True)
class Found:
    """What is there: tables, facts, people by source, days, open files, what was measured."""

    tables: Sequence[str]
    facts: Sequence[str]
    people: Mapping[str, int]
    loaded: Mapping[str, date]
    open: Sequence[tuple[Description, int]]
    watched: Mapping[str, int]
    records: Mapping[str, int]
    periods: Mapping[str, tuple[date, date]]


def datasets(found: Found, texts: Texts, indicators: Iterable[Indicator]) -> tuple[Dataset, ...]:
    """All datasets, in the order of `KINDS_OF_SETS`, then by id."""
    every = [
        *_lake(found, texts), *_sources(found, texts), *_facts(found, texts), *_open(found),
        *(_indicator(one, found) for one in indicators),
    ]  # fmt: skip
    known = {one.id for one in every}
    for one in every:
        missing = [part for part in one.made_of if part not in known]
        if missing:
            raise AssertionError(f"{one.id} is made of what is not there: {missing}")
    return tuple(sorted(every, key=lambda one: (KINDS_OF_SETS.index(one.kind), one.id)))


def kinds_of(asked: Criterion | None) -> frozenset[str]:
    """The tables of facts that a criterion reads."""
    if isinstance(asked, Combined):
        return frozenset[str]().union(*map(kinds_of, asked.parts))
    if isinstance(asked, Event):
        return frozenset({asked.kind})
    return frozenset({PERSON} if isinstance(asked, PersonFact) else ())


def _lake(found: Found, texts: Texts) -> Iterator[Dataset]:
    for kind in found.tables:
        columns = tuple(
            Variable(one.name, str(one.type)[:80], texts.variables.get(one.name, ""))
            for one in schema(kind)
        )
        yield Dataset(
            f"{LAKE}-{kind.lower()}", LAKE, f"{kind}, ressources FHIR pseudonymisées",
            "Ressources de la plateforme, entrées par le journal ; ni nom, ni texte libre.",
            RESTRICTED, "Plateforme Cordée de la région", updated=found.loaded.get(OWN),
            people=_rounded(found.people, OWN), variables=columns,
            records=_hundreds(found.records.get(f"{LAKE}-{kind.lower()}", 0)),
        )  # fmt: skip


def _sources(found: Found, texts: Texts) -> Iterator[Dataset]:
    for name in sorted({part for one in found.people for part in one.split("+")} - {OWN}):
        columns = tuple(_columns(PERSON_COLUMNS, texts))
        yield Dataset(
            f"{SOURCE}-{name}", SOURCE, f"Source {name}",
            "Autre source, reçue par fichiers documentés, dans les colonnes des faits.",
            RESTRICTED, name, updated=found.loaded.get(name),
            people=_rounded(found.people, name), variables=columns,
            records=_hundreds(found.records.get(f"{SOURCE}-{name}", 0)),
        )  # fmt: skip


def _facts(found: Found, texts: Texts) -> Iterator[Dataset]:
    others = [one for one in found.loaded if one != OWN]
    for kind in (PERSON, *KINDS):
        if kind not in found.facts:
            continue
        resource = view(kind).resource
        made_of = [f"{LAKE}-{resource.lower()}"] if resource in found.tables else []
        columns = PERSON_COLUMNS if kind == PERSON else EVENT_COLUMNS
        yield Dataset(
            f"{FACTS}-{kind}", FACTS, f"Faits : {texts.titles.get(kind, kind)}",
            f"Une ligne par {'personne' if kind == PERSON else 'évènement'}, de toutes les "
            "sources, par nos ViewDefinition.",
            RESTRICTED, "Vues de Cordée (SQL on FHIR v2)", updated=found.loaded.get(OWN),
            people=_rounded(found.people, ""), variables=tuple(_columns(columns, texts)),
            records=_hundreds(found.records.get(f"{FACTS}-{kind}", 0)),
            codings=tuple(texts.codings.get(kind, ())), watched=found.watched.get(kind, 0),
            made_of=(*made_of, *(f"{SOURCE}-{one}" for one in sorted(others))),
        )  # fmt: skip


def _open(found: Found) -> Iterator[Dataset]:
    for told, rows in found.open:
        yield Dataset(
            f"{OPEN_DATA}-{told.id}", OPEN_DATA, told.name, told.note or f"{rows} lignes reprises.",
            OPEN, told.origin, version=told.date, licence=told.licence,
            variables=tuple(Variable(one, "string") for one in told.columns),
        )  # fmt: skip


def _indicator(told: Indicator, found: Found) -> Dataset:
    kinds = (
        kinds_of(told.numerator) | kinds_of(told.denominator) | kinds_of(told.exclusions)
        | kinds_of(told.followed) | {PERSON}
    )  # fmt: skip
    start, end = found.periods.get(told.id, (None, None))
    columns = (
        Variable("territoire", "string", "code de la commune, de l’EPCI, de la CPTS..."),
        Variable("cas", "integer", "numérateur, rien au-dessous de 11"),
        Variable("personnes", "integer", "dénominateur"),
    )
    return Dataset(
        f"{INDICATOR}-{told.id}", INDICATOR, told.title, told.purpose or told.title, TOLD,
        told.source, version=told.version, theme=told.theme, start=start, end=end,
        updated=end, variables=columns,
        made_of=tuple(f"{FACTS}-{one}" for one in sorted(kinds) if one in found.facts),
    )  # fmt: skip


def _columns(names: Iterable[str], texts: Texts) -> Iterator[Variable]:
    for one in names:
        yield Variable(one, _TYPES.get(one, "string"), texts.variables.get(one, ""))


def _rounded(people: Mapping[str, int], name: str) -> int:
    """How many people a source knows, or all, to a hundred."""
    count = sum(n for source, n in people.items() if not name or name in source.split("+"))
    return _hundreds(count)


def _hundreds(count: int) -> int:
    return count // _HUNDRED * _HUNDRED
