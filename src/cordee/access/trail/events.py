"""A line of the trail as an AuditEvent of the national profile (TDE 2.0.0, tde-auditevent)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

from cordee.access.purposes import Purpose
from cordee.access.trail.reading import TrailLine
from cordee.directory.vocabulary import terminology

PROFILE: Final = "https://interop.esante.gouv.fr/ig/fhir/tde/StructureDefinition/tde-auditevent"
EVENT_TYPE: Final = "http://terminology.hl7.org/CodeSystem/audit-event-type"
INTERACTION: Final = "http://hl7.org/fhir/restful-interaction"
DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_ENTITY_TYPE: Final = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLE: Final = "http://terminology.hl7.org/CodeSystem/object-role"
_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_PROFESSION: Final = terminology("TRE_G15-ProfessionSante")
# Beginnings of the detail that say which interaction a line is, the surer one first.
SUBTYPES: Final = (
    ("vread", ("R",), ("vread ",)),
    ("history", ("R",), ("history",)),
    ("read", ("R",), ()),
    ("create", ("C",), ()),
    ("update", ("U",), ()),
    ("delete", ("D",), ()),
    ("transaction", ("E",), ("transaction ", "region ")),
    ("operation", ("E",), ("everything ", "stats ", "$", "application ")),
    ("search", ("E",), ()),
)
REFUSED: Final = "refused "
_NAMED: Final = frozenset({"read", "vread", "create", "update", "delete"})


def subtype_of(line: TrailLine) -> str:
    """The interaction of a line, as restful-interaction names it."""
    for code, actions, begins in SUBTYPES:
        if line.action in actions and (not begins or line.detail.startswith(begins)):
            return code
    return "operation"


def audit_event(line: TrailLine, base: str) -> dict[str, Any]:
    """The AuditEvent of a line; its id is `line-` and the number of the line."""
    subtype = subtype_of(line)
    at = line.at.isoformat(timespec="milliseconds")
    refused = line.detail.startswith(REFUSED)
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": f"line-{line.n}",
        "meta": {"profile": [PROFILE]},
        "type": {"system": EVENT_TYPE, "code": "rest", "display": "RESTful Operation"},
        "subtype": [{"system": INTERACTION, "code": subtype, "display": subtype}],
        "action": line.action,
        "period": {"start": at, "end": at},
        "recorded": at,
        "outcome": "4" if refused else "0",
        "agent": _agents(line),
        "source": {
            "observer": {
                "identifier": {"system": "urn:ietf:rfc:3986", "value": base},
                "display": "Cordée",
            }
        },
    }
    entities = _entities(line, subtype)
    if entities:
        event["entity"] = entities
    if refused:
        event["outcomeDesc"] = line.detail.removeprefix(REFUSED)
    return event


def _agents(line: TrailLine) -> list[dict[str, Any]]:
    """The person, and in whose name or by which application: the profile allows two."""
    acted, agents = line.acted, [_person(line)]
    if acted.delegated_by:
        agents.append(
            {
                "role": [{"text": "par délégation de"}],
                "who": {"identifier": {"value": acted.delegated_by}},
                "altId": acted.delegated_by,
                "requestor": False,
            }
        )
    elif acted.client:
        agents.append(
            {
                "type": {"coding": [{"system": DICOM, "code": "110150", "display": "Application"}]},
                "who": {"identifier": {"value": acted.client}},
                "altId": acted.client,
                "requestor": False,
            }
        )
    return agents


def _person(line: TrailLine) -> dict[str, Any]:
    acted = line.acted
    who: dict[str, Any] = {"identifier": {"value": line.agent}}
    if acted.practitioner:
        who = {"reference": acted.practitioner}
    person: dict[str, Any] = {"who": who, "altId": line.agent, "requestor": True}
    if acted.name:
        who["display"] = person["name"] = acted.name
    profession = {"coding": [{"system": _PROFESSION, "code": acted.profession}]}
    roles = [
        one
        for said, one in ((acted.role, {"text": acted.role}), (acted.profession, profession))
        if said
    ]
    if roles:
        person["role"] = roles
    if acted.role != "system":
        person["purposeOfUse"] = [{"coding": [{"system": _REASON, "code": _purpose(line)}]}]
    return person


def _purpose(line: TrailLine) -> str:
    if line.acted.role == "patient":
        return Purpose.PATIENT_REQUEST
    return Purpose.EMERGENCY if line.detail.startswith("glass ") else Purpose.CARE


def _entities(line: TrailLine, subtype: str) -> list[dict[str, Any]]:
    person, system = (
        _coding(_ENTITY_TYPE, "1", "Person"),
        _coding(_ENTITY_TYPE, "2", "System Object"),
    )
    found: list[dict[str, Any]] = [
        {
            "what": {"reference": f"Patient/{one}"},
            "type": person,
            "role": _coding(_ROLE, "1", "Patient"),
        }
        for one in line.patients
    ]
    if line.acted.structure:
        found.append(
            {
                "what": {"reference": line.acted.structure},
                "type": _coding(_ENTITY_TYPE, "3", "Organization"),
                "description": "situation d'exercice",
            }
        )
    key = line.detail.rpartition(" ")[2]
    if subtype in _NAMED and line.type and key:
        found.append(
            {
                "what": {"reference": f"{line.type}/{key}"},
                "type": system,
                "role": _coding(_ROLE, "4", "Domain Resource"),
            }
        )
    elif subtype == "search" and line.detail:
        asked = f"{line.type}?{line.detail}" if line.type else line.detail
        found.append(
            {
                "type": system,
                "role": _coding(_ROLE, "24", "Query"),
                "query": b64encode(asked.encode()).decode(),
            }
        )
    elif line.detail:
        found.append({"type": system, "name": line.detail})
    return found


def _coding(system: str, code: str, display: str) -> dict[str, str]:
    return {"system": system, "code": code, "display": display}
