"""When a server has digested what was written into it: what follows a load is not measured."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

_STILL, _BUSY, _LONGEST = 5, 0.15, 300.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


def rest(pid: int) -> float:
    """Seconds until the server does next to nothing: what follows a load is not measured here."""
    began, still = time.monotonic(), 0
    while still < _STILL and time.monotonic() - began < _LONGEST:
        before = _worked(pid)
        time.sleep(1)
        still = still + 1 if _worked(pid) - before < _BUSY else 0
    return time.monotonic() - began


def _worked(pid: int) -> float:
    """Seconds of processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
