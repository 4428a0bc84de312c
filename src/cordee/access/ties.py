"""Which relations open a record to a professional, and why the others do not.

Opposition stands above every relation of care; opposition to emergency access above those of
emergencies, which listed roles alone have, in person and for reading. Rule: A3.3, A3.4, S22-S24.
"""

from __future__ import annotations

from typing import Final

from cordee.access.codes import Code
from cordee.access.facts import GLASS_ROLES, Relation, RelationKind, Request
from cordee.access.matrix import Right
from cordee.access.purposes import CARING, Kind, Purpose

_URGENT: Final = frozenset({RelationKind.EMERGENCY, RelationKind.GLASS})
_MANAGING: Final = frozenset({RelationKind.TEAM})
_TOLD: Final = frozenset({RelationKind.TEAM, RelationKind.CIRCLE})
_CARE: Final = frozenset(
    {
        RelationKind.TEAM,
        RelationKind.ATTENDING,
        RelationKind.CIRCLE,
        RelationKind.CONSULTATION,
    }
)


def care_ties(request: Request) -> frozenset[RelationKind]:
    """Kinds of the relations that open the record now, for this purpose and right."""
    return frozenset(one.kind for one in request.relations if _why_not(one, request) is None)


def refused_care(request: Request) -> Code:
    """Why none opens: the reason nearest to the patient's own will first."""
    reasons = {_why_not(one, request) for one in request.relations}
    wills = (Code.SHARING_OPPOSED, Code.EMERGENCY_OPPOSED, Code.NOT_INFORMED)
    return next((code for code in wills if code in reasons), Code.NO_RELATION)


def may_break_glass(request: Request) -> bool:
    """Whether the actor's role may: listed, in person, for care. Opposition is asked elsewhere."""
    actor = request.actor
    return (
        actor.kind is Kind.PROFESSIONAL
        and actor.role in GLASS_ROLES
        and actor.delegation is None
        and request.purpose in {Purpose.CARE, Purpose.EMERGENCY}
    )


def tells_of_patient(request: Request) -> bool:
    """Whether a refusal may say that the patient exists: they found them, and may break the glass.

    Rule: issue 3, section 4. Of a document nothing is ever told so.
    """
    return request.document is None and request.found_by_identity and may_break_glass(request)


def _why_not(relation: Relation, request: Request) -> Code | None:
    """Why a relation does not open the record; None when it does."""
    if not relation.lives(request.at):
        return Code.NO_RELATION
    if relation.kind in _URGENT:
        return _why_not_urgent(request)
    by_purpose = _CARE if request.purpose in CARING else _MANAGING
    if relation.kind not in by_purpose:
        return Code.NO_RELATION
    if request.consent.opposes_sharing:
        return Code.SHARING_OPPOSED
    if relation.kind in _TOLD and not relation.informed:
        return Code.NOT_INFORMED
    return None


def _why_not_urgent(request: Request) -> Code | None:
    in_time = request.purpose is Purpose.EMERGENCY and request.right is Right.READ
    if not (in_time and may_break_glass(request)):
        return Code.NO_RELATION
    return Code.EMERGENCY_OPPOSED if request.consent.opposes_emergency else None
