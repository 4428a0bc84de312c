"""The events of a synthetic region: what each illness and each kind of care makes of its people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cordee.population.synthesis.people import People
from cordee.population.synthesis.rates import (
    CARE,
    DIABETIC_CARE,
    HBA1C,
    ILLNESSES,
    Care,
    Floats,
    Illness,
    at_age,
)

_YEAR: Final = 365
_DAYS_A_YEAR: Final = 365.25
_LONGEST: Final = 4000
_MONTH: Final = 30.4
_STAY_DAYS: Final = 6
_DIABETES: Final = frozenset({"diabete", "diabete1"})
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Events of one kind and code: who (places in `People`), which day, what was measured."""

    kind: str
    code: str
    who: Places
    day: Places
    detail: str = ""
    until: Places | None = None
    value: Floats | None = None
    unit: str = ""


def events(people: People, day: date, years: int, rng: Any) -> Iterator[Drawn]:
    """All events of some years that end on a day, of those alive; days are ordinal numbers."""
    born = day.toordinal() - people.age * _DAYS_A_YEAR
    for one in _drawn(people, day, years, rng):
        lives = one.day >= born[one.who]
        yield one if lives.all() else _of(one, lives)


def _of(one: Drawn, chosen: NDArray[np.bool_]) -> Drawn:
    """Some of the events that were drawn."""
    until = None if one.until is None else one.until[chosen]
    value = None if one.value is None else one.value[chosen]
    return replace(one, who=one.who[chosen], day=one.day[chosen], until=until, value=value)


def _drawn(people: People, day: date, years: int, rng: Any) -> Iterator[Drawn]:
    last = day.toordinal()
    diabetic = np.zeros(people.count, bool)
    for illness in ILLNESSES:
        has = _has(people, illness, rng)
        if illness.key in _DIABETES:
            diabetic[has] = True
        onset = last - 60 - (rng.random(len(has)) * _LONGEST).astype(int)
        yield Drawn("diagnosis", illness.code, has, onset)
        yield from _treated(illness, has, (last, years), rng)
    everybody = np.arange(people.count)
    for care in CARE:
        yield from _care(people, care, everybody, (last, years), rng)
    who = np.flatnonzero(diabetic)
    for care in DIABETIC_CARE:
        yield from _care(people, care, who, (last, years), rng)
    yield from _measured(who, (last, years), rng)


def _has(people: People, illness: Illness, rng: Any) -> Places:
    base = at_age(illness.percents, people.age)
    risk = people.risk(base, (illness.women, illness.men), illness.slope)
    if illness.local:
        risk = risk * people.weight
    return np.flatnonzero(rng.random(people.count) < risk)


def _treated(illness: Illness, has: Places, time: tuple[int, int], rng: Any) -> Iterator[Drawn]:
    last, years = time
    if illness.drug:
        who = has[rng.random(len(has)) < illness.treated]
        for turn in range(illness.times * years):
            gap = turn * _YEAR / illness.times
            days = last - (gap + rng.random(len(who)) * _MONTH).astype(int)
            yield Drawn("dispensation", illness.drug, who, days)
    for year in range(years if illness.stay else 0):
        who = has[rng.random(len(has)) < illness.stay]
        start = last - year * _YEAR - (rng.random(len(who)) * _YEAR).astype(int)
        until = start + 1 + (rng.random(len(who)) * _STAY_DAYS * 2).astype(int)
        yield Drawn("encounter", "IMP", who, start, illness.code, until)
        again = who[rng.random(len(who)) < 0.11]  # noqa: PLR2004 -- read once, here
        back = np.resize(until, len(again)) + 3 + (rng.random(len(again)) * 40).astype(int)
        yield Drawn("encounter", "IMP", again, back, illness.code, back + 4)


def _care(
    people: People, care: Care, who: Places, time: tuple[int, int], rng: Any
) -> Iterator[Drawn]:
    last, years = time
    base = people.risk(at_age(care.percents, people.age), (care.women, care.men), care.slope)[who]
    for year in range(years):
        chosen = who[rng.random(len(who)) < base]
        day = last - year * _YEAR - (rng.random(len(chosen)) * _YEAR).astype(int)
        value = None
        if care.value is not None:
            value = np.round(np.abs(rng.normal(*care.value, len(chosen))), 1)
        until = day + 3 if care.code == "IMP" else None
        yield Drawn(care.kind, care.code, chosen, day, care.detail, until, value, care.unit)


def _measured(who: Places, time: tuple[int, int], rng: Any) -> Iterator[Drawn]:
    """HbA1c of who has diabetes: most have one a year, two thirds have two."""
    last, years = time
    for half in range(2 * years):
        chosen = who[rng.random(len(who)) < (0.82 if half % 2 else 0.74)]
        day = last - half * _YEAR // 2 - (rng.random(len(chosen)) * _YEAR / 2).astype(int)
        value = np.round(np.clip(rng.normal(7.2, 1.1, len(chosen)), 4.8, 14.0), 1)
        yield Drawn("result", HBA1C, chosen, day, value=value, unit="%")
