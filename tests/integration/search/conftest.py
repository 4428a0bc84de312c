"""The small region, loaded once, and the oracle over what the server gave back."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import region
from oracle import World

import given


async def load(
    client: httpx.AsyncClient, resources: list[region.Resource]
) -> list[region.Resource]:
    """The resources as the server keeps them."""
    entries = [given.entry("PUT", f"{one['resourceType']}/{one['id']}", one) for one in resources]
    answer = await client.post(
        "", json=given.bundle("transaction", *entries), headers={"prefer": "return=representation"}
    )
    assert answer.status_code == 200, answer.text
    return [entry["resource"] for entry in answer.json()["entry"]]


@pytest.fixture(scope="module")
async def world(client: httpx.AsyncClient) -> World:
    """The small region on a server of the module's own."""
    kept = await load(client, region.resources())
    return World({f"{one['resourceType']}/{one['id']}": one for one in kept})
