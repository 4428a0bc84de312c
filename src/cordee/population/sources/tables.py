"""Rows of an open file, packed by xz or not, each with its place; what is wrong is said there."""

from __future__ import annotations

import csv
import lzma
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from cordee.population.sources.description import Description
from cordee.runtime.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a file: its place in words, and its cells by column."""

    place: str
    cells: Mapping[str, Any]

    def text(self, column: str) -> str:
        """A cell that must hold something."""
        found = self.blank(column)
        if not found:
            raise self.wrong(column, "nothing is told")
        return found

    def number(self, column: str) -> float:
        """A cell that must hold a number that is not negative nor infinite."""
        return self._number(column, self.text(column), 0.0)

    def degrees(self, column: str) -> float:
        """A latitude or a longitude."""
        return self._number(column, self.text(column), -180.0)

    def maybe(self, column: str) -> float | None:
        """A number, or None where nothing is told: a cell that is not published, never 0."""
        return self.number(column) if self.blank(column) else None

    def blank(self, column: str) -> str:
        """A cell that may hold nothing."""
        found = self.cells.get(column)
        return "" if found is None else str(found).strip()

    def wrong(self, column: str, why: str) -> InvalidRequest:
        """The error that names this row and a column."""
        return InvalidRequest(f"{self.place}, column {column}: {why}")

    def _number(self, column: str, text: str, least: float) -> float:
        try:
            found = float(text)
        except ValueError as error:
            raise self.wrong(column, f"no number: {text[:40]}") from error
        if not math.isfinite(found) or found < least:
            raise self.wrong(column, f"no number that can be: {text[:40]}")
        return found


def rows(path: Path, told: Description) -> Iterator[Line]:
    """The rows of a CSV file; raises `InvalidRequest` with file, line and column."""
    at = 1
    try:
        with _opened(path) as file:
            reader = csv.DictReader(file, delimiter=told.delimiter)
            for one in told.columns:
                if one not in (reader.fieldnames or ()):
                    raise InvalidRequest(f"{path.name}, line 1: no column {one}")
            for row in reader:
                at = reader.line_num
                place = f"{path.name}, line {at}"
                _whole(place, row, len(reader.fieldnames or ()))
                yield Line(place, row)
    except (lzma.LZMAError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidRequest(f"{path.name}, after line {at}: {error}") from error


def records(path: Path, told: Description) -> Iterator[Line]:
    """The records of a JSON list; raises `InvalidRequest` with file, record and key."""
    found = _json(path)
    if not isinstance(found, list):
        raise InvalidRequest(f"{path.name}: no list of records")
    for at, one in enumerate(found, 1):
        place = f"{path.name}, record {at}"
        if not isinstance(one, dict):
            raise InvalidRequest(f"{place}: no record")
        for column in told.columns:
            if column not in one:
                raise InvalidRequest(f"{place}: no column {column}")
        yield Line(place, one)


def features(path: Path) -> Iterator[tuple[Line, Mapping[str, Any]]]:
    """The properties and geometry of each feature of a GeoJSON file."""
    found = _json(path)
    if not isinstance(found, dict) or not isinstance(found.get("features"), list):
        raise InvalidRequest(f"{path.name}: no FeatureCollection")
    for at, one in enumerate(found["features"], 1):
        place = f"{path.name}, feature {at}"
        told = one if isinstance(one, dict) else {}
        properties, geometry = told.get("properties"), told.get("geometry")
        if not isinstance(properties, dict) or not isinstance(geometry, dict):
            raise InvalidRequest(f"{place}: no properties or no geometry")
        line = Line(place, properties)
        if geometry.get("type") not in {"Polygon", "MultiPolygon"}:
            raise line.wrong("geometry", "no polygon")
        yield line, geometry


def _opened(path: Path) -> Any:
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _json(path: Path) -> Any:
    try:
        body = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
        return orjson.loads(body)
    except (lzma.LZMAError, orjson.JSONDecodeError) as error:
        raise InvalidRequest(f"{path.name}: {error}") from error


def _whole(place: str, row: Mapping[Any, Any], width: int) -> None:
    """Raises for a row that has more or fewer cells than the head."""
    if None in row:
        raise InvalidRequest(f"{place}, column {width + 1}: the head has {width} columns")
    if None in row.values():
        missing = next(column for column, cell in row.items() if cell is None)
        raise InvalidRequest(f"{place}, column {missing}: the row ends before it")
