"""The write-ahead log of the embedded PostgreSQL, copied to another folder as it is written.

`pg_receivewal` streams over the private socket as our own user, so that the folder need not be
reachable for the user that PostgreSQL runs as. A slot keeps what was not received yet. Rule: A6.8.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

import structlog

from cordee.runtime.errors import Unavailable
from cordee.runtime.postgres.binaries import Runner, find_binaries

SLOT = "cordee_archive"
_OURSELVES = Runner(None, None, "")
_AGAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Archiver:
    """The copy of one cluster; `url` is its superuser's address."""

    url: str
    folder: Path
    binaries: Path | None = None

    async def run(self) -> None:
        """Copies until cancelled; begins again where it was when the server comes back."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            said = await self._receive("--create-slot", "--if-not-exists")
            if not said:
                said = await self._receive("--no-loop", "--status-interval=1")
            structlog.get_logger().warning("archive_interrupted", reason=said[-300:])
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _receive(self, *options: str) -> str:
        """What the program said when it ended; empty when all was well."""
        command = [*_program("pg_receivewal", self.binaries), "-d", self.url]
        process = await asyncio.create_subprocess_exec(
            *command, "-D", str(self.folder), "-S", SLOT, *options,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            _, errors = await process.communicate()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        return errors.decode(errors="replace").strip() if process.returncode else ""


def take_base(url: str, folder: Path, binaries: Path | None = None) -> None:
    """Copies a running cluster into `folder` as `base.tar` and `pg_wal.tar`; `Unavailable`."""
    options = ["-D", str(folder), "-F", "tar", "-X", "stream", "--checkpoint=fast", "--no-password"]
    done = subprocess.run(  # noqa: S603 -- our own program and arguments
        [*_program("pg_basebackup", binaries), "-d", url, *options],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode != 0:
        raise Unavailable(f"pg_basebackup failed: {done.stderr.strip()[-500:]}")


def _program(name: str, binaries: Path | None) -> list[str]:
    return [str(find_binaries(_OURSELVES, binaries) / name)]
