"""Territories that rank priorities together: what is common, in which order, who goes on; pure.

A territory ranks all priorities of a board, or declines it. A priority is common when it is among
the first `top` of two territories at least; those territories are its project community. The order
is that of the mean rank over the territories that ranked; equal means share a place. Rule: G2.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final

from cordee.runtime.errors import InvalidRequest, RuleBroken

MOST_PRIORITIES: Final = 8
_LONGEST: Final = 200
_TOGETHER: Final = 2


@dataclass(frozen=True, slots=True)
class Territory:
    """An area of the level of the board."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Told:
    """The published figure of a territory as the board was opened, in the unit of its priority."""

    cases: int
    value: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Priority:
    """An indicator that may be chosen; `version` is the frozen version that it cites, or None.

    `figures` holds the territories whose figure is published, by code; no other is known.
    """

    number: int
    indicator: str
    title: str
    unit: str
    start: str
    end: str
    version: int | None
    figures: Mapping[str, Told]


@dataclass(frozen=True, slots=True)
class Draft:
    """A board before it is opened; `top` is how many first ranks of a territory count."""

    title: str
    start: date
    end: date
    level: str
    territories: tuple[Territory, ...]
    priorities: tuple[Priority, ...]
    top: int


@dataclass(frozen=True, slots=True)
class Stance:
    """What a territory said: its priorities, the first one first, or why it declines."""

    territory: str
    order: tuple[int, ...]
    motive: str
    by: str
    at: datetime

    @property
    def has_declined(self) -> bool:
        """Whether the territory goes no further."""
        return not self.order


@dataclass(frozen=True, slots=True)
class Standing:
    """A priority beside the others: ranks by territory, their sum and mean, its place.

    `ahead` are the territories that have it among their first; `mean` is None where nobody ranked.
    """

    priority: Priority
    ranks: Mapping[str, int]
    ahead: tuple[str, ...]
    mean: Fraction | None
    place: int
    tied: bool

    @property
    def total(self) -> int:
        """The sum of the ranks."""
        return sum(self.ranks.values())

    @property
    def is_common(self) -> bool:
        """Whether two territories at least have it among their first."""
        return len(self.ahead) >= _TOGETHER


@dataclass(frozen=True, slots=True)
class Community:
    """A project community: the territories that go on together, and on what."""

    indicator: str
    title: str
    place: int
    members: tuple[Territory, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """How a board ended: communities in the order of the rule, who declined and why, who is silent.

    `alone` ranked, and shares no priority with anybody.
    """

    communities: tuple[Community, ...]
    declined: tuple[tuple[Territory, str], ...]
    silent: tuple[Territory, ...]
    alone: tuple[Territory, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, as it is kept."""
        return {
            "communities": [
                {"indicator": one.indicator, "title": one.title, "place": one.place,
                 "members": _pairs(one.members)}
                for one in self.communities
            ],
            "declined": [[one.code, one.name, motive] for one, motive in self.declined],
            "silent": _pairs(self.silent),
            "alone": _pairs(self.alone),
        }  # fmt: skip

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Result:
        """What `to_json` wrote."""
        return cls(
            tuple(
                Community(one["indicator"], one["title"], one["place"], _named(one["members"]))
                for one in told["communities"]
            ),
            tuple((Territory(code, name), motive) for code, name, motive in told["declined"]),
            _named(told["silent"]),
            _named(told["alone"]),
        )


@dataclass(frozen=True, slots=True)
class Board:
    """A board: what was put to the territories, all that they said in order, how it ended."""

    number: int
    at: datetime
    by: str
    draft: Draft
    history: tuple[Stance, ...] = ()
    result: Result | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    digest: str = ""

    @property
    def stances(self) -> dict[str, Stance]:
        """The last word of each territory that spoke."""
        return {one.territory: one for one in self.history}


def checked(draft: Draft) -> Draft:
    """The draft; raises `InvalidRequest` for one on which nobody could agree."""
    codes = [one.code for one in draft.territories]
    names = [one.indicator for one in draft.priorities]
    for wrong, sentence in (
        (not 0 < len(draft.title) <= _LONGEST, f"give a title of at most {_LONGEST} letters"),
        (draft.end < draft.start, "the period ends before it begins"),
        (len(codes) < _TOGETHER, "a board is for two territories at least"),
        (len(set(codes)) < len(codes), "a territory stands twice on the board"),
        (not _TOGETHER <= len(names) <= MOST_PRIORITIES,
         f"give from {_TOGETHER} to {MOST_PRIORITIES} priorities"),
        (len(set(names)) < len(names), "a priority stands twice on the board"),
        (not 1 <= draft.top < len(names), "fewer first ranks count than there are priorities"),
    ):  # fmt: skip
        if wrong:
            raise InvalidRequest(sentence)
    return draft


def candidate(
    number: int, indicator: str, told: Mapping[str, Any], version: int | None,
    territories: Sequence[Territory],
) -> Priority:  # fmt: skip
    """A priority from what a page or a frozen version tells (its body: title, unit, rows).

    Only a territory that is told by itself has a figure: one that is told with its neighbours has
    none here.
    """
    rows = {row["code"]: row for row in told["rows"] if row["value"] is not None}
    figures = {
        one.code: Told(row["cases"], row["value"], row["low"], row["high"])
        for one in territories
        if (row := rows.get(one.code)) is not None
    }
    return Priority(
        number, indicator, told["title"], told["unit"], told["start"], told["end"], version, figures
    )


def order_of(draft: Draft, ranks: Mapping[int, int]) -> tuple[int, ...]:
    """The numbers of the priorities by rank; raises `InvalidRequest` unless each has its own."""
    numbers = {one.number for one in draft.priorities}
    if set(ranks) != numbers or sorted(ranks.values()) != list(range(1, len(numbers) + 1)):
        raise InvalidRequest(f"give each priority a rank of its own from 1 to {len(numbers)}")
    return tuple(sorted(numbers, key=lambda one: ranks[one]))


def territory(draft: Draft, code: str) -> Territory:
    """A territory of the board; raises `InvalidRequest` for one that is not on it."""
    found = next((one for one in draft.territories if one.code == code), None)
    if found is None:
        raise InvalidRequest(f"{code} is no territory of this board")
    return found


def standings(draft: Draft, stances: Mapping[str, Stance]) -> tuple[Standing, ...]:
    """All priorities in the order of the rule; those that share a place in the order given."""
    orders = {one.territory: one.order for one in stances.values() if not one.has_declined}
    sums = {
        one.number: sum(order.index(one.number) + 1 for order in orders.values())
        for one in draft.priorities
    }
    found = []
    for one in draft.priorities:
        ranks = {code: order.index(one.number) + 1 for code, order in orders.items()}
        mine = sums[one.number]
        ahead = tuple(each.code for each in draft.territories
                      if ranks.get(each.code, draft.top + 1) <= draft.top)  # fmt: skip
        place = 1 + sum(other < mine for other in sums.values()) if orders else 0
        tied = bool(orders) and sum(other == mine for other in sums.values()) > 1
        mean = Fraction(mine, len(orders)) if orders else None
        found.append(Standing(one, ranks, ahead, mean, place, tied))
    return tuple(sorted(found, key=lambda one: (one.place, one.priority.number)))


def result_of(draft: Draft, stances: Mapping[str, Stance]) -> Result:
    """How the board ends as things stand; raises `RuleBroken` while too few have spoken.

    Two territories that ranked are enough: who declined or said nothing stops nobody. Where all
    have spoken and fewer ranked, it ends without a community.
    """
    ranked = {code for code, one in stances.items() if not one.has_declined}
    silent = tuple(one for one in draft.territories if one.code not in stances)
    if len(ranked) < _TOGETHER and silent:
        raise RuleBroken("two territories at least rank the priorities before a board is closed")
    communities = tuple(
        Community(
            one.priority.indicator, one.priority.title, one.place,
            tuple(each for each in draft.territories if each.code in one.ahead),
        )
        for one in standings(draft, stances)
        if one.is_common
    )  # fmt: skip
    together = {one.code for each in communities for one in each.members}
    return Result(
        communities,
        tuple((one, stances[one.code].motive) for one in draft.territories
              if one.code in stances and stances[one.code].has_declined),
        silent,
        tuple(one for one in draft.territories if one.code in ranked - together),
    )  # fmt: skip


def community_of(board: Board, indicator: str = "") -> Community | None:
    """The project community of a closed board: the first one, or that of an indicator.

    None while the board is open, and where nothing is common. What a campaign starts from (G3.1).
    """
    if board.result is None:
        return None
    some = board.result.communities
    return next((one for one in some if indicator in {"", one.indicator}), None)


def _pairs(some: Sequence[Territory]) -> list[list[str]]:
    return [[one.code, one.name] for one in some]


def _named(some: Sequence[Sequence[str]]) -> tuple[Territory, ...]:
    return tuple(Territory(code, name) for code, name in some)
