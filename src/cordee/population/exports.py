"""Exports of views: folders of files that whoever asked fetches within a day, and that then go.

A folder holds what was asked (`job.json`), what came of it (`state.json`, there once it has ended)
and a sign of life of the process that works on it. All processes read the same folders. An export
ends with the era of the lake that it was made of, and when somebody is forgotten. Rule: G1.2, G1.6.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from cordee.runtime.clock import now
from cordee.runtime.errors import NotFound, Throttled

KEPT: Final = timedelta(days=1)
MOST: Final = 20
"""Exports that one caller may have at a time."""
SILENT_SECONDS: Final = 60.0
"""After so long without a sign of life, who worked on an export is gone."""
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_JOB, _STATE, _ALIVE = "job.json", "state.json", "alive"


@dataclass(frozen=True, slots=True)
class View:
    """A view that is exported, under the name that the caller gives it."""

    name: str
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Output:
    """A file that was made of a view: its place in the order of the views, and its rows."""

    name: str
    file: str
    rows: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for; `tracking` is a text of theirs."""

    owner: str
    views: tuple[View, ...]
    format: str
    tracking: str = ""


@dataclass(frozen=True, slots=True)
class Export:
    """One export: `ended` is None while it runs, `error` says why there is no file."""

    key: str
    folder: Path
    asked: Asked
    started: datetime
    until: datetime
    ended: datetime | None = None
    outputs: tuple[Output, ...] = ()
    error: str = ""


class Exports:
    """The folder of all exports."""

    def __init__(self, folder: Path) -> None:
        """Made when something is exported."""
        self._folder = folder

    def begin(self, asked: Asked, era: str) -> Export:
        """Notes what is asked; raises `Throttled` where the caller has too many already."""
        self.sweep(era)
        held = sum(one.asked.owner == asked.owner for one in self._all(era))
        if held >= MOST:
            raise Throttled(f"there are {MOST} exports of yours; DELETE those that you have read")
        started = now()
        key = secrets.token_urlsafe(16)
        folder = self._folder / key
        folder.mkdir(mode=0o700, parents=True)
        told = {
            "era": era, "owner": asked.owner, "format": asked.format, "tracking": asked.tracking,
            "views": [[one.name, one.definition] for one in asked.views],
            "started": started, "until": started + KEPT,
        }  # fmt: skip
        (folder / _ALIVE).touch()
        _put(folder, _JOB, told)
        return Export(key, folder, asked, started, started + KEPT)

    def find(self, key: str, owner: str, era: str) -> Export:
        """An export of somebody; raises `NotFound` for what is gone, or another's."""
        found = self._read(key, era) if _KEY.fullmatch(key) else None
        if found is None or found.asked.owner != owner:
            raise NotFound("there is no such export; files are kept for a day")
        return found

    def end(self, export: Export, outputs: Sequence[Output], error: str = "") -> None:
        """Notes what came of it, unless it was cancelled."""
        rows = [[one.name, one.file, one.rows] for one in outputs]
        if export.folder.is_dir():
            _put(export.folder, _STATE, {"ended": now(), "outputs": rows, "error": error})

    def beat(self, export: Export) -> bool:
        """Gives a sign of life; False when the export was cancelled."""
        try:
            (export.folder / _ALIVE).touch()
        except FileNotFoundError:
            return False
        return True

    def remove(self, export: Export) -> None:
        """Removes an export with its files; what works on it stops."""
        shutil.rmtree(export.folder, ignore_errors=True)

    def sweep(self, era: str) -> None:
        """Removes what is out of date, or was made of a lake that is no more."""
        if not self._folder.is_dir():
            return
        for folder in self._folder.iterdir():
            if self._read(folder.name, era) is None and not _is_new(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def clear(self) -> None:
        """Removes all: somebody was forgotten, and rows of theirs may be in any file."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _all(self, era: str) -> list[Export]:
        found = (self._read(one.name, era) for one in self._folder.glob("*"))
        return [one for one in found if one is not None]

    def _read(self, key: str, era: str) -> Export | None:
        folder = self._folder / key
        try:
            told = orjson.loads((folder / _JOB).read_bytes())
            state = folder / _STATE
            ended = orjson.loads(state.read_bytes()) if state.exists() else _unended(folder)
        except FileNotFoundError:
            return None
        until = datetime.fromisoformat(told["until"])
        if told["era"] != era or until < now():
            return None
        views = tuple(View(*one) for one in told["views"])
        asked = Asked(told["owner"], views, told["format"], told["tracking"])
        started = datetime.fromisoformat(told["started"])
        if ended is None:
            return Export(key, folder, asked, started, until)
        outputs = tuple(Output(*one) for one in ended["outputs"])
        moment = datetime.fromisoformat(ended["ended"])
        return Export(key, folder, asked, started, until, moment, outputs, ended["error"])


def _unended(folder: Path) -> Mapping[str, Any] | None:
    """What is to be said of an export on which nobody works any more; None while one does."""
    last = (folder / _ALIVE).stat().st_mtime
    if time.time() - last < SILENT_SECONDS:
        return None
    moment = datetime.fromtimestamp(last, UTC).isoformat()
    return {"ended": moment, "outputs": [], "error": "the server was stopped; export again"}


def _is_new(folder: Path) -> bool:
    """Whether a folder was made a moment ago: its job may not stand in it yet."""
    try:
        return not (folder / _JOB).exists() and time.time() - folder.stat().st_mtime < 1
    except FileNotFoundError:
        return True


def _put(folder: Path, name: str, told: Mapping[str, Any]) -> None:
    """Writes a file whole, or not at all where the folder is gone."""
    fresh = folder / f".{name}"
    try:
        fresh.write_bytes(orjson.dumps(told))
        fresh.replace(folder / name)
    except FileNotFoundError:
        return
