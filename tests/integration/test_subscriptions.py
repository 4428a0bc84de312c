"""Subscriptions from a write to the endpoint: a real PostgreSQL, real HTTP receivers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

import given
from receivers import Receiver, receiving
from running import Ground, Platform, platform_on
from subscribed import create, standing, subscription


@pytest.fixture(scope="module")
async def platform(ground: Ground) -> AsyncIterator[Platform]:
    """The application, which may call this machine."""
    async with platform_on(ground, subscriber_networks="127.0.0.0/8") as running:
        yield running


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


async def test_a_write_is_told_to_who_subscribed(
    client: httpx.AsyncClient, receiver: Receiver
) -> None:
    patient = await create(client, given.patient())
    key = await create(
        client,
        subscription(receiver.url, filters=[f"patient=Patient/{patient}"], content="full-resource"),
    )
    await standing(client, key)
    made = await create(client, given.observation(f"Patient/{patient}"))
    handshake, event = (await receiver.until(lambda rows: len(rows) >= 2))[:2]
    assert handshake.status["type"] == "handshake"
    assert event.status["type"] == "event-notification"
    assert event.json["entry"][1]["resource"]["id"] == made
