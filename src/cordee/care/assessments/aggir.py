"""The GIR of eight variables of the AGGIR grid. Source: CASF, annexe 2-2 (public law).

Each variable is A (does it), B (in part) or C (does not). Groups of weights are tried in order;
the first whose threshold is reached gives the rank, and the rank the GIR.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

VARIABLES: Final = (
    "coherence", "orientation", "toilette", "habillage", "alimentation", "elimination",
    "transferts", "interieur",
)  # fmt: skip
"""The order of the weights; going out and communication at a distance weigh nothing."""

# Of each group: weights of C, weights of B, then from which sum on which rank.
_GROUPS: Final = (
    ((2000, 1200, 40, 40, 60, 100, 800, 200), (0, 0, 16, 16, 20, 16, 120, 32),
     ((4380, 1), (4140, 2), (3390, 3))),
    ((1500, 1200, 40, 40, 60, 100, 800, -80), (320, 120, 16, 16, 0, 16, 120, -40), ((2016, 4),)),
    ((0, 0, 40, 40, 60, 160, 1000, 400), (0, 0, 16, 16, 20, 20, 200, 40), ((1700, 5), (1432, 6))),
    ((0, 0, 0, 0, 2000, 400, 2000, 200), (0, 0, 0, 0, 200, 200, 200, 0), ((2400, 7),)),
    ((400, 400, 400, 400, 400, 800, 800, 200), (0, 0, 100, 100, 100, 100, 100, 0), ((1200, 8),)),
    ((200, 200, 500, 500, 500, 500, 500, 200), (100, 100, 100, 100, 100, 100, 100, 0), ((800, 9),)),
    ((150, 150, 300, 300, 500, 500, 400, 200), (0, 0, 200, 200, 200, 200, 200, 100), ((650, 10),)),
    ((0, 0, 3000, 3000, 3000, 3000, 1000, 1000), (0, 0, 2000, 2000, 2000, 2000, 2000, 1000),
     ((4000, 11), (2000, 12))),
)  # fmt: skip
_LAST_RANK: Final = 13
_GIR: Final = {1: 1, 8: 3, 9: 3, 10: 4, 11: 4, 12: 5, _LAST_RANK: 6}


def gir(modalities: Sequence[str]) -> int:
    """The GIR, 1 to 6, of eight modalities in the order of `VARIABLES`.

    Raises `ValueError` for another number of them, or another letter.
    """
    if len(modalities) != len(VARIABLES) or set(modalities) - set("ABC"):
        raise ValueError("eight modalities A, B or C are needed")
    return _GIR.get(rank(modalities), 2)


def rank(modalities: Sequence[str]) -> int:
    """The rank, 1 to 13."""
    for of_c, of_b, thresholds in _GROUPS:
        total = sum(
            {"A": 0, "B": b, "C": c}[one] for one, c, b in zip(modalities, of_c, of_b, strict=True)
        )
        for least, found in thresholds:
            if total >= least:
                return found
    return _LAST_RANK
