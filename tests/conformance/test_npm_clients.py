"""Clients of npm against a running server: what they do stands in `npm/clients.mjs`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from running import Server

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

from front_end import node_command, npm_command

FOLDER = Path(__file__).resolve().parent / "npm"


@pytest.fixture(scope="module")
def program() -> list[str]:
    """How node is called, with the clients of the lock file installed beside it."""
    if not (FOLDER / "node_modules" / "fhir-kit-client").is_dir():
        done = subprocess.run(
            [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=FOLDER, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    return node_command()


@pytest.mark.requirement("A4.1")
def test_npm_clients_work_unmodified(live_server: Server, program: list[str]) -> None:
    done = subprocess.run(
        [*program, "clients.mjs", live_server.fhir, live_server.token()],
        cwd=FOLDER, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert done.stdout.strip().endswith("done"), done.stdout + done.stderr
    assert done.returncode == 0
