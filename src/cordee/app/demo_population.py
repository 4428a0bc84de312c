"""Population health of the demonstration: the areas of its region, and a synthetic second source.

The second source stands for what the Assurance Maladie would give: everybody of the region, drawn
from rates (`population.synthesis`); three EPCI at the borders of départements have more diabetes.
"""

from __future__ import annotations

import tomllib
from typing import Any, Final

import orjson

from cordee.app.population import home_of
from cordee.app.region.chance import dice
from cordee.app.region.sites import sites
from cordee.app.region.territory import INHABITANTS, communes, geojson, groupings
from cordee.app.region.toponyms import COUNTIES
from cordee.population.areas.files import CENTRES, COMMUNES, CONTOURS, META, SUPPLY, TEAMS
from cordee.population.home import Home
from cordee.population.synthesis.writing import Plan, write_facts
from cordee.runtime.clock import today
from cordee.runtime.settings import Settings

SOURCE: Final = "assurance-maladie"
WEIGHTS: Final = {"Marches de l’Ouche": 1.42, "Sud-Brenne": 1.36, "Côte de Nance": 1.48}
"""By how much diabetes is more frequent in three EPCI."""
_PATIENTS: Final = 5000
_TOWN: Final = 9000
_SPLIT: Final = ("A", "B")
_DIABETES: Final = (
    ("Équipe mobile diabète A", "equipe-mobile", "Aubrey"),
    ("Éducation thérapeutique, CHU d’Aubrey", "education", "Aubrey"),
    ("Équipe mobile diabète B", "equipe-mobile", "Belmont"),
    ("École du patient de Corvigny", "education", "Corvigny"),
    ("Éducation thérapeutique de Darnois", "education", "Darnois"),
)
_SPECIALISTS: Final = (("Aubrey", 6), ("Belmont", 3), ("Corvigny", 2), ("Darnois", 2))
_HOSPITALS: Final = {"chu": "Centre hospitalier régional", "ch": "Centre hospitalier",
                     "clinique": "Établissement de soins"}  # fmt: skip
_EMERGENCY: Final = "médecine d’urgence"
_TEACHING: Final = "éducation thérapeutique, diabète"
_META: Final = """
[region]
name = "Région de démonstration"
date = "2026-01-01"
source = "Région fictive de Cordée : tout y est inventé, des communes aux établissements."
"""


def make_population(settings: Settings, *, patients: int, seed: int) -> None:
    """Writes the areas and draws the second source, in proportion to the people of the demo."""
    home = home_of(settings)
    write_areas(home)
    count = min(INHABITANTS, round(INHABITANTS * patients / _PATIENTS))
    codes = {one.name: one.code for one in groupings()}
    weights = {codes[name]: weight for name, weight in WEIGHTS.items()}
    plan = Plan(count, today(), seed, source=SOURCE, weights=weights)
    write_facts(home.geography(), plan, home.source(SOURCE))


def write_areas(home: Home) -> None:
    """Writes the documented files of the fictional region."""
    folder, named = home.areas, {one.name: one for one in communes()}
    folder.write(COMMUNES, _COLUMNS, _communes())
    (folder.path / CONTOURS).write_bytes(orjson.dumps(geojson()))
    folder.write(
        TEAMS, ("nom", "nature", "commune"),
        ((name, kind, named[place].code) for name, kind, place in _DIABETES),
    )  # fmt: skip
    supply = [(named[place].code, "diabétologue", count) for place, count in _SPECIALISTS]
    doctors: dict[str, int] = {}
    for site in sites().values():
        if site.kind in {"msp", "cabinet"}:
            doctors[site.commune.code] = doctors.get(site.commune.code, 0) + 4
    supply += [(code, "médecin généraliste", count) for code, count in sorted(doctors.items())]
    folder.write(SUPPLY, ("commune", "specialite", "nombre"), supply)
    folder.write(
        CENTRES,
        ("finess", "nom", "categorie", "activite", "commune"),
        _centres(),
    )
    tomllib.loads(_META)
    (folder.path / META).write_text(_META, "utf-8")


_COLUMNS: Final = (
    "code", "nom", "departement", "departement_nom", "epci", "epci_nom", "cpts", "cpts_nom",
    "population", "latitude", "longitude", "precarite", "ruralite",
)  # fmt: skip


def _communes() -> list[tuple[Any, ...]]:
    rows, groups = [], {one.number: one for one in groupings()}
    poor = {one.code: _poverty(one) for one in communes()}
    ranks = sorted(poor, key=lambda code: poor[code])
    quintiles = {code: 1 + 5 * at // len(ranks) for at, code in enumerate(ranks)}
    for one in communes():
        group = groups[one.grouping]
        half = "nord" if one.grouping % 8 < 4 else "sud"  # noqa: PLR2004 -- half of the eight
        split = one.county in _SPLIT
        cpts = f"cpts-{one.county.lower()}" + (f"-{half}" if split else "")
        title = f"CPTS {one.county}" + (f"-{half.title()}" if split else "")
        rural = "urbain" if one.inhabitants >= _TOWN else "rural"
        rows.append(
            (one.code, one.name, one.county, COUNTIES[one.county], group.code, group.name, cpts,
             title, one.inhabitants, one.latitude, one.longitude, quintiles[one.code], rural)
        )  # fmt: skip
    return rows


def _centres() -> list[tuple[str, ...]]:
    """The hospitals of the region; those of towns with specialists teach patients."""
    towns = {town for town, _ in _SPECIALISTS}
    return [
        (one.finess, one.name, _HOSPITALS[one.kind],
         f"{_EMERGENCY} ; {_TEACHING}" if one.commune.name in towns else _EMERGENCY,
         one.commune.code)
        for one in sites().values()
        if one.kind in _HOSPITALS and not one.identity.startswith("ght-")
    ]  # fmt: skip


def _poverty(place: Any) -> float:
    """An index of deprivation, ours: harder far from towns, and by chance."""
    name = groupings()[place.grouping].name
    chance = dice(96, f"poverty:{place.code}").random()
    return WEIGHTS.get(name, 1.0) - 1.0 + chance - (0.2 if place.inhabitants >= _TOWN else 0.0)
