"""What many ask for at one moment goes together, and each gets an answer of their own."""

from __future__ import annotations

import asyncio

import pytest

from cordee.runtime.batching import Batches
from cordee.runtime.errors import InvalidRequest


class Runs:
    """Doubles numbers, and remembers what went together."""

    def __init__(self) -> None:
        self.seen: list[list[int]] = []

    async def __call__(self, numbers: list[int]) -> list[int]:
        self.seen.append(numbers)
        await asyncio.sleep(0)
        if -1 in numbers:
            raise InvalidRequest("-1 is not taken")
        if -2 in numbers:
            raise RuntimeError("away")
        return [2 * one for one in numbers]


async def test_items_of_one_turn_go_together_and_keep_their_answers() -> None:
    runs = Runs()
    batches = Batches(runs, most=100)

    answers = await asyncio.gather(*(batches.add(n) for n in range(50)))

    assert answers == [2 * n for n in range(50)]
    assert len(runs.seen) == 1


async def test_no_batch_is_larger_than_the_most() -> None:
    runs = Runs()
    batches = Batches(runs, most=8)

    answers = await asyncio.gather(*(batches.add(n) for n in range(30)))

    assert answers == [2 * n for n in range(30)]
    assert max(map(len, runs.seen)) == 8


async def test_a_refused_item_does_not_fail_its_neighbours() -> None:
    batches = Batches(Runs(), most=100)

    answers = await asyncio.gather(*(batches.add(n) for n in (1, -1, 2)), return_exceptions=True)

    assert answers[0] == 2
    assert isinstance(answers[1], InvalidRequest)
    assert answers[2] == 4


async def test_an_outage_is_everybodys_error_and_the_next_batch_goes_on() -> None:
    batches = Batches(Runs(), most=100)

    answers = await asyncio.gather(*(batches.add(n) for n in (1, -2)), return_exceptions=True)

    assert [type(one) for one in answers] == [RuntimeError, RuntimeError]
    assert await batches.add(4) == 8


async def test_who_goes_away_does_not_take_others_along() -> None:
    batches = Batches(Runs(), most=100)
    gone = asyncio.ensure_future(batches.add(1))
    stays = asyncio.ensure_future(batches.add(2))
    await asyncio.sleep(0)

    gone.cancel()

    assert await stays == 4
    with pytest.raises(asyncio.CancelledError):
        await gone
