"""What an import reads: Bundles, NDJSON, folders and archives, one item at a time."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cordee.runtime.errors import InvalidRequest

_TARS = (".tar", ".tar.xz", ".tar.gz", ".tgz", ".tar.bz2")
_LINES = 500


@dataclass(frozen=True, slots=True)
class Item:
    """A Bundle, a resource, or some lines of NDJSON: `lines` says which.

    `source` and `name` are stable, so that an import that was stopped knows what it has done.
    """

    source: str
    name: str
    body: bytes
    lines: bool


def items(path: Path) -> Iterator[Item]:
    """Everything under a path, in a stable order; raises `InvalidRequest` for what is no input."""
    if not path.exists():
        raise InvalidRequest(f"{path}: there is no such file or folder")
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and _is_known(file.name):
                yield from items(file)
        return
    if not _is_known(path.name):
        raise InvalidRequest(f"{path}: a .json, .ndjson, folder, .tar.xz, .gz or .zip is expected")
    name, source = path.name.lower(), _digest(path)
    if name.endswith(_TARS):
        yield from _tar(source, path)
    elif name.endswith(".zip"):
        yield from _zip(source, path)
    else:
        yield from _file(source, path.name, path.read_bytes())


def _tar(source: str, path: Path) -> Iterator[Item]:
    with tarfile.open(path) as archive:
        for member in archive:
            if not member.isfile() or not _is_known(member.name):
                continue
            file = archive.extractfile(member)
            if file is not None:
                yield from _file(source, member.name, file.read())


def _zip(source: str, path: Path) -> Iterator[Item]:
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if _is_known(name):
                yield from _file(source, name, archive.read(name))


def _file(source: str, name: str, body: bytes) -> Iterator[Item]:
    if name.lower().endswith(".gz"):
        body, name = gzip.decompress(body), name[:-3]
    if not name.lower().endswith((".ndjson", ".jsonl")):
        yield Item(source, name, body, lines=False)
        return
    lines: list[bytes] = []
    first = 1
    for number, line in enumerate(io.BytesIO(body), start=1):
        if line.strip():
            lines.append(line)
        if len(lines) == _LINES:
            yield Item(source, f"{name}:{first}", b"".join(lines), lines=True)
            lines, first = [], number + 1
    if lines:
        yield Item(source, f"{name}:{first}", b"".join(lines), lines=True)


def _is_known(name: str) -> bool:
    lower = name.lower().removesuffix(".gz")
    if Path(lower).name.startswith("."):
        return False
    return lower.endswith((".json", ".ndjson", ".jsonl")) or (
        lower.endswith((*_TARS, ".zip")) and "/" not in lower
    )


def _digest(path: Path) -> str:
    state = sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            state.update(chunk)
    return state.hexdigest()[:24]
