"""A running Cordée for tests: a cluster, databases from a template, the application, a server."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, Any

import asyncpg
import httpx
import pytest
from joserfc.jwk import RSAKey

from cordee.app.asgi import Application, make_application
from cordee.app.wiring import Parts, Place, background, bring_up_to_date, open_parts
from cordee.identity.principal import Principal
from cordee.identity.tokens import Tokens
from cordee.runtime.keys import made_once
from cordee.runtime.postgres.cluster import Addresses, Cluster
from cordee.runtime.settings import Settings, read_settings

BASE = "http://127.0.0.1:8100/fhir"
SYSTEM = "system/*.cruds"
PROGRAM = Path(sys.executable).parent / "cordee"
_TEMPLATE = "/cordee?"
_READY_SECONDS = 60
_ROOM = 8 * 2**30
_EMULATOR_KEY = "emulator-rsa.pem"
_names = count(1)


@dataclass(slots=True)
class Ground:
    """One embedded cluster of a test run, whose database `cordee` is the migrated template."""

    data: Path
    addresses: Addresses

    def place(self, database: str) -> Place:
        """Addresses of one database of this cluster."""
        application, owner = (
            url.replace(_TEMPLATE, f"/{database}?")
            for url in (self.addresses.application, self.addresses.owner)
        )
        return Place(application, owner, None)

    def superuser(self, database: str) -> str:
        """The superuser's address of one database."""
        return self.addresses.superuser.replace(_TEMPLATE, f"/{database}?")

    async def new_database(self, *, template: str = "cordee") -> str:
        """Name of a fresh database, migrated (or empty, with the template `template0`)."""
        name = f"test_{next(_names)}"
        await self._say(
            f"CREATE DATABASE {name} TEMPLATE {template} OWNER cordee_owner STRATEGY FILE_COPY"
        )
        return name

    async def drop(self, database: str) -> None:
        """Removes a database, whoever is still in it."""
        await self._say(f"DROP DATABASE {database} WITH (FORCE)")

    async def _say(self, statement: str) -> None:
        connection = await asyncpg.connect(self.superuser("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@dataclass(slots=True)
class Platform:
    """The application on a database of its own, without a socket."""

    parts: Parts
    database: str
    ground: Ground
    application: Application | None = None
    _clients: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def client(self, scope: str | None = SYSTEM, **principal: Any) -> httpx.AsyncClient:
        """A client whose token carries these scopes; without a token for None."""
        headers = {}
        if scope is not None:
            headers["authorization"] = f"Bearer {bearer(self.parts.tokens, scope, **principal)}"
        # Of its own for each client, with its rates, or where one is set the same for all.
        transport = httpx.ASGITransport(self.application or make_application(self.parts, None))
        return await self._clients.enter_async_context(
            httpx.AsyncClient(
                transport=transport,
                base_url=f"{self.parts.kernel.base}/",
                headers=headers,
                timeout=60,
            )
        )

    async def close(self) -> None:
        """Closes the clients."""
        await self._clients.aclose()


def bearer(tokens: Tokens, scope: str = SYSTEM, **principal: Any) -> str:
    """A token of a system with these scopes, or of a doctor when a structure is given."""
    role = "doctor" if "structure" in principal else "system"
    who = {"user": "test", "name": "Test", "role": role, "structure": "", "practitioner": ""}
    if role == "doctor":
        who |= {"profession": "10", "level": 2}
    return tokens.make(Principal(**(who | principal), scopes=tuple(scope.split())), 60)


@contextlib.asynccontextmanager
async def platform_on(ground: Ground, **settings: str) -> AsyncIterator[Platform]:
    """The application on a fresh database, with its background loops; dropped at the end."""
    name = await ground.new_database()
    told = read_settings({}, data=str(ground.data / name), **settings)
    _lend_key(ground, told)
    try:
        async with (
            open_parts(told, ground.place(name), port=8100, pool=4) as parts,
            background(parts, leads=False),
        ):
            platform = Platform(parts, name, ground)
            try:
                yield platform
            finally:
                await platform.close()
    finally:
        await ground.drop(name)


def _lend_key(ground: Ground, told: Settings) -> None:
    """The emulated providers of all platforms of a run sign with one key: making one is slow."""
    known = ground.data / _EMULATOR_KEY
    if not known.exists():
        known.write_bytes(RSAKey.generate_key(2048).as_pem(private=True))
    made_once(told.keys, _EMULATOR_KEY, known.read_bytes)


@pytest.fixture(scope="session")
async def ground() -> AsyncIterator[Ground]:
    """The cluster of this test run (or xdist worker), in memory where there is room."""
    with tempfile.TemporaryDirectory(dir=_in_memory(), prefix="cordee-ground-") as held:
        data = Path(held)
        with Cluster(data) as addresses:
            await bring_up_to_date(Place(addresses.application, addresses.owner, None))
            await _without_flushing(addresses)
            yield Ground(data, addresses)
        forget_sockets(data)


def _in_memory() -> Path | None:
    """A folder in memory, spared for databases that die with the run; None without room."""
    folder = Path("/dev/shm")
    has_room = folder.is_dir() and shutil.disk_usage(folder).free > _ROOM
    return folder if has_room and os.access(folder, os.W_OK) else None


async def _without_flushing(addresses: Addresses) -> None:
    """Spares the disk: this cluster dies with its run, and no test of it cuts the current.

    What is acknowledged still is committed first; the tests that kill use clusters of their own.
    """
    connection = await asyncpg.connect(addresses.superuser.replace(_TEMPLATE, "/postgres?"))
    try:
        for name in ("fsync", "full_page_writes"):
            await connection.execute(f"ALTER SYSTEM SET {name} = off")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


@pytest.fixture(scope="module")
async def platform(ground: Ground) -> AsyncIterator[Platform]:
    """The application, on a database of the module's own."""
    async with platform_on(ground) as running:
        yield running


@pytest.fixture(scope="module")
async def client(platform: Platform) -> httpx.AsyncClient:
    """A client of that application as a system that may do everything."""
    return await platform.client()


class Server:
    """`cordee serve` as a process of its own."""

    def __init__(self, data: Path, *flags: str, **environment: str) -> None:
        """Nothing is started yet; `data` is the folder of the installation."""
        self.data = data
        self.flags = flags
        self.environment = environment
        self.url = ""
        self.errors = ""
        self._process: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []

    @property
    def settings(self) -> Settings:
        """Settings of this installation."""
        return read_settings(self.environment, data=str(self.data))

    @property
    def fhir(self) -> str:
        """Address of the FHIR base."""
        return f"{self.url}/fhir"

    @property
    def process(self) -> subprocess.Popen[str]:
        """The process; started before."""
        assert self._process is not None
        return self._process

    def start(self, *, port: int = 0) -> Server:
        """Starts and waits for the line that says that it is ready."""
        self.errors = ""
        self._process = run_later(
            "serve", "--port", str(port), *self.flags, data=self.data, **self.environment
        )
        self._read(self._process.stderr, self._note)
        ready = threading.Event()
        lines: list[str] = []

        def heard(line: str) -> None:
            lines.append(line)
            ready.set()

        self._read(self._process.stdout, heard, ready)
        assert ready.wait(_READY_SECONDS), f"no ready line: {self.errors}"
        assert lines, f"the server ended: {self.errors}"
        assert lines[0].startswith("Cordée is ready: http"), lines
        self.url = lines[0].removeprefix("Cordée is ready: ").strip()
        return self

    def stop(self, *, seconds: float = 10) -> int:
        """Asks it to end; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._wait(seconds)

    def kill(self) -> None:
        """Ends it without a warning."""
        self.process.kill()
        self._wait(10)

    def token(self, scope: str = SYSTEM) -> str:
        """A bearer token of a system."""
        return bearer(Tokens(self.settings.keys), scope)

    def client(self, scope: str = SYSTEM, **options: Any) -> httpx.Client:
        """A client of the FHIR base with such a token."""
        headers = {"authorization": f"Bearer {self.token(scope)}"}
        return httpx.Client(base_url=f"{self.fhir}/", headers=headers, timeout=60, **options)

    def _wait(self, seconds: float) -> int:
        code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(seconds)
        self._readers.clear()
        return code

    def _note(self, line: str) -> None:
        self.errors += line

    def _read(
        self, stream: IO[str] | None, heard: Any, ended: threading.Event | None = None
    ) -> None:
        assert stream is not None

        def follow() -> None:
            with stream:
                for line in stream:
                    heard(line)
            if ended is not None:
                ended.set()

        self._readers.append(threading.Thread(target=follow, daemon=True))
        self._readers[-1].start()


def run_later(
    *arguments: str, data: Path, errors: IO[str] | None = None, **environment: str
) -> subprocess.Popen[str]:
    """A `cordee` command as a process; its outputs are pipes, or errors go to a file.

    Nobody reads a pipe of a process that lasts: once it is full the process waits.
    """
    return subprocess.Popen(
        _command(arguments, data), env=_environment(environment), text=True,
        stdout=subprocess.PIPE, stderr=errors or subprocess.PIPE, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def run(*arguments: str, data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A `cordee` command that has ended."""
    return subprocess.run(
        _command(arguments, data), env=_environment(environment), text=True,
        capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=120,
    )  # fmt: skip


def forget_sockets(data: Path) -> None:
    """Removes the socket folder that a stopped cluster leaves for its next start."""
    state = data / "postgres.json"
    if state.exists():
        shutil.rmtree(json.loads(state.read_text())["socket"], ignore_errors=True)


@contextlib.contextmanager
def served(*flags: str, **environment: str) -> Iterator[Server]:
    """A server on a fresh folder; ended and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="cordee-test-", ignore_cleanup_errors=True) as folder:
        server = Server(Path(folder) / "data", *flags, **environment)
        server.start()
        try:
            yield server
        finally:
            server.stop()
            forget_sockets(server.data)


@pytest.fixture(scope="session")
def live_server() -> Iterator[Server]:
    """A server of this test run, by its socket."""
    with served() as server:
        yield server


def _command(arguments: tuple[str, ...], data: Path) -> list[str]:
    return [str(PROGRAM), *arguments, "--data", str(data)]


def _environment(given: dict[str, str]) -> dict[str, str]:
    # Compiled once: each `cordee` process begins more than a second sooner.
    left = "PYTHONDONTWRITEBYTECODE"
    kept = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith("CORDEE_") and name != left
    }
    return kept | given
