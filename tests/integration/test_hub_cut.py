"""The network between a Cordée and the Hub is cut, and comes back: nothing is lost nor twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from cordee.app.circles import ring_of
from cordee.formats.hub.envelope import Addressing, Envelope, hub_time
from cordee.formats.hub.judging import OwnModel
from cordee.gateways.samu.emulator import Emulator
from cordee.gateways.samu.ledger import LIFE, Ledger, new_number
from cordee.gateways.samu.post import Post
from cordee.gateways.samu.wire import Broker, Wire
from cordee.runtime import clock
from cordee.runtime.database import Connection
from islands import HERE, THERE, Island, island
from rabbits import rabbit
from running import Ground, Platform, platform_on

A, B = "fr.health.samuA", "fr.health.samuB"
CUT_SECONDS = 8


@dataclass
class Side:
    """One Cordée at the Hub, and the cases that it took up, in their order."""

    name: str
    platform: Platform
    ledger: Ledger
    taken: list[str] = field(default_factory=list)

    async def take(self, _connection: Connection, _client: str, envelope: Envelope) -> str:
        self.taken.append(str(envelope.body["caseId"]))
        return ""

    async def send(self, to: str, number: str) -> None:
        now = clock.now()
        body: dict[str, Any] = {
            "caseId": number, "creation": hub_time(now), "location": {"freetext": "Quai"},
            "qualification": {"healthMotive": {"code": "M02.07", "label": "Chute"}},
            "owner": self.name,
            "initialAlert": {
                "reception": hub_time(now),
                "caller": {
                    "callerContact": {"channel": "PERSONNE", "type": "TEL", "detail": "+33612345641"}
                },
            },
        }  # fmt: skip
        told = Addressing(new_number(self.name), self.name, to, now, now + LIFE)
        async with self.ledger.database.transaction() as connection:
            await self.ledger.send(connection, told, "RS-EDA", body)


@dataclass
class Exchange:
    a: Side
    b: Side
    cable: Island


@pytest.fixture
async def exchange(ground: Ground) -> AsyncIterator[Exchange]:
    async with contextlib.AsyncExitStack() as held:
        cable = held.enter_context(island())
        broker = held.enter_context(rabbit(A, B, also=HERE))
        held.enter_context(cable.relay(broker.tls))
        hub = Emulator(broker.owner, (A, B), OwnModel())
        await hub.start()
        held.push_async_callback(hub.stop)
        sides = []
        for name, host in ((A, THERE), (B, "127.0.0.1")):
            platform = await held.enter_async_context(platform_on(ground))
            kernel = platform.parts.kernel
            ledger = Ledger(platform.parts.database, lambda kernel=kernel: ring_of(kernel))
            url = f"amqps://{host}:{broker.tls}/?auth=EXTERNAL&heartbeat=2"
            wire = Wire(Broker(url, *broker.certificate(name), broker.authority))
            held.push_async_callback(wire.close)
            side = Side(name, platform, ledger)
            task = asyncio.create_task(Post(ledger, wire, OwnModel(), (name,)).run(side.take))
            held.push_async_callback(_ended, task)
            sides.append(side)
        yield Exchange(sides[0], sides[1], cable)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def until(side: Side, wanted: set[str]) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(60):
            while set(side.taken) != wanted:
                await asyncio.sleep(0.1)
    assert set(side.taken) == wanted


@pytest.mark.requirement("C2.7")
async def test_a_cut_of_the_network_loses_and_repeats_nothing(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = exchange.a, exchange.b
    await a.send(B, f"{A}.before")
    await until(b, {f"{A}.before"})

    exchange.cable.cut()
    for n in range(5):
        await a.send(B, f"{A}.cut{n}")
        await b.send(A, f"{B}.cut{n}")
    await asyncio.sleep(CUT_SECONDS)
    assert b.taken == [f"{A}.before"]
    assert a.taken == []

    exchange.cable.mend()
    true = clock.now  # what waits for its thirty seconds is due
    monkeypatch.setattr(clock, "now", lambda: true() + timedelta(seconds=31))
    await until(b, {f"{A}.before", *(f"{A}.cut{n}" for n in range(5))})
    await until(a, {f"{B}.cut{n}" for n in range(5)})
    await asyncio.sleep(2)
    assert len(b.taken) == 6
    assert len(a.taken) == 5
