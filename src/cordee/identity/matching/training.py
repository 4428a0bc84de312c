"""The weights learnt from a population without any label, by expectation maximisation.

Batch only: needs splink. Rule: docs/decisions/0022.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from splink import Linker

from cordee.identity.matching.levels import COMPARISONS
from cordee.identity.matching.linking import linker, settings
from cordee.identity.matching.people import Person, prepare
from cordee.identity.matching.weights import Odds

# Pairs that share one of these are looked at to learn how the other traits differ.
SESSIONS: Final = (
    "l.birth = r.birth and l.birth <> ''",
    "l.family = r.family and l.given = r.given and l.family <> '' and l.given <> ''",
    "l.ins = r.ins and l.ins <> ''",
)
RANDOM_PAIRS: Final = 20_000_000
SEED: Final = 2026
LEAST_M, LEAST_U = 1e-4, 1e-6


def train(people: Sequence[Person]) -> dict[str, dict[str, Odds]]:
    """The m and u of every level, learnt from the people alone.

    u comes from random pairs, m from expectation maximisation over pairs that share a trait.
    A level that never occurs keeps a small probability, never none.
    """
    made = linker([prepare(one) for one in people], settings(None, population=len(people)))
    training = made.training
    training.estimate_u_using_random_sampling(
        max_pairs=RANDOM_PAIRS, seed=SEED, min_count_per_level=None, num_chunks=1
    )
    for rule in SESSIONS:
        training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True, record_sample_proportion=1.0
        )
    return learnt(made)


def learnt(made: Linker) -> dict[str, dict[str, Odds]]:
    """The odds that a trained linker holds, in our names."""
    written: Mapping[str, Any] = made.misc.save_model_to_json()
    odds: dict[str, dict[str, Odds]] = {}
    for comparison, held in zip(COMPARISONS, written["comparisons"], strict=True):
        levels = [one for one in held["comparison_levels"] if not one.get("is_null_level")]
        odds[comparison.name] = {
            level.name: Odds(
                max(one.get("m_probability") or 0.0, LEAST_M),
                max(one.get("u_probability") or 0.0, LEAST_U),
            )
            for level, one in zip(comparison.levels, levels, strict=True)
        }
    return odds
