"""The stream of changes: what is known is not told again, silence is filled, the end is clean."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from cordee.web import events


class Changes:
    """Change numbers, then silence; notes that it was closed."""

    def __init__(self, *numbers: str, ends: bool = True) -> None:
        self.numbers = numbers
        self.ends = ends
        self.is_closed = False

    async def follow(self) -> AsyncIterator[str]:
        try:
            for number in self.numbers:
                yield number
            if not self.ends:
                await asyncio.Event().wait()
        finally:
            self.is_closed = True


async def told(changes: Changes, known: str, parts: int = 99) -> list[str]:
    stream = events.change_stream(changes.follow(), known).body_iterator
    found = []
    async for part in stream:
        found.append(str(part))
        if len(found) == parts:
            await stream.aclose()
            break
    return found


async def test_only_what_is_new_is_told() -> None:
    changes = Changes("1", "2", "2", "3")

    found = await told(changes, "1")

    assert found[0].startswith("retry:")
    assert [part.splitlines()[1] for part in found[1:]] == ["id: 2", "id: 3"]
    assert changes.is_closed


async def test_silence_is_filled_and_a_lost_reader_closes_the_source(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.01)
    changes = Changes("1", ends=False)

    found = await told(changes, "1", parts=3)

    assert found[1:] == [": ...\n\n", ": ...\n\n"]
    assert changes.is_closed


async def test_a_stream_ends_so_that_the_right_is_decided_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr(events, "LONGEST_SECONDS", 0.03)
    changes = Changes("1", ends=False)

    found = await told(changes, "1")

    assert len(found) < 10
    assert changes.is_closed
