"""Files for the identity cell: second files of one person, homonyms born the same day, a new name.

SC6: two « Marie Martin » born the same day in A and B, duplicates of three people, somebody whose
name has changed at the INSi. Everybody is fictitious; matricules are on the list of tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, Final

from cordee.app.region.cast import cast
from cordee.app.region.coding import UCUM, Json, concept
from cordee.app.region.ins import FEMALE, matricule
from cordee.app.region.patients import patient_resource
from cordee.app.region.people import PROVISIONAL, QUALIFIED, Person
from cordee.app.region.sites import site

LOINC: Final = "http://loinc.org"
CAZALETTE: Final = "293071220204485"
CHANGED: Final = (CAZALETTE,)
"""Matricules of people whose traits are others at the INSi since their file was made."""
TO_CHECK: Final = ("ines-cazalette",)
"""Files about which the INSi is asked when the demonstration starts."""
# id, whose second file it is, given names, family name, born, home structure
_SECOND: Final = (
    ("denise-garnier-2", "denise-garnier", ("Denise",), "Blanc", None, "ch-belmont"),
    ("gaston-petitjean-2", "gaston-petitjean", ("Gaston",), "Petit-Jean", None, "ch-belmont"),
    ("yann-kerbrat-2", "yann-kerbrat", ("Yan", "Joseph"), "Kerbrat", None, "chu-aubrey"),
    (
        "colette-roussel-2", "colette-roussel", ("Colette", "Andrée"), "Rousselle",
        date(1953, 7, 27), "chu-aubrey",
    ),
)  # fmt: skip
_GROUPS: Final = (
    ("marie-martin-a", "2021-05-11", "A+"),
    ("marie-martin-b", "2024-09-03", "O+"),
)
_HOME_OF: Final = {"marie-martin-a": "chu-aubrey", "marie-martin-b": "ch-belmont"}
INSI_ONLY: Final[tuple[dict[str, Any], ...]] = tuple(
    {
        "matricule": matricule(FEMALE, 1961, 7, place, order),
        "birth_name": "MARTIN",
        "given_names": "MARIE HELENE",
        "sex": "F",
        "birth_date": "1961-07-14",
        "birth_place": place,
    }
    for place, order in (("70310", 41), ("70550", 42))
)
"""Known to the INSi alone: 02 for Marie Martin until her given names, then her place of birth."""


def identity_resources() -> Iterator[Json]:
    """Bodies of the resources that the identity cell finds in the region."""
    people = {one.identity: one for one in cast()}
    for key, whose, given, family, born, home in _SECOND:
        who = replace(
            people[whose], identity=key, number=900_000 + len(key), given=given, family=family,
            born=born or people[whose].born, status=PROVISIONAL, matricule=None, doctor=None,
            residence=None, used_family=None,
        )  # fmt: skip
        yield _kept_by(_at_home(who, people[whose]), home)
        yield _weight(key, home)
    yield _kept_by(patient_resource(_cazalette(people["marie-martin-a"])), "chu-aubrey")
    for patient, day, group in _GROUPS:
        yield _blood_group(patient, day, group)


def _at_home(who: Person, first: Person) -> Json:
    """The second file has the address and the phone of the first one."""
    patient, known = patient_resource(who), patient_resource(first)
    return patient | {"address": known["address"], "telecom": known["telecom"]}


def _kept_by(patient: Json, home: str) -> Json:
    return patient | {"managingOrganization": site(home).link}


def _cazalette(like: Person) -> Person:
    return replace(
        like, identity="ines-cazalette", number=900_100, born=date(1993, 7, 8),
        given=("Inès", "Rose"), family="Cazalette", used_family=None, status=QUALIFIED,
        birth_place=("Rodez", "12202"), matricule=CAZALETTE,
    )  # fmt: skip


def _weight(patient: str, home: str) -> Json:
    return {
        "resourceType": "Observation",
        "id": f"{patient}-poids",
        "status": "final",
        "code": concept(LOINC, "29463-7", "Poids"),
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": "2026-10-02T10:05:00+02:00",
        "performer": [site(home).link],
        "valueQuantity": {"value": 71.4, "unit": "kg", "system": UCUM, "code": "kg"},
    }


def _blood_group(patient: str, day: str, group: str) -> Json:
    return {
        "resourceType": "Observation",
        "id": f"{patient}-groupe",
        "status": "final",
        "code": concept(LOINC, "882-1", "Groupe sanguin ABO et Rh"),
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": f"{day}T09:00:00+02:00",
        "performer": [site(_HOME_OF[patient]).link],
        "valueCodeableConcept": {"text": group},
    }
