"""What is sent to the DMP: the lot of a document, by PDSm for DMP (TD2, TD2.1, TD3.3c).

Rules: PDSm 3.1.1, ITI-65 and F3; PDSm for DMP 0.1.0. Where it is silent: decision 0044.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import orjson

from cordee.care.documents.lots import category_of
from cordee.care.documents.metadata import sha1_text
from cordee.care.documents.ports import DmpRefused, Publication, Resource
from cordee.care.documents.vocabulary import (
    BY_MEDIA,
    CLASS_OF,
    CLASSES,
    COMPREHENSIVE,
    CONFIDENTIALITY,
    FORMATS,
    LOT,
    SUBMISSION_SET,
    URI,
    coding,
)
from cordee.directory.vocabulary import IDNPS, IDNST
from cordee.identity.ins.matricule import Ins
from cordee.identity.ins.outgoing import without_national
from cordee.identity.ins.vocabulary import PATIENT

Json = dict[str, Any]
FHIR_JSON: Final = "application/fhir+json"
JSON_PATCH: Final = "application/json-patch+json"
_MHD: Final = "https://profiles.ihe.net/ITI/MHD/"
_SECTORS: Final = "urn:oid:1.2.250.1.71.4.2.4"
_SETTINGS: Final = "urn:oid:1.2.250.1.213.1.1.4.9"
_HOME_OFFICE: Final = (("SA07", "Cabinet individuel"), ("AMBULATOIRE", "Ambulatoire"))
_HOSPITAL: Final = (
    ("SA01", "Etablissement public de santé"),
    ("ETABLISSEMENT", "Etablissement de santé"),
)
_HOMES: Final = (
    ("SA17", "Etablissement pour personnes âgées"),
    ("ESSMS", "Etablissement ou Service Social ou Médico-Social"),
)
# FINESS category: sector of activity, practice setting
_BY_CATEGORY: Final = {
    "101": _HOSPITAL, "106": _HOSPITAL, "355": _HOSPITAL, "292": _HOSPITAL, "365": _HOSPITAL,
    "500": _HOMES, "501": _HOMES, "502": _HOMES,
    "603": (("SA52", "Maison de santé ou Pôle de santé"), ("AMBULATOIRE", "Ambulatoire")),
    "620": (("SA33", "Pharmacie d'officine"), ("AMBULATOIRE", "Ambulatoire")),
    "611": (("SA25", "Laboratoire de biologie médicale"), ("AMBULATOIRE", "Ambulatoire")),
}  # fmt: skip


def lot(publication: Publication, former: str = "") -> bytes:
    """The ITI-65 transaction of a publication; `former` is the id in the DMP of what it replaces.

    Its names are made of the number of the document, so that the same deposit is the same bytes.
    Raises `DmpRefused` where its author has no number of theirs.
    """
    document, binary, submission = (_urn(publication, what) for what in ("d", "b", "s"))
    entries = [
        _entry(submission, "List", _submission_set(publication, document)),
        _entry(document, "DocumentReference", _reference(publication, binary, former)),
    ]
    if former:
        request = {"method": "PATCH", "url": f"DocumentReference/{former}"}
        patch = {"fullUrl": _urn(publication, "p"), "resource": _superseded(), "request": request}
        entries.append(patch)
    content = publication.stored.content
    made = {
        "resourceType": "Binary",
        "contentType": content.media,
        "data": base64.b64encode(content.data).decode(),
    }
    entries.append(_entry(binary, "Binary", made))
    bundle = {
        "resourceType": "Bundle",
        "meta": {"profile": [LOT]},
        "type": "transaction",
        "entry": entries,
    }
    return orjson.dumps(bundle)


def removal() -> bytes:
    """The JSON Patch that takes a document out of use (TD3.3c)."""
    return orjson.dumps([{"op": "replace", "path": "/status", "value": "entered-in-error"}])


def token(system: str, value: str) -> str:
    """A token of a search: `system|value`."""
    return f"{system}|{value}"


def patient_token(ins: Ins) -> str:
    """The INS as a token of a search."""
    return token(ins.authority.uri, ins.matricule)


def _reference(publication: Publication, binary: str, former: str) -> Json:
    document = publication.stored.document
    attachment = document["content"][0]["attachment"]
    data = publication.stored.content.data
    sector, setting = _places(publication.stored.custodian)
    made: Json = {
        "resourceType": "DocumentReference",
        "meta": {"profile": [COMPREHENSIVE]},
        "contained": list(_contained(publication)),
        "masterIdentifier": {"system": URI, "value": publication.unique_id},
        "identifier": [{"system": URI, "value": publication.unique_id}],
        "status": "current",
        "type": document["type"],
        "category": [_class(document)],
        "subject": {"reference": f"Patient?identifier={patient_token(publication.ins)}"},
        "date": document["date"],
        "author": [{"reference": "#author"}],
        "authenticator": {"reference": "#author"},
        "custodian": {"reference": "#custodian"},
        "securityLabel": document.get("securityLabel", [_normal()]),
        "content": [
            {
                "attachment": {
                    "contentType": publication.stored.content.media,
                    "language": attachment.get("language", "fr-FR"),
                    "url": binary,
                    "size": len(data),
                    "hash": sha1_text(data),
                    "title": attachment.get("title", ""),
                    "creation": attachment.get("creation", document["date"]),
                },
                "format": coding(FORMATS, *BY_MEDIA),
            }
        ],
        "context": {
            "period": {"start": document["date"]},
            "facilityType": {"coding": [coding(_SECTORS, *sector)]},
            "practiceSetting": {"coding": [coding(_SETTINGS, *setting)]},
            "sourcePatientInfo": {"reference": "#patient-source"},
        },
    }
    if former:
        target = {"reference": f"DocumentReference/{former}"}
        made["relatesTo"] = [{"code": "replaces", "target": target}]
    return made


def _submission_set(publication: Publication, document: str) -> Json:
    source = f"urn:oid:2.25.{uuid5(NAMESPACE_URL, publication.unique_id).int}"
    kind = _class(publication.stored.document)
    return {
        "resourceType": "List",
        "meta": {"profile": [SUBMISSION_SET]},
        "contained": list(_contained(publication)),
        "extension": [
            {"url": f"{_MHD}StructureDefinition/ihe-designationType", "valueCodeableConcept": kind},
            {
                "url": f"{_MHD}StructureDefinition/ihe-sourceId",
                "valueIdentifier": {"system": URI, "value": source},
            },
        ],
        "status": "current",
        "mode": "working",
        "code": {"coding": [coding(f"{_MHD}CodeSystem/MHDlistTypes", "submissionset")]},
        "subject": {"reference": f"Patient?identifier={patient_token(publication.ins)}"},
        "date": publication.at.isoformat(timespec="seconds"),
        "source": {"reference": "#author"},
        "entry": [{"item": {"reference": document}}],
    }


def _contained(publication: Publication) -> Iterator[Json]:
    stored = publication.stored
    yield _source(publication)
    yield _author(stored.author, stored.custodian)
    custodian: Json = {"resourceType": "Organization", "id": "custodian"}
    if number := _number(stored.custodian, IDNST):
        custodian["identifier"] = [{"system": IDNST, "value": number}]
    yield custodian | {"name": str(stored.custodian.get("name", ""))}


def _source(publication: Publication) -> Json:
    """Traits and INS as the author knows them; the identity is qualified."""
    patient = without_national(publication.stored.patient)
    ins = publication.ins
    kept = {name: patient[name] for name in ("name", "gender", "birthDate") if name in patient}
    number = {"use": "official", "system": ins.authority.uri, "value": ins.matricule}
    return {
        "resourceType": "Patient",
        "id": "patient-source",
        "meta": {"profile": [PATIENT]},
        "identifier": [number],
        **kept,
    }


def _author(author: Resource, custodian: Resource) -> Json:
    """Who wrote it, by a national number; raises `DmpRefused` where there is none."""
    if number := _number(author, IDNPS):
        return {
            "resourceType": "Practitioner",
            "id": "author",
            "identifier": [{"system": IDNPS, "value": number}],
            "name": author.get("name", []),
        }
    if number := _number(custodian, IDNST):
        return {
            "resourceType": "Organization",
            "id": "author",
            "identifier": [{"system": IDNST, "value": number}],
            "name": str(custodian.get("name", "")),
        }
    raise DmpRefused("no-author")


def _number(resource: Resource, system: str) -> str:
    found = (one for one in resource.get("identifier", ()) if one.get("system") == system)
    return str(next(found, {}).get("value", ""))


def _class(document: Resource) -> Json:
    category = category_of(dict(document))
    if not category:
        raise DmpRefused("metadata")
    return {"coding": [coding(CLASSES, *CLASS_OF[category])]}


def _places(custodian: Resource) -> tuple[tuple[str, str], tuple[str, str]]:
    codes = (
        one.get("code", "") for kind in custodian.get("type", ()) for one in kind.get("coding", ())
    )
    found = next((_BY_CATEGORY[code] for code in codes if code in _BY_CATEGORY), _HOME_OFFICE)
    return found[0], found[1]


def _normal() -> Json:
    return {"coding": [coding(CONFIDENTIALITY, "N", "Normal")]}


def _superseded() -> Json:
    parts = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "DocumentReference.status"},
        {"name": "value", "valueCode": "superseded"},
    ]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}


def _entry(full: str, kind: str, resource: Json) -> Json:
    return {"fullUrl": full, "resource": resource, "request": {"method": "POST", "url": kind}}


def _urn(publication: Publication, what: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{publication.unique_id} {what}')}"
