"""No small count is told, nor can one be worked out of what is told."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.care.activity.hiding import K, hidden, number, plain
from cordee.care.activity.periods import period, periods

_COUNTS = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(0, 40))


@pytest.mark.requirement("B4.10")
@given(_COUNTS)
def test_nothing_below_eleven_is_told_or_given_away(counts: dict[str, int]) -> None:
    table = hidden(counts)
    told = [one.count for one in table.cells if one.count is not None]
    kept_back = [one.code for one in table.cells if one.count is None]
    assert all(one >= K for one in told)
    assert {one.code for one in table.cells} == {code for code, n in counts.items() if n}
    if table.total is None:
        return
    rest = table.total - sum(told)
    assert (rest == 0) == (not kept_back)
    if kept_back:
        assert len(kept_back) > 1
        assert rest >= K


@pytest.mark.requirement("B4.10")
def test_the_smallest_of_the_others_is_kept_back_with_a_lone_one() -> None:
    table = hidden({"Belmont": 30, "Saulx": 12, "Issy": 3})
    assert [(one.code, one.count) for one in table.cells] == [
        ("Belmont", 30), ("Saulx", None), ("Issy", None),
    ]  # fmt: skip
    assert table.total == 45
    assert hidden({"Issy": 3, "Saulx": 4}).total is None
    assert plain({"Issy": 3}).total == 3
    assert (number(0), number(3), number(11)) == (0, None, 11)


def test_periods_are_years_and_quarters() -> None:
    assert [one.code for one in periods(date(2026, 5, 2), years_alone=False)][:4] == [
        "2026", "2026-T2", "2026-T1", "2025",
    ]  # fmt: skip
    assert period("2026-T4").last == date(2027, 1, 1)
    for wrong in ("26", "2026-T5", "2026-13"):
        with pytest.raises(ValueError, match="a period"):
            period(wrong)
