"""Small FHIR resources, as the invented patients of the screen need them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cordee.care.record.ports import Resource

FR = "https://hl7.fr/ig/fhir/core/StructureDefinition/"
LOINC, ATC = "http://loinc.org", "http://www.whocc.no/atc"


def patient(  # noqa: PLR0913 - one argument a trait
    identifier: str,
    family: str,
    given: str,
    born: str,
    *,
    gender: str = "female",
    place: tuple[str, str] = ("", ""),
    ins: str = "",
    status: str = "VALI",
    used: str = "",
    town: str = "",
    **more: Any,
) -> Resource:
    names = [{"use": "official", "family": family, "given": given.split()[:1]}]
    names[0]["extension"] = [
        {"url": FR + "fr-core-patient-birth-list-given-name", "valueString": given}
    ]
    if used:
        names.append({"use": "usual", "family": used, "given": given.split()[:1]})
    return {
        "resourceType": "Patient",
        "id": identifier,
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
                "valueAddress": {
                    "city": place[0],
                    "extension": [
                        {
                            "url": FR + "fr-core-address-insee-code",
                            "valueCoding": {"code": place[1]},
                        }
                    ],
                },
            },
            {
                "url": FR + "fr-core-identity-reliability",
                "extension": [{"url": "identityStatus", "valueCoding": {"code": status}}],
            },
        ],
        "identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.10", "value": ins}] if ins else [],
        "name": names,
        "gender": gender,
        "birthDate": born,
        "address": [{"city": town}] if town else [],
        **more,
    }


def observation(  # noqa: PLR0913 - one argument an element
    loinc: str,
    name: str,
    value: str,
    unit: str,
    at: str,
    *,
    low: str = "",
    high: str = "",
    flag: str = "",
    category: str = "laboratory",
) -> Resource:
    bounds = {
        side: {"value": Decimal(bound), "unit": unit}
        for side, bound in (("low", low), ("high", high))
        if bound
    }
    row: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"code": category}]}],
        "code": {"coding": [{"system": LOINC, "code": loinc, "display": name}]},
        "effectiveDateTime": at,
        "valueQuantity": {"value": Decimal(value), "unit": unit, "code": unit},
        "performer": [{"reference": "Organization/bio-loue"}],
    }
    if bounds:
        row["referenceRange"] = [bounds]
    if flag:
        row["interpretation"] = [{"coding": [{"code": flag}]}]
    return row


def pressure(systolic: int, diastolic: int, at: str) -> Resource:
    def part(code: str, value: int) -> dict[str, Any]:
        quantity = {"value": Decimal(value), "code": "mm[Hg]"}
        return {"code": {"coding": [{"code": code}]}, "valueQuantity": quantity}

    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"code": "vital-signs"}]}],
        "code": {"coding": [{"code": "85354-9"}]},
        "effectiveDateTime": at,
        "component": [part("8480-6", systolic), part("8462-4", diastolic)],
    }


def condition(name: str, since: str, status: str = "active", until: str = "") -> Resource:
    return {
        "resourceType": "Condition",
        "code": {"text": name},
        "clinicalStatus": {"coding": [{"code": status}]},
        "onsetDateTime": since,
        **({"abatementDateTime": until} if until else {}),
    }


def drug(name: str, atc: str, since: str, status: str = "active", **dosage: Any) -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "status": status,
        "intent": "order",
        "medicationCodeableConcept": {"text": name, "coding": [{"system": ATC, "code": atc}]},
        "authoredOn": since,
        "requester": {"reference": "Practitioner/legoff"},
        "dosageInstruction": [dosage] if dosage else [],
    }


def dose(value: str, unit: str, frequency: int, *when: str) -> dict[str, Any]:
    repeat = {"frequency": frequency, "period": 1, "periodUnit": "d", "when": list(when)}
    return {
        "timing": {"repeat": repeat},
        "doseAndRate": [{"doseQuantity": {"value": Decimal(value), "code": unit}}],
    }


def encounter(identifier: str, code: str, start: str, end: str = "", **more: Any) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": identifier,
        "status": "finished",
        "class": {"code": code},
        "period": {"start": start, **({"end": end} if end else {})},
        **more,
    }


def visits(count: int) -> tuple[Resource, ...]:
    return tuple(
        encounter(
            f"v{n}",
            "AMB",
            f"{2025 - n // 12}-{12 - n % 12:02d}-09T10:00:00+01:00",
            serviceProvider={"reference": "Organization/quatre-vents"},
            participant=[{"individual": {"reference": "Practitioner/legoff"}}],
            reasonCode=[{"text": "Suivi de la fibrillation auriculaire"}],
        )
        for n in range(count)
    )


def document(identifier: str, title: str, at: str, kind: str, place: str) -> Resource:
    return {
        "resourceType": "DocumentReference",
        "id": identifier,
        "status": "current",
        "type": {"text": kind},
        "date": at,
        "author": [{"reference": "Practitioner/benali"}],
        "custodian": {"reference": place},
        "content": [{"attachment": {"title": title, "contentType": "application/pdf"}}],
    }
