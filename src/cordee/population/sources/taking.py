"""Takes in a folder of open files as they are: all that are known are read before one is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final

from cordee.population.sources import offer, places, prevalence
from cordee.population.sources.description import Description, known, shipped
from cordee.population.sources.regional import Beside, write_areas
from cordee.population.sources.store import (
    CELLS,
    DENSITIES,
    DEPARTEMENTS,
    ESTABLISHMENTS,
    WAYS,
    Store,
    Taken,
)
from cordee.runtime.errors import InvalidRequest, NotFound

AREAS: Final = "areas"
_TABLES: Final[Mapping[str, tuple[str, Callable[[Path, Description], list[Any]]]]] = {
    "density": (DENSITIES, offer.densities),
    "distances": (WAYS, offer.ways),
    "establishments": (ESTABLISHMENTS, offer.establishments),
    "departements": (DEPARTEMENTS, places.departements),
    "communes": ("towns", places.towns),
    "epci": ("groupings", places.groupings),
}
_NEAR: Final = 0.8
_PREVALENCES: Final = {"prevalence": prevalence.published, "prevalence-summed": prevalence.summed}


@dataclass(slots=True)
class _Read:
    """What a folder tells, before anything is written."""

    tables: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    cells: dict[str, tuple[str, prevalence.Told]] = field(default_factory=dict)
    contours: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)

    def rows(self, name: str) -> list[Any]:
        """The rows of a table, from whatever formats."""
        return [one for some in self.tables.get(name, {}).values() for one in some]


def take(folder: Path, store: Store) -> dict[str, Any]:
    """Takes in what is known of a folder; what was taken, left out, not known.

    Raises `InvalidRequest` with file, line and column for what is wrong, and keeps nothing then;
    `NotFound` where no file is known.
    """
    if not folder.is_dir():
        raise InvalidRequest(f"{folder}: no folder")
    found, unknown = _Read(), []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        told = known(path.name)
        if told is None:
            unknown.append(str(path.relative_to(folder)))
        else:
            _read(path, told, found)
    if not found.taken and not found.cells:
        raise NotFound(f"{folder} holds no file that is known")
    for file, (source, told) in found.cells.items():
        _agree(file, shipped()[source], told, found.people)
    _keep(found, store)
    return {
        "taken": [
            {"source": one.source, "file": one.file, "rows": one.rows, "left_out": one.left_out}
            for one in found.taken
        ],
        "areas": _regional(found, store),
        "unknown": unknown,
    }


def _read(path: Path, told: Description, found: _Read) -> None:
    if told.kind in _PREVALENCES:
        found.cells[path.name] = told.id, _PREVALENCES[told.kind](path, told)
        return
    if told.kind == "contours":
        rows: Any = places.outlines(path)
        found.contours.setdefault(told.id, {}).update(rows)
    elif told.kind == "people":
        rows = places.people(path, told)
        found.people.update(rows)
    else:
        table, reader = _TABLES[told.kind]
        rows = reader(path, told)
        found.tables.setdefault(table, {}).setdefault(told.id, []).extend(rows)
    found.taken.append(Taken(told.id, path.name, len(rows)))


def _agree(
    file: str, source: Description, told: prevalence.Told, people: Mapping[str, int]
) -> None:
    """Raises where a sum of several cells has not about as many people as live there."""
    for one in told.cells if source.counted > 1 else ():
        living = people.get(one.departement)
        if (
            one.band == prevalence.EVERY
            and living
            and not _NEAR <= one.people / living <= 1 / _NEAR
        ):
            raise InvalidRequest(
                f"{file}: {one.people:.0f} people in {one.departement} in {one.year}, where"
                f" {living} live: each is not counted {source.counted} times"
            )


def _keep(found: _Read, store: Store) -> None:
    departements = found.rows(DEPARTEMENTS) or store.read(DEPARTEMENTS, places.Departement)
    regions = {one.code: one.region for one in departements}
    kept = {
        file: (source, prevalence.Plausible(told, regions), told.unreadable)
        for file, (source, told) in found.cells.items()
    }
    cells: dict[str, list[prevalence.Plausible]] = {}
    for source, some, _ in kept.values():
        cells.setdefault(source, []).append(some)
    names = (DENSITIES, WAYS, ESTABLISHMENTS, DEPARTEMENTS)
    tables: dict[str, Mapping[str, Iterable[Any]]] = {
        CELLS: {source: chain.from_iterable(some) for source, some in cells.items()},
        **{name: found.tables.get(name, {}) for name in names},
    }
    contours = found.contours.get("contours-departements", {})
    taken = (
        Taken(source, file, some.kept, some.left, unreadable)
        for file, (source, some, unreadable) in kept.items()
    )
    store.write(tables, contours, chain(found.taken, taken))
    found.taken += [one for one in store.taken() if one.file in kept]


def _regional(found: _Read, store: Store) -> int:
    """Writes the files of areas where communes, EPCI and places are told; how many communes."""
    towns, ways = found.rows("towns"), found.rows(WAYS)
    if not towns or not ways:
        return 0
    return write_areas(
        store.folder / AREAS, towns, found.rows("groupings"), ways,
        Beside(
            {one.code: one.name for one in found.rows(DEPARTEMENTS)},
            found.contours.get("contours-communes", {}), found.rows(ESTABLISHMENTS),
        ),
    )  # fmt: skip
