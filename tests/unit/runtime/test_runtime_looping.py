"""A loop that falls begins again; one that ends is not begun anew."""

from __future__ import annotations

import asyncio

import pytest

from cordee.runtime import looping


async def test_a_loop_that_falls_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looping, "_BREATH_SECONDS", 0)
    turns: list[int] = []

    async def loop() -> None:
        turns.append(len(turns))
        if len(turns) < 3:
            raise ValueError("a value that nobody foresaw")

    async with asyncio.timeout(5):
        await looping.kept(loop)
    assert turns == [0, 1, 2]


async def test_a_loop_is_ended_from_outside() -> None:
    started = asyncio.Event()

    async def loop() -> None:
        started.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(looping.kept(loop))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
