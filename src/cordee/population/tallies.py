"""Counts of persons by where they ended, told beside what was told before: a door of disclosure.

An area is a territory, or the region; a stage is a union of ends; splits are told of the region
alone. What cannot be told, or would let it be guessed, stays as it was told last, with its day;
None where it never was. Rules: G1.6, G3.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from cordee.population.disclosure.cells import Cell, Key, Lattice, Rules, Stamp, Table
from cordee.population.disclosure.released import Released, Shown
from cordee.population.disclosure.releasing import release

_STATUS: Final = "status"
_LEVEL: Final = "departement"
_REGION: Final = "region"


@dataclass(frozen=True, slots=True)
class Tally:
    """Persons of one territory who have the same values of the splits and ended alike."""

    territory: str
    values: Mapping[str, str]
    status: str
    n: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: stages as the ends that each holds; some of them are split, by these names."""

    subject: str
    day: date
    stages: Mapping[str, Sequence[str]]
    splits: Sequence[str] = ()
    split: Sequence[str] = ()


def told(tallies: Sequence[Tally], asked: Asked, before: Sequence[Any]) -> dict[str, Any]:
    """`areas`, `splits` and `released` as plain JSON; `before` are the former, the newest first."""
    cells = tuple(_cells(tallies, asked))
    if not cells:
        return {"areas": {}, "splits": {}, "released": None}
    lattice = _lattice(cells, asked)
    keys = dict(_keys(cells, asked))
    stamp = Stamp(asked.subject, asked.day.isoformat(), *[asked.day.isoformat()] * 2)
    earlier = [Released.from_json(one["released"]) for one in before if one["released"]]
    made = release(Table(cells, tuple(keys), stamp), lattice, Rules(), list(reversed(earlier)))
    areas: dict[str, Any] = {}
    splits: dict[str, Any] = {}
    last = before[0] if before else {"areas": {}, "splits": {}}
    for key, (split, label, stage) in keys.items():
        got = made.figures[key]
        known = (last["splits"].get(split, {}) if split else last["areas"]).get(label, {})
        figure = known.get(stage)
        if isinstance(got, Shown):
            figure = {"n": got.n, "day": asked.day.isoformat()}
        place = splits.setdefault(split, {}) if split else areas
        place.setdefault(label, {})[stage] = figure
    return {"areas": areas, "splits": splits, "released": made.to_json()}


def _cells(tallies: Iterable[Tally], asked: Asked) -> Iterable[Cell]:
    sums: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}
    for one in tallies:
        values = {name: one.values.get(name, "") for name in asked.splits} | {_STATUS: one.status}
        key = (one.territory, tuple(sorted(values.items())))
        sums[key] = sums.get(key, 0) + one.n
    return (Cell(area, values, n) for (area, values), n in sorted(sums.items()))


def _lattice(cells: Sequence[Cell], asked: Asked) -> Lattice:
    areas = sorted({one.commune for one in cells})
    levels = {
        _LEVEL: {one: frozenset({one}) for one in areas},
        _REGION: {_REGION: frozenset(areas)},
    }
    stages = {name: frozenset(ends) for name, ends in asked.stages.items()}
    return Lattice(levels, {_STATUS: stages})


def _keys(cells: Sequence[Cell], asked: Asked) -> Iterable[tuple[Key, tuple[str, str, str]]]:
    """Each figure with its place: split ("" for an area), label or area, stage."""
    places = [(_REGION, _REGION), *((_LEVEL, one) for one in sorted({c.commune for c in cells}))]
    for stage in asked.stages:
        for level, area in places:
            yield Key(level, area, ((_STATUS, stage),)), ("", area, stage)
        for name in asked.splits if stage in asked.split else ():
            for label in sorted({dict(one.values)[name] for one in cells} - {""}):
                bands = tuple(sorted(((name, label), (_STATUS, stage))))
                yield Key(_REGION, _REGION, bands), (name, label, stage)
