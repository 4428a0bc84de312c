"""What is announced wakes those who wait for it, and nobody else; nothing is lost in between."""

from __future__ import annotations

from cordee.fhir.store.listening import Waits

AT_ONCE = 0.0


async def test_it_wakes_who_waits_for_this_number() -> None:
    waits = Waits()
    with waits.waiter(1) as one, waits.waiter(2) as other:
        waits.wake([1, 3])

        assert await one.wait(AT_ONCE)
        assert not await other.wait(AT_ONCE)


async def test_what_came_before_the_wait_is_not_lost_and_counts_once() -> None:
    waits = Waits()
    with waits.waiter(1) as one:
        waits.wake([1])
        waits.wake([1])

        assert await one.wait(AT_ONCE)
        assert not await one.wait(AT_ONCE)


async def test_all_are_woken_when_something_may_have_been_missed() -> None:
    waits = Waits()
    with waits.waiter(1) as one, waits.waiter(2, 3) as other:
        waits.wake_all()

        assert await one.wait(AT_ONCE)
        assert await other.wait(AT_ONCE)


async def test_who_has_gone_is_waited_for_no_more() -> None:
    waits = Waits()
    with waits.waiter(1, 2):
        assert waits.count == 2

    assert waits.count == 0
