"""Resources made for one example each; ids say what they are."""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]
UCUM = "http://unitsofmeasure.org"
TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
KINDS = "urn:test:kinds"


def resources() -> list[Resource]:
    """All of them, what is referred to first."""
    return [*_places(), *_people(), *_terms(), *_findings(), *_papers()]


def _places() -> list[Resource]:
    tree = [("top", None), ("middle", "top"), ("leaf", "middle"), ("aside", "top")]
    made = [
        {"resourceType": "Organization", "id": name, "name": f"Structure {name}", "active": True}
        | ({"partOf": {"reference": f"Organization/{above}"}} if above else {})
        for name, above in tree
    ]
    positions = {
        "lyon": (45.764, 4.8357),
        "saint-etienne": (45.4397, 4.3872),
        "paris": (48.8566, 2.3522),
    }
    for name, (latitude, longitude) in positions.items():
        made.append({"resourceType": "Location", "id": name, "name": name, "status": "active",
                     "position": {"latitude": latitude, "longitude": longitude}})  # fmt: skip
    return made


def _people() -> list[Resource]:
    return [
        {"resourceType": "Practitioner", "id": "doctor", "name": [{"family": "Œuvrard", "given": ["Zoé"]}]},
        {"resourceType": "Patient", "id": "noel", "active": True,
         "meta": {"tag": [{"system": KINDS, "code": "demo"}], "profile": ["http://example.org/P|1.0"],
                  "security": [{"system": KINDS, "code": "guarded"}], "source": "http://sender.test/a"},
         "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Père Noël</div>'},
         "name": [{"family": "Noël", "given": ["Père", "Jean-Luc"]}], "birthDate": "1980",
         "gender": "male", "managingOrganization": {"reference": "Organization/leaf"},
         "generalPractitioner": [{"reference": "Practitioner/doctor"}],
         "telecom": [{"system": "phone", "value": "06 12.34-56 78", "use": "mobile"}, {"system": "email", "value": "Noel@Nord.fr"}],
         "identifier": [{"type": {"coding": [{"system": TYPES, "code": "MR"}], "text": "Dossier"},
                         "system": "urn:ipp", "value": "AB,1$2|3"}, {"value": "bare"}]},
        {"resourceType": "Patient", "id": "noella", "name": [{"family": "NOELLA"}], "birthDate": "1980-03-15",
         "managingOrganization": {"reference": "Organization/aside"}},
        {"resourceType": "Patient", "id": "nobody", "gender": "unknown"},
    ]  # fmt: skip


def _terms() -> list[Resource]:
    return [
        {"resourceType": "CodeSystem", "id": "beasts", "url": "urn:test:beasts", "status": "active",
         "content": "complete", "concept": [{"code": "animal", "concept": [
             {"code": "bird", "concept": [{"code": "owl"}]}, {"code": "fish"}]}]},
        {"resourceType": "ValueSet", "id": "flying", "url": "http://example.org/vs/flying", "version": "2",
         "status": "active", "compose": {"include": [{"system": "urn:test:beasts", "filter": [
             {"property": "concept", "op": "is-a", "value": "bird"}]}]}},
        {"resourceType": "ValueSet", "id": "below", "url": "http://example.org/vs/flying/night", "status": "draft"},
        {"resourceType": "Questionnaire", "id": "ask1", "url": "http://example.org/q", "version": "1",
         "status": "active"},
    ]  # fmt: skip


def _findings() -> list[Resource]:
    def observation(key: str, **more: Any) -> Resource:
        return {"resourceType": "Observation", "id": key, "status": "final",
                "code": {"coding": [{"system": "urn:test:beasts", "code": key.split("-", maxsplit=1)[0]}]}} | more  # fmt: skip

    return [
        {"resourceType": "Encounter", "id": "stay", "status": "finished", "class": {"code": "IMP"},
         "subject": {"reference": "Patient/noel"}, "period": {"start": "2024-02-27"},
         "serviceProvider": {"reference": "Organization/middle"}},
        observation("owl-1", subject={"reference": "Patient/noel"}, encounter={"reference": "Encounter/stay"},
                    effectiveDateTime="2024-03-01T00:30:00+01:00",
                    valueQuantity={"value": 1500, "unit": "grammes", "system": UCUM, "code": "g"},
                    performer=[{"reference": "Practitioner/doctor"}, {"identifier": {"system": "urn:rpps", "value": "9"}}]),
        observation("fish-1", subject={"reference": "Patient/noel"}, effectiveDateTime="2024",
                    valueQuantity={"value": 2, "unit": "kg", "system": UCUM, "code": "kg"}),
        observation("bird-1", subject={"reference": "Patient/noella"}, effectivePeriod={"start": "2024-06-01"},
                    component=[{"code": {"coding": [{"system": KINDS, "code": "sys"}]},
                                "valueQuantity": {"value": 120, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"}},
                               {"code": {"coding": [{"system": KINDS, "code": "dia"}]},
                                "valueQuantity": {"value": 80, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"}}]),
        observation("cow-1", code={"coding": [{"system": "urn:test:beasts", "code": "cow", "display": "Vache Charolaise"}],
                                   "text": "Bête à cornes"}, valueCodeableConcept={"coding": [{"code": "moo"}]}),
        {"resourceType": "ServiceRequest", "id": "coded", "status": "active", "intent": "order",
         "subject": {"reference": "Patient/noel"},
         "code": {"coding": [{"system": KINDS, "code": f"many{n}"} for n in range(9)]},
         "category": [{"coding": [{"system": KINDS, "code": "ninth"}]}]},
        {"resourceType": "RiskAssessment", "id": "risk", "status": "final", "subject": {"reference": "Patient/noel"},
         "prediction": [{"probabilityDecimal": 0.25}]},
        {"resourceType": "MedicationRequest", "id": "mr", "status": "active", "intent": "order",
         "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "inside"}}],
         "medicationReference": {"reference": "#m"}, "subject": {"reference": "Patient/noel"}},
    ]  # fmt: skip


def _papers() -> list[Resource]:
    return [
        {"resourceType": "List", "id": "chosen", "status": "current", "mode": "working",
         "entry": [{"item": {"reference": "Patient/noel"}}, {"item": {"reference": "Observation/owl-1"}}]},
        {"resourceType": "QuestionnaireResponse", "id": "said", "status": "completed",
         "questionnaire": "http://example.org/q|1", "subject": {"reference": "Patient/noel"}},
    ]  # fmt: skip
