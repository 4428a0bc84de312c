"""A case of the floor as RS-EDA and back, and the bodies of the messages around it; pure.

Rule: models of the Hub Santé (RS-EDA, RS-EDA-MAJ, RS-DR, RS-RR, RS-RI, RS-SR); decision 0080.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from cordee.care.regulation.cases import Case
from cordee.care.regulation.floor import Parcel
from cordee.care.regulation.motives import label_of
from cordee.formats.hub.envelope import Json, hub_time, read_time

_PRIORITIES: Final = ("P0", "P1", "P2", "P3")
_LONGEST: Final = 2000
_SHORT: Final = 200
_MOTIVE: Final = re.compile(r"M[0-9]{2}(\.[0-9]{2}){0,2}")
_UNKNOWN: Final = "+33000000000"


@dataclass(frozen=True, slots=True)
class Asking:
    """A request for a vehicle: its number, its purpose (SMUR, SAP…) and what is said with it."""

    number: str
    purpose: str
    at: datetime
    words: str = ""


def case_id(hub: str, number: str) -> str:
    """The identifier of one of our cases on the Hub."""
    return f"{hub}.{''.join(one if one.isalnum() or one in '-_' else '-' for one in number)}"


def own_id(case: str) -> UUID:
    """The identifier here of a case of the Hub: always the same."""
    return uuid5(NAMESPACE_URL, f"hub:{case}")


def body_of(case: Case, hub: str, owner: str) -> Json:
    """One of our cases as RS-EDA."""
    told = case.told
    patient = f"{hub}.patient.{_plain(case.number)}.1"
    city: Json = {"inseeCode": case.commune} if _is_insee(case.commune) else {}
    location: Json = {
        "city": city | _given(name=told.commune),
        "access": _given(floor=told.storey, interphone=told.intercom)
        | ({"accessCode": [told.code]} if told.code else {}),
        "freetext": told.access,
        "detailedAddress": _given(complete=told.address),
    }
    qualification: Json = {
        "origin": "15",
        "details": {"priority": case.priority} if case.priority else {},
        "healthMotive": {"code": case.motive, "label": label_of(case.motive)}
        if case.motive
        else {},
    }
    contact = {"channel": "PERSONNE", "type": "TEL", "detail": _international(told.number)}
    alert: Json = {
        "reception": hub_time(case.opened),
        "caller": {"callerContact": contact} | _given(freetext=told.caller),
    }
    made: Json = {
        "caseId": case_id(hub, case.number),
        "senderCaseId": case.number,
        "creation": hub_time(case.opened),
        "interventionType": "T1",
        "qualification": _filled(qualification),
        "location": _filled(location),
        "initialAlert": alert,
        "owner": owner,
        "patient": [{"patientId": patient} | _identity(told.person)],
    }
    if told.said:
        note = {
            "patientId": patient, "medicalNoteId": f"{hub}.medicalNote.{_plain(case.number)}",
            "creation": hub_time(case.opened), "operator": {"role": "ARM"}, "freetext": told.said,
        }  # fmt: skip
        made["medicalNote"] = [note]
    return made


def parcel_of(body: Json, sender: str, homes: Mapping[str, str]) -> Parcel:
    """The RS-EDA of a sender, as what the floor receives. `homes` are our centres by their clients.

    Its call waits since the alert was received there; what is not told stays empty.
    """
    number = str(body["caseId"])
    alert, location = _part(body, "initialAlert"), _part(body, "location")
    qualification, access = _part(body, "qualification"), _part(location, "access")
    caller = _part(alert, "caller")
    opened = read_time(str(body["creation"]))
    since = read_time(str(alert.get("reception") or body["creation"]))
    priority = str(_part(qualification, "details").get("priority", ""))
    home = homes.get(sender, sender)
    phone = str(_part(caller, "callerContact").get("detail", "")).replace(_UNKNOWN, "")
    content = {
        "number": phone[:_SHORT],
        "caller": _text(_part(caller, "detailedName"), "complete") or _text(caller, "freetext"),
        "said": _notes(body)[:_LONGEST],
        "commune": _text(_part(location, "city"), "name"),
        "address": _text(_part(location, "detailedAddress"), "complete"),
        "access": _text(location, "freetext"),
        "storey": _text(access, "floor"),
        "intercom": _text(access, "interphone"),
        "code": ", ".join(str(one) for one in access.get("accessCode", ()))[:_SHORT],
        "person": _person(body),
    }
    kept = {name: value for name, value in content.items() if value}
    own = own_id(number)
    motive = _text(_part(qualification, "healthMotive"), "code")
    motive = motive if _MOTIVE.fullmatch(motive) else ""
    known = priority if priority in _PRIORITIES else ""
    insee = _text(_part(location, "city"), "inseeCode")
    case: Json = {
        "id": str(own), "number": number, "home": home, "opened": opened.isoformat(),
        "opened_by": sender, "priority": known, "motive": motive,
        "commune": insee if _is_insee(insee) else "", "content": kept,
        "field": "MG" if body.get("perimeter") == "SNP" else "MU",
    }  # fmt: skip
    return Parcel(own, home, since, known, motive, "15", "", {"number": phone[:_SHORT]}, case)


def owner_body(case: str, owner: str) -> Json:
    """RS-EDA-MAJ that says who treats a case from now on."""
    return {"caseId": case, "owner": owner}


def request_body(case: str, asked: Asking) -> Json:
    """RS-DR: a vehicle is asked for."""
    request = {"requestId": asked.number, "datetime": hub_time(asked.at), "purpose": asked.purpose}
    return {"caseId": case, "request": request | _given(freetext=asked.words)}


def response_body(case: str, asked: Asking, answer: str) -> Json:
    """RS-RR: the answer to a request, at its moment with its words."""
    response = {"datetime": hub_time(asked.at), "answer": answer}
    return {
        "caseId": case, "requestId": asked.number,
        "response": response | _given(freetext=asked.words),
    }  # fmt: skip


def status_body(case: str, resource: str, status: str, at: datetime) -> Json:
    """RS-SR: where a vehicle is."""
    state = {"datetime": hub_time(at), "status": status}
    return {"caseId": case, "resourceId": resource, "state": state}


def _notes(body: Json) -> str:
    said = [*_part(body, "initialAlert").get("notes", ()), *body.get("medicalNote", ())]
    return "\n".join(str(one.get("freetext", "")) for one in said if isinstance(one, dict)).strip()


def _person(body: Json) -> str:
    """The names of the persons of a case."""
    people = [one for one in body.get("patient", ()) if isinstance(one, dict)]
    names = [
        _text(_part(_part(one, "identity"), "nonStrictFeatures"), "complete") for one in people
    ]
    return ", ".join(name for name in names if name)[:_SHORT]


def _identity(name: str) -> Json:
    return {"identity": {"nonStrictFeatures": {"complete": name}}} if name else {}


def _international(number: str) -> str:
    digits = "".join(one for one in number if one.isdigit())
    if number.startswith("+") and digits:
        return f"+{digits}"
    return f"+33{digits.removeprefix('0')}" if len(digits) > 5 else _UNKNOWN  # noqa: PLR2004 -- the schema asks for more


def _given(**parts: str) -> Json:
    return {name: value for name, value in parts.items() if value}


def _filled(parts: Json) -> Json:
    return {name: value for name, value in parts.items() if value}


def _plain(text: str) -> str:
    return "".join(one if one.isalnum() or one == "-" else "-" for one in text)


def _is_insee(code: str) -> bool:
    return len(code) == 5 and code.isalnum() and code.isascii()  # noqa: PLR2004 -- its length


def _part(held: Mapping[str, Any], name: str) -> Json:
    found = held.get(name)
    return found if isinstance(found, dict) else {}


def _text(held: Mapping[str, Any], name: str) -> str:
    found = held.get(name)
    return found.strip()[:_LONGEST] if isinstance(found, str) else ""
