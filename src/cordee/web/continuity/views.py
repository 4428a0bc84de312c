"""One line of paper a person: who is cared for, and whom to call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cordee.access.circles.reading import ActiveCircle
from cordee.runtime.french import PARIS
from cordee.web.language import gettext as _

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a circle: as what, who, and how to reach them."""

    role: str
    name: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One patient on paper."""

    name: str
    born: str
    phone: str
    last: datetime
    members: tuple[Member, ...]


def sheet_of(circle: ActiveCircle) -> Sheet:
    """The sheet of a circle: general practitioners, people of the family, members of the teams."""
    patient = circle.patient
    members = [
        Member(_("médecin traitant"), one.get("display", ""))
        for one in patient.get("generalPractitioner", ())
    ]
    for contact in patient.get("contact", ()):
        role = _words(contact.get("relationship", ()))
        members.append(Member(role, _name([contact.get("name", {})]), _phone(contact)))
    for team in circle.teams:
        for one in team.get("participant", ()):
            shown = one.get("member", {}).get("display", "")
            members.append(Member(_words(one.get("role", ())), shown))
    kept = tuple(dict.fromkeys(one for one in members if one.name))
    return Sheet(
        _name(patient.get("name", ())), patient.get("birthDate", ""), _phone(patient),
        circle.last.astimezone(PARIS), kept,
    )  # fmt: skip


def _name(names: Any) -> str:
    one: Json = next(iter(names), {})
    return " ".join([one.get("family", "").upper(), *one.get("given", ())]).strip() or one.get(
        "text", ""
    )


def _phone(holder: Json) -> str:
    points = holder.get("telecom", ())
    return next((one.get("value", "") for one in points if one.get("system") == "phone"), "")


def _words(concepts: Any) -> str:
    for concept in concepts:
        codings = concept.get("coding", ())
        shown = concept.get("text") or next((one.get("display", "") for one in codings), "")
        if shown:
            return shown
    return ""
