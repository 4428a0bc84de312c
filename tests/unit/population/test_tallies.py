"""Counts of a campaign told day after day: an attacker who reads all of them learns nothing small."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from tests.attacking import attack

from cordee.care.campaigns.figures import SPLIT, SPLITS, STAGES
from cordee.population.tallies import Asked, Tally, told

NEXT = {
    "listed": (("invited", 0.8), ("excluded", 0.1)), "invited": (("reached", 0.6),),
    "reached": (("booked", 0.6),), "booked": (("done", 0.8),), "done": (("positive", 0.1),),
    "positive": (("linked", 0.6),),
}  # fmt: skip


class Campaign:
    """Invented persons who go from stage to stage."""

    def __init__(self, seed: int, count: int) -> None:
        self.rng = random.Random(seed)
        self.people: list[list[Any]] = [
            [self.rng.choice("ABD"), self._values(), "listed"] for _ in range(count)
        ]

    def _values(self) -> tuple[tuple[str, str], ...]:
        pick = self.rng.choice
        told = (pick(("female", "male")), pick(("45-64", "65-74")), pick("12345"))
        return tuple(zip(SPLITS, told, strict=True))

    def day(self, pace: float) -> None:
        for one in self.people:
            for stage, chance in NEXT.get(one[2], ()):
                if self.rng.random() < chance * pace:
                    one[2] = stage
                    break

    def tallies(self) -> list[Tally]:
        found = Counter((area, values, end) for area, values, end in self.people)
        return [Tally(area, dict(values), end, n) for (area, values, end), n in found.items()]


ATOMS = [
    {"commune": area, "sex": sex, "band": band, "quintile": quintile, "status": end}
    for area in "ABD"
    for sex in ("female", "male")
    for band in ("45-64", "65-74")
    for quintile in "12345"
    for end in STAGES["targeted"]
]


def days(seed: int, count: int, pace: float) -> list[dict[str, Any]]:
    """What was told on three days, the newest first."""
    campaign, found = Campaign(seed, count), list[dict[str, Any]]()
    for at in range(3):
        campaign.day(pace)
        asked = Asked("c", date(2026, 3, 2) + timedelta(days=at), STAGES, SPLITS, SPLIT)
        found.insert(0, told(campaign.tallies(), asked, found))
    return found


@pytest.mark.requirement("G3.7")
@pytest.mark.parametrize("seed", range(6))
def test_nothing_small_is_recovered_from_days_of_a_campaign(seed: int) -> None:
    found = days(seed, 60 + 90 * seed, 0.5)
    assert attack([one["released"] for one in reversed(found)], ATOMS) == []


@pytest.mark.requirement("G3.7")
@pytest.mark.parametrize("seed", range(4))
def test_no_figure_and_no_difference_of_stages_is_small(seed: int) -> None:
    found = days(seed, 300, 0.7)
    figures = found[0]["released"]["figures"]
    by_place: dict[str, dict[str, int]] = {}
    for level, area, bands, got in figures:
        if got is None:
            continue
        told_of = dict(map(tuple, bands))
        stage = told_of.pop("status")
        by_place.setdefault(f"{level} {area} {sorted(told_of.items())}", {})[stage] = got["n"]
    order = list(STAGES)
    for stages in by_place.values():
        values = [stages[one] for one in order if one in stages]
        assert all(one >= 11 for one in values)
        assert all(a == b or a - b >= 11 for a, b in itertools.pairwise(values))


def test_what_cannot_be_told_again_keeps_its_day() -> None:
    campaign, found = Campaign(3, 400), list[dict[str, Any]]()
    campaign.day(1.0)
    for at in (0, 1):
        asked = Asked("c", date(2026, 3, 2 + at), STAGES, SPLITS, SPLIT)
        found.insert(0, told(campaign.tallies(), asked, found))
        campaign.people.append(["A", campaign._values(), "listed"])
    first, second = (one["areas"]["region"]["targeted"] for one in reversed(found))
    assert first == second == {"n": 400, "day": "2026-03-02"}


def test_nobody_listed_tells_nothing() -> None:
    empty = told([], Asked("c", date(2026, 3, 2), STAGES, SPLITS, SPLIT), [])
    assert (empty["areas"], empty["splits"]) == ({}, {})
