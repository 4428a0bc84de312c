"""What a test needs beside the repository: browsers, installed files, data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def need(path: Path | str | None, what: str) -> Path:
    """The path where it exists; else the test fails in CI and is skipped elsewhere."""
    if path and Path(path).exists():
        return Path(path)
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is missing")
