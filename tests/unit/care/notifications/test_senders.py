"""Who sent somebody to an emergency department hears what becomes of them. C4.5."""

from __future__ import annotations

import pytest

from cordee.care.notifications.ports import Around
from cordee.care.notifications.rules import SENDER, due_of

SAMU, HOME, PLACE = "Organization/samu-b", "Organization/tilleuls", "Organization/ch-belmont"


@pytest.mark.requirement("C4.5")
@pytest.mark.parametrize("kind", ["emergency-arrival", "orientation"])
def test_the_samu_that_sent_somebody_is_told(kind: str) -> None:
    told = {one.reference: one.rule for one in due_of(kind, Around(), PLACE, SAMU)}
    assert told == {SAMU: SENDER}


@pytest.mark.requirement("C4.5")
def test_a_home_is_told_once_and_nobody_of_what_is_not_its_business() -> None:
    around = Around(residences=(HOME,))
    told = [one.reference for one in due_of("orientation", around, PLACE, HOME)]
    assert told == [HOME]
    assert list(due_of("result", Around(), PLACE, SAMU)) == []
