"""Resources to start a test with: small, valid, fictitious."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

Resource = dict[str, Any]


def patient(**changes: Any) -> Resource:
    """A Patient of nobody."""
    return {
        "resourceType": "Patient",
        "name": [{"family": "Exemple", "given": ["Camille"]}],
        "gender": "female",
        "birthDate": "1980-02-29",
    } | changes


def observation(subject: str = "", /, **changes: Any) -> Resource:
    """A body weight, of a patient when given as `Patient/id`."""
    made: Resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "effectiveDateTime": "2026-03-01T08:00:00+01:00",
        "valueQuantity": {
            "value": 70.5, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg",
        },
    }  # fmt: skip
    if subject:
        made["subject"] = {"reference": subject}
    return made | changes


def identifier(value: str | None = None) -> dict[str, str]:
    """An identifier that nothing else has, or this value."""
    return {"system": "urn:oid:1.2.250.1.999.1", "value": value or uuid4().hex}


def bundle(kind: str, *entries: Resource) -> Resource:
    """A batch or a transaction."""
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def entry(method: str, url: str, resource: Resource | None = None, **more: Any) -> Resource:
    """One entry; `fullUrl` is its own, all else belongs to the request."""
    made: Resource = {"request": {"method": method, "url": url}}
    if "fullUrl" in more:
        made["fullUrl"] = more.pop("fullUrl")
    made["request"] |= more
    if resource is not None:
        made["resource"] = resource
    return made
