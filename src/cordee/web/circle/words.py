"""What the pages of circles say: members, invitations and history in French words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cordee.care.circle.finding import phone_of
from cordee.care.circle.steps import Past
from cordee.care.circle.team import Member, is_ahead, is_over
from cordee.care.circle.territory import county_of, is_elsewhere
from cordee.care.circle.vocabulary import CHANNELS, CONTACT, REASONS, ROLES, SPEAKERS
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.web.language import gettext as _

_STEPS = {
    "opened": _("a ouvert le cercle"),
    "informed": _("a informé la personne"),
    "consented": _("a recueilli son consentement"),
    "not-opposed": _("a recueilli sa non-opposition"),
    "opposed": _("a enregistré son opposition : le partage est fermé"),
    "invited": _("a invité"),
    "accepted": _("est entré dans le cercle"),
    "declined": _("a décliné l’invitation"),
    "withdrawn": _("a retiré l’invitation de"),
    "added": _("a ajouté"),
    "changed": _("a changé la fin de"),
    "left": _("a quitté le cercle"),
    "excluded": _("a mis fin à la place de"),
    "closed": _("a fermé le cercle"),
}
_OF_ANOTHER = frozenset({"invited", "withdrawn", "added", "changed", "excluded"})
_WITH_NOTE = frozenset({"opened", "declined", "excluded", "closed"})


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One member in words; `state` is "", "ahead" or "over"."""

    reference: str
    name: str
    role: str
    structure: str
    since: str
    until: str
    access: str
    phone: str
    is_elsewhere: bool
    is_own: bool
    is_relative: bool
    state: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """One line of the history."""

    at: datetime
    who: str
    what: str
    detail: str


def member_rows(
    members: Iterable[Member],
    names: Mapping[str, str],
    known: Mapping[str, Mapping[str, Any]],
    about: tuple[str, str],
    at: datetime,
) -> list[MemberRow]:
    """Give the members; `known` are resources by reference, `about` the home county and self."""
    home, own = about
    rows: list[MemberRow] = []
    for one in members:
        place = one.structure or (
            one.reference if one.reference.startswith("Organization/") else ""
        )
        county = county_of(known.get(place, {}))
        reached = known.get(one.reference) or known.get(place) or {}
        is_relative = one.reference.startswith("RelatedPerson/")
        state = "over" if is_over(one, at) else "ahead" if is_ahead(one, at) else ""
        rows.append(
            MemberRow(
                one.reference,
                one.display or names.get(one.reference, "") or _("nom non connu"),
                one.role,
                one.structure_display or names.get(one.structure, ""),
                french.short_date(one.starts[:10]),
                french.short_date(one.ends[:10]),
                _right(one, is_relative=is_relative),
                phone_of(reached),
                is_elsewhere(county, home),
                one.reference == own,
                is_relative,
                state,
            )
        )
    return rows


def step_rows(history: Iterable[Past], names: Mapping[str, str]) -> list[StepRow]:
    """Give the history in sentences, the newest first."""
    return [_step_row(one, names) for one in history]


def invited_name(past: Past) -> str:
    """Give the name of who is invited."""
    return past.step.note.split("\n", 1)[0] or _("nom non connu")


def role_label(code: str) -> str:
    """Give the words of a role."""
    return ROLES[code].label if code in ROLES else code


def _right(one: Member, *, is_relative: bool) -> str:
    if is_relative:
        return _("selon ce que la personne lui ouvre")
    return _("coordonnées seulement") if one.access == CONTACT else _("partage le dossier")


def _step_row(past: Past, names: Mapping[str, str]) -> StepRow:
    step = past.step
    what = _STEPS[step.step]
    if step.step in _OF_ANOTHER:
        name = names.get(step.subject, "")
        if step.step == "invited":
            name = invited_name(past)
        what = f"{what} {name or _('une personne')}"
    return StepRow(past.at.astimezone(PARIS), past.name or past.by, what, ". ".join(_details(past)))


def _details(past: Past) -> list[str]:
    step = past.step
    found: list[str] = []
    if step.role:
        found.append(role_label(step.role))
    if step.reason:
        found.append(REASONS.get(step.reason, step.reason))
    if step.channel and step.step != "informed":
        on = french.short_date(step.said_on.isoformat()) if step.said_on else ""
        found.append(f"{SPEAKERS[step.said_by]}, {CHANNELS[step.channel].lower()}, {on}")
    if step.ends is not None and step.step in {"invited", "accepted", "added", "changed"}:
        day = french.short_date(step.ends.astimezone(PARIS).date())
        found.append(_("jusqu’au %(day)s") % {"day": day})
    if step.note and step.step in _WITH_NOTE:
        found.append(step.note)
    return found
