"""Territories that rank priorities together: the rule, whatever they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.population.alignment import (
    Board,
    Draft,
    Priority,
    Result,
    Stance,
    Territory,
    candidate,
    checked,
    community_of,
    order_of,
    result_of,
    standings,
    territory,
)
from cordee.runtime.errors import InvalidRequest, RuleBroken

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def draft(territories: str = "ABCD", priorities: int = 3, top: int = 2) -> Draft:
    return Draft(
        "Feuille de route", date(2026, 1, 1), date(2028, 12, 31), "departement",
        tuple(Territory(code, f"Département {code}") for code in territories),
        tuple(
            Priority(at, f"i{at}", f"Indicateur {at}", "%", "2025-01-01", "2025-12-31", None, {})
            for at in range(1, priorities + 1)
        ),
        top,
    )  # fmt: skip


def said(**what: tuple[int, ...] | str) -> dict[str, Stance]:
    return {
        code: Stance(code, () if isinstance(one, str) else one,
                     one if isinstance(one, str) else "", "Julie", NOW)
        for code, one in what.items()
    }  # fmt: skip


stances = st.dictionaries(
    st.sampled_from("ABCD"),
    st.one_of(st.permutations([1, 2, 3]).map(tuple), st.just("non")),
    min_size=0,
).map(lambda told: said(**told))


def test_three_territories_agree_and_the_fourth_stops_nobody() -> None:
    """SC4, step 3: A, B and D rank it 1, 2, 1; C declines."""
    told = said(A=(1, 2, 3), B=(3, 1, 2), C="moyens engagés ailleurs", D=(1, 3, 2))
    found = result_of(draft(), told)
    first = found.communities[0]
    assert (first.indicator, first.place) == ("i1", 1)
    assert [one.code for one in first.members] == ["A", "B", "D"]
    assert [(one.code, motive) for one, motive in found.declined] == [
        ("C", "moyens engagés ailleurs")
    ]
    assert [one.indicator for one in found.communities] == ["i1", "i3"]
    assert [one.code for one in found.communities[1].members] == ["B", "D"]


@given(stances)
def test_the_order_is_that_of_the_mean_rank_and_ties_are_said(told: dict[str, Stance]) -> None:
    found = standings(draft(), told)
    ranked = [one for one in told.values() if not one.has_declined]
    for one in found:
        assert one.total == sum(each.order.index(one.priority.number) + 1 for each in ranked)
        assert one.mean == (Fraction(one.total, len(ranked)) if ranked else None)
        assert one.place == (1 + sum(x.total < one.total for x in found) if ranked else 0)
        assert one.tied == (bool(ranked) and sum(x.total == one.total for x in found) > 1)
    assert [one.place for one in found] == sorted(one.place for one in found)


@given(stances)
def test_a_community_is_who_has_it_among_the_first_and_nobody_who_declined(
    told: dict[str, Stance],
) -> None:
    try:
        found = result_of(draft(), told)
    except RuleBroken:
        ranked = [one for one in told.values() if not one.has_declined]
        assert len(ranked) < 2
        assert set(told) < set("ABCD")
        return
    in_top = {
        (code, number) for code, one in told.items() for number in one.order[:2]
    }  # fmt: skip
    common = {n for n in (1, 2, 3) if sum((code, n) in in_top for code in "ABCD") >= 2}
    assert {one.indicator for one in found.communities} == {f"i{n}" for n in common}
    for each in found.communities:
        number = int(each.indicator[1:])
        assert {one.code for one in each.members} == {c for c, n in in_top if n == number}
    parts = [
        {one.code for each in found.communities for one in each.members},
        {one.code for one, _motive in found.declined},
        {one.code for one in found.silent},
        {one.code for one in found.alone},
    ]
    assert sum(len(one) for one in parts) == 4
    assert set().union(*parts) == set("ABCD")
    assert Result.from_json(found.to_json()) == found


@given(stances, st.sampled_from("ABCD"))
def test_who_declines_changes_nothing_for_the_others(told: dict[str, Stance], who: str) -> None:
    without = {code: one for code, one in told.items() if code != who}
    assert standings(draft(), without) == standings(draft(), without | said(**{who: "non"}))


@given(st.permutations([1, 2, 3, 4]))
def test_ranks_are_one_to_n(order: list[int]) -> None:
    ranks = {number: at for at, number in enumerate(order, 1)}
    assert order_of(draft(priorities=4), ranks) == tuple(order)


@pytest.mark.parametrize(
    "ranks", [{}, {1: 1, 2: 2}, {1: 1, 2: 1, 3: 2}, {1: 0, 2: 1, 3: 2}, {1: 1, 2: 2, 9: 3}]
)
def test_other_ranks_are_refused(ranks: Mapping[int, int]) -> None:
    with pytest.raises(InvalidRequest, match="rank of its own"):
        order_of(draft(), ranks)


def test_a_draft_on_which_nobody_could_agree_is_refused() -> None:
    assert checked(draft()) == draft()
    good = draft()
    for wrong in (
        draft("A"),
        draft("AA"),
        draft(priorities=1, top=1),
        draft(priorities=9),
        draft(top=3),
        draft(top=0),
        replace(good, title=""),
        replace(good, title="x" * 201),
        replace(good, end=date(2025, 1, 1)),
        replace(good, priorities=good.priorities * 2),
    ):
        with pytest.raises(InvalidRequest):
            checked(wrong)
    with pytest.raises(InvalidRequest, match="no territory"):
        territory(good, "Z")


def test_a_board_closes_when_two_have_ranked_or_all_have_spoken() -> None:
    with pytest.raises(RuleBroken):
        result_of(draft(), said(A=(1, 2, 3)))
    with pytest.raises(RuleBroken):
        result_of(draft(), said(A=(1, 2, 3), B="non", C="non"))
    alone = result_of(draft(), said(A=(1, 2, 3), B="non", C="non", D="non"))
    assert alone.communities == ()
    assert [one.code for one in alone.alone] == ["A"]
    early = result_of(draft(), said(A=(1, 2, 3), B=(1, 3, 2)))
    assert [one.code for one in early.silent] == ["C", "D"]


def test_a_campaign_starts_from_a_closed_board() -> None:
    board = Board(1, NOW, "Julie", draft())
    assert community_of(board) is None
    result = result_of(draft(), said(A=(1, 2, 3), B=(3, 1, 2), C="non", D=(1, 3, 2)))
    closed = Board(1, NOW, "Julie", draft(), (), result, NOW, "Julie", "0" * 64)
    found = community_of(closed)
    assert found is not None
    assert found.indicator == "i1"
    other = community_of(closed, "i3")
    assert other is not None
    assert [one.code for one in other.members] == ["B", "D"]
    assert community_of(closed, "i2") is None


def test_only_a_territory_told_by_itself_has_a_figure() -> None:
    told = {"title": "Diabète", "unit": "%", "start": "2025-01-01", "end": "2025-12-31", "rows": [
        {"code": "A", "cases": 40, "value": "5.1", "low": "4.0", "high": "6.0"},
        {"code": "B", "cases": None, "value": None, "low": None, "high": None},
        {"code": "+C", "cases": 20, "value": "4.1", "low": "3.0", "high": "5.0"},
    ]}  # fmt: skip
    found = candidate(1, "diabete", told, 7, draft().territories)
    assert set(found.figures) == {"A"}
    assert (found.figures["A"].cases, found.version) == (40, 7)
