"""Telephones of tests: SIPp processes, each playing one scenario."""

from __future__ import annotations

import asyncio
import shutil
import socket
from pathlib import Path

from presence import need

SCENARIOS = Path(__file__).parent / "integration" / "telephony" / "scenarios"
HOST = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


class Phones:
    """SIPp processes: each plays one scenario once, and says by its exit code how that went."""

    def __init__(self, folder: Path) -> None:
        self._program, self._folder = str(need(shutil.which("sipp"), "sipp (sip-tester)")), folder
        self._running: list[asyncio.subprocess.Process] = []

    async def phone(self, scenario: str = "phone", times: int = 1) -> str:
        """Starts a phone that listens; its SIP address."""
        port = free_port()
        await self._start(scenario, port, "-m", str(times))
        for _ in range(100):
            try:
                _reader, writer = await asyncio.open_connection(HOST, port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return f"sip:{HOST}:{port}"
        raise AssertionError(f"{scenario} does not listen")

    async def caller(self, to: int, scenario: str = "caller") -> None:
        """Somebody who dials 15."""
        await self._start(scenario, free_port(), "-m", "1", f"{HOST}:{to}")

    async def done(self) -> list[int]:
        """How each scenario ended: 0 when every message that it awaits has come."""
        async with asyncio.timeout(20):
            return [await one.wait() for one in self._running]

    async def stop(self) -> None:
        for one in self._running:
            if one.returncode is None:
                one.kill()
                await one.wait()

    async def _start(self, scenario: str, port: int, *more: str) -> None:
        command = (
            "-sf", str(SCENARIOS / f"{scenario}.xml"), "-t", "t1", "-i", HOST, "-p", str(port),
            "-nostdin", "-timeout", "20s", *more,
        )  # fmt: skip
        self._running.append(
            await asyncio.create_subprocess_exec(
                self._program, *command, cwd=self._folder,
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )
        )  # fmt: skip
