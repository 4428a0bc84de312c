"""Communes, EPCI, départements and outlines as `decoupage-administratif` and GeoJSON tell them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shapely.errors import ShapelyError
from shapely.geometry import shape

from cordee.population.sources.description import Description
from cordee.population.sources.tables import features, records, rows
from cordee.runtime.errors import InvalidRequest

_CURRENT: Final = "commune-actuelle"


@dataclass(frozen=True, slots=True)
class Departement:
    """A département and the region that it lies in, by codes."""

    code: str
    name: str
    region: str


@dataclass(frozen=True, slots=True)
class Town:
    """A commune of today: code, name, département, region, inhabitants."""

    code: str
    name: str
    departement: str
    region: str
    people: int


@dataclass(frozen=True, slots=True)
class Grouping:
    """An EPCI and the codes of its communes."""

    code: str
    name: str
    members: tuple[str, ...]


def departements(path: Path, told: Description) -> list[Departement]:
    """The départements of a file."""
    return [
        Departement(one.text("code"), one.text("nom"), one.text("region"))
        for one in records(path, told)
    ]


def towns(path: Path, told: Description) -> list[Town]:
    """The communes of today that have inhabitants; parts of communes are left out."""
    return [
        Town(
            one.text("code"), one.text("nom"), one.text("departement"), one.text("region"),
            round(one.number("population")),
        )
        for one in records(path, told)
        if one.cells["type"] == _CURRENT and one.cells.get("population") is not None
    ]  # fmt: skip


def groupings(path: Path, told: Description) -> list[Grouping]:
    """The EPCI of a file with their communes."""
    found = []
    for one in records(path, told):
        members = one.cells["membres"]
        if not isinstance(members, list) or any("code" not in part for part in members):
            raise one.wrong("membres", "no list of communes")
        codes = tuple(str(part["code"]) for part in members)
        found.append(Grouping(one.text("code"), one.text("nom"), codes))
    return found


def people(path: Path, told: Description) -> dict[str, int]:
    """Inhabitants by département; raises where its ages do not make its total."""
    found = {}
    for one in rows(path, told):
        whole = round(one.number("ensemble_total"))
        parts = [one.number(column) for column in told.columns if _is_age(column)]
        if abs(sum(parts) - whole) > len(parts):
            raise one.wrong("ensemble_total", f"its ages make {sum(parts):.0f}")
        found[one.text("dept")] = whole
    return found


def outlines(path: Path) -> dict[str, Mapping[str, Any]]:
    """The geometry of each area of a GeoJSON file by `properties.code`."""
    found: dict[str, Mapping[str, Any]] = {}
    for line, geometry in features(path):
        code = line.text("code")
        if code in found:
            raise line.wrong("code", f"told twice: {code}")
        if not _is_outline(geometry):
            raise line.wrong("geometry", "its coordinates make no area")
        found[code] = geometry
    if not found:
        raise InvalidRequest(f"{path.name}: no area")
    return found


def _is_outline(geometry: Mapping[str, Any]) -> bool:
    try:
        return shape(dict(geometry)).area > 0
    except (KeyError, IndexError, TypeError, ValueError, ShapelyError):
        return False


def _is_age(column: str) -> bool:
    return column.startswith("ensemble_") and column != "ensemble_total"
