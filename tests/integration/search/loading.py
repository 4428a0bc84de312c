"""Resources onto a server."""

from __future__ import annotations

import httpx
import region

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
