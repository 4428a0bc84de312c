"""How common illnesses, care and events are in the synthetic region; orders of magnitude, ours.

Chosen so that a region looks like one: nothing is fitted to anybody's data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
AGES: Final = (0, 20, 40, 60, 80, 100)
PYRAMID: Final = (
    5.0,
    5.6,
    6.0,
    6.1,
    5.7,
    5.6,
    5.9,
    6.2,
    6.3,
    6.1,
    6.5,
    6.5,
    6.3,
    5.9,
    5.4,
    4.3,
    2.8,
    2.0,
    1.2,
    0.6,
)
"""Shares of the bands of five years, the last one open, in per cent or so."""


@dataclass(frozen=True, slots=True)
class Illness:
    """An illness: its ICD-10 code, per cent at each of `AGES`, how sexes and deprivation weigh.

    `drug` is dispensed `times` a year to `treated` of those who have it; `local` illnesses follow
    the weights of the areas. `stay` is the yearly risk of a stay for it.
    """

    key: str
    code: str
    percents: tuple[float, ...]
    women: float
    men: float
    slope: float
    drug: str = ""
    times: int = 0
    treated: float = 0.0
    stay: float = 0.0
    local: bool = False


ILLNESSES: Final = (
    Illness(
        "diabete",
        "E11.9",
        (0, 0.1, 2.6, 10.5, 17, 12),
        0.85,
        1.15,
        0.10,
        "A10BA02",
        6,
        0.85,
        0.03,
        True,
    ),
    Illness("diabete1", "E10.9", (0.15, 0.5, 0.5, 0.4, 0.2, 0.1), 1, 1, 0, "A10AE04", 8, 1, 0.04),
    Illness("coeur", "I50.0", (0, 0, 0.25, 1.6, 9, 20), 0.9, 1.1, 0.06, "C03CA01", 6, 0.9, 0.14),
    Illness("bpco", "J44.9", (0, 0, 1.2, 5, 8, 7), 0.8, 1.25, 0.12, "R03BB04", 5, 0.6, 0.06),
    Illness("avc", "I69.3", (0, 0.05, 0.3, 1.8, 6, 8), 0.95, 1.05, 0.05, "B01AC06", 6, 0.9, 0.05),
    Illness("hta", "I10", (0, 0.4, 9, 34, 58, 62), 1, 1, 0.04, "C09AA05", 6, 0.9, 0.003),
    Illness("asthme", "J45.9", (5, 8, 6, 5, 4, 3), 1.1, 0.9, 0.05, "R03AK08", 3, 0.6, 0.006),
    Illness("colon", "C18.9", (0, 0, 0.1, 0.9, 2.4, 2.6), 0.9, 1.1, 0),
    Illness("sein", "C50.9", (0, 0, 0.7, 3.4, 4.6, 4), 1.9, 0.02, -0.03),
    Illness("depression", "F32.9", (0.1, 4, 6, 7, 7, 6), 1.35, 0.65, 0.06, "N06AB06", 6, 0.7, 0.01),
)


@dataclass(frozen=True, slots=True)
class Care:
    """A yearly event among people: its kind, code and reason, per cent at each of `AGES`."""

    kind: str
    code: str
    detail: str
    percents: tuple[float, ...]
    women: float = 1.0
    men: float = 1.0
    slope: float = 0.0
    value: tuple[float, float] | None = None
    unit: str = ""


CARE: Final = (
    Care("encounter", "EMER", "R10.4", (22, 20, 15, 13, 24, 40), 1, 1, 0.08),
    Care("encounter", "EMER", "S93.4", (12, 9, 5, 3, 2, 1)),
    Care("encounter", "EMER", "W19", (1, 0.4, 0.4, 1.2, 7, 16), 1.2, 0.8),
    Care("encounter", "EMER", "X64", (0, 0.28, 0.16, 0.08, 0.03, 0.02), 1.4, 0.6, 0.10),
    Care("encounter", "IMP", "K35.8", (6, 6, 7, 11, 22, 30), 1, 1, 0.03),
    Care("vaccine", "J07BB02", "", (0, 3, 6, 22, 58, 62), 1, 1, -0.06),
    Care("result", "29771-3", "", (0, 0, 0, 16, 4, 0), 1.05, 0.95, -0.08, (8, 6), "ug/g"),
    Care("act", "QEQK004", "", (0, 0, 3, 27, 3, 0), 2, 0, -0.07),
    Care("result", "14682-9", "", (1, 8, 22, 45, 60, 55), 1, 1, 0, (80, 22), "umol/L"),
)
DIABETIC_CARE: Final = (
    Care("result", "14959-1", "", (35, 35, 40, 44, 36, 25), 1, 1, -0.05, (18, 15), "mg/g"),
    Care("act", "BGQP007", "", (40, 40, 36, 34, 30, 20), 1, 1, -0.06),
    Care("act", "POD", "", (5, 8, 14, 24, 30, 28), 1, 1, -0.04),
    Care("act", "NZFA002", "", (0, 0.02, 0.1, 0.35, 0.5, 0.4), 0.6, 1.4, 0.12),
)
HBA1C: Final = "4548-4"


def at_age(percents: tuple[float, ...], age: Floats) -> Floats:
    """The share at each age, between the told ones by straight lines."""
    return np.interp(age, AGES, percents) / 100.0
