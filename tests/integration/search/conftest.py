"""The small region, loaded once, and the oracle over what the server gave back."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import region
from loading import load
from oracle import World


@pytest.fixture(scope="module")
async def world(client: httpx.AsyncClient) -> World:
    """The small region on a server of the module's own."""
    kept = await load(client, region.resources())
    return World({f"{one['resourceType']}/{one['id']}": one for one in kept})
