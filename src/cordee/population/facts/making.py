"""Facts made from the lake, whole, in a folder of their own, then put in force at one stroke.

A person whom several sources know is one row, which names them; their events stay apart, each with
its source. Rule: G2.12.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cordee.population.engine.port import Engine
from cordee.population.facts.kinds import (
    EVENT_COLUMNS,
    KINDS,
    PERSON,
    PERSON_COLUMNS,
    shaped,
    view,
)
from cordee.population.lake.tables import Tables
from cordee.population.views.compiling import compiled
from cordee.population.views.dialects import Dialect

OWN: Final = "cordee"
"""The source of what this installation itself holds."""
_CURRENT: Final = "current"
_STAMP: Final = "made-of.json"
_TABLE: Final = "lake_rows"
Files = Mapping[str, Sequence[Path]]


@dataclass(frozen=True, slots=True)
class Facts:
    """The folder of the facts in force; empty before anything was made."""

    folder: Path

    def files(self) -> dict[str, list[Path]]:
        """The Parquet files of each table of facts that is there."""
        current = self.folder / _CURRENT
        made = self.folder / current.readlink() if current.is_symlink() else self.folder / "none"
        found = {
            kind: sorted(made.glob(f"{kind}/*.parquet")) + sorted(made.glob(f"{kind}.parquet"))
            for kind in (PERSON, *KINDS)
        }
        return {kind: files for kind, files in found.items() if files}

    def version(self) -> str:
        """What tells these facts from those before; empty where there are none."""
        current = self.folder / _CURRENT
        return str(current.readlink()) if current.is_symlink() else ""

    def stamp(self) -> str:
        """What the facts in force were made of, as it was told to `make`."""
        file = self.folder / self.version() / _STAMP
        return file.read_text("utf-8") if self.version() and file.exists() else ""

    def make(
        self, engine: Engine, tables: Tables, others: Sequence[Files] = (), stamp: str = ""
    ) -> None:
        """Makes all tables from the lake and from other sources of the same shape."""
        number = int(self.version() or 0) + 1
        made = self.folder / f".{number}"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        for kind in (PERSON, *KINDS):
            parts = _parts(kind, engine, tables, others)
            if parts:
                joined = " UNION ALL ".join(parts)
                sql = _persons(joined, engine.dialect) if kind == PERSON else joined
                engine.write(sql, _place(made, kind))
        (made / _STAMP).write_text(stamp, "utf-8")
        made.rename(self.folder / str(number))
        fresh = self.folder / f".{_CURRENT}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(str(number))
        fresh.replace(self.folder / _CURRENT)
        for old in self.folder.iterdir():
            if old.is_dir() and not old.is_symlink() and old.name != str(number):
                shutil.rmtree(old)


def _place(folder: Path, kind: str) -> Path:
    return folder / f"{kind}.parquet"


def _parts(kind: str, engine: Engine, tables: Tables, others: Sequence[Files]) -> list[str]:
    parts: list[str] = []
    found = view(kind)
    if files := tables.files(found.resource):
        engine.parquet(f"{_TABLE}_{kind}", files)
        made = compiled(found, engine.dialect, f"{_TABLE}_{kind}")
        given = tuple(one.name for one in made.outputs)
        parts.append(shaped(kind, made.sql, given, engine.dialect, OWN))
    columns = ", ".join(
        engine.dialect.name_of(one) for one in (PERSON_COLUMNS if kind == PERSON else EVENT_COLUMNS)
    )
    for at, other in enumerate(others):
        if other.get(kind):
            engine.parquet(f"other_{at}_{kind}", other[kind])
            parts.append(f"SELECT {columns} FROM other_{at}_{kind}")
    return parts


def _persons(joined: str, dialect: Dialect) -> str:
    """One row a person: the first source in the alphabet that tells a thing tells it."""
    told = ", ".join(f"min({one}) AS {one}" for one in PERSON_COLUMNS[1:-1])
    return (
        f"SELECT person, {told}, {dialect.listed('source')} AS source"
        f" FROM ({joined}) known GROUP BY person"
    )
