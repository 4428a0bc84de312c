"""The files that tell of areas, in one folder: `docs/operator/population.md` documents each.

communes.csv: code, nom, departement, departement_nom, epci, epci_nom, cpts, cpts_nom, population,
latitude, longitude, precarite (quintile 1 to 5, or nothing), ruralite (rural, urbain or nothing).
contours.geojson: a FeatureCollection of communes, `properties.code`. equipes.csv: nom, nature,
commune. offre.csv: commune, specialite, nombre. etablissements.csv: finess, nom, categorie,
activite, commune. meta.toml: name, date and origin of each.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from cordee.population.areas.geography import Commune, Geography
from cordee.runtime.errors import InvalidRequest

COMMUNES, CONTOURS, TEAMS, SUPPLY, CENTRES, META = (
    "communes.csv", "contours.geojson", "equipes.csv", "offre.csv", "etablissements.csv",
    "meta.toml",
)  # fmt: skip
_NEEDED: Final = ("code", "nom", "departement", "epci", "population", "latitude", "longitude")
_RURAL: Final = {"rural": True, "urbain": False}


@dataclass(frozen=True, slots=True)
class Team:
    """A team in place: a mobile team, a patient school, a specialist's practice."""

    name: str
    kind: str
    commune: str


@dataclass(frozen=True, slots=True)
class Centre:
    """An establishment: FINESS number, name, category, what it does, its commune."""

    finess: str
    name: str
    category: str
    activity: str
    commune: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file comes from, and of which day it is."""

    name: str
    date: str
    source: str


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of areas of one region."""

    path: Path

    def is_there(self) -> bool:
        """Whether there are communes."""
        return (self.path / COMMUNES).exists()

    def geography(self, few: int | None = None) -> Geography:
        """The communes and their areas; raises `InvalidRequest` with the line that is wrong."""
        communes: list[Commune] = []
        names: dict[tuple[str, str], str] = {}
        for place, row in self._rows(COMMUNES, _NEEDED):
            one = _commune(row, place)
            communes.append(one)
            for level in ("departement", "epci", "cpts"):
                if code := getattr(one, level):
                    names[level, code] = row.get(f"{level}_nom") or code
        names["region", "region"] = self.meta().get("region", {}).get("name", "")
        made = tuple(sorted(communes, key=lambda one: one.code))
        return Geography(made, names) if few is None else Geography(made, names, few)

    def contours(self) -> Mapping[str, Any]:
        """GeoJSON geometries of communes by code; empty where there is no file."""
        file = self.path / CONTOURS
        if not file.exists():
            return {}
        told = orjson.loads(file.read_bytes())
        return {str(one["properties"]["code"]): one["geometry"] for one in told["features"]}

    def teams(self) -> list[Team]:
        """Teams in place."""
        rows = self._rows(TEAMS, ("nom", "nature", "commune"))
        return [Team(row["nom"], row["nature"], row["commune"]) for _, row in rows]

    def centres(self) -> list[Centre]:
        """Establishments."""
        columns = ("finess", "nom", "categorie", "activite", "commune")
        return [Centre(*(row[one] for one in columns)) for _, row in self._rows(CENTRES, columns)]

    def supply(self, speciality: str) -> dict[str, float]:
        """How many professionals of a speciality each commune has."""
        found: dict[str, float] = {}
        for place, row in self._rows(SUPPLY, ("commune", "specialite", "nombre")):
            if row["specialite"] == speciality:
                code = row["commune"]
                found[code] = found.get(code, 0.0) + _number(row["nombre"], place, "nombre")
        return found

    def meta(self) -> dict[str, Any]:
        """What is told of the files."""
        file = self.path / META
        return tomllib.loads(file.read_text("utf-8")) if file.exists() else {}

    def origins(self) -> list[Origin]:
        """Name, date and source of each file that tells them."""
        return [
            Origin(one["name"], str(one.get("date", "")), one.get("source", ""))
            for one in self.meta().values()
            if "name" in one
        ]

    def write(self, name: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
        """Writes one of the CSV files."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows)

    def _rows(self, name: str, needed: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
        path = self.path / name
        if not path.exists():
            return
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            for one in needed:
                if one not in (reader.fieldnames or ()):
                    raise InvalidRequest(f"{name}: no column {one}")
            for row in reader:
                yield f"{name}, line {reader.line_num}", row


def _commune(row: Mapping[str, str], place: str) -> Commune:
    if not row["code"]:
        raise InvalidRequest(f"{place}: no code")
    return Commune(
        row["code"], row["nom"], row["departement"], row["epci"], row.get("cpts") or "",
        round(_number(row["population"], place, "population")),
        _number(row["latitude"], place, "latitude"),
        _number(row["longitude"], place, "longitude"),
        round(_number(row.get("precarite") or "0", place, "precarite")),
        _RURAL.get((row.get("ruralite") or "").lower()),
    )  # fmt: skip


def _number(text: str, place: str, column: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise InvalidRequest(f"{place}: {column} is no number: {text}") from error
