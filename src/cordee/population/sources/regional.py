"""Files of areas (`areas.files`) made of open data: a real region, to be taken in as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from cordee.population.areas.files import CENTRES, COMMUNES, CONTOURS, META, Folder
from cordee.population.sources.description import shipped
from cordee.population.sources.offer import Establishment, Way
from cordee.population.sources.places import Grouping, Town

_COLUMNS: Final = (
    "code", "nom", "departement", "departement_nom", "epci", "epci_nom", "cpts", "cpts_nom",
    "population", "latitude", "longitude", "precarite", "ruralite",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Beside:
    """What may be told beside communes: names of départements, outlines, establishments."""

    names: Mapping[str, str] = field(default_factory=dict)
    contours: Mapping[str, Any] = field(default_factory=dict)
    establishments: Sequence[Establishment] = ()


def write_areas(
    folder: Path, towns: Sequence[Town], groupings: Sequence[Grouping], ways: Sequence[Way],
    beside: Beside,
) -> int:  # fmt: skip
    """Writes communes that lie somewhere, their outlines and establishments; how many there are.

    Deprivation is left blank: no open file taken in tells it.
    """
    places = {one.commune: one for one in ways}
    kept = [one for one in towns if one.code in places]
    epci = {code: one for one in groupings for code in one.members}
    written = Folder(folder)
    rows = [_row(one, epci.get(one.code), places[one.code], beside.names) for one in kept]
    written.write(COMMUNES, _COLUMNS, rows)
    codes = {one.code for one in kept}
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": one}
        for code, one in beside.contours.items()
        if code in codes
    ]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    (folder / CONTOURS).write_bytes(body)
    written.write(
        CENTRES, ("finess", "nom", "categorie", "activite", "commune"),
        (
            (one.finess, one.name, one.category, " ; ".join(one.activities), one.commune)
            for one in beside.establishments
        ),
    )  # fmt: skip
    (folder / META).write_text(_meta(), "utf-8")
    return len(kept)


def _row(
    town: Town, epci: Grouping | None, way: Way, names: Mapping[str, str]
) -> tuple[object, ...]:
    return (
        town.code, town.name, town.departement, names.get(town.departement, town.departement),
        epci.code if epci else "", epci.name if epci else "", "", "", town.people, way.latitude,
        way.longitude, "", "rural" if way.rural else "urbain",
    )  # fmt: skip


def _meta() -> str:
    told = [shipped()[name] for name in ("communes", "epci", "contours-communes", "finess")]
    return "\n".join(
        f"[{one.id}]\nname = {_quoted(one.name)}\ndate = {_quoted(one.date)}\n"
        f"source = {_quoted(f'{one.origin} ({one.licence})')}\n"
        for one in told
    )


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()
