"""How likely two files are of one person, and why."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import Final

from cordee.identity.matching.levels import COMPARISONS, Comparison, level_of
from cordee.identity.matching.people import Person, Prepared, prepare
from cordee.identity.matching.weights import Weights, french_weights

REGION: Final = 1_000_000  # people among whom a duplicate is looked for
FARTHEST: Final = 1000.0  # bits; beyond it a probability is 0 or 1 anyway


@dataclass(frozen=True, slots=True)
class Reason:
    """What one comparison says: its level, its weight in bits, the sentence for the screen."""

    comparison: str
    level: str
    weight: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Match:
    """The answer about a pair: probability that it is one person, weight in bits, reasons."""

    probability: float
    weight: float
    reasons: tuple[Reason, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What speaks for one person and then what speaks against, the strongest first."""
        speaking = sorted(self.reasons, key=lambda one: -one.weight)
        return tuple(one.sentence for one in speaking)


def score(
    a: Person, b: Person, *, weights: Weights | None = None, population: int = REGION
) -> Match:
    """The match of two people among a population in which one pair is of one person for each.

    What is not known of either says nothing, for or against.
    """
    return score_prepared(prepare(a), prepare(b), weights or french_weights(), population)


def score_prepared(a: Prepared, b: Prepared, weights: Weights, population: int = REGION) -> Match:
    """The match of two people that are prepared already, for one against many."""
    reasons = tuple(
        reason
        for comparison in COMPARISONS
        if (reason := _reason(comparison, a, b, weights)) is not None
    )
    weight = sum(one.weight for one in reasons)
    return Match(probability(weight, population), weight, reasons)


def probability(weight: float, population: int = REGION) -> float:
    """Probability of a weight in bits, when one pair in `population` is of one person."""
    bits = weight - prior_bits(population)
    if bits > FARTHEST:
        return 1.0
    return 0.0 if bits < -FARTHEST else 2**bits / (1 + 2**bits)


def prior_bits(population: int) -> float:
    """How many bits a weight must outweigh: the odds against a pair taken at random."""
    return log2(max(population - 1, 1))


def _reason(comparison: Comparison, a: Prepared, b: Prepared, weights: Weights) -> Reason | None:
    level = level_of(comparison, a, b)
    if level is None:
        return None
    name = getattr(a, comparison.frequency) if comparison.frequency else ""
    bits = weights.bits(comparison, level.name, name)
    return Reason(comparison.name, level.name, bits, level.sentence)
