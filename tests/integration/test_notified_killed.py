"""A server that is killed right after the commit: what happened is told once, after its restart."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import asyncpg
import pytest

from running import Server, forget_sockets
from told import places, resident, stay

ROUNDS = 2


async def told(server: Server) -> list[tuple[str, str]]:
    """Reader and focus of each line of a screen."""
    state = json.loads((server.data / "postgres.json").read_text())
    connection = await asyncpg.connect(
        host=state["socket"], user="cordee_owner", database="cordee"
    )  # fmt: skip
    try:
        rows = await connection.fetch(
            "SELECT t.reader, e.focus FROM notification t JOIN event e ON e.n = t.event"
            " WHERE t.channel = 'screen' ORDER BY t.n"
        )
    finally:
        await connection.close()
    return [(row["reader"], row["focus"]) for row in rows]


@pytest.mark.requirement("B2.5")
async def test_what_was_committed_before_a_kill_is_told_once() -> None:
    with tempfile.TemporaryDirectory(prefix="cordee-test-", ignore_cleanup_errors=True) as folder:
        server = Server(Path(folder) / "data", CORDEE_MODE="demo").start()
        try:
            with server.client() as client:
                for one in (*places(), resident("one")):
                    answer = client.put(f"{one['resourceType']}/{one['id']}", json=one)
                    assert answer.status_code in {200, 201}, answer.text
            for number in range(ROUNDS):
                with server.client() as client:
                    encounter = stay("one", f"e-{number}", "in-progress")
                    assert client.put(f"Encounter/e-{number}", json=encounter).status_code == 201
                server.kill()
                server.start()
            end = time.monotonic() + 30
            wanted = [f"Encounter/e-{number}" for number in range(ROUNDS)]
            while True:
                mine = sorted(focus for reader, focus in await told(server) if "legoff" in reader)
                if len(mine) >= ROUNDS or time.monotonic() > end:
                    break
            assert mine == wanted
        finally:
            server.stop()
            forget_sockets(server.data)
