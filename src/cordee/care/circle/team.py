"""A circle of care as a CareTeam of the national guide: made, changed, read. Pure.

Rule: Cercle de soins 2.0.1, `cds-ihe-careteam`. What this part does not know stays as it came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from cordee.care.circle.vocabulary import CONTACT, RECORD, ROLES
from cordee.care.store import Resource
from cordee.fhir.indexing.intervals import interval
from cordee.fhir.indexing.spans import ACCESS, CIRCLE_PROFILE, circle_end
from cordee.runtime.clock import PARIS

IDENTIFIERS: Final = "https://cordee.example/fhir/identifiant/cercle"


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a circle: who (reference and words), as what, for whom they work, how long."""

    reference: str
    display: str
    role: str
    starts: datetime
    ends: datetime | None = None
    access: str = RECORD
    structure: str = ""
    structure_display: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A participant as the circle says it; dates are FHIR's, `role` is words."""

    reference: str
    display: str
    role: str
    starts: str
    ends: str
    access: str
    structure: str
    structure_display: str


def new_team(patient: str, keeper: str, seats: Sequence[Seat], at: datetime) -> dict[str, Any]:
    """A circle of a patient that a structure keeps."""
    team: dict[str, Any] = {
        "resourceType": "CareTeam",
        "meta": {"profile": [CIRCLE_PROFILE]},
        "identifier": [{"system": IDENTIFIERS, "value": str(uuid4())}],
        "status": "active",
        "name": "Cercle de soins",
        "subject": {"reference": f"Patient/{patient}"},
        "period": {"start": instant(at)},
        "participant": [_participant(one) for one in seats],
    }
    if keeper:
        team["managingOrganization"] = [{"reference": keeper}]
    return team


def with_seat(team: Resource, seat: Seat) -> dict[str, Any]:
    """The circle with one member more."""
    return dict(team) | {"participant": [*team.get("participant", ()), _participant(seat)]}


def ended(team: Resource, reference: str, at: datetime) -> dict[str, Any]:
    """The circle where a member is until a moment; those who end before stay as they are."""

    def until(one: Mapping[str, Any]) -> dict[str, Any]:
        period = dict(one.get("period") or {})
        if _reference(one) != reference or (period.get("end") and not _is_after(period, at)):
            return dict(one)
        # Who never began, or begins later, was never there.
        if period.get("start") and _moment(period["start"]) > at:
            period["start"] = instant(at)
        return dict(one) | {"period": period | {"end": instant(at)}}

    return dict(team) | {"participant": [until(one) for one in team.get("participant", ())]}


def closed(team: Resource, at: datetime) -> dict[str, Any]:
    """The circle that is over: nobody is tied by it."""
    period = dict(team.get("period") or {}) | {"end": instant(at)}
    return dict(team) | {"status": "inactive", "period": period}


def is_circle(resource: Resource) -> bool:
    """Whether this is the circle of care of a person, and active."""
    return resource.get("resourceType") == "CareTeam" and circle_end(resource) is not None


def members_of(team: Resource) -> tuple[Member, ...]:
    """All participants, those who left too, in the order in which they came."""
    return tuple(_member(one) for one in team.get("participant", ()) if _reference(one))


def is_over(member: Member, at: datetime) -> bool:
    """Whether somebody is no more in the circle."""
    return bool(member.ends) and _end(member.ends) <= at


def is_ahead(member: Member, at: datetime) -> bool:
    """Whether somebody is not yet in it."""
    return bool(member.starts) and _moment(member.starts) > at


def instant(moment: datetime) -> str:
    """A moment as FHIR writes it, in Paris."""
    return moment.astimezone(PARIS).isoformat(timespec="milliseconds")


def _participant(seat: Seat) -> dict[str, Any]:
    made: dict[str, Any] = {
        "role": [ROLES[seat.role].concept],
        "member": _named(seat.reference, seat.display),
        "period": {"start": instant(seat.starts)},
    }
    if seat.ends is not None:
        made["period"]["end"] = instant(seat.ends)
    if seat.access == CONTACT:
        made["extension"] = [{"url": ACCESS, "valueCode": CONTACT}]
    # R4 lets only a practitioner act on behalf of a structure (ctm-1).
    if seat.structure and seat.reference.startswith("Practitioner/"):
        made["onBehalfOf"] = _named(seat.structure, seat.structure_display)
    return made


def _named(reference: str, display: str) -> dict[str, str]:
    return {"reference": reference} | ({"display": display} if display.strip() else {})


def _member(one: Mapping[str, Any]) -> Member:
    period, behalf = one.get("period") or {}, one.get("onBehalfOf") or {}
    extensions = one.get("extension") or ()
    is_contact = any(e.get("url") == ACCESS and e.get("valueCode") == CONTACT for e in extensions)
    roles = (_words(role) for role in one.get("role") or ())
    return Member(
        _reference(one), str((one.get("member") or {}).get("display", "")),
        ", ".join(text for text in roles if text), str(period.get("start", "")),
        str(period.get("end", "")), CONTACT if is_contact else RECORD,
        str(behalf.get("reference", "")), str(behalf.get("display", "")),
    )  # fmt: skip


def _words(concept: Mapping[str, Any]) -> str:
    codings = concept.get("coding") or ()
    display = next((one.get("display", "") for one in codings if one.get("display")), "")
    return str(concept.get("text") or display)


def _reference(one: Mapping[str, Any]) -> str:
    return str((one.get("member") or {}).get("reference", ""))


def _is_after(period: Mapping[str, Any], at: datetime) -> bool:
    return _end(str(period["end"])) > at


def _moment(text: str) -> datetime:
    return interval(text)[0]


def _end(text: str) -> datetime:
    return interval(text)[1]
