"""The test data that lies beside the repository; absent elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

from presence import need

ROOT = Path(__file__).resolve().parent.parent


def shared(name: str) -> Path:
    """Path of shared test data; skips where it is missing, fails in CI."""
    folder = Path(os.environ.get("CORDEE_SHARED") or ROOT.parent / "shared")
    return need(folder / name, f"shared test data {name}")
