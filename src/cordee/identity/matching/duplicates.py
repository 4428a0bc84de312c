"""The pairs of a whole population that are likely one person, with their reasons.

Batch only: needs splink. DuckDB finds and scores the pairs; each pair that is kept is then
explained by the same scorer as on line, whose weight is the same. Rule: A1.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import pyarrow as pa

from cordee.identity.matching.blocking import prepared_blocks
from cordee.identity.matching.linking import NUMBER, linker, settings, with_frequencies
from cordee.identity.matching.people import Person, Prepared, prepare
from cordee.identity.matching.scoring import Match, prior_bits, score_prepared
from cordee.identity.matching.weights import Weights, french_weights

LIKELY: Final = 0.9
LARGEST_BLOCK: Final = 400
_PAIRS: Final = """
select distinct a.number as join_key_l, b.number as join_key_r, '0' as match_key
from keys a join keys b on a.key = b.key and a.number < b.number
where a.key in (select key from keys group by key having count(*) between 2 and ?)
"""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two places of a population that are likely one person; the first is the smaller."""

    first: int
    second: int
    match: Match


def duplicates(
    people: Sequence[Person],
    *,
    weights: Weights | None = None,
    threshold: float = LIKELY,
    population: int | None = None,
) -> list[Duplicate]:
    """The pairs at or over a probability, the likeliest first.

    `population` is how many people there are in all, when `people` are only a part of them.
    A key that more than `LARGEST_BLOCK` share tells nothing and is left out.
    """
    if len(people) <= 1:
        return []
    known, size = weights or french_weights(), population or len(people)
    prepared = [prepare(one) for one in people]
    found = []
    for first, second, _ in weighed_pairs(prepared, known, size, threshold=threshold):
        match = score_prepared(prepared[first], prepared[second], known, size)
        if match.probability >= threshold:
            found.append(Duplicate(first, second, match))
    return sorted(found, key=lambda one: (-one.match.weight, one.first, one.second))


def weighed_pairs(
    people: Sequence[Prepared], weights: Weights, population: int, *, threshold: float
) -> list[tuple[int, int, float]]:
    """The pairs that share a key, with the weight in bits that splink gives them.

    Pairs under the threshold, a probability, are left out.
    """
    made = linker(people, settings(weights, population=population))
    with_frequencies(made, _frequencies(people, weights))
    database: Any = made._db_api  # its only door
    pairs = database.register(candidate_pairs(people))
    made.table_management.register_blocked_pairs_for_predict(pairs)
    answer = made.inference.predict(threshold_match_probability=threshold or None)
    prior = prior_bits(population)  # splink counts it into its weight
    return [
        (row[f"{NUMBER}_l"], row[f"{NUMBER}_r"], row["match_weight"] + prior)
        for row in answer.as_record_list()
    ]


def candidate_pairs(people: Sequence[Prepared]) -> pa.Table:
    """The pairs that share a key, in the form in which splink takes them."""
    numbers: list[int] = []
    keys: list[str] = []
    for number, one in enumerate(people):
        held = set(prepared_blocks(one))
        keys.extend(held)
        numbers.extend([number] * len(held))
    database = duckdb.connect(":memory:")
    database.register("keys", pa.table({NUMBER: numbers, "key": keys}))
    return database.sql(_PAIRS, params=[LARGEST_BLOCK]).to_arrow_table()


def _frequencies(people: Sequence[Prepared], weights: Weights) -> dict[str, dict[str, float]]:
    """How frequent each name of these people is, rare ones at the floor."""
    return {
        column: {
            name: weights.frequency(column, name)
            for name in {getattr(one, column) for one in people}
            if name
        }
        for column in weights.frequencies
    }
