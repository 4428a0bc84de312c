"""create, read, vread, update, delete over HTTP, and what their headers say."""

from __future__ import annotations

import given
import httpx


async def test_created_resource_is_read_back(client: httpx.AsyncClient) -> None:
    made = await client.post("Patient", json=given.patient())

    read = await client.get(f"Patient/{made.json()['id']}")

    assert made.status_code == 201
    assert read.status_code == 200
    assert read.json() == made.json()


def test_live_server_answers(live_server):
    with live_server.client() as client:
        assert client.get("Patient").status_code == 200
