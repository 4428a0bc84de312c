"""A concertation as a FHIR Appointment, its minutes as a DocumentReference. Rule: B4.7.

R4 has no field for the address of a video call: it is an extension of ours, of HTTPS alone. The
minutes are a document of type 34794-8 (CR de RCP, JDV_J07), which the habilitation matrix knows.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from cordee.care.record.concepts import person
from cordee.care.record.ports import RecordRows
from cordee.care.store import Resource
from cordee.care.workflow.tasks import BASE, party
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS, instant
from cordee.runtime.errors import RuleBroken

KIND: Final = BASE + "rendez-vous"
CODE: Final = "concertation"
VIDEO: Final = "https://cordee.example/fhir/StructureDefinition/lien-visio"
ORGANISER: Final = "organise"
_MINUTES: Final = (
    "http://loinc.org",
    "34794-8",
    "CR de réunion de concertation pluridisciplinaire",
)
_LONGEST: Final = timedelta(hours=8)
NEEDED, ACCEPTED, DECLINED = "needs-action", "accepted", "declined"


@dataclass(frozen=True, slots=True)
class Meeting:
    """What somebody invites to; `people` are names by reference, `others` a text of names."""

    start: datetime
    minutes: int
    title: str
    agenda: str
    people: Mapping[str, str]
    others: str = ""
    video: str = ""


def check(meeting: Meeting, now: datetime) -> None:
    """Returns when a meeting can be held; raises `RuleBroken` with what is missing."""
    if not meeting.title.strip():
        raise RuleBroken("Dites de quoi vous parlerez.", expression=("Appointment.description",))
    if not meeting.people:
        raise RuleBroken("Invitez quelqu’un du cercle.", expression=("Appointment.participant",))
    if not timedelta() < timedelta(minutes=meeting.minutes) <= _LONGEST:
        raise RuleBroken("Une concertation dure de 1 à 480 minutes.")
    if meeting.start < now - timedelta(days=31):
        raise RuleBroken("Ce jour est passé depuis plus d’un mois.")
    if meeting.video and not _is_video(meeting.video):
        raise RuleBroken("Le lien de visioconférence commence par https:// et nomme un serveur.")


def appointment(meeting: Meeting, principal: Principal, patient: str) -> dict[str, Any]:
    """The Appointment of a meeting, with who organises it first."""
    end = meeting.start + timedelta(minutes=meeting.minutes)
    participants: list[dict[str, Any]] = [
        {"actor": {"reference": f"Patient/{patient}"}, "required": "information-only",
         "status": ACCEPTED},
        {"type": [{"text": ORGANISER}], "actor": _actor(principal.practitioner, principal.name),
         "status": ACCEPTED},
    ]  # fmt: skip
    participants += [
        {"actor": _actor(one, name), "required": "required", "status": NEEDED}
        for one, name in meeting.people.items()
        if one != principal.practitioner
    ]
    if meeting.others.strip():
        participants.append({"actor": {"display": meeting.others.strip()}, "status": NEEDED})
    made: dict[str, Any] = {
        "resourceType": "Appointment",
        "status": "booked",
        "serviceType": [{"coding": [{"system": KIND, "code": CODE, "display": "Concertation"}]}],
        "description": meeting.title.strip(),
        "start": instant(meeting.start),
        "end": instant(end),
        "participant": participants,
    }
    if meeting.agenda.strip():
        made["comment"] = meeting.agenda.strip()
    if meeting.video:
        made["extension"] = [{"url": VIDEO, "valueUrl": meeting.video}]
    return made


def minutes_document(
    words: str, principal: Principal, patient: str, about: Resource, at: datetime
) -> dict[str, Any]:
    """The DocumentReference of minutes."""
    system, code, display = _MINUTES
    authors = [one for one in (principal.practitioner, principal.structure) if one]
    title = f"Concertation : {about.get('description', '')}"
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"coding": [{"system": system, "code": code, "display": display}], "text": display},
        "subject": {"reference": f"Patient/{patient}"},
        "date": at.astimezone(PARIS).isoformat(timespec="milliseconds"),
        "author": [{"reference": one} for one in authors],
        "description": title,
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain",
                    "language": "fr",
                    "data": base64.b64encode(words.strip().encode()).decode(),
                    "title": title,
                }
            }
        ],
        "context": {"related": [{"reference": f"Appointment/{about['id']}"}]},
    }


def invitable(rows: RecordRows) -> dict[str, str]:
    """Professionals around a person, by reference: the attending physician, then the circle."""
    found: dict[str, str] = {}
    given = [rows.patient.get("generalPractitioner", ())]
    given += [
        [participant.get("member", {}) for participant in team.get("participant", ())]
        for team in rows.care_team
        if team.get("resourceType") == "CareTeam"
        and team.get("status") not in {"inactive", "entered-in-error", "proposed", "suspended"}
    ]
    for references in given:
        for one in references:
            reference = str(one.get("reference", ""))
            if reference.startswith("Practitioner/"):
                found.setdefault(reference, person(one, rows.names) or reference)
    return found


def video_of(meeting: Resource) -> str:
    """The address of the video call, "" where there is none that can be trusted."""
    found = (
        str(one.get("valueUrl", ""))
        for one in meeting.get("extension", ())
        if one.get("url") == VIDEO
    )
    return next((one for one in found if _is_video(one)), "")


def people_of(meeting: Resource) -> list[tuple[str, str, str, bool]]:
    """Who was invited: reference, name, answer, and whether they organise it."""
    return [
        (
            party(one, "actor"),
            str((one.get("actor") or {}).get("display", "")),
            str(one.get("status", "")),
            any(kind.get("text") == ORGANISER for kind in one.get("type", ())),
        )
        for one in meeting.get("participant", ())
        if not party(one, "actor").startswith("Patient/")
    ]


def _actor(reference: str, name: str) -> dict[str, str]:
    return {"reference": reference, "display": name}


def _is_video(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and text.isprintable()
