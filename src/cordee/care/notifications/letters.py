"""What leaves the house: nothing of health by e-mail and SMS, a letter by the MSSanté, flow 4.

A letter and an order of flow 4 say what their recipient may read at the moment that they leave.
Rules: B2.5, B2.7, B2.9; guide Notification d'évènements 3.0.0 (flow 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from cordee.care.notifications.declaring import GUIDE
from cordee.care.notifications.kinds import kind_of
from cordee.care.notifications.notify import Told
from cordee.care.notifications.ports import Resource
from cordee.care.record.traits import read_traits
from cordee.runtime.clock import PARIS
from cordee.runtime.french import clock, short_date

SUBJECT: Final = "Vous avez un message"
MSSANTE_SUBJECT: Final = "Information sur une personne que vous suivez"
_MEDIUM: Final = "https://mos.esante.gouv.fr/NOS/TRE_R200-CanalCommunication/FHIR/"


def bare_text(site: str) -> str:
    """The text of an e-mail: that there is a message, and where it is read."""
    return f"Bonjour,\n\nVous avez un message. Pour le lire : {site}\n\nCordée\n"


def bare_line(site: str) -> str:
    """The same in one line, for a telephone."""
    return f"Vous avez un message : {site}"


def letter_text(event: Told, shown: Mapping[str, Resource], site: str) -> str:
    """The letter to a professional by the secured messaging service."""
    lines = ["Bonjour,", "", f"{kind_of(event.kind).label} : {_who(shown.get(event.patient, {}))}."]
    place = str(shown.get(event.place, {}).get("name", ""))
    if place:
        lines.append(f"Lieu : {place}.")
    lines.append(f"Le {_moment(event.at)}.")
    lines += ["", f"Le dossier se lit ici : {site}", "", "Cordée, dossier de coordination"]
    return "\n".join(lines) + "\n"


def order(
    event: Told, shown: Mapping[str, Resource], *, subscription: str, address: str, now: datetime
) -> dict[str, Any]:
    """A CommunicationRequest that orders to notify an application (flow 4)."""
    concept = {"coding": kind_of(event.kind).codings}
    extensions = [
        {"url": f"{GUIDE}event-type", "valueCodeableConcept": concept},
        {"url": f"{GUIDE}event-time", "valueDateTime": _stamp(event.at)},
        {"url": f"{GUIDE}event-emission-time", "valueDateTime": _stamp(now)},
    ]
    patient = {**shown.get(event.patient, {"resourceType": "Patient"}), "id": "patient"}
    place = {**shown.get(event.place, {"resourceType": "Organization"}), "id": "requester"}
    recipient = {"resourceType": "Organization", "id": "recipient"}
    endpoint = {"url": f"{GUIDE}recipient-endpoint", "valueUrl": address}
    return {
        "resourceType": "CommunicationRequest",
        "meta": {"profile": [f"{GUIDE}nde-notificationrequest"]},
        "contained": [_bare(patient), _bare(place), recipient],
        "extension": extensions,
        "basedOn": [{"reference": subscription}],
        "status": "active",
        "medium": [{"coding": [{"system": f"{_MEDIUM}TRE-R200-CanalCommunication", "code": "3"}]}],
        "subject": {"reference": "#patient"},
        "payload": [{"contentString": kind_of(event.kind).label}],
        "requester": {"reference": "#requester"},
        "recipient": [{"extension": [endpoint], "reference": "#recipient"}],
    }


def _bare(resource: Mapping[str, Any]) -> dict[str, Any]:
    """A contained resource: without its own version, tags and narrative."""
    return {name: one for name, one in resource.items() if name not in {"meta", "text"}}


def _who(patient: Resource) -> str:
    if not patient:
        return "une personne que vous suivez"
    traits = read_traits(patient)
    born = f", né(e) le {short_date(traits.birth_date)}" if traits.birth_date else ""
    first = traits.used_first_name or next(iter(traits.first_names), "")
    return f"{traits.birth_name} {first}{born}"


def _moment(at: datetime) -> str:
    local = at.astimezone(PARIS)
    return f"{short_date(local.isoformat())} à {clock(local.isoformat())}"


def _stamp(at: datetime) -> str:
    return at.astimezone(PARIS).isoformat(timespec="seconds")
