"""The diagrams of `docs/workflows` are those of the machines that are enforced."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_diagrams_are_current() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "workflow_diagrams.py"))
    pages: dict[str, str] = script["drawn_pages"]()
    folder = ROOT / "docs" / "workflows"
    assert {one.name: one.read_text(encoding="utf-8") for one in folder.glob("*.md")} == pages
