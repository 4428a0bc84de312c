"""A server that is killed between the commit of an event and its delivery: it is told all the same."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

import given
from receivers import receiving
from running import Server, served
from subscribed import create, standing, subscription, until


def client_of(server: Server) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {server.token()}"}
    return httpx.AsyncClient(base_url=f"{server.fhir}/", headers=headers, timeout=30)


async def test_an_event_outlives_the_process_that_was_to_tell_it() -> None:
    serving = served(CORDEE_SUBSCRIBER_NETWORKS="127.0.0.0/8")
    server = await asyncio.to_thread(serving.__enter__)
    try:
        async with receiving() as receiver:
            async with client_of(server) as client:
                patient = await create(client, given.patient())
                made = subscription(
                    receiver.url, filters=[f"patient=Patient/{patient}"], timeout=1, count=2
                )
                key = await create(client, made)
                await standing(client, key)
                receiver.gate.clear()
                receiver.answer = lambda _: 500
                for _ in range(5):
                    await create(client, given.observation(f"Patient/{patient}"))

                async def tried() -> int:
                    return receiver.attempts

                await until(tried, lambda count: count >= 2)
            await asyncio.to_thread(server.kill)
            receiver.gate.set()
            receiver.answer = lambda _: 200
            receiver.received.clear()
            await asyncio.to_thread(server.start)
            async with client_of(server) as client:
                await receiver.until(lambda _: set(receiver.numbers()) >= {1, 2, 3, 4, 5}, 60)
                numbers = receiver.numbers()
                first = [
                    number for place, number in enumerate(numbers) if number not in numbers[:place]
                ]
                assert first == [1, 2, 3, 4, 5]

                async def status() -> Any:
                    return (await client.get(f"Subscription/{key}")).json()["status"]

                assert await status() == "active"
    finally:
        await asyncio.to_thread(serving.__exit__, None, None, None)
