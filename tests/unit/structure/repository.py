"""What the structure tests look at: the tracked files, where git can tell them."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "src" / "cordee"
DOCS = ROOT / "docs"
_MADE = {".venv", "node_modules", "var", "vendor", "__pycache__", "_data"}


def tracked() -> list[Path]:
    """Files of the repository, without what is made or installed."""
    answer = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if answer.returncode == 0:
        files = [ROOT / name for name in answer.stdout.splitlines()]
    else:  # an archive of the repository
        files = [path for path in ROOT.rglob("*") if not _MADE & set(path.parts)]
    return [path for path in files if path.is_file() and not path.is_symlink()]


def modules(*folders: str) -> list[Path]:
    """Python modules under folders of the repository."""
    places = [ROOT / folder for folder in folders]
    return [
        path
        for path in tracked()
        if path.suffix == ".py" and any(place in path.parents for place in places)
    ]
