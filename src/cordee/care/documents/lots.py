"""A document as the transaction that writes it: DocumentReference, Binary, what it replaces.

The Binary says by `securityContext` which document opens it. Rule: PDSm 3.1.1, ITI-65.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import orjson

from cordee.access.matrix import catalogue
from cordee.care.documents.metadata import Submission, sha1_text
from cordee.care.documents.vocabulary import (
    BY_MEDIA,
    CLASS_OF,
    CLASSES,
    CONFIDENTIALITY,
    CONSENT,
    FORMATS,
    LABELS,
    LOINC,
    URI,
    coding,
    media_of,
)
from cordee.fhir.indexing.document_types import classes
from cordee.identity.ins.statuses import STATUS_LABELS, Status
from cordee.identity.ins.vocabulary import IDENTITY_STATUSES, RELIABILITY

Json = dict[str, Any]
SOURCE: Final = "patient-source"
_OTHER_SYSTEM: Final = "urn:oid:1.2.250.1.213.1.1.4.12"
# FR Core codes two statuses; the INS tells the others.
_STATUS_CODES: Final = {
    Status.PROV: "PROV", Status.RECUP: "PROV", Status.VALI: "VALI", Status.QUAL: "VALI",
}  # fmt: skip


def lot(submission: Submission, patient: str, status: Status, former: str = "") -> bytes:
    """The transaction Bundle of a submission; the document is its first entry.

    `former` is the id of the document that it replaces.
    """
    document, binary = f"urn:uuid:{uuid4()}", f"urn:uuid:{uuid4()}"
    made = document_reference(submission, patient, status, binary)
    entries = [
        _entry("POST", "DocumentReference", made, document),
        _entry("POST", "Binary", _binary(submission, document), binary),
    ]
    if former:
        made["relatesTo"] = [
            {"code": "replaces", "target": {"reference": f"DocumentReference/{former}"}}
        ]
        entries.append(status_entry(former, "superseded"))
    return orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})


def withdrawal(document: str) -> bytes:
    """The transaction Bundle that takes a document out of use."""
    entry = status_entry(document, "entered-in-error")
    return orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})


def stands_on_consent(document: Mapping[str, Any]) -> bool:
    """Whether the file of a document goes when the document does."""
    return any(one.get("url") == CONSENT for one in document.get("extension", ()))


def document_reference(submission: Submission, patient: str, status: Status, address: str) -> Json:
    """The DocumentReference of a submission, whose content is at an address."""
    assert submission.date is not None  # noqa: S101 -- it was checked
    moment = submission.date.isoformat(timespec="seconds")
    made: Json = {
        "resourceType": "DocumentReference",
        "contained": [_source(status)],
        "masterIdentifier": {"system": URI, "value": submission.unique_id},
        "status": "current",
        "docStatus": "final",
        "type": type_concept(submission.type),
        "category": [class_concept(submission.type)],
        "subject": {"reference": f"Patient/{patient}"},
        "date": moment,
        "securityLabel": [
            {"coding": [coding(CONFIDENTIALITY, submission.label, LABELS[submission.label])]}
        ],
        "content": [
            {"attachment": _attachment(submission, address), "format": coding(FORMATS, *BY_MEDIA)}
        ],
        "context": {
            "period": {"start": moment},
            "sourcePatientInfo": {"reference": f"#{SOURCE}"},
        },
    }
    if submission.extensions:
        made["extension"] = list(submission.extensions)
    if submission.author:
        made["author"] = [{"reference": submission.author}]
        made["authenticator"] = {"reference": submission.author}
    else:
        made["author"] = [{"reference": submission.structure}]
    if submission.structure:
        made["custodian"] = {"reference": submission.structure}
    if submission.label != "N":
        made["meta"] = {"security": [coding(CONFIDENTIALITY, submission.label)]}
    return made


def type_concept(code: str) -> Json:
    """The type of a document, in words of JDV_J07."""
    label = catalogue().documents[code]
    system = LOINC if code[0].isdecimal() else _OTHER_SYSTEM
    return {"coding": [coding(system, code, label)], "text": label}


def class_concept(code: str) -> Json:
    """The class of a document by its type."""
    number, label = CLASS_OF[catalogue().category_of[code]]
    return {"coding": [coding(CLASSES, number, label)]}


def category_of(document: Json) -> str:
    """The category of the matrix that a document belongs to; "" for a type that is not known."""
    for one in (document.get("type") or {}).get("coding", ()):
        if one.get("code", "") in classes():
            return catalogue().category_of[one["code"]]
    return ""


def _source(status: Status) -> Json:
    """The state of the identity on the day of the document, and no trait."""
    code = _STATUS_CODES[status]
    facts = [
        {
            "url": "identityStatus",
            "valueCoding": coding(IDENTITY_STATUSES, code, STATUS_LABELS[status]),
        }
    ]
    return {
        "resourceType": "Patient",
        "id": SOURCE,
        "extension": [{"url": RELIABILITY, "extension": facts}],
    }


def _attachment(submission: Submission, address: str) -> Json:
    assert submission.date is not None  # noqa: S101 -- it was checked
    data = submission.content.data
    return {
        "contentType": media_of(submission.content.media),
        "language": "fr-FR",
        "url": address,
        "size": len(data),
        "hash": sha1_text(data),
        "title": submission.title.strip(),
        "creation": submission.date.isoformat(timespec="seconds"),
    }


def _binary(submission: Submission, document: str) -> Json:
    return {
        "resourceType": "Binary",
        "contentType": media_of(submission.content.media),
        "securityContext": {"reference": document},
        "data": base64.b64encode(submission.content.data).decode(),
    }


def status_entry(document: str, status: str) -> Json:
    """The entry of a transaction that gives a document another status."""
    parts = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "DocumentReference.status"},
        {"name": "value", "valueCode": status},
    ]
    change = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    return _entry("PATCH", f"DocumentReference/{document}", change)


def _entry(method: str, url: str, resource: Json, full: str = "") -> Json:
    made: Json = {"resource": resource, "request": {"method": method, "url": url}}
    return {"fullUrl": full} | made if full else made
