"""What the writing shapes send, and the statements that they come to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from cordee.fhir.interactions.drafting import prepare
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.store.draft import ANY_VERSION, WRITE, Method, write_arguments
from cordee.fhir.store.identifiers import RowIds, new_id
from cordee.runtime.clock import now

Made = Callable[[int], tuple[str, str, bytes]]
Statement = Callable[[int], tuple[str, Sequence[Any]]]
_IDS = RowIds()


def observation(patient: str, number: int, key: str | None = None) -> bytes:
    """A laboratory result of about a kilobyte."""
    body = {
        "resourceType": "Observation",
        "id": key,
        "status": "final",
        "category": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
            "code": "laboratory", "display": "Laboratoire"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0",
            "display": "Créatinine [Masse/Volume] Sérum/Plasma"}], "text": "Créatinine"},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}T08:10:00+01:00",
        "valueQuantity": {"value": 60 + number % 90, "unit": "µmol/L",
            "system": "http://unitsofmeasure.org", "code": "umol/L"},
        "referenceRange": [{"low": {"value": 45, "unit": "µmol/L"},
            "high": {"value": 84, "unit": "µmol/L"}, "text": "45 à 84"}],
        "note": [{"text": "Prélèvement à jeun. " * 8}],
    }  # fmt: skip
    if key is None:
        del body["id"]
    return orjson.dumps(body)


def creates(kernel: Kernel, known: dict[str, Any]) -> tuple[str, Made, Statement]:
    """Single creates; the driver writes ready arrays."""
    patients = known["patients"]
    bodies = [observation(patients[n % len(patients)], n) for n in range(500)]
    prepared = [prepare(kernel, body, "Observation", "x").draft for body in bodies]

    def statement(number: int) -> tuple[str, Sequence[Any]]:
        draft = prepared[number % len(prepared)]
        draft.id = new_id()
        return WRITE, [now(), *write_arguments([draft], [_IDS()], [], [])]

    return (
        "create",
        lambda n: ("POST", "/fhir/Observation", bodies[n % len(bodies)]),
        statement,
    )


def updates(kernel: Kernel, known: dict[str, Any]) -> tuple[str, Made, Statement]:
    """Updates that change a value."""
    patients, ids = known["patients"], known["observations"]
    turns = itertools.count()

    def made(number: int) -> tuple[str, str, bytes]:
        key = ids[number % len(ids)]
        body = observation(patients[number % len(patients)], next(turns), key)
        return "PUT", f"/fhir/Observation/{key}", body

    drafts = [
        prepare(kernel, observation(patients[n % len(patients)], n, key), "Observation", key,
            method=Method.PUT, expected=ANY_VERSION).draft
        for n, key in enumerate(ids[:500])
    ]  # fmt: skip

    def statement(number: int) -> tuple[str, Sequence[Any]]:
        draft = drafts[number % len(drafts)]
        return WRITE, [now(), *write_arguments([draft], [_IDS()], [], [])]

    return "update", made, statement


def transactions(kernel: Kernel, known: dict[str, Any], size: int) -> tuple[str, Made, Statement]:
    """Transactions of `size` creates."""
    patients = known["patients"]
    bundles = []
    for start in range(40):
        entries = [
            {"fullUrl": f"urn:uuid:{new_id()}",
             "resource": orjson.loads(observation(patients[(start * size + n) % len(patients)], n)),
             "request": {"method": "POST", "url": "Observation"}}
            for n in range(size)
        ]  # fmt: skip
        bundles.append(
            orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
        )
    drafts = [
        prepare(kernel, observation(patients[n % len(patients)], n), "Observation", "x").draft
        for n in range(size)
    ]

    def statement(_: int) -> tuple[str, Sequence[Any]]:
        for draft in drafts:
            draft.id = new_id()
        rids = [_IDS() for _ in drafts]
        return WRITE, [now(), *write_arguments(drafts, rids, [], [])]

    return (
        f"transaction of {size}",
        lambda n: ("POST", "/fhir", bundles[n % len(bundles)]),
        statement,
    )
