"""The labels that a principal does not see, and those that open by a nearer tie alone.

The decision itself is asked once for each label and tie. What is confidential opens by the tie, and
what is masked, deferred or secret is a mask of `lab` on every statement: decision 0030.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from cordee.access.codes import Code
from cordee.access.decision import decide
from cordee.access.facts import (
    EVERY_CATEGORY,
    GLASS_ROLES,
    Actor,
    Confidentiality,
    Document,
    Power,
    Relation,
    RelationKind,
    Request,
)
from cordee.access.matrix import Right
from cordee.access.purposes import Kind, Purpose
from cordee.fhir.indexing.landmarks import LABEL_BITS, VISIBILITY_BITS
from cordee.identity.principal import REPRESENTATIVE, Principal
from cordee.runtime.clock import PARIS

_ASKED: Final = {
    Kind.PROFESSIONAL: (RelationKind.ATTENDING, Purpose.CARE),
    Kind.PATIENT: (RelationKind.SELF, Purpose.PATIENT_REQUEST),
    Kind.CARER: (RelationKind.CARER, Purpose.FAMILY_REQUEST),
    Kind.REPRESENTATIVE: (RelationKind.REPRESENTATIVE, Purpose.FAMILY_REQUEST),
    Kind.SYSTEM: (RelationKind.TEAM, Purpose.CARE),
}
_STRICT: Final = (Confidentiality.RESTRICTED, Confidentiality.VERY_RESTRICTED)
_PLAIN: Final = Document("", "")
_LABELLED: Final = {
    **{LABEL_BITS[one]: replace(_PLAIN, confidentiality=one) for one in _STRICT},
    VISIBILITY_BITS["MASQUE_PS"]: replace(_PLAIN, masked=True),
    VISIBILITY_BITS["INVISIBLE_PATIENT"]: replace(_PLAIN, deferred=True),
    VISIBILITY_BITS["INVISIBLE_REPRESENTANTS_LEGAUX"]: replace(_PLAIN, secret=True),
}
_HIDING: Final = {Code.CONFIDENTIAL, Code.MASKED, Code.DEFERRED, Code.MINOR_SECRET}
_ENTITIES: Final = {
    "Patient": Kind.PATIENT,
    "RelatedPerson": Kind.CARER,
    "Person": Kind.CARER,
}
"""Whom a principal is in the circles; a Person is somebody who acts for nobody yet."""
_GLASS_ROLE: Final = min(GLASS_ROLES)


def kind_of(principal: Principal) -> Kind:
    """What sort of actor a principal is: whom it is in the circles tells."""
    if principal.is_system:
        return Kind.SYSTEM
    kind = _ENTITIES.get(principal.practitioner.partition("/")[0], Kind.PROFESSIONAL)
    if kind is Kind.CARER and principal.role == REPRESENTATIVE:
        return Kind.REPRESENTATIVE
    return kind


@lru_cache(maxsize=64)
def hidden_labels(kind: Kind, day: date) -> int:
    """Bits of the labels that no tie opens to this sort of actor, on a day."""
    tie, purpose = _ASKED[kind]
    return _hidden(Actor(kind, "", role=_GLASS_ROLE), purpose, tie, day)


@lru_cache(maxsize=256)
def opens(tie: RelationKind, confidentiality: Confidentiality, day: date) -> bool:
    """Whether a tie of a professional opens documents of this confidentiality, on a day."""
    urgent = tie in {RelationKind.GLASS, RelationKind.EMERGENCY}
    purpose = Purpose.EMERGENCY if urgent else Purpose.CARE
    hidden = _hidden(Actor(Kind.PROFESSIONAL, "", role=_GLASS_ROLE), purpose, tie, day)
    return not hidden & LABEL_BITS[confidentiality]


def _hidden(actor: Actor, purpose: Purpose, tie: RelationKind, day: date) -> int:
    at = datetime.combine(day, time(12), PARIS)
    given, all_of = frozenset({Power.READ}), frozenset({EVERY_CATEGORY})
    relation = Relation(tie, at, end=at + timedelta(hours=1), powers=given, categories=all_of)
    return sum(
        bit
        for bit, document in _LABELLED.items()
        if decide(
            Request(actor, purpose, Right.READ, at, relations=(relation,), document=document)
        ).code
        in _HIDING
    )
