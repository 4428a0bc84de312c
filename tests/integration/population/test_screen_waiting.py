"""A page whose figures take long says so in time, and is there when they are. Rule: G2.1."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cordee.population.desk import Desk
from cordee.web.patience import patiently
from populated import populated
from running import Ground
from trusted import Screen, plain

PAGE = "/population/diabete"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with populated(ground, 600) as running:
        yield running


async def test_a_slow_answer_is_announced_then_given(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    julie = await screen.person("julie.perret")
    ready, answer, asked = threading.Event(), Desk.answer, 0

    def slow(desk: Desk, *told: Any) -> Any:
        nonlocal asked
        asked += 1
        assert ready.wait(30)
        return answer(desk, *told)

    monkeypatch.setattr(Desk, "answer", slow)
    monkeypatch.setattr(patiently, "seconds", 0.05)
    first = await julie.client.get(PAGE)
    assert (first.status_code, first.headers["refresh"]) == (202, "2")
    assert "En préparation" in plain(first)
    assert "<progress" in first.text
    again = await julie.client.get(PAGE)
    assert again.status_code == 202
    assert asked == 1  # what was asked goes on, once
    ready.set()
    monkeypatch.setattr(patiently, "seconds", 20.0)
    async with asyncio.timeout(30):
        given = await julie.get(PAGE)
    assert given.status_code == 200
    assert "Les mêmes nombres" in plain(given)


async def test_what_is_refused_is_refused_at_once_and_twice(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    for _ in range(2):
        assert (await doctor.get(PAGE)).status_code == 403
    julie = await screen.person("julie.perret")
    for _ in range(2):
        assert (await julie.get("/population/none")).status_code == 404
