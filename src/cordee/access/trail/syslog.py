"""A line of the trail as ATNA wants it: a DICOM audit message in a syslog message.

Rule: IHE ITI TF-2 3.20 (Record Audit Event), DICOM PS3.15 A.5, RFC 5424, RFC 5425 (framing).
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from cordee.access.trail.events import REFUSED, subtype_of
from cordee.access.trail.reading import TrailLine

# Facility 10 (security), severity 5 (notice): 10 * 8 + 5.
_PRIORITY: Final = 85
_NIL: Final = "-"
_MESSAGE: Final = "IHE+RFC-3881"
_RECORD_EVENTS: Final = ("110110", "DCM", "Patient Record")
_QUERY_EVENT: Final = ("110112", "DCM", "Query")
_ACTOR_ROLE: Final = ("110153", "DCM", "Source Role ID")
_MOST_HOST: Final = 255


def syslog_message(line: TrailLine, host: str) -> bytes:
    """One line as an RFC 5424 message; `host` names this installation."""
    name = "".join(one for one in host if "!" <= one <= "~")[:_MOST_HOST] or _NIL
    at = line.at.isoformat(timespec="milliseconds")
    head = f"<{_PRIORITY}>1 {at} {name} cordee {_NIL} {_MESSAGE} {_NIL} "
    return head.encode() + b"\xef\xbb\xbf" + audit_message(line, host)


def framed(message: bytes) -> bytes:
    """A message for a stream: its length in octets before it."""
    return str(len(message)).encode() + b" " + message


def audit_message(line: TrailLine, host: str) -> bytes:
    """The DICOM AuditMessage of a line, as UTF-8 XML."""
    root = Element("AuditMessage")
    event = SubElement(
        root,
        "EventIdentification",
        EventActionCode=line.action,
        EventDateTime=line.at.isoformat(timespec="milliseconds"),
        EventOutcomeIndicator="4" if line.detail.startswith(REFUSED) else "0",
    )
    subtype = subtype_of(line)
    _code(event, "EventID", _QUERY_EVENT if subtype == "search" else _RECORD_EVENTS)
    _code(event, "EventTypeCode", (subtype, "http://hl7.org/fhir/restful-interaction", subtype))
    _participants(root, line, host)
    SubElement(root, "AuditSourceIdentification", AuditSourceID=host, code="4")
    for patient in line.patients:
        one = SubElement(
            root,
            "ParticipantObjectIdentification",
            ParticipantObjectID=f"Patient/{patient}",
            ParticipantObjectTypeCode="1",
            ParticipantObjectTypeCodeRole="1",
        )
        _code(one, "ParticipantObjectIDTypeCode", ("2", "RFC-3881", "Patient Number"))
    if line.type:
        one = SubElement(
            root,
            "ParticipantObjectIdentification",
            ParticipantObjectID=f"{line.type} {line.detail}",
            ParticipantObjectTypeCode="2",
            ParticipantObjectTypeCodeRole="24" if subtype == "search" else "4",
        )
        _code(one, "ParticipantObjectIDTypeCode", ("9", "RFC-3881", "Report Number"))
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _participants(root: Element, line: TrailLine, host: str) -> None:
    acted = line.acted
    person = SubElement(
        root, "ActiveParticipant", UserID=line.agent, UserName=acted.name, UserIsRequestor="true"
    )
    if acted.practitioner:
        person.set("AlternativeUserID", acted.practitioner)
    if acted.role:
        _code(person, "RoleIDCode", (acted.profession or acted.role, "TRE_G15", acted.role))
    for name in filter(None, (acted.delegated_by, acted.client)):
        SubElement(root, "ActiveParticipant", UserID=name, UserIsRequestor="false")
    server = SubElement(root, "ActiveParticipant", UserID=host, UserIsRequestor="false")
    _code(server, "RoleIDCode", _ACTOR_ROLE)


def _code(parent: Element, tag: str, coded: tuple[str, str, str]) -> None:
    code, system, text = coded
    # Named as in DICOM: csd-code, codeSystemName, originalText.
    SubElement(parent, tag, {"csd-code": code, "codeSystemName": system, "originalText": text})
