"""Reference populations by bands of five years: the weights of a direct standardisation.

European Standard Population 2013: Eurostat, Revision of the European Standard Population, 2013.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ESP2013: Final = (
    5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000,
    7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 800, 200,
)  # fmt: skip
EUROPEAN: Final[Mapping[int, float]] = {5 * at: float(one) for at, one in enumerate(_ESP2013)}
"""Weights by the first age of each band; 95 and more is one. Both sexes weigh the same."""


def weight(reference: Mapping[int, float], band: int) -> float:
    """The weight of one sex of a band."""
    return reference.get(band, 0.0) / 2
