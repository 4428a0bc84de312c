"""A night as a file: its calls, made from a seed; the same seed gives the same night. C1.13.

Nothing in it is of a person: scenarios, numbers kept for fiction by the ARCEP, communes.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from cordee.care.training.scenarios import FALSE_CALL, Scenario, scenarios

MOST: Final = 600
HOURS: Final = 12
START_HOUR: Final = 20
"""The night goes from eight in the evening to eight in the morning."""
_HOUR_SECONDS: Final = 3600
_WEIGHTS: Final = (12, 12, 11, 9, 8, 6, 5, 4, 4, 6, 9, 14)
"""Calls by hour: the evening, the hollow of four in the morning, the waking."""
_SPOKEN: Final = ("au bourg", "près de l’église", "dans un lotissement", "à la sortie du village")


@dataclass(frozen=True, slots=True)
class Told:
    """One call of a night: what the caller says, what they would answer, what is expected.

    `due` is in seconds after the beginning of the night; `commune` is an INSEE code, "" for none.
    """

    n: int
    due: float
    number: str
    commune: str
    place: str
    age: str
    motive: str
    says: str
    answers: Mapping[str, str]
    flags: tuple[str, ...]
    priority: str
    decision: str
    accepts: tuple[str, ...]
    reason: str


def night_of(seed: int, total: int, communes: Sequence[tuple[str, str]]) -> list[Told]:
    """The calls of a night in their order; `communes` are codes and names of the territory.

    Raises `ValueError` for a number of calls outside 1 to 600.
    """
    if not 1 <= total <= MOST:
        raise ValueError(f"a night has 1 to {MOST} calls")
    # Drawn for a lesson, not for a secret.
    draw = random.Random(seed)  # noqa: S311
    known = scenarios()
    weights = list(accumulate(one.weight for one in known))
    moments = sorted(_moment(draw) for _n in range(total))
    return [
        _told(draw, n, due, draw.choices(known, cum_weights=weights)[0], communes)
        for n, due in enumerate(moments, 1)
    ]


def as_data(told: Told) -> dict[str, Any]:
    """A call as the file keeps it."""
    return {name: getattr(told, name) for name in Told.__dataclass_fields__}


def from_data(content: Mapping[str, Any]) -> Told:
    """A call of the file; raises `KeyError` for one that is not whole."""
    values = {name: content[name] for name in Told.__dataclass_fields__}
    values |= {name: tuple(content[name]) for name in ("flags", "accepts")}
    return Told(**values)


def hour_of(due: float) -> str:
    """The hour of the night, as it would be on the clock: `20:07`."""
    minutes = int(due // 60) + START_HOUR * 60
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _moment(draw: random.Random) -> float:
    hour = draw.choices(range(HOURS), weights=_WEIGHTS)[0]
    return round((hour + draw.random()) * _HOUR_SECONDS, 1)


def _told(
    draw: random.Random, n: int, due: float, one: Scenario, communes: Sequence[tuple[str, str]]
) -> Told:
    code, name = draw.choice(communes) if communes else ("", "")
    # 06 39 98 XX XX: kept for fiction (ARCEP, decision 2018-0881).
    number = f"063998{draw.randrange(10_000):04d}"
    place = f"{name}, {draw.choice(_SPOKEN)}" if name else ""
    age = _age(draw.randint(*one.ages), one)
    return Told(
        n, due, number, code, place, age, one.motive, draw.choice(one.says),
        {key: words.replace("{age}", age) for key, words in one.answers.items()},
        tuple(sorted(one.flags)), one.priority, one.expected, one.accepts, one.reason,
    )  # fmt: skip


def _age(years: int, one: Scenario) -> str:
    if one.expected == FALSE_CALL:
        return ""
    if years < 1:
        return "6 semaines"
    return f"{years} an" if years == 1 else f"{years} ans"
