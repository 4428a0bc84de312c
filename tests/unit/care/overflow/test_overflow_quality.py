"""What an episode changed: waits and calls anew of those who moved, beside those who stayed."""

from __future__ import annotations

from uuid import uuid4

import pytest

from cordee.care.overflow.quality import Followed, Group, Quality, compare


def calls(*minutes: float | None, again: int = 0) -> list[Followed]:
    return [
        Followed(uuid4(), None if one is None else one * 60, n < again)
        for n, one in enumerate(minutes)
    ]


@pytest.mark.requirement("C2.9")
def test_the_delay_gained_is_the_difference_of_the_medians() -> None:
    found = compare(calls(1, 2, 3, again=1), calls(8, 10, 12, None, again=2))

    assert found.moved == Group(3, 2, 3, 1)
    assert found.stayed == Group(4, 10, 12, 2)
    assert found.gained == 8


@pytest.mark.requirement("C2.9")
@pytest.mark.parametrize(("moved", "stayed"), [((), (1,)), ((1,), ()), ((None,), (1,))])
def test_nothing_is_said_gained_where_a_wait_is_unknown(
    moved: tuple[float | None, ...], stayed: tuple[float | None, ...]
) -> None:
    assert compare(calls(*moved), calls(*stayed)).gained is None
    assert Quality().gained is None
