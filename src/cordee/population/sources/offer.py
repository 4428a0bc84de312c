"""What care there is: density of professionals, establishments, way to emergency departments."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cordee.population.sources.description import Description
from cordee.population.sources.prevalence import WHOLE
from cordee.population.sources.tables import rows


@dataclass(frozen=True, slots=True)
class Density:
    """Professionals of a département: how many, and for 100,000 inhabitants."""

    year: int
    profession: str
    departement: str
    count: float
    density: float


@dataclass(frozen=True, slots=True)
class Establishment:
    """An establishment of FINESS: number, name, category, commune, activities that it may do."""

    finess: str
    name: str
    category: str
    commune: str
    departement: str
    latitude: float
    longitude: float
    activities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """A commune: where it lies, whether it is rural, kilometres to the nearest emergency."""

    commune: str
    departement: str
    people: int
    latitude: float
    longitude: float
    rural: bool
    kilometres: float


def densities(path: Path, told: Description) -> list[Density]:
    """The professionals by département, of all ages and sexes; totals of regions are left out."""
    return [
        Density(
            round(one.number("annee")), one.text("profession_sante"), one.text("departement"),
            one.number("effectif"), one.number("densite"),
        )
        for one in rows(path, told)
        if one.text("departement") != WHOLE and one.text("classe_age") == "tout_age"
        and one.text("libelle_sexe") == "tout sexe"
    ]  # fmt: skip


def establishments(path: Path, told: Description) -> list[Establishment]:
    """The establishments of an extract of FINESS: one for each number, with all its activities."""
    found: dict[str, Establishment] = {}
    activities: dict[str, dict[str, None]] = {}
    for one in rows(path, told):
        number = one.text("numero finess etablissement")
        if activity := one.blank("libelle activite"):
            activities.setdefault(number, {})[activity] = None
        if number not in found:
            found[number] = Establishment(
                number, one.text("raison_sociale"), one.text("categorie"), one.text("code_insee"),
                one.text("departement"), one.degrees("latitude"), one.degrees("longitude"), (),
            )  # fmt: skip
    return [
        Establishment(
            one.finess, one.name, one.category, one.commune, one.departement, one.latitude,
            one.longitude, tuple(activities.get(one.finess, ())),
        )
        for one in found.values()
    ]  # fmt: skip


def ways(path: Path, told: Description) -> list[Way]:
    """The way of each commune to the nearest emergency department."""
    return [
        Way(
            one.text("code_insee").zfill(5), one.text("dep_code").zfill(2),
            round(one.number("population")), one.degrees("latitude_centre"),
            one.degrees("longitude_centre"),
            one.text("grille_densite_texte").casefold().startswith(("rural", "bourgs ruraux")),
            one.number("distance_urgence_km"),
        )
        for one in rows(path, told)
    ]  # fmt: skip
