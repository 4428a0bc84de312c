"""The npm clients of the lock file, installed once whoever asks first."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

from front_end import npm_command

FOLDER = Path(__file__).resolve().parent / "npm"


def installed() -> Path:
    """The folder `node_modules`, complete; test processes wait for each other."""
    modules = FOLDER / "node_modules"
    with (FOLDER / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all((modules / name).is_dir() for name in ("fhir-kit-client", "oidc-provider")):
            done = subprocess.run(
                [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=FOLDER, capture_output=True, text=True, check=False, timeout=600,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
    return modules
