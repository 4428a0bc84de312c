"""Professionals of an extraction `PS_LibreAcces_Personne_activite`: who, as what, where.

A person has a row for each activity and each savoir-faire; the structure stands in the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

from cordee.directory.structures import is_finess, organization_id
from cordee.directory.tables import Row
from cordee.directory.vocabulary import (
    ANNUAIRE,
    COMMUNES,
    FINESS,
    IDNPS,
    IDNST,
    INSEE_CODE,
    PROFILES,
    RPPS,
    SIRENE,
    Json,
    concept,
    identifier,
    is_luhn,
    profiled,
    terminology,
)

_PROFESSIONS: Final = terminology("TRE_G15-ProfessionSante")
_CATEGORIES: Final = terminology("TRE_R09-CategorieProfessionnelle")
_MODES: Final = terminology("TRE_R23-ModeExercice")
_FUNCTIONS: Final = terminology("TRE_R21-Fonction")
_KINDS: Final = terminology("TRE_R22-GenreActivite")
_SECTORS: Final = terminology("TRE_R02-SecteurActivite")
_SKILLS: Final = {
    "S": "TRE_R38-SpecialiteOrdinale", "CE": "TRE_R39-CompetenceExclusive",
    "C": "TRE_R40-Competence", "CAPA": "TRE_R43-Capacite", "DSM": "TRE_G13-AutresDiplomes",
    "DEC": "TRE_R42-DESCnonQualifiant", "QR": "TRE_R44-QualificationPAC",
}  # fmt: skip
_RPPS_LENGTH: Final = 11
_COORDINATES: Final = " (coord. structure)"


def professionals(rows: Iterable[Row], known: Iterable[str] = ()) -> Iterator[Json]:
    """Structures that no FINESS file gave, then people, then what they do where.

    `known` are the ids of structures that are here already. A row without a right number of the
    RPPS gives nothing.
    """
    people: dict[str, Json] = {}
    roles: dict[str, Json] = {}
    places = set(known)
    for row in rows:
        number = row.get("identifiant pp", "")
        if not is_rpps(number):
            continue
        person = people.setdefault(number, _person(number, row))
        _qualify(person, row)
        place = _place_id(row)
        if place and place not in places:
            places.add(place)
            yield _place(place, row)
        role = _role(number, place, row)
        kept = roles.setdefault(role["id"], role)
        for one in _skill(row):
            if one not in kept.setdefault("specialty", []):
                kept["specialty"].append(one)
    yield from people.values()
    for role in roles.values():
        if not role.get("specialty"):
            role.pop("specialty", None)
        yield role


def is_rpps(number: str) -> bool:
    """Whether a number is one of the RPPS: eleven figures that Luhn's rule closes."""
    return len(number) == _RPPS_LENGTH and number.isascii() and number.isdigit() and is_luhn(number)


def practitioner_id(number: str) -> str:
    """Logical id of the professional of an RPPS."""
    return f"rpps-{number}"


def _person(number: str, row: Row) -> Json:
    profiles = [PROFILES + "fr-core-practitioner", ANNUAIRE + "as-practitioner"]
    made = profiled("Practitioner", practitioner_id(number), profiles)
    family, given = row.get("nom d'exercice", ""), row.get("prenom d'exercice", "")
    name: Json = {"use": "official", "text": f"{given} {family}".strip()}
    name |= {"family": family} if family else {}
    name |= {"given": [given]} if given else {}
    prefix = [one for one in (row.get("code civilite"), row.get("code civilite d'exercice")) if one]
    return made | {
        "identifier": [identifier("IDNPS", IDNPS, "8" + number), identifier("RPPS", RPPS, number)],
        "active": True,
        "name": [name | ({"prefix": prefix} if prefix else {})],
        "qualification": [],
    }


def _qualify(person: Json, row: Row) -> None:
    """Adds the profession and the savoir-faire of a row, each once."""
    code, category = row.get("code profession", ""), row.get("code categorie professionnelle", "")
    codings = []
    if code:
        codings.append(concept(_PROFESSIONS, code, row.get("libelle profession", ""))["coding"][0])
    if category:
        label = row.get("libelle categorie professionnelle", "")
        codings.append(concept(_CATEGORIES, category, label)["coding"][0])
    found = [{"coding": codings}] if codings else []
    for one in [*found, *_skill(row)]:
        if {"code": one} not in person["qualification"]:
            person["qualification"].append({"code": one})


def _skill(row: Row) -> list[Json]:
    system = _SKILLS.get(row.get("code type savoir-faire", ""))
    code = row.get("code savoir-faire", "")
    if not system or not code:
        return []
    return [concept(terminology(system), code, row.get("libelle savoir-faire", ""))]


def _role(number: str, place: str, row: Row) -> Json:
    codes = [
        concept(system, row[name], row.get(label, ""))
        for system, name, label in (
            (_PROFESSIONS, "code profession", "libelle profession"),
            (_MODES, "code mode exercice", "libelle mode exercice"),
            (_FUNCTIONS, "code role", "libelle role"),
            (_KINDS, "code genre activite", "libelle genre activite"),
        )
        if row.get(name)
    ]
    told = [place, *(row.get(one, "") for one in ("code profession", "code mode exercice"))]
    told += [row.get(one, "") for one in ("code role", "code genre activite")]
    digest = sha256("|".join(told).encode()).hexdigest()[:12]
    profiles = [PROFILES + "fr-core-practitioner-role", ANNUAIRE + "as-practitionerrole"]
    made = profiled("PractitionerRole", f"{practitioner_id(number)}-{digest}", profiles)
    made |= {
        "active": True,
        "practitioner": {"reference": f"Practitioner/{practitioner_id(number)}"},
    }
    if place:
        made["organization"] = {"reference": f"Organization/{place}"}
    return made | ({"code": codes} if codes else {})


def _place_id(row: Row) -> str:
    number = row.get("numero finess site", "").upper()
    if is_finess(number):
        return organization_id(number)
    siret = row.get("numero siret site", "")
    if siret.isascii() and siret.isdigit():
        return f"siret-{siret}"
    own = row.get("identifiant technique de la structure", "")
    return f"structure-{sha256(own.encode()).hexdigest()[:16]}" if own else ""


def _place(identity: str, row: Row) -> Json:
    made = profiled("Organization", identity, [PROFILES + "fr-core-organization"])
    number, siret = row.get("numero finess site", "").upper(), row.get("numero siret site", "")
    identifiers: list[Json] = []
    if is_finess(number):
        identifiers.append(identifier("FINEG", FINESS, number))
        identifiers.append(identifier("IDNST", IDNST, "1" + number))
    if siret:
        identifiers.append(identifier("SIRET", SIRENE, siret))
    made |= {
        "active": True,
        "name": row.get("raison sociale site") or row.get("enseigne commerciale site") or identity,
    }
    if identifiers:
        made["identifier"] = identifiers
    if row.get("code secteur d'activite"):
        label = row.get("libelle secteur d'activite", "")
        made["type"] = [concept(_SECTORS, row["code secteur d'activite"], label)]
    address, telecom = _address(row), _telecom(row)
    made |= {"address": [address]} if address else {}
    return made | ({"telecom": telecom} if telecom else {})


def _address(row: Row) -> Json:
    def of(name: str) -> str:
        return row.get(name + _COORDINATES, "")

    parts = ("numero voie", "indice repetition voie", "libelle type de voie", "libelle voie")
    line = " ".join(one for one in map(of, parts) if one)
    found: Json = {"line": [line]} if line else {}
    for name, column in (("city", "libelle commune"), ("postalCode", "code postal")):
        if of(column):
            found[name] = of(column)
    if of("code commune"):
        coding = {"system": COMMUNES, "code": of("code commune")}
        found["extension"] = [{"url": INSEE_CODE, "valueCoding": coding}]
    return found | {"use": "work"} if found else {}


def _telecom(row: Row) -> list[Json]:
    columns = (
        ("phone", "telephone"), ("phone", "telephone 2"), ("fax", "telecopie"),
        ("email", "adresse e-mail"),
    )  # fmt: skip
    return [
        {"system": system, "value": value, "use": "work"}
        for system, name in columns
        if (value := row.get(name + _COORDINATES, ""))
    ]
