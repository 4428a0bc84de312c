"""What an evening is made of: centres, calls and seats by hour, conventions. Data, no I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cordee.care.overflow import conventions
from cordee.care.overflow.conventions import Convention, Terms
from cordee.care.overflow.saturation import Thresholds
from cordee.runtime.errors import Issue, ResourceInvalid

_WIDTH: Final = 1.2
_AREA: Final = _WIDTH * math.sqrt(math.pi)
HOURS: Final = 24
FEWEST_RUNS, MOST_RUNS = 30, 200
_BOUNDS: Final = {"calls_day": (200, 6000), "peak": (10, 600), "seats": (1, 60)}


@dataclass(frozen=True, slots=True)
class Centre:
    """A centre: its calls of a day with their peak, its seats by hour, how long a call takes.

    `seconds` is the mean time on a call, `effectors` the vehicles that answer for its territory,
    `vehicle_minutes` how long one is away.
    """

    id: str
    name: str
    calls_day: int
    peak: int
    peak_hour: float
    seats: tuple[int, ...]
    seconds: float = 155.0
    effectors: int = 60
    vehicle_minutes: float = 60.0

    def rate(self, hour: float) -> float:
        """Calls an hour at an hour of the day: a level that lasts, and one hump."""
        base = max(0.0, (self.calls_day - self.peak * _AREA) / (HOURS - _AREA))
        hump = math.exp(-(((hour - self.peak_hour) / _WIDTH) ** 2))
        return base + (self.peak - base) * hump

    def at_work(self, hour: float) -> int:
        """The seats that answer at an hour."""
        return self.seats[int(hour) % HOURS]


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """One question asked of the simulator; the same answer each time, by its seed.

    The first centre is the one that fills; `terms` bind it to each of the others. `answer_seconds`
    is how long a neighbour takes to accept a proposal.
    """

    centres: tuple[Centre, ...]
    terms: Terms = field(default_factory=Terms)
    seed: int = 1
    runs: int = FEWEST_RUNS
    begins: int = 16
    ends: int = 24
    answer_seconds: float = 60.0
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def conventions(self) -> list[Convention]:
        """The conventions between the first centre and each other, signed."""
        origin = self.centres[0].id
        return [
            Convention(f"{origin}--{one.id}", 1, origin, one.id, self.terms,
                       {origin: "simulation", one.id: "simulation"})
            for one in self.centres[1:]
        ]  # fmt: skip


def heat_wave(calls_day: int = 2600, peak: int = 240, seats: int = 8) -> Hypotheses:
    """A summer evening: SAMU A fills at 20:00, B and C are as on any evening."""
    return Hypotheses(
        (
            Centre("samu-a", "SAMU A", calls_day, peak, 20.0, (seats,) * HOURS),
            Centre("samu-b", "SAMU B", 1500, 88, 20.2, (8,) * HOURS),
        )
    )


def check(asked: Hypotheses) -> None:
    """Returns when a question can be played; raises `ResourceInvalid` with each problem."""
    first = asked.centres[0]
    rules = (
        (
            "calls_day",
            _within("calls_day", first.calls_day),
            "Donnez de 200 à 6 000 appels par jour.",
        ),
        ("peak", _within("peak", first.peak), "Donnez une pointe de 10 à 600 appels par heure."),
        ("seats", _within("seats", *first.seats), "Donnez de 1 à 60 postes."),
        ("runs", FEWEST_RUNS <= asked.runs <= MOST_RUNS, "Donnez de 30 à 200 tirages."),
        ("seed", 0 <= asked.seed < 2**31, "Donnez une graine entière et positive."),
    )
    wrong = [(where, text) for where, is_right, text in rules if not is_right]
    if wrong:
        raise ResourceInvalid([Issue("error", "invalid", text, (where,)) for where, text in wrong])
    conventions.check(asked.terms, [one.id for one in asked.centres])


def as_data(asked: Hypotheses) -> dict[str, Any]:
    """A question as JSON: what is stored beside its answer, and joined to a convention."""
    return {
        "centres": [
            {name: _plain(getattr(one, name)) for name in Centre.__dataclass_fields__}
            for one in asked.centres
        ],
        "terms": conventions.as_data(asked.terms),
        "seed": asked.seed, "runs": asked.runs, "begins": asked.begins, "ends": asked.ends,
        "answer_seconds": asked.answer_seconds,
    }  # fmt: skip


def from_data(said: Mapping[str, Any]) -> Hypotheses:
    """A question of its JSON; raises `KeyError` or `ValueError` when it is none."""
    centres = tuple(Centre(**{**one, "seats": tuple(one["seats"])}) for one in said["centres"])
    return Hypotheses(
        centres, conventions.from_data(said["terms"]), int(said["seed"]), int(said["runs"]),
        int(said["begins"]), int(said["ends"]), float(said["answer_seconds"]),
    )  # fmt: skip


def _within(name: str, *values: int) -> bool:
    least, most = _BOUNDS[name]
    return all(least <= one <= most for one in values)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
