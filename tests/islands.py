"""A network of its own for a test: a namespace behind a cable that can be cut. Needs root."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from presence import need

HERE, THERE = "10.231.215.1", "10.231.215.2"
"""The two ends of the cable: this machine's, and that of the island."""
_RELAY = """
import asyncio, sys

async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()

async def joined(reader, writer):
    try:
        far = await asyncio.wait_for(asyncio.open_connection(sys.argv[1], int(sys.argv[2])), 5)
    except (OSError, TimeoutError):
        return writer.close()
    await asyncio.gather(pump(reader, far[1]), pump(far[0], writer))

async def main():
    server = await asyncio.start_server(joined, sys.argv[3], int(sys.argv[2]))
    async with server:
        await server.serve_forever()

asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class Island:
    """A namespace with a relay in it: what goes to `THERE` comes back to `HERE`, by the cable."""

    name: str
    cable: str

    @contextlib.contextmanager
    def relay(self, port: int) -> Iterator[None]:
        """Carries a port of this machine through the island."""
        command = ["ip", "netns", "exec", self.name, sys.executable, "-c", _RELAY]
        running = subprocess.Popen([*command, HERE, str(port), THERE])
        try:
            time.sleep(1)
            assert running.poll() is None
            yield
        finally:
            running.kill()
            running.wait(10)

    def cut(self) -> None:
        """Cuts the cable: packets are lost, and no end is told."""
        _ip("link", "set", self.cable, "down")

    def mend(self) -> None:
        """Joins the cable again."""
        _ip("link", "set", self.cable, "up")


@contextlib.contextmanager
def island() -> Iterator[Island]:
    """A namespace joined to this machine; the test is skipped where it cannot be made."""
    if os.geteuid() != 0:
        pytest.skip("only root makes a namespace")
    need("/usr/sbin/ip", "iproute2")
    name = f"cordee{os.getpid()}"
    cable, far = f"cd{os.getpid()}a", f"cd{os.getpid()}b"
    try:
        _ip("netns", "add", name)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"this machine makes no namespace: {error.stderr.decode().strip()}")
    try:
        _ip("link", "add", cable, "type", "veth", "peer", "name", far, "netns", name)
        _ip("address", "add", f"{HERE}/30", "dev", cable)
        _ip("link", "set", cable, "up")
        _ip("-n", name, "address", "add", f"{THERE}/30", "dev", far)
        _ip("-n", name, "link", "set", far, "up")
        yield Island(name, cable)
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("link", "delete", cable)
        _ip("netns", "delete", name)


def _ip(*words: str) -> None:
    subprocess.run(["/usr/sbin/ip", *words], check=True, capture_output=True)
