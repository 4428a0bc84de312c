"""A base that is away for a moment does not close a switchboard on which callers wait."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from cordee.app import telephony
from cordee.app.telephony import Line
from cordee.runtime.errors import Unavailable


class _Away:
    """Lines whose base is away at the first look."""

    def __init__(self) -> None:
        self.looks = 0
        self.came_back = asyncio.Event()

    async def take(self, _centre: str) -> list[Any]:
        self.looks += 1
        if self.looks == 1:
            raise Unavailable("the base is away")
        self.came_back.set()
        return []


async def test_a_base_that_is_away_does_not_stop_the_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telephony, "_LOOK_SECONDS", 0.0)
    line, lines = cast(Any, Line.__new__(Line)), _Away()
    line._lines, line._centre = lines, type("One", (), {"id": "samu-35"})

    obeying = asyncio.ensure_future(line._obey())
    waiting = asyncio.ensure_future(lines.came_back.wait())
    await asyncio.wait([obeying, waiting], timeout=5, return_when=asyncio.FIRST_COMPLETED)

    assert not obeying.done()
    assert lines.came_back.is_set()
    obeying.cancel()
    await asyncio.gather(obeying, waiting, return_exceptions=True)
