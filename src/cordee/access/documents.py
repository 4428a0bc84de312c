"""What a stored resource is to the decision: type, category, author, structure, labels.

A clinical row that is no document is judged by the category that it would be printed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cordee.access.facts import Confidentiality, Document
from cordee.access.mandates.parts import part_of
from cordee.access.matrix import catalogue
from cordee.access.registers.statements import Visibility
from cordee.fhir.indexing.landmarks import CUSTODIANS, LABELLED_BY

_CATEGORY: Final = {
    "Observation": "compte-rendu",
    "DiagnosticReport": "compte-rendu",
    "Procedure": "compte-rendu",
    "ImagingStudy": "imagerie",
    "MedicationRequest": "prescription",
    "ServiceRequest": "prescription",
    "MedicationDispense": "dispensation",
    "MedicationStatement": "traitement",
    "MedicationAdministration": "traitement",
    "Immunization": "traitement",
    "List": "traitement",  # those of Cordée are medicines compared at a return
    "CarePlan": "plan-de-soins",
    "CareTeam": "plan-de-soins",
}
_AUTHORS: Final = ("author", "requester", "performer", "recorder", "asserter", "participant")
_UNKNOWN: Final = "synthese"


def document_of(resource: Mapping[str, Any], visibility: Visibility) -> Document:
    """The document of a resource, with what was said of it and the labels that it bears."""
    kind = str(resource.get("resourceType", ""))
    codes = _labels(resource, kind)
    code, category = _type(resource, kind)
    deferred = visibility.deferred_until is not None or "INVISIBLE_PATIENT" in codes
    return Document(
        type=code,
        category=category,
        author=next(_references(resource, _AUTHORS, "Practitioner/"), ""),
        structure=next(_references(resource, _custodians(kind), "Organization/"), ""),
        confidentiality=_confidentiality(codes),
        masked=visibility.masked or "MASQUE_PS" in codes,
        secret=visibility.secret or "INVISIBLE_REPRESENTANTS_LEGAUX" in codes,
        deferred=deferred,
        deferred_until=visibility.deferred_until,
        in_dmp=kind == "DocumentReference",
        part=part_of(resource),
        kind="" if _is_document(kind) else kind,
    )


def _type(resource: Mapping[str, Any], kind: str) -> tuple[str, str]:
    known = catalogue().category_of
    for coding in (resource.get("type") or {}).get("coding", ()) if _is_document(kind) else ():
        code = str(coding.get("code", ""))
        if code in known:
            return code, known[code]
    return "", "" if _is_document(kind) else _CATEGORY.get(kind, _UNKNOWN)


def _is_document(kind: str) -> bool:
    return kind in {"DocumentReference", "Composition"}


def _custodians(kind: str) -> tuple[str, ...]:
    return tuple(path.partition(".")[0] for path in CUSTODIANS.get(kind, ()))


def _labels(resource: Mapping[str, Any], kind: str) -> frozenset[str]:
    found = [one.get("code", "") for one in (resource.get("meta") or {}).get("security", ())]
    beside = resource.get(LABELLED_BY.get(kind, ""), ())
    if isinstance(beside, str):
        found.append(beside)
    else:
        found += [coding.get("code", "") for one in beside for coding in one.get("coding", ())]
    return frozenset(found)


def _confidentiality(codes: frozenset[str]) -> Confidentiality:
    strictest = (Confidentiality.VERY_RESTRICTED, Confidentiality.RESTRICTED)
    return next((one for one in strictest if one in codes), Confidentiality.NORMAL)


def _references(resource: Mapping[str, Any], elements: tuple[str, ...], kind: str) -> Iterator[str]:
    for element in elements:
        value = resource.get(element)
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, Mapping):
                continue
            for held in (one, one.get("actor"), one.get("individual")):
                reference = held.get("reference", "") if isinstance(held, Mapping) else ""
                if str(reference).startswith(kind):
                    yield str(reference)
