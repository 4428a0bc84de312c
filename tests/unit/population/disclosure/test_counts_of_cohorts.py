"""Counts of cohorts against an analyst who asks in every way to learn of one person."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from cordee.population.disclosure.bands import band
from cordee.population.disclosure.cohorts import Answer, Counter, CountRules, Refusal
from cordee.population.disclosure.ledger import MemoryLedger
from cordee.population.disclosure.noise import noise, record_keys

SECRET = bytes(range(16))
Ask = Callable[[str, set[int]], object]


@dataclass(frozen=True)
class World:
    """People and cases; the analyst can name anybody, and wants to know of `target`."""

    people: list[int]
    cases: set[int]
    target: int


def world(seed: int, *, sick: bool, cases: int = 60) -> World:
    rng = random.Random(seed)
    people = rng.sample(range(1, 2**60), 800)
    target = people[0]
    chosen = set(rng.sample(people[1:], cases + rng.randrange(40)))
    return World(people, chosen | {target} if sick else chosen, target)


class Guarded:
    """The product's door, as an analyst sees it: words for words."""

    def __init__(self, seed: int = 0, budget: int = 100) -> None:
        secret = seed.to_bytes(16, "little")
        self.counter = Counter(CountRules(secret, budget=budget), MemoryLedger())

    def __call__(self, definition: str, cohort: set[int]) -> object:
        got = asyncio.run(self.counter.ask("analyst", definition, cohort))
        return ("refused" if isinstance(got, Refusal) else "told", got.text)


def exact(definition: str, cohort: set[int]) -> object:
    """No ledger, no noise, no band: small counts are left out, no more."""
    return len(cohort) if len(cohort) >= 11 else None


class Refusing:
    """A ledger that refuses differences of 1 to 10 and nothing else."""

    def __init__(self) -> None:
        self.sets: list[set[int]] = []

    def __call__(self, definition: str, cohort: set[int]) -> object:
        if any(0 < len(cohort ^ other) < 11 for other in self.sets):
            return ("refused",)
        self.sets.append(cohort)
        return ("told", band(len(cohort)).text)


class Fresh:
    """Noise drawn anew for each question."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def __call__(self, definition: str, cohort: set[int]) -> object:
        return len(cohort) + self.rng.randint(-4, 4)


def plain(ask: Ask, w: World) -> list[object]:
    """All cases, then all cases but the target."""
    return [ask("A", w.cases), ask("A sauf une date de naissance", w.cases - {w.target})]


def union(ask: Ask, w: World) -> list[object]:
    """A large set, then the same or the target being a case."""
    half = {p for p in w.people[1:400] if p in w.cases}
    return [ask("A", half), ask("A ou C", half | ({w.target} & w.cases))]


def tracker(ask: Ask, w: World) -> list[object]:
    """A, A or B, A and not C: the tracker of Denning, Denning and Schwartz (1979)."""
    b, c = set(w.people[:300]), {w.target}
    cases = w.cases
    return [
        ask("B", cases & b),
        ask("non B", cases - b),
        ask("B ou non C", cases & (b | (set(w.people) - c))),
        ask("B et non C", (cases & b) - c),
    ]


ATTACKS: Sequence[Callable[[Ask, World], list[object]]] = (plain, union, tracker)


def told_apart(attack: Callable[[Ask, World], list[object]], door: Callable[[int], Ask]) -> float:
    """How often the replies differ between two worlds that differ by the target alone."""
    seen = 0
    for seed in range(80):
        sick = world(seed, sick=True)
        healthy = World(sick.people, sick.cases - {sick.target}, sick.target)
        seen += deductions(attack, door(seed), sick) != deductions(attack, door(seed), healthy)
    return seen / 80


def deductions(attack: Callable[[Ask, World], list[object]], ask: Ask, w: World) -> object:
    """What the analyst reads off: the differences of exact numbers, or what was refused.

    Bands are left out here: those of near sets always overlap, see the test of pairs below.
    """
    got = attack(ask, w)
    if all(isinstance(one, int) for one in got):
        return [a - b for a, b in itertools.pairwise(got)]
    return [one[0] if isinstance(one, tuple) else one for one in got]


@pytest.mark.requirement("G1.10")
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_sequence_of_questions_tells_whether_somebody_is_a_case(attack: Callable) -> None:
    assert told_apart(attack, Guarded) == 0


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_analyst_beats_exact_counts_and_a_ledger_that_refuses_too_little(
    attack: Callable,
) -> None:
    assert told_apart(attack, lambda seed: exact) > 0.9
    assert told_apart(attack, lambda seed: Refusing()) > 0.9


@pytest.mark.requirement("G1.10")
def test_no_two_answers_stand_for_sets_that_differ_by_a_few() -> None:
    refused = 0
    for seed in range(25):
        rng, w, ask = random.Random(seed), world(seed, sick=True), Guarded(seed)
        told: list[set[int]] = []
        sets = [{p for p in w.people if p in w.cases or p % 7 == 0}]
        for at in range(40):
            one, other = rng.choice(sets), set(rng.sample(w.people, rng.choice((1, 4, 9, 40, 200))))
            cohort = rng.choice((one | other, one - other, one & other, one ^ other))
            sets.append(cohort)
            kind, text = ask(f"q{at}", cohort)
            refused += kind == "refused"
            if kind == "told" and text != "moins de 11":
                told.append(cohort)
        for a, b in itertools.combinations(told, 2):
            assert max(len(a - b), len(b - a)) >= 11
    assert refused > 100


def averaged(ask: Ask, cohort: set[int], *, names: int) -> float | None:
    """The same people under many names."""
    got = [ask(f"nom {at}", cohort) for at in range(names)]
    numbers = [one for one in got if isinstance(one, int)]
    return sum(numbers) / len(numbers) if numbers else None


@pytest.mark.requirement("G1.10")
def test_the_same_people_under_many_names_bring_one_answer() -> None:
    for seed in range(20):
        w = world(seed, sick=True)
        ask = Guarded(seed)
        got = {ask(f"nom {at}", w.cases)[1].split(" : ")[-1].rstrip(".") for at in range(30)}
        first = band(len(w.cases)).text, band(len(w.cases) - 4).text, band(len(w.cases) + 4).text
        told = {text.removeprefix("Réponse déjà donnée : ") for text in got}
        assert len(told) == 1 and told <= set(first)
        mean = averaged(Fresh(seed), w.cases, names=400)
        assert mean is not None and round(mean) == len(w.cases)  # fresh noise is averaged away


@pytest.mark.requirement("G1.10")
def test_a_refusal_says_why_and_repeats_what_was_told() -> None:
    w = world(1, sick=True)
    ask = Guarded()
    _, first = ask("diabétiques", w.cases)
    kind, text = ask("diabétiques sauf une", w.cases - {w.target})
    assert kind == "refused"
    assert "à moins de 11 personnes près" in text and "« diabétiques »" in text and first in text
    assert ask("diabétiques", w.cases) == ("told", first)
    more = w.cases | set(w.people[-200:])
    assert ask("autre chose", more)[0] == "told"


@pytest.mark.requirement("G1.10")
def test_small_cohorts_and_empty_ones_are_told_alike() -> None:
    for seed in range(40):
        ask = Guarded(seed)
        w = world(seed, sick=False)
        assert ask("personne", set()) == ("told", "moins de 11")
        assert ask("dix", set(w.people[:10])) == ("told", "moins de 11")
        assert ask("treize", set(w.people[:13]))[0] in {"refused", "told"}
    assert band(0).text == "moins de 11"
    assert [band(n).text for n in (11, 20, 21, 50, 1200)] == [
        "11 à 20",
        "11 à 20",
        "21 à 50",
        "21 à 50",
        "1\u202f001 à 2\u202f000",
    ]


def test_all_people_but_a_few_are_no_cohort_where_the_population_is_known() -> None:
    w = world(3, sick=True)
    rules = CountRules(SECRET)
    everyone = np.array(w.people, dtype=np.int64)
    counter = Counter(rules, MemoryLedger(), everyone)
    got = asyncio.run(counter.ask("a", "tous sauf trois", everyone[3:]))
    assert isinstance(got, Refusal)


def test_answers_for_one_person_come_to_an_end_and_others_are_not_touched() -> None:
    w = world(4, sick=True)
    counter = Counter(CountRules(SECRET, budget=3), MemoryLedger())

    async def ask(person: str, at: int) -> Answer | Refusal:
        return await counter.ask(person, f"q{at}", set(w.people[at * 100 : at * 100 + 100]))

    async def run() -> list[Answer | Refusal]:
        return [*[await ask("a", at) for at in range(4)], await ask("b", 3)]

    kinds = [type(one) for one in asyncio.run(run())]
    assert kinds == [Answer, Answer, Answer, Refusal, Answer]


def test_two_questions_at_once_are_judged_one_after_the_other() -> None:
    w = world(5, sick=True)
    counter = Counter(CountRules(SECRET), MemoryLedger())

    async def both() -> list[Answer | Refusal]:
        return await asyncio.gather(
            counter.ask("a", "avec", w.cases), counter.ask("a", "sans", w.cases - {w.target})
        )

    assert sorted(type(one).__name__ for one in asyncio.run(both())) == ["Answer", "Refusal"]


def test_record_keys_are_siphash_and_noise_is_flat() -> None:
    # The test vector of the authors of SipHash: key 00..0f, message 00..07.
    message = np.frombuffer(bytes(range(8)), dtype=np.int64)
    assert int(record_keys(message, SECRET)[0]) == 0x93F5F5799A932462
    drawn = [noise(key, 4, SECRET) for key in range(9000)]
    assert set(drawn) == set(range(-4, 5))
    assert abs(sum(drawn) / len(drawn)) < 0.1
