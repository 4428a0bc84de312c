"""Who is around the patient: care team members and relatives."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.care.record.concepts import label, person
from cordee.care.record.ports import RecordRows, Resource


@dataclass(frozen=True, slots=True)
class Member:
    """One person or team of the circle, with what they are to the patient."""

    name: str
    role: str
    phone: str
    is_relative: bool


def read_circle(rows: RecordRows) -> tuple[Member, ...]:
    """Members of active care teams in their order, then relatives; each name once."""
    members: dict[tuple[str, str], Member] = {}
    for row in rows.care_team:
        found = _relative(row) if row.get("resourceType") == "RelatedPerson" else _team(row, rows)
        for member in found:
            members.setdefault((member.name, member.role), member)
    return tuple(sorted(members.values(), key=lambda member: member.is_relative))


def _team(row: Resource, rows: RecordRows) -> list[Member]:
    if row.get("status") in {"inactive", "entered-in-error", "proposed"}:
        return []
    members = []
    for participant in row.get("participant", ()):
        name = person(participant.get("member"), rows.names)
        reference = str(participant.get("member", {}).get("reference", ""))
        if name and not reference.startswith("Patient/"):
            role = ", ".join(text for text in map(label, participant.get("role", ())) if text)
            structure = person(participant.get("onBehalfOf"), rows.names)
            members.append(Member(name, ", ".join(filter(None, (role, structure))), "", False))
    return members


def _relative(row: Resource) -> list[Member]:
    if row.get("active") is False:
        return []
    name = next(iter(row.get("name", ())), {})
    shown = str(name.get("text") or " ".join((*name.get("given", ()), name.get("family", ""))))
    role = ", ".join(text for text in map(label, row.get("relationship", ())) if text)
    phones = (t for t in row.get("telecom", ()) if t.get("system") == "phone")
    phone = str(next(phones, {}).get("value", ""))
    return [Member(shown.strip(), role, phone, True)] if shown.strip() else []
