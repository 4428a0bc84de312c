"""Contacts with care: visits, emergencies, stays, calls; requests and appointments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cordee.app.region.chart import Chart
from cordee.app.region.coding import ACT_CODE, DEMO, HL7, Json, bare, concept
from cordee.app.region.members import Member
from cordee.app.region.moments import moment_text
from cordee.app.region.sites import Site

CONTACTS: Final = DEMO + "CodeSystem/contact"
CLASSES: Final[dict[str, Json]] = {
    code: {"system": ACT_CODE, "code": code, "display": label}
    for code, label in (
        ("AMB", "ambulatoire"),
        ("EMER", "urgences"),
        ("IMP", "hospitalisation"),
        ("HH", "domicile"),
        ("VR", "à distance"),
    )
}

# kind: (class, label)
KINDS: Final[dict[str, tuple[str, Json]]] = {
    kind: (category, concept(CONTACTS, kind, label))
    for kind, category, label in (
        ("consultation", "AMB", "Consultation de médecine générale"),
        ("specialiste", "AMB", "Consultation de spécialiste"),
        ("visite", "HH", "Visite à domicile"),
        ("ehpad", "HH", "Visite en EHPAD"),
        ("soins", "HH", "Soins infirmiers à domicile"),
        ("urgences", "EMER", "Passage aux urgences"),
        ("sejour", "IMP", "Hospitalisation"),
        ("regulation", "VR", "Régulation médicale"),
        ("avis", "VR", "Télé-expertise"),
        ("officine", "AMB", "Entretien ou vaccination en pharmacie"),
        ("sage-femme", "AMB", "Consultation de sage-femme"),
        ("coordination", "VR", "Appui à la coordination"),
        ("kine", "AMB", "Séance de kinésithérapie"),
        ("psychologue", "AMB", "Séance avec la psychologue"),
    )
}
MODE: Final = HL7 + "appointment-type"
APPOINTMENT_KIND: Final[Json] = bare(HL7 + "v2-0276", "ROUTINE")
LASTING: Final = 20
RECENT: Final = 45


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact: kind, day and minute, length in minutes, structure, professional, reason."""

    kind: str
    day: int
    minute: int
    length: int = LASTING
    site: Site | None = None
    member: Member | None = None
    reason: Json | None = None
    running: bool = False


def add_contact(chart: Chart, contact: Contact) -> Json:
    """The encounter of a contact."""
    category, label = KINDS[contact.kind]
    period = {"start": moment_text(contact.day, contact.minute)}
    if not contact.running:
        days, minute = divmod(contact.minute + contact.length, 24 * 60)
        period["end"] = moment_text(contact.day + days, minute)
    encounter: Json = {
        "resourceType": "Encounter",
        "id": chart.number("e"),
        "status": "in-progress" if contact.running else "finished",
        "class": CLASSES[category],
        "type": [label],
        "subject": chart.subject,
        "period": period,
    }
    if contact.site:
        encounter["serviceProvider"] = contact.site.link
    if contact.member:
        encounter["participant"] = [{"individual": contact.member.link}]
    if contact.reason:
        encounter["reasonCode"] = [contact.reason]
    return chart.add(encounter)


def add_appointment(chart: Chart, day: int, who: Member, label: str) -> Json:
    """A booked appointment with a professional, twenty minutes long."""
    minute = chart.minute()
    return chart.add(
        {
            "resourceType": "Appointment",
            "id": chart.number("a"),
            "status": "booked" if day >= chart.today else "fulfilled",
            "appointmentType": APPOINTMENT_KIND,
            "description": label,
            "start": moment_text(day, minute),
            "end": moment_text(day, minute + LASTING),
            "participant": [
                {"actor": chart.subject, "status": "accepted"},
                {"actor": who.link, "status": "accepted"},
            ],
        }
    )


def add_request(chart: Chart, day: int, label: str, performer: Json | None) -> Json:
    """A request for an act, an opinion or care, active when it is recent."""
    request: Json = {
        "resourceType": "ServiceRequest",
        "id": chart.number("s"),
        "status": "active" if chart.today - day < RECENT else "completed",
        "intent": "order",
        "code": {"text": label},
        "subject": chart.subject,
        "authoredOn": moment_text(day, 11 * 60),
    }
    if chart.doctor:
        request["requester"] = chart.doctor.link
    if performer:
        request["performer"] = [performer]
    return chart.add(request)
