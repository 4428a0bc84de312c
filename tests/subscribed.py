"""Subscriptions to start a test with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from cordee.fhir.subscriptions import canonicals

Resource = dict[str, Any]
TOPIC = canonicals.TOPIC


def subscription(endpoint: str = "", topic: str = "patient-compartment", **more: Any) -> Resource:
    """A Subscription on a topic; `filters`, `content`, `heartbeat`, `timeout`, `count`, `headers`."""
    channel: Resource = {
        "type": more.get("channel", "rest-hook"),
        "payload": more.get("payload", "application/fhir+json"),
        "_payload": {
            "extension": [{"url": canonicals.CONTENT, "valueCode": more.get("content", "id-only")}]
        },
    }
    if endpoint:
        channel["endpoint"] = endpoint
    if more.get("headers"):
        channel["header"] = more["headers"]
    numbers = [
        (canonicals.HEARTBEAT, "valueUnsignedInt", more.get("heartbeat")),
        (canonicals.TIMEOUT, "valueUnsignedInt", more.get("timeout")),
        (canonicals.MAX_COUNT, "valuePositiveInt", more.get("count")),
    ]
    extensions = [{"url": url, name: value} for url, name, value in numbers if value is not None]
    if extensions:
        channel["extension"] = extensions
    made: Resource = {
        "resourceType": "Subscription",
        "meta": {"profile": [canonicals.PROFILE]},
        "status": "requested",
        "reason": "test",
        "criteria": topic if "://" in topic else TOPIC + topic,
        "channel": channel,
    }
    filters: Sequence[str] = more.get("filters", ())
    if filters:
        made["_criteria"] = {
            "extension": [{"url": canonicals.FILTER, "valueString": one} for one in filters]
        }
    if "end" in more:
        made["end"] = more["end"]
    return made


def plain(endpoint: str, criteria: str, payload: str = "") -> Resource:
    """A Subscription of R4 on search criteria."""
    channel: Resource = {"type": "rest-hook", "endpoint": endpoint}
    if payload:
        channel["payload"] = payload
    return {
        "resourceType": "Subscription", "status": "requested", "reason": "test",
        "criteria": criteria, "channel": channel,
    }  # fmt: skip


async def create(client: httpx.AsyncClient, resource: Resource) -> str:
    """Id of a resource that was created."""
    answer = await client.post(resource["resourceType"], json=resource)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def standing(client: httpx.AsyncClient, key: str, status: str = "active") -> Resource:
    """The Subscription as soon as it has this status."""

    async def look() -> Resource:
        return (await client.get(f"Subscription/{key}")).json()

    return await until(look, lambda found: found.get("status") == status)


async def until(
    look: Callable[[], Any], condition: Callable[[Any], bool], seconds: float = 20
) -> Any:
    """What is seen, as soon as it meets a condition."""
    found: Any = None
    try:
        async with asyncio.timeout(seconds):
            while True:
                found = await look()
                if condition(found):
                    return found
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"it did not come to this: {found}") from None
