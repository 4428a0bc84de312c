"""The weights of matching, as data: m and u of each level, and how frequent names are.

m is how often a level occurs between two files of one person, u between files of two people.
Rule: Fellegi and Sunter, A theory for record linkage, 1969.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log2
from typing import Any, Final

from cordee.identity.matching.levels import COMPARISONS, Comparison

DATA: Final = "cordee.identity.matching"
LEAST: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Odds:
    """m and u of one level."""

    m: float
    u: float

    @property
    def weight(self) -> float:
        """What the level adds to a score, in bits: log2 of m over u."""
        return log2(max(self.m, LEAST) / max(self.u, LEAST))


@dataclass(frozen=True, slots=True)
class Weights:
    """Odds by comparison and level, and frequencies by column and name.

    `floors` are the frequencies of the names that the tables do not know.
    """

    odds: Mapping[str, Mapping[str, Odds]]
    frequencies: Mapping[str, Mapping[str, float]]
    floors: Mapping[str, float]

    def frequency(self, column: str, name: str) -> float:
        """Share of people with that name."""
        return self.frequencies[column].get(name, self.floors[column])

    def bits(self, comparison: Comparison, level: str, name: str) -> float:
        """Weight of a level; the same rare name weighs more than the same frequent one."""
        odds = self.odds[comparison.name][level]
        if comparison.frequency and level == comparison.levels[0].name:
            return log2(max(odds.m, LEAST) / self.frequency(comparison.frequency, name))
        return odds.weight


@cache
def french_weights() -> Weights:
    """The weights that ship with Cordée; `docs/decisions/0022` says how they were had."""
    written = json.loads(files(DATA).joinpath("weights.json").read_text("utf-8"))
    return read_weights(written, {name: _table(name) for name in ("family", "given")})


def read_weights(
    written: Mapping[str, Any], frequencies: Mapping[str, Mapping[str, float]]
) -> Weights:
    """The weights of a JSON file; every level of every comparison must be there."""
    odds = {
        comparison.name: {
            level.name: Odds(**written["odds"][comparison.name][level.name])
            for level in comparison.levels
        }
        for comparison in COMPARISONS
    }
    return Weights(odds, frequencies, written["floors"])


def write_weights(weights: Weights, source: str) -> str:
    """The JSON text of weights, without the tables of names."""
    odds = {
        comparison: {
            level: {"m": float(f"{one.m:.6g}"), "u": float(f"{one.u:.6g}")}
            for level, one in levels.items()
        }
        for comparison, levels in weights.odds.items()
    }
    written = {"source": source, "floors": dict(weights.floors), "odds": odds}
    return json.dumps(written, ensure_ascii=False, indent=1) + "\n"


def _table(column: str) -> dict[str, float]:
    text = files(DATA).joinpath(f"frequent_{column}_names.csv").read_text("utf-8")
    return {name: float(share) for name, share in csv.reader(text.splitlines())}
