"""Where population health lies on disk: the lake, the facts, the areas, other sources."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import orjson

from cordee.population.areas.files import Folder
from cordee.population.areas.geography import Geography
from cordee.population.engine.port import Engine
from cordee.population.exports import Exports
from cordee.population.facts.kinds import PERSON
from cordee.population.facts.making import OWN, Facts
from cordee.population.lake.place import Place
from cordee.population.quality.shelf import Reports
from cordee.population.sources.store import Store
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.french import PARIS

_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of population health of one installation."""

    folder: Path

    @property
    def lake(self) -> Place:
        """The lake."""
        return Place(self.folder / "lake")

    @property
    def facts(self) -> Facts:
        """The facts."""
        return Facts(self.folder / "facts")

    @property
    def areas(self) -> Folder:
        """The files of areas."""
        return Folder(self.folder / "areas")

    @property
    def open(self) -> Store:
        """The open data."""
        return Store(self.folder / "open")

    @property
    def exports(self) -> Exports:
        """The exports of views."""
        return Exports(self.folder / "exports")

    @property
    def quality(self) -> Reports:
        """The reports of quality."""
        return Reports(self.folder / "quality")

    def is_there(self) -> bool:
        """Whether this installation does population health: its areas are told."""
        return self.areas.is_there()

    def geography(self) -> Geography:
        """The communes of the region; none where no file tells them."""
        return self.areas.geography() if self.is_there() else Geography((), {})

    def source(self, name: str) -> Path:
        """The folder of another source; raises `InvalidRequest` for a name that is none."""
        if not _NAME.fullmatch(name) or name == OWN:
            raise InvalidRequest(f"{name}: name a source by small letters, digits and dashes")
        return self.folder / "sources" / name

    def sources(self) -> list[str]:
        """The names of the other sources."""
        folder = self.folder / "sources"
        return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []

    def loaded(self) -> dict[str, date]:
        """The day on which each source was last taken in; ours, the day the facts were made."""
        files = {name: self.source(name) / f"{PERSON}.parquet" for name in self.sources()}
        if version := self.facts.version():
            files[OWN] = self.facts.folder / version
        return {
            name: datetime.fromtimestamp(one.stat().st_mtime, PARIS).date()
            for name, one in files.items()
            if one.exists()
        }

    def is_up_to_date(self) -> bool:
        """Whether the facts in force were made of the lake and the sources as they are."""
        return bool(self.facts.version()) and self.facts.stamp() == self._stamp()

    def make_facts(self, engine: Engine) -> None:
        """Makes the facts anew, of the lake and of all other sources."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stamp = self._stamp()
        others = [
            {one.stem: [one] for one in sorted(self.source(name).glob("*.parquet"))}
            for name in self.sources()
        ]
        self.facts.make(engine, self.lake.tables(), others, stamp)

    def _stamp(self) -> str:
        """What the facts are made of: the era, the version of each table, the other sources."""
        tables = self.lake.tables()
        told = {kind: tables.version(kind) for kind in tables.kinds()}
        files = {
            f"{name}/{one.name}": one.stat().st_mtime_ns
            for name in self.sources()
            for one in sorted(self.source(name).glob("*.parquet"))
        }
        return orjson.dumps([self.lake.era(), told, files]).decode()

    def forget_source(self, name: str) -> None:
        """Removes another source; the facts lose it when they are made next."""
        shutil.rmtree(self.source(name), ignore_errors=True)
