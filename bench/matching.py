"""How well people are matched: precision, recall and F1 on labelled data; learns the weights.

    python -m bench.matching            prints what the shipped weights give
    python -m bench.matching --train    learns them again and writes them into the package

Needs the shared data (CORDEE_SHARED). Pairs at or over a probability of 0.9 count as matches;
this threshold was set before any measure and is the same for all data.
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from bench.matching_people import Labelled, fake_1000, febrl, french_people, name_counts
from cordee.identity.matching import weights as shipped
from cordee.identity.matching.blocking import prepared_blocks
from cordee.identity.matching.people import Prepared, prepare
from cordee.identity.matching.scoring import score_prepared
from cordee.identity.matching.weights import Weights, french_weights, write_weights

ROOT = Path(__file__).resolve().parent.parent
THRESHOLD = 0.9
LARGEST_BLOCK = 400
TRAINING_SIZE, TRAINING_SEED, TEST_SEED = 40_000, 7, 11
KEPT_NAMES = {"family": 6_000, "given": 2_000}


@dataclass(frozen=True, slots=True)
class Measure:
    """What a matching is worth on labelled people."""

    name: str
    people: int
    truth: int
    candidates: int
    block_recall: float
    precision: float
    recall: float
    seconds: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def candidates(people: Sequence[Prepared]) -> set[tuple[int, int]]:
    """Pairs that share a key; a key that too many share tells nothing and is left out."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(people):
        for block in set(prepared_blocks(one)):
            places[block].append(place)
    return {
        pair
        for held in places.values()
        if len(held) <= LARGEST_BLOCK
        for pair in combinations(held, 2)
    }


def measure(data: Labelled, weights: Weights | None = None) -> Measure:
    """Precision and recall of blocks and scores together, against all true pairs."""
    started = time.perf_counter()
    known = weights or french_weights()
    people = [prepare(one) for one in data.people]
    pairs = candidates(people)
    size = len(people)
    found = {
        (i, j)
        for i, j in pairs
        if score_prepared(people[i], people[j], known, size).probability >= THRESHOLD
    }
    true = len(found & data.pairs)
    return Measure(
        data.name,
        size,
        len(data.pairs),
        len(pairs),
        len(pairs & data.pairs) / len(data.pairs),
        true / len(found) if found else 0.0,
        true / len(data.pairs),
        time.perf_counter() - started,
    )


def shared_folder() -> Path:
    """The folder of the shared data."""
    return Path(os.environ.get("CORDEE_SHARED") or ROOT.parent / "shared")


def measures(shared: Path) -> Iterable[Measure]:
    """All measures, none on people that the weights were learnt from."""
    yield measure(febrl(shared, "1"))
    yield measure(febrl(shared, "1", with_number=False))
    yield measure(febrl(shared, "4"))
    yield measure(febrl(shared, "4", with_number=False))
    yield measure(febrl(shared, "2"))
    yield measure(febrl(shared, "2", with_number=False))
    yield measure(fake_1000(shared))
    yield measure(french_people(shared, size=10_000, seed=TEST_SEED, with_kin=True))


def learn(shared: Path) -> None:
    """Learn the weights on drawn French people, without labels, and write them."""
    from cordee.identity.matching.training import train  # noqa: PLC0415 - only here needs splink

    folder = Path(shipped.__file__).parent
    floors = {}
    for column, kept in KEPT_NAMES.items():
        counts = name_counts(shared, column)
        total = sum(counts.values())
        ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        lines = [f"{name},{count / total:.3g}\n" for name, count in ranked[:kept]]
        (folder / f"frequent_{column}_names.csv").write_text("".join(lines), "utf-8")
        # What a name that is not in the table is worth: the rest, spread over its names.
        rest = [count for _, count in ranked[kept:]]
        floors[column] = float(f"{sum(n * n for n in rest) / sum(rest) / total:.3g}")
    # Without families: a machine without labels takes twins for duplicates.
    drawn = french_people(shared, size=TRAINING_SIZE, seed=TRAINING_SEED, with_kin=False)
    people = drawn.people
    odds = train(people)
    source = (
        f"splink, EM without labels, {len(people)} drawn French files (seed {TRAINING_SEED}); "
        "names and communes: INSEE, Licence Ouverte"
    )
    text = write_weights(Weights(odds, {}, floors), source)
    (folder / "weights.json").write_text(text, "utf-8")
    french_weights.cache_clear()


def main() -> None:
    """Print the table."""
    shared = shared_folder()
    if "--train" in sys.argv:
        learn(shared)
    print(f"{'data':24} {'people':>7} {'true':>6} {'pairs':>8} {'blocks':>7} "
          f"{'precision':>10} {'recall':>8} {'F1':>7} {'s':>6}")  # fmt: skip
    for one in measures(shared):
        print(f"{one.name:24} {one.people:7} {one.truth:6} {one.candidates:8} "
              f"{one.block_recall:7.4f} {one.precision:10.4f} {one.recall:8.4f} "
              f"{one.f1:7.4f} {one.seconds:6.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
