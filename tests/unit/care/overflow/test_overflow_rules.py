"""The rules of overflow: index, colour, convention, quota, episode, balance."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.care.overflow import conventions, episodes
from cordee.care.overflow.conventions import Convention, Terms, Window
from cordee.care.overflow.eligibility import Quota, Refusal, Waiting, choose, refusal
from cordee.care.overflow.episodes import Episode, State
from cordee.care.overflow.reciprocity import Work, balance, last_months
from cordee.care.overflow.saturation import (
    FORMULA,
    Colour,
    Load,
    Thresholds,
    Watch,
    begin,
    index,
    observe,
    parts,
)
from cordee.runtime.errors import ResourceInvalid, RuleBroken

AT = datetime(2026, 11, 23, 1, 11, tzinfo=UTC)
RULES = Thresholds()
A, B, C = "Organization/samu-a", "Organization/samu-b", "Organization/samu-c"


@pytest.mark.requirement("C2.1")
def test_the_index_of_a_night_at_samu_a_is_orange_and_its_terms_add_up() -> None:
    load = Load(waiting=14, p90_seconds=190, positions=6, busy=6, p0=1)

    worked = parts(load)

    assert RULES.colour(index(load)) is Colour.ORANGE
    assert sum(one.points for one in worked) == pytest.approx(index(load), abs=1e-4)
    assert [one.term.code for one in worked] == ["waiting", "p90", "busy", "p0"]


@pytest.mark.requirement("C2.1")
@given(
    st.integers(0, 500), st.floats(0, 10_000), st.integers(0, 30), st.integers(0, 30),
    st.integers(0, 30),
)  # fmt: skip
def test_the_index_lies_between_0_and_1_and_grows_with_the_queue(
    waiting: int, p90: float, positions: int, busy: int, p0: int
) -> None:
    load = Load(waiting, p90, positions, busy, p0)

    assert 0 <= index(load) <= 1
    assert index(replace(load, waiting=waiting + 1)) >= index(load)
    assert sum(one.weight for one in FORMULA) == pytest.approx(1)


def follow(levels: list[float], seconds: int = 10) -> list[Watch]:
    """The watches over indexes taken every ten seconds."""
    watch = begin(levels[0], AT, RULES)
    made = [watch]
    for number, level in enumerate(levels[1:], start=1):
        watch = observe(watch, level, AT + timedelta(seconds=seconds * number), RULES)
        made.append(watch)
    return made


@pytest.mark.requirement("C2.1")
def test_a_colour_follows_after_five_minutes_and_not_before() -> None:
    watches = follow([0.3] + [0.7] * 31)

    assert {one.colour for one in watches[:31]} == {Colour.GREEN}
    assert watches[31].colour is Colour.ORANGE


@pytest.mark.requirement("C2.1")
def test_an_index_that_swings_does_not_make_the_colour_flap() -> None:
    watches = follow([0.55, 0.65] * 100)

    assert {one.colour for one in watches} == {Colour.GREEN}


@pytest.mark.requirement("C2.1")
@given(st.lists(st.floats(0, 1), min_size=2, max_size=120))
def test_two_changes_of_colour_are_five_minutes_apart(levels: list[float]) -> None:
    watches = follow(levels)

    changes = [b.since for a, b in itertools.pairwise(watches) if a.colour != b.colour]
    assert all(b - a >= RULES.hold for a, b in itertools.pairwise(changes))


def convention(terms: Terms, *signed: str) -> Convention:
    """The convention A-B with these signatures."""
    return Convention("a-b", 1, A, B, terms, dict.fromkeys(signed, "Dr Roy"))


@pytest.mark.requirement("C2.2")
def test_a_convention_stands_when_both_have_signed_and_within_its_hours() -> None:
    night = Terms(hours=(Window((0, 1, 2, 3, 4, 5, 6), time(20), time(8)),))

    assert convention(night, A, B).stands(AT)
    assert not convention(night, A).stands(AT)
    assert not convention(night, A, B).stands(AT + timedelta(hours=9))
    assert not convention(replace(night, to_day=date(2026, 11, 22)), A, B).stands(AT)


@pytest.mark.requirement("C2.2")
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    sunday_night = Window((6,), time(20), time(8))

    assert sunday_night.holds(AT)  # Monday 02:11 in Paris
    assert not sunday_night.holds(AT + timedelta(days=1))


@pytest.mark.requirement("C2.2")
def test_terms_survive_their_json_and_wrong_ones_say_where() -> None:
    terms = Terms(motives=("M02",), automatic=frozenset({A}), to_day=date(2027, 1, 1))
    wrong = Terms(share=90, priorities=frozenset({"P0"}), hours=(), cap_hours=0)

    assert conventions.from_data(conventions.as_data(terms)) == terms
    with pytest.raises(ResourceInvalid) as error:
        conventions.check(wrong, (A, B))
    found = {issue.expression[0] for issue in error.value.issues()}
    assert found == {"share", "priorities", "hours", "cap_hours"}


@pytest.mark.requirement("C2.3")
def test_an_episode_opens_by_itself_only_when_both_ends_allow() -> None:
    assert not convention(Terms(automatic=frozenset({A})), A, B).is_automatic
    assert convention(Terms(automatic=frozenset({A, B})), A, B).is_automatic


@pytest.mark.requirement("C2.4")
@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (Waiting("1", AT), None),
        (Waiting("1", AT, "P2", "M02.01"), None),
        (Waiting("1", AT, "P0"), Refusal.VITAL),
        (Waiting("1", AT, "P1"), Refusal.PRIORITY),
        (Waiting("1", AT, "P2", "M03.08"), Refusal.MOTIVE),
        (Waiting("1", AT, "P3", "M02.01", hops=1), Refusal.HOPS),
    ],
)
def test_only_calls_that_the_convention_names_move(call: Waiting, expected: Refusal | None) -> None:
    assert refusal(call, Terms(motives=("M02",))) is expected


@pytest.mark.requirement("C2.4")
def test_a_vital_call_moves_by_voice_alone_and_never_twice() -> None:
    vital = Waiting("1", AT, "P0")

    assert refusal(vital, Terms(), by_voice=True) is None
    assert refusal(replace(vital, hops=1), Terms(), by_voice=True) is Refusal.HOPS


@pytest.mark.requirement("C2.2", "C2.4")
@given(
    st.integers(0, 400), st.integers(0, 100), st.floats(0, 1),
    st.lists(st.sampled_from(["", "P0", "P1", "P2", "P3"]), max_size=40),
)  # fmt: skip
def test_the_quota_is_kept_and_stops_alone_when_the_neighbour_fills(
    presented: int, moved: int, neighbour: float, priorities: list[str]
) -> None:
    queue = [Waiting(str(n), AT - timedelta(seconds=n), p) for n, p in enumerate(priorities)]
    quota, terms = Quota(presented, moved, neighbour), Terms()

    chosen = choose(queue, terms, quota)

    assert not chosen or moved + len(chosen) <= presented * terms.share / 100
    assert neighbour < terms.stop or not chosen
    assert all(one.priority in terms.priorities for one in chosen)
    assert [one.since for one in chosen] == sorted(one.since for one in chosen)
    assert not choose(queue, terms, replace(quota, is_open=False))


EPISODE = Episode("e", A, B, "a-b", 1, State.PROPOSED, AT)


@pytest.mark.requirement("C2.3")
def test_a_proposal_expires_after_three_minutes() -> None:
    late = AT + episodes.ANSWER_WITHIN

    assert episodes.elapse(EPISODE, late - timedelta(seconds=1)).state is State.PROPOSED
    assert episodes.elapse(EPISODE, late).state is State.EXPIRED
    with pytest.raises(RuleBroken):
        episodes.answer(EPISODE, accepts=True, at=late)


@pytest.mark.requirement("C2.3")
@pytest.mark.parametrize("end", [A, B])
def test_each_end_has_a_kill_switch_and_what_has_moved_is_settled_first(end: str) -> None:
    active = replace(EPISODE, state=State.ACTIVE)

    ending = episodes.stop(active, end)

    assert (ending.state, ending.ended_by) == (State.ENDING, end)
    assert not episodes.moves(ending)
    assert episodes.settle(ending, 2).state is State.ENDING
    assert episodes.settle(ending, 0).state is State.CLOSED
    with pytest.raises(RuleBroken):
        episodes.stop(active, C)


@pytest.mark.requirement("C2.3")
@given(st.lists(st.sampled_from(list(State)), max_size=8), st.randoms(use_true_random=False))
def test_both_ends_agree_in_whatever_order_they_hear_of_an_episode(
    told: list[State], random: Random
) -> None:
    shuffled = sorted(told, key=lambda _one: random.random())
    mine, theirs = EPISODE, EPISODE
    for one in told:
        mine = episodes.join(mine, one)
    for one in [*shuffled, *shuffled]:
        theirs = episodes.join(theirs, one)

    assert mine.state is theirs.state


@pytest.mark.requirement("C2.2")
def test_the_balance_says_who_owes_hours_and_when_the_cap_is_passed() -> None:
    works = [
        Work(A, B, AT, 3600 * 30), Work(B, A, AT, 3600 * 18), Work(A, C, AT, 3600 * 99),
        Work(A, B, AT - timedelta(days=40), 3600 * 2),
    ]  # fmt: skip
    months = last_months(date(2026, 11, 23), 6)

    found = balance(works, (A, B), months, 10)

    assert months[0] == date(2026, 6, 1)
    assert (found.given, found.taken, found.owed) == (32, 18, 14)
    assert found.is_over
    assert [one.given for one in found.months][-2:] == [2, 30]
