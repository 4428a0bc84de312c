"""How well people are matched on public labelled data, and that a batch scores as on line does.

The weights were learnt without labels on drawn French people; no record of these data took part.
The rules of the levels were settled while reading results on FEBRL 1 and 4; FEBRL 2 and the
French people drawn with another seed were measured only afterwards.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from bench.matching import candidates, measure
from bench.matching_people import fake_1000, febrl, french_people

from cordee.identity.matching.duplicates import candidate_pairs, duplicates, weighed_pairs
from cordee.identity.matching.people import Person, prepare
from cordee.identity.matching.scoring import score_prepared
from cordee.identity.matching.weights import french_weights
from shared_data import ROOT, shared

FOLDER = "data/08-matching"


@pytest.mark.requirement("A1.7")
@pytest.mark.parametrize(
    ("number", "with_number", "floor"),
    [("1", True, 0.98), ("4", True, 0.95), ("2", True, 0.95), ("1", False, 0.90),
     ("4", False, 0.90)],
    ids=["febrl 1", "febrl 4", "febrl 2", "febrl 1 by traits alone", "febrl 4 by traits alone"],
)  # fmt: skip
def test_febrl_is_matched_over_the_floor(number: str, with_number: bool, floor: float) -> None:
    found = measure(febrl(shared(FOLDER).parent.parent, number, with_number=with_number))

    assert found.f1 >= floor, found


def test_fake_1000_is_matched_without_false_pairs() -> None:
    found = measure(fake_1000(shared(FOLDER).parent.parent))

    assert found.precision >= 0.98 and found.f1 >= 0.75, found


@pytest.mark.requirement("A1.7")
def test_french_people_with_families_are_matched() -> None:
    data = french_people(shared(FOLDER).parent.parent, size=5_000, seed=23, with_kin=True)

    found = measure(data)

    assert found.precision >= 0.98 and found.recall >= 0.98, found


def test_batch_and_scorer_give_the_same_weight_to_every_pair() -> None:
    """Splink in SQL and the scorer in memory, on French people and on FEBRL."""
    folder, weights = shared(FOLDER).parent.parent, french_weights()
    drawn = french_people(folder, size=3_000, seed=29, with_kin=True).people
    people = [prepare(one) for one in (*drawn, *febrl(folder, "1").people)]

    weighed = weighed_pairs(people, weights, len(people), threshold=0)

    assert {(first, second) for first, second, _ in weighed} == candidates(people)
    assert len(weighed) > 1_500
    for first, second, weight in weighed:
        match = score_prepared(people[first], people[second], weights, len(people))
        assert weight == pytest.approx(match.weight, abs=1e-6)


def test_batch_and_scorer_agree_on_damaged_people() -> None:
    """Every pair of people whose fields were exchanged, cut and emptied at random."""
    draw = Random(31)
    folder, weights = shared(FOLDER).parent.parent, french_weights()
    drawn = french_people(folder, size=40, seed=37, with_kin=True).people
    people = [prepare(_damaged(one, drawn, draw)) for one in drawn for _ in range(3)]
    shared_keys = len(candidate_pairs(people))

    weighed = weighed_pairs(people, weights, len(people), threshold=0)

    assert len(weighed) == shared_keys > 50
    for first, second, weight in weighed:
        match = score_prepared(people[first], people[second], weights, len(people))
        assert weight == pytest.approx(match.weight, abs=1e-6)


def _damaged(one: Person, others: tuple[Person, ...], draw: Random) -> Person:
    for field in ("birth_name", "used_name", "given_names", "birth_date", "matricule", "street"):
        kind, value = draw.random(), getattr(one, field)
        if kind < 0.15:
            one = replace(one, **{field: getattr(draw.choice(others), field)})
        elif kind < 0.25:
            one = replace(one, **{field: value[: draw.randint(0, len(value))]})
        elif kind < 0.35 and len(value) > 3:
            place = draw.randrange(1, len(value) - 1)
            one = replace(one, **{field: value[:place] + value[place + 1] + value[place + 1 :]})
    return one


@pytest.mark.requirement("A1.7")
def test_duplicates_of_a_population_come_with_their_reasons() -> None:
    folder = shared(FOLDER).parent.parent
    data = french_people(folder, size=500, seed=41, with_kin=False)

    found = duplicates(data.people)

    assert {(one.first, one.second) for one in found} <= data.pairs
    assert len(found) >= 0.97 * len(data.pairs)
    assert found[0].match.weight >= found[-1].match.weight
    assert all(one.match.probability >= 0.9 and one.match.sentences for one in found)
    assert duplicates(data.people[:1]) == []
    rare = duplicates(data.people, population=10**15)
    assert len(rare) < len(found)


def test_weights_say_where_they_come_from() -> None:
    text = (ROOT / "src/cordee/identity/matching/weights.json").read_text("utf-8")

    assert "EM without labels" in text and "INSEE" in text
