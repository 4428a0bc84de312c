"""The rules of the floor without a database: states, bands, order, ageing, missed calls, numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cordee.care.regulation.queue import (
    Parameters,
    band,
    case_number,
    grouped,
    is_ageing,
    order,
)
from cordee.care.regulation.sealing import hidden_number, plain_number
from cordee.care.regulation.states import ENDED, Move, State, moved, moves_of
from cordee.runtime.errors import RuleBroken

NOW = datetime(2026, 11, 23, 2, 10, tzinfo=UTC)
MINE = Parameters()


@pytest.mark.requirement("C1.5")
def test_a_case_goes_from_received_to_closed() -> None:
    state = State.RECEIVED
    seen = [state]
    for move in (
        Move.QUALIFY, Move.FORWARD, Move.REGULATE, Move.ORIENT, Move.ENGAGE, Move.CLOSE,
    ):  # fmt: skip
        state = moved(state, move)
        seen.append(state)
    assert [str(one) for one in seen] == [
        "received", "qualified", "awaiting", "regulated", "oriented", "under-way", "closed",
    ]  # fmt: skip


@pytest.mark.requirement("C1.5")
@pytest.mark.parametrize("state", sorted(ENDED))
def test_nothing_leaves_an_ended_case(state: State) -> None:
    assert not moves_of(state)
    with pytest.raises(RuleBroken, match="n’est plus possible"):
        moved(state, Move.REGULATE)


@pytest.mark.requirement("C1.5")
def test_a_case_that_is_regulated_is_no_longer_handed_over() -> None:
    assert Move.HAND_OVER in moves_of(State.AWAITING)
    assert Move.HAND_OVER not in moves_of(State.REGULATED)
    assert moved(State.TRANSFERRED, Move.TAKE_BACK) is State.QUALIFIED


@pytest.mark.requirement("C1.1")
@pytest.mark.parametrize(
    ("seconds", "words", "level"),
    [
        (0, "moins de 30 s", ""), (29, "moins de 30 s", ""), (30, "plus de 30 s", ""),
        (60, "plus de 60 s", "caution"), (119, "plus de 60 s", "caution"),
        (120, "plus de 120 s", "critical"),
    ],
)  # fmt: skip
def test_bands_are_said_in_words(seconds: int, words: str, level: str) -> None:
    found = band(NOW - timedelta(seconds=seconds), NOW, MINE)
    assert (found.seconds, found.words, found.level) == (seconds, words, level)


@pytest.mark.requirement("C1.1")
@pytest.mark.parametrize(
    ("seconds", "clock", "about"),
    [(65, "01:05", "1 min"), (3599, "59:59", "59 min"), (3600, "1 h 00", "1 h 00"),
     (35_386, "9 h 49", "9 h 49")],
)  # fmt: skip
def test_a_wait_of_hours_is_said_in_hours(seconds: int, clock: str, about: str) -> None:
    found = band(NOW - timedelta(seconds=seconds), NOW, MINE)
    assert [one.replace("\u00a0", " ") for one in (found.clock, found.about)] == [clock, about]


@pytest.mark.requirement("C1.6")
def test_priority_comes_before_the_wait_and_an_unknown_call_behind_a_vital_one() -> None:
    calls = [("P3", 500), ("P0", 8), ("", 20), ("P1", 300), ("", 190)]
    ranked = sorted(calls, key=lambda one: order(one[0], NOW - timedelta(seconds=one[1])))
    assert ranked == [("P0", 8), ("", 190), ("", 20), ("P1", 300), ("P3", 500)]


@pytest.mark.requirement("C1.6")
@pytest.mark.parametrize(
    ("minutes", "priority", "ages"), [(30, "P2", False), (31, "P2", True), (31, "P3", False)]
)
def test_a_p2_ages_after_thirty_minutes(minutes: int, priority: str, ages: bool) -> None:
    assert is_ageing(priority, NOW - timedelta(minutes=minutes), NOW, MINE) is ages
    assert is_ageing("P2", NOW - timedelta(minutes=11), NOW, Parameters(ageing=(1, 5, 10, 60)))


@pytest.mark.requirement("C1.1")
def test_missed_calls_of_one_number_are_one_line() -> None:
    calls = [
        (number, key, NOW - timedelta(seconds=ago))
        for number, key, ago in ((b"x", "1", 60), (b"y", "2", 300), (b"x", "3", 10))
    ]
    assert [one.ids for one in grouped(calls)] == [("2",), ("1", "3")]


@pytest.mark.requirement("C1.2")
def test_the_number_of_a_case_is_national() -> None:
    day = datetime(2024, 5, 17, tzinfo=UTC)
    assert case_number("fr.health.samu440", "440", day, 236) == (
        "fr.health.samu440.DRFR154402413800236"
    )


@pytest.mark.requirement("C1.1")
def test_a_number_is_the_same_however_it_is_written() -> None:
    assert plain_number("+33 6 12 34 56 41") == plain_number("06.12.34.56.41") == "0612345641"
    assert hidden_number("+33 6 12 34 56 41") == "06 ·· ·· ·· 41"
    assert hidden_number("15") == "masqué"
