"""Clients of npm against a running server: what they do stands in `npm/clients.mjs`."""

from __future__ import annotations

import subprocess

import pytest
from npm_packages import FOLDER, installed

from front_end import node_command
from running import Server


@pytest.fixture(scope="module")
def program() -> list[str]:
    """How node is called, with the clients of the lock file installed beside it."""
    installed()
    return node_command()


@pytest.mark.requirement("A4.1")
def test_npm_clients_work_unmodified(live_server: Server, program: list[str]) -> None:
    done = subprocess.run(
        [*program, "clients.mjs", live_server.fhir, live_server.token()],
        cwd=FOLDER, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert done.stdout.strip().endswith("done"), done.stdout + done.stderr
    assert done.returncode == 0
