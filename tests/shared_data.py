"""The test data that lies beside the repository; absent elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared(name: str) -> Path:
    """Path of shared test data; skips where it is missing, fails in CI."""
    folder = Path(os.environ.get("CORDEE_SHARED") or ROOT.parent / "shared")
    path = folder / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"shared test data is missing: {name}")
        pytest.skip(f"shared test data is not here: {name}")
    return path
