"""The habilitation matrix: profession by document by right, in dated versions, read from data.

A cell that nobody has filled is closed. Versions are whole: a decision of the past is replayed
under the version then in force. Rule: A3.1; sources in `matrix/README.md`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache
from typing import Final

from cordee.runtime.clock import PARIS
from cordee.runtime.resources import data_folder

CATEGORY: Final = "category:"
"""What stands before a category where a document type could stand."""


class Right(StrEnum):
    """What is done with a document."""

    READ = "read"
    WRITE = "write"


class State(StrEnum):
    """Of a cell; only OPEN opens."""

    OPEN = "open"
    CLOSED = "closed"
    TO_COMPLETE = "to-complete"


Place = tuple[str, str, Right]
"""Profession, document (a type, or `category:` and a category), right."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: `source` says who said so, empty where nobody did."""

    profession: str
    document: str
    right: Right
    state: State
    source: str

    @property
    def place(self) -> Place:
        """Where the cell stands."""
        return self.profession, self.document, self.right


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the matrix speaks of: labels by code, and the category of each document type."""

    professions: Mapping[str, str]
    categories: Mapping[str, str]
    documents: Mapping[str, str]
    category_of: Mapping[str, str]

    def holds(self, place: Place) -> bool:
        """Whether a cell could stand there."""
        profession, document, _ = place
        if profession not in self.professions:
            return False
        if document.startswith(CATEGORY):
            return document.removeprefix(CATEGORY) in self.categories
        return document in self.documents


@dataclass(frozen=True, slots=True)
class Matrix:
    """One version, in force from `effective` until the next one."""

    version: str
    effective: datetime
    cells: Mapping[Place, Cell] = field(repr=False)

    def cell(self, profession: str, document: str, category: str, right: Right) -> Cell | None:
        """The cell of the type, else that of its category; None: nobody knows, which is closed."""
        exact = self.cells.get((profession, document, right))
        if exact is not None:
            return exact
        return self.cells.get((profession, CATEGORY + category, right))


@dataclass(frozen=True, slots=True)
class Change:
    """An accepted change: these cells replace those in force from `effective`."""

    version: str
    effective: datetime
    cells: tuple[Cell, ...]


def in_force(versions: Iterable[Matrix], at: datetime) -> Matrix | None:
    """The version in force at a moment; None before the first one: then all is closed.

    Of versions with the same moment the last given wins.
    """
    found: Matrix | None = None
    for one in versions:
        if one.effective <= at and (found is None or one.effective >= found.effective):
            found = one
    return found


def with_changes(shipped: Iterable[Matrix], changes: Iterable[Change]) -> tuple[Matrix, ...]:
    """All versions, oldest first: a change lies upon what was in force when it came."""
    versions = sorted(shipped, key=lambda one: one.effective)
    for change in sorted(changes, key=lambda one: one.effective):
        ground = in_force(versions, change.effective)
        cells = dict(ground.cells) if ground else {}
        cells |= {cell.place: cell for cell in change.cells}
        versions.append(Matrix(change.version, change.effective, cells))
    return tuple(sorted(versions, key=lambda one: one.effective))


def differences(
    before: Matrix | None, after: Matrix
) -> tuple[tuple[Cell | None, Cell | None], ...]:
    """Cells that are not the same in two versions, as (before, after), by place."""
    old = before.cells if before else {}
    places = sorted({*old, *after.cells})
    pairs = ((old.get(place), after.cells.get(place)) for place in places)
    return tuple(pair for pair in pairs if pair[0] != pair[1])


@cache
def catalogue() -> Catalogue:
    """The professions, categories and document types that ship with Cordée."""
    documents = _rows("documents")
    return Catalogue(
        professions={row["code"]: row["label"] for row in _rows("professions")},
        categories={row["code"]: row["label"] for row in _rows("categories")},
        documents={row["code"]: row["label"] for row in documents},
        category_of={row["code"]: row["category"] for row in documents},
    )


@cache
def shipped_versions() -> tuple[Matrix, ...]:
    """The versions that ship with Cordée, oldest first."""
    return read_versions(_rows("habilitations"))


def read_versions(rows: Iterable[Mapping[str, str]]) -> tuple[Matrix, ...]:
    """Versions from rows with the columns of `habilitations.csv`, oldest first.

    Raises `ValueError` on an unknown right or state, a date that is none, a place that the
    catalogue does not hold or that stands twice in a version.
    """
    cells: dict[tuple[str, datetime], dict[Place, Cell]] = {}
    for row in rows:
        cell = read_cell(row)
        if not catalogue().holds(cell.place):
            raise ValueError(f"no such place in the matrix: {cell.place}")
        version = cells.setdefault((row["version"], _midnight(row["effective"])), {})
        if cell.place in version:
            raise ValueError(f"stands twice in version {row['version']}: {cell.place}")
        version[cell.place] = cell
    found = (Matrix(name, effective, held) for (name, effective), held in cells.items())
    return tuple(sorted(found, key=lambda one: one.effective))


def read_cell(row: Mapping[str, str]) -> Cell:
    """One cell from its columns; raises `ValueError` on an unknown right or state."""
    return Cell(
        row["profession"], row["document"], Right(row["right"]), State(row["state"]), row["source"]
    )


def _midnight(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), time(), PARIS)


def _rows(name: str) -> list[dict[str, str]]:
    text = data_folder("matrix").joinpath(f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
