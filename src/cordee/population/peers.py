"""Structures beside each other without a name: what each is told of itself and of the others.

One publication an indicator and a period, through the same door as areas: structures are its
areas, and what took place nowhere that is known is a part of its own, because the region's total
is published. A peer is a rate and a letter, in the order of rates. Rule: G1.8.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from string import ascii_uppercase
from typing import Final

import orjson

from cordee.population.disclosure.cells import Cell, Key, Lattice, Rules, Stamp, Table
from cordee.population.disclosure.released import Released, Shown
from cordee.population.disclosure.releasing import release
from cordee.population.indicators.compiling import period
from cordee.population.indicators.definition import Indicator
from cordee.population.publishing import BEFORE, digest, put
from cordee.population.statistics.rates import Estimate, estimate

FEWEST: Final = 3
"""Fewer peers than this are not shown: one would be known by exclusion."""
STRUCTURE, WHOLE, ELSEWHERE = "structure", "region", "~"
STEERING_INDICATORS: Final = (
    "urgences", "hospitalisations-evitables", "readmission-30-jours", "delai-dac",
    "sans-medecin-traitant", "distance-urgences",
)  # fmt: skip
Places = Sequence[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted by structure (place, cases, people), and the cases of the whole region.

    `whole` is None where the region's cases are no sum of those of structures: a person is seen in
    several.
    """

    places: Places
    whole: int | None
    version: str


@dataclass(frozen=True, slots=True)
class Peer:
    """Another structure: a letter that means nothing, and its rate."""

    letter: str
    value: float


@dataclass(frozen=True, slots=True)
class Figure:
    """An indicator for one structure; its own figure is None where it is not told.

    `peers` is empty where fewer than three others are told.
    """

    indicator: Indicator
    start: date
    end: date
    cases: int | None
    people: int | None
    own: Estimate | None
    peers: tuple[Peer, ...]


class StructurePublisher:
    """Publishes each indicator by structure once for a period and a source."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made when something is published."""
        self._folder = folder
        self._lock = threading.Lock()

    def published(
        self, told: Indicator, day: date, source: str, count: Callable[[], Counted]
    ) -> Released | None:
        """What is told of structures as of a day; None where no structure is known."""
        start, end = period(told, day)
        subject = f"{told.id} {told.version} {source} structures"
        file = self._folder / f"{digest(f'{subject} {start} {end}')}.json"
        with self._lock:
            if file.exists():
                return Released.from_json(orjson.loads(file.read_bytes()))
            past = self._folder / f"{digest(subject)}.releases"
            earlier = orjson.loads(past.read_bytes()) if past.exists() else []
            counted = count()
            if not counted.places:
                return None
            stamp = Stamp(subject, counted.version, start.isoformat(), end.isoformat())
            made = released(counted, stamp, [Released.from_json(one) for one in earlier])
            put(past, orjson.dumps([*earlier, made.to_json()][-BEFORE:]))
            put(file, orjson.dumps(made.to_json()))
            return made


def released(counted: Counted, stamp: Stamp, before: Sequence[Released] = ()) -> Released:
    """The release of the counts of structures, beside those before and the region's total."""
    known = {place: (n, max(n, d)) for place, n, d in counted.places}
    for one in before:
        for place in one.areas.get(STRUCTURE, {}):
            known.setdefault(place, (0, 0))
    elsewhere = max(0, (counted.whole or 0) - sum(n for n, _ in known.values()))
    cells = tuple(
        Cell(place, (), n, d)
        for place, (n, d) in sorted((known | {ELSEWHERE: (elsewhere, elsewhere)}).items())
    )
    every = frozenset(one.commune for one in cells)
    areas = {place: frozenset((place,)) for place in known}
    lattice = Lattice({STRUCTURE: areas, WHOLE: {WHOLE: every}})
    asked = tuple(Key(STRUCTURE, place) for place in sorted(known))
    total = () if counted.whole is None else (_total(cells, stamp),)
    return release(Table(cells, asked, stamp), lattice, Rules(), (*before, *total))


def figure(
    told: Indicator, made: Released | None, structure: str, when: tuple[date, date]
) -> Figure:
    """The figure of a structure with those of its peers; one where nobody was seen has none."""
    if made is None or Key(STRUCTURE, structure) not in made.figures:
        return Figure(told, *when, None, None, None, ())
    shown = {key.area: one for key, one in made.shown().items()}
    shown = {place: one for place, one in shown.items() if one.d}
    own = shown.pop(structure, None)
    rates = sorted((one.rate or 0.0 for one in shown.values()), reverse=True)
    peers = tuple(Peer(_letter(at), rate) for at, rate in enumerate(rates))
    return Figure(
        told, *when, own.n if own else None, own.d if own else None,
        estimate(own.n, own.d or 0, is_share=told.measure != "rate") if own else None,
        peers if len(peers) >= FEWEST else (),
    )  # fmt: skip


def _total(cells: Sequence[Cell], stamp: Stamp) -> Released:
    """The region's total, as the publication by areas tells it: known before this one."""
    key = Key(WHOLE, WHOLE)
    people = sum(one.d or 0 for one in cells)
    areas = {WHOLE: {WHOLE: tuple(one.commune for one in cells)}}
    return Released(stamp, Rules().k, {key: Shown(sum(one.n for one in cells), people)}, areas)


def _letter(at: int) -> str:
    """A, B... Z, AA, AB..."""
    tens, ones = divmod(at, len(ascii_uppercase))
    return (ascii_uppercase[tens - 1] if tens else "") + ascii_uppercase[ones]
