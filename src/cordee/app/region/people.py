"""The people of the region: age, names, birth, home, identity, physician."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Final

from cordee.app.region.chance import Weighted, dice
from cordee.app.region.ins import MALE, Slot, matricule, slot
from cordee.app.region.members import Member, generalists, member
from cordee.app.region.moments import age_on
from cordee.app.region.names import given_names, surname
from cordee.app.region.sites import Site, site
from cordee.app.region.territory import Commune, commune, groupings, homes

QUALIFIED, VALIDATED, RECOVERED, PROVISIONAL = "qualifiée", "validée", "récupérée", "provisoire"
BAND: Final = 5
# Inhabitants of each five-year band from 0 to 104, per thousand or so.
WOMEN: Final = Weighted(
    tuple(range(21)),
    (44, 51, 54, 53, 46, 47, 53, 57, 60, 60, 65, 69, 70, 69, 66, 59, 42, 33, 22, 8, 1.2),
)
MEN: Final = Weighted(
    tuple(range(21)),
    (48, 55, 58, 57, 51, 50, 54, 57, 60, 60, 65, 68, 66, 62, 57, 49, 31, 20, 10, 2.5, 0.2),
)
# Born abroad: country code of the COG and name; never qualified here.
ABROAD: Final = (
    ("99139", "Portugal"),
    ("99352", "Algérie"),
    ("99350", "Maroc"),
    ("99351", "Tunisie"),
    ("99127", "Italie"),
    ("99208", "Turquie"),
    ("99341", "Sénégal"),
    ("99243", "Viêt Nam"),
)
BORN_ABROAD: Final = 0.075
BORN_AT_HOME: Final = 0.45
UNQUALIFIED: Final = 0.115
WITHOUT_PHYSICIAN: Final = 0.07
RESIDENT_FROM: Final = 74
RESIDENTS: Final = ((90, 0.34), (85, 0.20), (80, 0.10), (75, 0.045))
TILLEULS_SHARE: Final = 0.5
HOMONYM_EVERY: Final = 211
MARRIED_NAME: Final = 0.58
MARRIED_FROM: Final = 27
LE_GOFF_HOME, LE_GOFF_NEAR = 0.30, 0.12
ROUX_SHARE: Final = 0.4
ELDERS_IN_HOMES: Final = {
    "A": ("ehpad-les-aubiers", "ehpad-la-roseraie"),
    "B": ("ehpad-le-clos-belmont", "ehpad-les-glycines", "ehpad-les-hortensias"),
    "C": ("ehpad-du-lavoir", "ehpad-les-cedres", "ehpad-orlenne"),
    "D": ("ehpad-les-sapins", "ehpad-saint-vernin", "ehpad-du-parc"),
}
LABORATORIES: Final = {"A": "bio-loue", "B": "bio-brenne", "C": "bio-orlenne", "D": "bio-thoire"}


@dataclass(frozen=True, slots=True)
class Person:
    """The traits of one person; `birth_place` is a name and its commune or country code."""

    identity: str
    number: int
    female: bool
    born: date
    given: tuple[str, ...]
    family: str
    used_family: str | None
    birth_place: tuple[str, str]
    home: Commune
    status: str
    matricule: str | None
    doctor: Member | None
    residence: Site | None

    @property
    def laboratory(self) -> Site:
        """The laboratory of the person's county."""
        return site(LABORATORIES[self.home.county])


def person(seed: int, index: int, today: date) -> Person:
    """The traits of the generated person of that index, always the same for the same seed."""
    rng = dice(seed, f"person:{index}")
    place = slot(index)
    female = place.sex != MALE
    born = _birth(rng, place, female, today)
    age = age_on(today.toordinal(), born.toordinal())
    given, family = given_names(rng, female, born.year), surname(rng)
    home = homes().draw(rng)
    birth_place = _birth_place(rng, home)
    status = _status(rng, birth_place[1])
    residence = _residence(rng, age, home)
    traits = Person(
        f"p-{index:06d}",
        index,
        female,
        born,
        given,
        family,
        surname(rng) if female and age >= MARRIED_FROM and rng.random() < MARRIED_NAME else None,
        birth_place,
        residence.commune if residence else home,
        status,
        _matricule(born, place, birth_place[1], status),
        _doctor(rng, home, residence),
        residence,
    )
    if index % HOMONYM_EVERY == HOMONYM_EVERY - 1:
        return _homonym(traits, person(seed, index - 1, today))
    return traits


def _birth(rng: Random, place: Slot, female: bool, today: date) -> date:
    band = (WOMEN if female else MEN).draw(rng)
    year = today.year - band * BAND - int(rng.random() * BAND)
    if (year % 2 == 1) != place.odd_year:
        year -= 1
    if year == today.year and place.month >= today.month:
        year -= 2
    return date(year, place.month, 1 + int(rng.random() * 28))


def _birth_place(rng: Random, home: Commune) -> tuple[str, str]:
    draw = rng.random()
    if draw < BORN_ABROAD:
        code, name = ABROAD[int(rng.random() * len(ABROAD))]
        return name, code
    if draw < BORN_ABROAD + BORN_AT_HOME:
        seat = groupings()[home.grouping].communes[0]
        return seat.name, seat.code
    town = homes().draw(rng)
    return town.name, town.code


def _status(rng: Random, birth_code: str) -> str:
    if not birth_code.startswith("99") and rng.random() >= UNQUALIFIED:
        return QUALIFIED
    return (VALIDATED, RECOVERED, PROVISIONAL, PROVISIONAL)[int(rng.random() * 4)]


def _matricule(born: date, place: Slot, commune_code: str, status: str) -> str | None:
    if commune_code.startswith("99") or status not in (QUALIFIED, RECOVERED):
        return None
    return matricule(place.sex, born.year, place.month, commune_code, place.order)


def _residence(rng: Random, age: int, home: Commune) -> Site | None:
    if age <= RESIDENT_FROM:
        return None
    draw = rng.random()
    for years, share in RESIDENTS:
        if age >= years:
            if draw >= share:
                return None
            break
    if home.county in "AB" and rng.random() < TILLEULS_SHARE:
        return site("ehpad-les-tilleuls")
    choice = ELDERS_IN_HOMES[home.county]
    return site(choice[int(rng.random() * len(choice))])


def _doctor(rng: Random, home: Commune, residence: Site | None) -> Member | None:
    draw, pick = rng.random(), rng.random()
    if draw < WITHOUT_PHYSICIAN and not residence:
        return None
    grouping = groupings()[home.grouping]
    near = commune("Issy-la-Plaine")
    if grouping.name == "Quatre-Vents" and pick < LE_GOFF_HOME:
        return member("anne-le-goff")
    at_tilleuls = residence is not None and residence.commune == near
    if (at_tilleuls or grouping.name in ("Plaine d’Issy", "Sud-Brenne")) and pick < LE_GOFF_NEAR:
        return member("anne-le-goff")
    if grouping.name in ("Sud-Brenne", "Vals de Lanthes") and pick > 1 - ROUX_SHARE:
        return member("bernard-roux")
    doctors = generalists(home.grouping)
    return doctors[int(rng.random() * len(doctors))]


def _homonym(traits: Person, model: Person) -> Person:
    """Another person with the names and the birth date of `model`."""
    same = replace(
        traits,
        female=model.female,
        born=model.born,
        given=model.given,
        family=model.family,
        used_family=None,
        status=VALIDATED if traits.status != PROVISIONAL else PROVISIONAL,
        matricule=None,
        residence=None,
    )
    return same if same.birth_place != model.birth_place else replace(same, status=PROVISIONAL)
