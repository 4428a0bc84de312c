"""How far sources overlap: drawn on one line of all people, shared ones between."""

from __future__ import annotations

from datetime import date

import pytest

from cordee.population.answers import Sources
from cordee.web.population.rests import WIDTH, overlap, source_lines


@pytest.mark.requirement("G2.12")
def test_shared_people_lie_in_the_bars_of_both() -> None:
    counts = {"a": 600, "a+b": 300, "b": 100}
    told = Sources(counts, "b", (), (), {"a": date(2026, 11, 3), "b": date(2026, 10, 1)})
    found = overlap(told)
    inner = WIDTH - 2
    first, second = found.rows
    assert first.parts == (
        (1.0, round(inner * 0.6, 1)),
        (round(1 + inner * 0.6, 1), round(inner * 0.3, 1)),
    )
    assert second.parts == (
        (round(1 + inner * 0.6, 1), round(inner * 0.3, 1)),
        (round(1 + inner * 0.9, 1), round(inner * 0.1, 1)),
    )
    assert (first.is_used, second.is_used) == (False, True)
    assert found.said == "300 personnes sont dans plusieurs sources."
    assert [(name, n, day) for name, n, day in source_lines(told)] == [
        ("a", "600", "03/11/2026"), ("a + b", "300", "01/10/2026"), ("b", "100", "01/10/2026"),
    ]  # fmt: skip


def test_sources_that_are_not_linked_do_not_overlap() -> None:
    found = overlap(Sources({"a": 10, "b": 30}, "a", (), (), {}))
    assert [len(one.parts) for one in found.rows] == [1, 1]
    assert found.said.startswith("Aucune personne")
