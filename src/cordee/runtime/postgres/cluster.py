"""One PostgreSQL cluster in a data folder: made, started, joined, stopped.

Every process that uses the cluster holds a shared lock on `postgres.users`; the last one to leave
stops the server. Starting and stopping happen under an exclusive lock on `postgres.starting`.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from cordee.runtime.errors import Unavailable
from cordee.runtime.postgres.binaries import Runner, find_binaries, runner_for
from cordee.runtime.postgres.configuration import authentication, server_settings

OWNER, APPLICATION, SUPERUSER = "cordee_owner", "cordee_app", "cordee_super"
DATABASE = "cordee"
_START_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Addresses:
    """Connection URLs of a running cluster, one a role."""

    owner: str
    application: str
    superuser: str


class Cluster:
    """The embedded PostgreSQL of one data folder; use as a context manager."""

    def __init__(self, data: Path, *, binaries: Path | None = None) -> None:
        """`data` is the installation's folder; `binaries` replaces the wheel's programs."""
        self.data = data
        self.folder = data / "postgres"
        self._given = binaries
        self._users: IO[bytes] | None = None

    def __enter__(self) -> Addresses:
        """Starts or joins the server; returns when it accepts connections."""
        self._make_data_folder()
        self._users = (self.data / "postgres.users").open("ab")
        with self._exclusive():
            fcntl.flock(self._users, fcntl.LOCK_SH)
            self._ensure_running()
        return self.addresses()

    def __exit__(self, *_: object) -> None:
        """Stops the server when nobody else uses it."""
        users = self._users
        if users is None:
            return
        with self._exclusive():
            self._users = None
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                users.close()
                return
            self.stop()
            users.close()

    def revive(self) -> bool:
        """Starts the server again when it has died; True when it had."""
        if self._running():
            return False
        with self._exclusive():
            if self._running():
                return False
            self._ensure_running()
        return True

    def stop(self) -> None:
        """Ends the server cleanly: open sessions are closed, everything is on disk."""
        if not self._running():
            return
        runner = runner_for(self.folder)
        control = find_binaries(runner, self._given) / "pg_ctl"
        runner.run([str(control), "-D", "/proc/self/cwd", "-m", "fast", "-w", "stop"], self.folder)

    def addresses(self) -> Addresses:
        """Connection URLs of this cluster."""
        socket = quote(json.loads((self.data / "postgres.json").read_text())["socket"], safe="")
        url = "postgresql://{}@/" + f"{DATABASE}?host={socket}"
        return Addresses(url.format(OWNER), url.format(APPLICATION), url.format(SUPERUSER))

    def pid(self) -> int | None:
        """Process id of the server that answers for this folder."""
        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        with contextlib.suppress(OSError):
            if b"postgres" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                return None
        return pid

    def _running(self) -> bool:
        return self.pid() is not None

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        with (self.data / "postgres.starting").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make_data_folder(self) -> None:
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"the data folder {self.data} cannot be made: {error}") from error

    def _ensure_running(self) -> None:
        runner = runner_for(self.folder)
        binaries = find_binaries(runner, self._given)
        if not (self.folder / "PG_VERSION").exists():
            self._create(runner, binaries)
        if not self._running():
            self._start(runner, binaries)
        self._make_roles(runner, binaries)

    def _create(self, runner: Runner, binaries: Path) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700)
        if runner.uid is not None and runner.gid is not None:
            os.chown(self.folder, runner.uid, runner.gid)
        done = runner.run(
            [
                str(binaries / "initdb"), "-D", "/proc/self/cwd", "-U", SUPERUSER, "-E", "UTF8",
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
                "--auth=peer", "--data-checksums",
            ],
            self.folder,
        )  # fmt: skip
        if done.returncode != 0:
            raise Unavailable(f"PostgreSQL could not be set up in {self.folder}: {done.stdout}")

    def _start(self, runner: Runner, binaries: Path) -> None:
        socket = self._socket_folder(runner)
        # Not the runner: another process of `nobody` must not come in.
        names = sorted({pwd.getpwuid(os.geteuid()).pw_name, "root"})
        _write(self.folder / "cordee.conf", server_settings(socket), runner)
        hba, ident = authentication(names, (SUPERUSER, OWNER, APPLICATION))
        _write(self.folder / "pg_hba.conf", hba, runner)
        _write(self.folder / "pg_ident.conf", ident, runner)
        main = self.folder / "postgresql.conf"
        if "cordee.conf" not in main.read_text():
            main.write_text(main.read_text() + "\ninclude 'cordee.conf'\n")
        command = [
            str(binaries / "pg_ctl"), "-D", "/proc/self/cwd", "-w", "-t", "120",
            "-l", "server.log", "start",
        ]  # fmt: skip
        said = ""
        for _ in range(_START_ATTEMPTS):
            done = runner.run(command, self.folder)
            if done.returncode == 0:
                return
            said = done.stdout
            # After a kill, the orphans of the former server take a moment to leave.
            time.sleep(0.25)
        log = (self.folder / "server.log").read_text(errors="replace")[-2000:]
        raise Unavailable(f"PostgreSQL does not start in {self.folder}: {said}\n{log}")

    def _socket_folder(self, runner: Runner) -> Path:
        """A short folder that only the runner (and root) enters; a socket path holds 107 bytes."""
        state = self.data / "postgres.json"
        if state.exists():
            known = Path(json.loads(state.read_text())["socket"])
            if known.is_dir() and known.stat().st_uid in {runner.uid, os.geteuid()}:
                return known
        folder = Path(tempfile.mkdtemp(prefix="cordee-"))
        if runner.uid is not None and runner.gid is not None:
            os.chown(folder, runner.uid, runner.gid)
        state.write_text(json.dumps({"socket": str(folder)}))
        return folder

    def _make_roles(self, runner: Runner, binaries: Path) -> None:
        done_mark = self.folder / "cordee.roles"
        if done_mark.exists():
            return
        socket = json.loads((self.data / "postgres.json").read_text())["socket"]
        statements = (
            f"CREATE ROLE {OWNER} LOGIN",
            f"CREATE ROLE {APPLICATION} LOGIN",
            f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
        )
        psql = [str(binaries / "psql"), "-h", socket, "-U", SUPERUSER, "-d", "postgres", "-c"]
        for statement in statements:
            done = Runner(None, None, "").run([*psql, statement], Path("/"))
            if done.returncode != 0 and "already exists" not in done.stdout:
                raise Unavailable(f"the roles of the database could not be made: {done.stdout}")
        _write(done_mark, "made\n", runner)


def _write(path: Path, text: str, runner: Runner) -> None:
    path.write_text(text)
    if runner.uid is not None and runner.gid is not None:
        os.chown(path, runner.uid, runner.gid)
