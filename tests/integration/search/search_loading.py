"""Resources put into a server by one transaction."""

from __future__ import annotations

from typing import Any

import httpx

import given

Resource = dict[str, Any]


async def load(client: httpx.AsyncClient, resources: list[Resource]) -> list[Resource]:
    """The resources as the server keeps them."""
    entries = [given.entry("PUT", f"{one['resourceType']}/{one['id']}", one) for one in resources]
    answer = await client.post(
        "", json=given.bundle("transaction", *entries), headers={"prefer": "return=representation"}
    )
    assert answer.status_code == 200, answer.text
    return [entry["resource"] for entry in answer.json()["entry"]]
