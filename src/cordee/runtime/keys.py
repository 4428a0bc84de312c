"""The folder of keys of one installation: made at first start, mode 0600, never in the database."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def secret(folder: Path, name: str, *, size: int = 32) -> bytes:
    """Random key `name` of this installation; made when it is not there yet."""
    return made_once(folder, name, lambda: secrets.token_bytes(size))


def made_once(folder: Path, name: str, make: Callable[[], bytes]) -> bytes:
    """Content of the file `name`, made when it is not there yet, the same for all processes."""
    path = folder / name
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = folder / f".{name}.{os.getpid()}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
            file.flush()
            # What a key has sealed may be durable a moment later: so is the key, first.
            os.fsync(file.fileno())
        try:
            # A link never replaces: the first process wins and all read the same key.
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        _keep(folder)
    return path.read_bytes()


def _keep(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
