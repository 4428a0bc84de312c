"""Structures of a FINESS file: legal entities, establishments, and what they do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

from cordee.directory.tables import Row
from cordee.directory.vocabulary import (
    ANNUAIRE,
    COMMUNES,
    FINESS,
    FR_ORGANIZATIONS,
    GEOLOCATION,
    IDNST,
    INSEE_CODE,
    PROFILES,
    Json,
    concept,
    identifier,
    profiled,
    terminology,
)

_CATEGORIES: Final = terminology("TRE_R66-CategorieEtablissement")
_ACTIVITIES: Final = terminology("TRE_R277-ActiviteSanitaireRegulee")
_FORMS: Final = terminology("TRE_R280-FormeActivite")
_LENGTH: Final = 9


def structures(rows: Iterable[Row]) -> Iterator[Json]:
    """Organization of each entity and establishment, HealthcareService of each activity.

    Each once, legal entities before what is part of them. A row without a number gives nothing.
    """
    seen: set[str] = set()
    for row in rows:
        number, legal = _number(row, "numero finess etablissement"), _legal(row)
        if not number:
            continue
        if legal and legal not in seen:
            seen.add(legal)
            yield _entity(legal, row)
        if number not in seen:
            seen.add(number)
            yield _establishment(number, legal, row)
        service = _service(number, row)
        if service is not None and service["id"] not in seen:
            seen.add(service["id"])
            yield service


def is_finess(text: str) -> bool:
    """Whether a text has the shape of a FINESS number."""
    return len(text) == _LENGTH and text.isascii() and text.isalnum()


def organization_id(number: str) -> str:
    """Logical id of the structure of a FINESS number."""
    return f"finess-{number}"


def _legal(row: Row) -> str:
    return _number(row, "nofinessej_1") or _number(row, "numero finess etablissement juridique")


def _number(row: Row, name: str) -> str:
    text = row.get(name, "").upper()
    return text if is_finess(text) else ""


def _entity(number: str, row: Row) -> Json:
    made = profiled("Organization", organization_id(number), [PROFILES + "fr-core-organization"])
    return made | {
        "identifier": _identifiers(number, "FINEJ"),
        "active": True,
        "type": [concept(FR_ORGANIZATIONS, "LEGAL-ENTITY", "")],
        "name": row.get("rsej") or f"Entité juridique {number}",
    }


def _establishment(number: str, legal: str, row: Row) -> Json:
    profiles = [PROFILES + "fr-core-organization", ANNUAIRE + "as-organization"]
    made = profiled("Organization", organization_id(number), profiles)
    name = row.get("rslongue") or row.get("raison_sociale") or number
    made |= {
        "identifier": _identifiers(number, "FINEG"),
        "active": True,
        "type": [
            concept(FR_ORGANIZATIONS, "GEOGRAPHICAL-ENTITY", ""),
            concept(_CATEGORIES, row.get("categetab", ""), row.get("categorie", "")),
        ],
        "name": name,
    }
    if row.get("raison_sociale") not in {"", None, name}:
        made["alias"] = [row["raison_sociale"]]
    address = _address(row)
    if address:
        made["address"] = [address]
    if legal and legal != number:
        made["partOf"] = {"reference": f"Organization/{organization_id(legal)}"}
    return made


def _identifiers(number: str, kind: str) -> list[Json]:
    return [identifier(kind, FINESS, number), identifier("IDNST", IDNST, "1" + number)]


def _address(row: Row) -> Json:
    """Commune and position; the file holds no streets."""
    found: Json = {}
    extensions: list[Json] = []
    commune = row.get("code_insee", "")
    if commune:
        coding = {"system": COMMUNES, "code": commune}
        extensions.append({"url": INSEE_CODE, "valueCoding": coding})
    try:
        place = [("latitude", float(row["latitude"])), ("longitude", float(row["longitude"]))]
    except (KeyError, ValueError):
        place = []
    if place:
        parts = [{"url": name, "valueDecimal": round(value, 6)} for name, value in place]
        extensions.append({"url": GEOLOCATION, "extension": parts})
    if extensions:
        found = {"extension": extensions, "use": "work", "country": "FRA"}
        if row.get("libelle departement"):
            found["district"] = row["libelle departement"]
    return found


def _service(number: str, row: Row) -> Json | None:
    """What an establishment does, by a regulated activity or by an equipment of social care."""
    code, label = row.get("activite", ""), row.get("libelle activite", "")
    equipment = row.get("libelle description equipement sociaux", "")
    name = label or equipment
    if not name:
        return None
    how = row.get("libelle forme", "") if label else row.get("libta_equipement", "")
    digest = sha256("|".join((code, row.get("forme", ""), name, how)).encode()).hexdigest()[:12]
    kind = "healthcare-activity" if label else "social-equipment"
    profile = ANNUAIRE + f"as-healthcareservice-{kind}"
    made = profiled("HealthcareService", f"finess-{number}-{digest}", [profile])
    made |= {
        "active": True,
        "providedBy": {"reference": f"Organization/{organization_id(number)}"},
        "type": [concept(_ACTIVITIES, code, label) if label and code else {"text": name}],
        "name": f"{name} ({how})" if how else name,
    }
    if label and row.get("forme"):
        made["characteristic"] = [concept(_FORMS, row["forme"], how)]
    return made
