"""The bench of people at work, at a size of minutes less: every page of it answers."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SIZE = {
    "BENCH_ACCOUNTS": "40", "BENCH_FILES": "40", "BENCH_PEOPLE": "20", "BENCH_RATES": "20",
    "BENCH_SECONDS": "4",
}  # fmt: skip


@pytest.mark.requirement("B1.13")
async def test_people_at_work_meet_no_error(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.working", cwd=ROOT,
        env=os.environ | SIZE | {"BENCH_DATA": str(tmp_path / "bench")},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(120):
        said = (await process.communicate())[0].decode()
    rates = re.findall(r"^ +20 +([\d.]+) +(\d+) ", said, re.MULTILINE)
    assert [errors for _, errors in rates] == ["0"], said
    assert float(rates[0][0]) > 5
    for page in ("record", "timeline", "agenda", "home", "events", "requests"):
        assert f"{page} " in said
