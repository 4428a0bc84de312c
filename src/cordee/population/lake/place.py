"""Where the lake lies: eras side by side, one in force; a rotation of the key changes the era.

Readers open it by its folder alone; who feeds it has the key as well. Rule: G1.1.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cordee.fhir.interactions.kernel import Kernel
from cordee.population.lake.door import Door
from cordee.population.lake.feed import READER, Feed, Turned
from cordee.population.lake.pseudonyms import Custody, Pseudonyms
from cordee.population.lake.tables import Tables

_CURRENT: Final = "era"


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of the lake."""

    folder: Path

    def era(self) -> str:
        """The era in force; empty before anything was loaded."""
        file = self.folder / _CURRENT
        return file.read_text("ascii") if file.exists() else ""

    def tables(self, era: str = "") -> Tables:
        """The tables of an era, of the one in force where none is named."""
        return Tables(self.folder / (era or self.era() or "none"))

    def enter(self, era: str) -> None:
        """An era comes into force; the others are destroyed, with what was known by their key."""
        fresh = self.folder / f".{_CURRENT}"
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.write_text(era, "ascii")
        fresh.replace(self.folder / _CURRENT)
        for other in self.folder.iterdir():
            if other.is_dir() and (other / "tables").is_dir() and other.name != era:
                shutil.rmtree(other)


@dataclass(frozen=True, slots=True)
class Loading:
    """What is settled about how people enter: see `Door`."""

    widened: Callable[[str], str]
    shift: int = 0
    parts: int = 1


class Loader:
    """Loads the lake: who has the key."""

    def __init__(self, kernel: Kernel, place: Place, custody: Custody, how: Loading) -> None:
        """Nothing is read before the first turn."""
        self._kernel = kernel
        self._place = place
        self._custody = custody
        self._how = how

    async def refresh(self) -> Turned:
        """Takes in all that is published now; the first time, from the start of the journal."""
        pseudonyms = self._pseudonyms(self._custody.key())
        done = await self._feed(pseudonyms).catch_up()
        if self._place.era() != pseudonyms.era:
            self._place.enter(pseudonyms.era)
        return done

    async def rotate(self) -> Turned:
        """Another key, another lake, loaded again from the journal; then the old one is gone.

        What was stopped goes on where it was. Snapshots end with their era: they bear its names.
        """
        pseudonyms = self._pseudonyms(self._custody.following())
        done = await self._feed(pseudonyms).catch_up()
        self._custody.replace()
        self._place.enter(pseudonyms.era)
        return done

    def _pseudonyms(self, key: bytes) -> Pseudonyms:
        return Pseudonyms(key, self._kernel.keys)

    def _feed(self, pseudonyms: Pseudonyms) -> Feed:
        how = self._how
        door = Door(pseudonyms, how.widened, how.shift, how.parts)
        tables = self._place.tables(pseudonyms.era)
        return Feed(self._kernel, door, tables, f"{READER} {pseudonyms.era}")
