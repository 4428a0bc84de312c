"""The people whom the scenarios and the screens name: who they are and where they live."""

# ruff: noqa: E501 - tables, one row a line

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from cordee.app.region.ins import FEMALE, MALE, matricule
from cordee.app.region.members import generalists, member
from cordee.app.region.people import QUALIFIED, RECOVERED, Person
from cordee.app.region.sites import site
from cordee.app.region.territory import commune

# id | sex | birth | first names | surname | used | birth town | code | home | status | doctor | home
_ROWS: Final = """
yvonne-morvan|F|1939-04-04|Yvonne Marie Anne|Morvan|Lefort|Vesoul|70550|Issy-la-Plaine|qualifiée|anne-le-goff|ehpad-les-tilleuls
lina-ferhat|F|2009-03-19|Lina Nour|Ferhat||Belmont|96103|Saulx|qualifiée||
jeanne-bertin|F|1968-03-12|Jeanne Louise|Bertin||Vesoul|70550|Aubrey|qualifiée|anne-le-goff|
yann-kerbrat|M|1947-09-11|Yann Joseph|Kerbrat||Dole|39198|Saulx-le-Bas|qualifiée|anne-le-goff|
manuel-diaz|M|1964-10-27|Manuel José|Diaz||Belmont|96103|Saulx|qualifiée|anne-le-goff|
marie-martin-a|F|1961-07-14|Marie Louise|Martin||Vesoul|70550|Aubrey|qualifiée|@Aubrey|
marie-martin-b|F|1961-07-14|Marie Hélène|Martin|Martin|Lure|70310|Belmont|provisoire|@Belmont|
ines-ferreira|F|1999-05-08|Inès Beatriz|Ferreira||Corvigny|96223|Corvigny|qualifiée|@Corvigny|
ali-mansouri|M|1972-11-30|Ali|Mansouri||Belmont|96103|Brenne-le-Pont|qualifiée|@Brenne-le-Pont|
rosa-pereira|F|1958-02-17|Rosa Maria|Pereira||Aubrey|96021|Aubrey|qualifiée|@Aubrey|
andre-castel|M|1961-06-02|André Paul|Castel||Aubrey|96021|Issy-la-Plaine|qualifiée|@Issy-la-Plaine|
gaston-petitjean|M|1954-01-21|Gaston Émile|Petitjean||Saulx|96107|Saulx|qualifiée|anne-le-goff|
monsieur-x|M|2010-01-01|X|X||Inconnu|99999|Corvigny|fictive||
paul-nguyen|M|1982-06-30|Paul|Nguyen||Belmont|96103|Saulx|qualifiée|anne-le-goff|
lucien-roche|M|1955-01-02|Lucien René|Roche||Saulx|96107|Les Quatre-Vents|qualifiée|anne-le-goff|
denise-garnier|F|1949-10-21|Denise Alice|Garnier|Blanc|Belmont|96103|Malvaux|qualifiée|anne-le-goff|
simone-faure|F|1944-05-19|Simone Jeanne|Faure|Picard|Saulx|96107|Croix-Rousselle|qualifiée|anne-le-goff|
theo-adam|M|2020-02-08|Théo|Adam||Belmont|96103|Saulx|qualifiée|anne-le-goff|
odette-lemoine|F|1935-12-23|Odette Marcelle|Lemoine|Gay|Saulx|96107|Saulx|qualifiée|anne-le-goff|
lea-vidal|F|1998-08-26|Léa Manon|Vidal||Darnois|96323|Saulx-le-Bas|récupérée|anne-le-goff|
bernard-hamel|M|1952-05-03|Bernard Jean|Hamel||Aubrey|96021|Issy-la-Plaine|récupérée|@Issy-la-Plaine|
guy-lambert|M|1957-03-28|Guy Michel|Lambert||Belmont|96103|Belmont|qualifiée|@Belmont|
rose-pelletier|F|1942-01-15|Rose Germaine|Pelletier|Joly|Belmont|96103|Brennecourt|qualifiée|@Belmont|
sofiane-amrani|M|1997-04-09|Sofiane|Amrani||Belmont|96103|Belmont|qualifiée|@Belmont|
eva-colin|F|2019-06-11|Éva Rose|Colin||Belmont|96103|Belmont|qualifiée|@Belmont|
alain-brun|M|1975-02-24|Alain|Brun||Mirevaux|96131|Belmont|validée||
josette-hubert|F|1935-03-30|Josette Yvonne|Hubert|Rey|Belmont|96103|Belmont|qualifiée|@Belmont|ehpad-le-clos-belmont
roger-grandot|M|1950-12-05|Roger Henri|Grandot||Montrevaux|96116|Montrevaux|qualifiée|bernard-roux|
colette-roussel|F|1953-07-27|Colette Andrée|Roussel|Morel|Montrevaux|96116|Gironcelle|qualifiée|bernard-roux|
michel-favard|M|1966-09-03|Michel|Favard||Pont-de-Brenne|96118|Pont-de-Brenne|qualifiée|bernard-roux|
"""

WITH_MATRICULE: Final = (QUALIFIED, RECOVERED)


@lru_cache(maxsize=1)
def cast() -> tuple[Person, ...]:
    """All named people, in the order of their indexes."""
    return tuple(
        _person(number, line.split("|")) for number, line in enumerate(_ROWS.strip().splitlines())
    )


def _person(number: int, row: Sequence[str]) -> Person:
    identity, sex, birth, given, family, used, town, code, home, status, doctor, residence = row
    born = date.fromisoformat(birth)
    digit = FEMALE if sex == "F" else MALE
    place = commune(home)
    if doctor.startswith("@"):
        doctor = _neighbour(commune(doctor[1:]).grouping, number)
    return Person(
        identity,
        number,
        sex == "F",
        born,
        tuple(given.split()),
        family,
        used or None,
        (town, code),
        place,
        status,
        matricule(digit, born.year, born.month, code, 0) if status in WITH_MATRICULE else None,
        member(doctor) if doctor else None,
        site(residence) if residence else None,
    )


def _neighbour(grouping: int, number: int) -> str:
    doctors = generalists(grouping)
    return doctors[number % len(doctors)].identity
