"""The state machine of a broken glass."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cordee.access.glass import Breaker, Grant, State, break_glass, close, review
from cordee.runtime.errors import AccessDenied, RuleBroken

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOTIVE = "Patient inconscient, traitement inconnu"
BREAKER = Breaker("u1", "emergency", "Practitioner/1", "Organization/1", "p1")


def broken(**changes: object) -> Grant:
    breaker = replace(BREAKER, **changes)
    return break_glass(breaker, "unconscious", MOTIVE, opposed=False, at=AT)


@pytest.mark.requirement("A3.4")
def test_a_grant_lasts_four_hours_and_not_a_moment_more() -> None:
    grant = broken()

    states = [grant.state(AT + delay) for delay in (0 * HOUR, 4 * HOUR - HOUR / 3600, 4 * HOUR)]

    assert states == [State.OPEN, State.OPEN, State.ENDED]
    assert not grant.relation().lives(AT + 4 * HOUR)


@pytest.mark.requirement("A3.4")
@pytest.mark.parametrize("role", ["doctor", "nurse", "secretary", "dpo", "administrator", ""])
def test_other_roles_are_refused(role: str) -> None:
    with pytest.raises(AccessDenied):
        broken(role=role)


@pytest.mark.requirement("A3.4")
def test_opposition_and_delegation_are_refused() -> None:
    with pytest.raises(AccessDenied):
        break_glass(BREAKER, "vital", MOTIVE, opposed=True, at=AT)
    with pytest.raises(AccessDenied):
        broken(by_delegation=True)


@pytest.mark.requirement("A3.4")
@pytest.mark.parametrize(("category", "motive"), [("", MOTIVE), ("vital", "   "), ("vital", "ok")])
def test_category_and_motive_are_required(category: str, motive: str) -> None:
    with pytest.raises(RuleBroken):
        break_glass(BREAKER, category, motive, opposed=False, at=AT)


def test_closing_ends_it_once() -> None:
    closed = close(broken(), AT + HOUR)

    assert (closed.state(AT + HOUR), closed.last) == (State.ENDED, AT + HOUR)
    with pytest.raises(RuleBroken):
        close(closed, AT + 2 * HOUR)


@pytest.mark.requirement("A3.4")
def test_the_review_is_due_in_72_hours() -> None:
    grant = broken()

    reviewed = review(grant, "dpo", justified=True, at=AT + 80 * HOUR)

    assert [grant.is_late(AT + delay * HOUR) for delay in (71, 72, 73)] == [False, False, True]
    assert (reviewed.state(AT + 80 * HOUR), reviewed.is_late(AT)) == (State.JUSTIFIED, True)


def test_a_grant_that_is_not_justified_ends_at_once() -> None:
    grant = review(broken(), "dpo", justified=False, at=AT + HOUR)

    assert grant.state(AT + HOUR) is State.NOT_JUSTIFIED
    assert not grant.relation().lives(AT + HOUR)


def test_nobody_reviews_their_own_nor_twice() -> None:
    with pytest.raises(RuleBroken):
        review(broken(), "u1", justified=True, at=AT + HOUR)
    with pytest.raises(RuleBroken):
        review(review(broken(), "dpo", justified=True, at=AT), "dpo", justified=False, at=AT)
