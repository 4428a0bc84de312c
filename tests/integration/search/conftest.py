"""The small region, loaded once, and the oracle over what the server gave back."""

from __future__ import annotations

import httpx
import pytest
import search_region
from search_loading import load
from search_oracle import World


@pytest.fixture(scope="module")
async def world(client: httpx.AsyncClient) -> World:
    """The small region on a server of the module's own."""
    kept = await load(client, search_region.resources())
    return World({f"{one['resourceType']}/{one['id']}": one for one in kept})
