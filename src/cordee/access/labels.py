"""The labels that a principal's circle does not open, as a mask of `lab`.

The decision itself is asked once for each label of confidentiality and visibility; what it calls
confidential, masked, deferred or secret is left out of every statement. The circle does not yet
say more than that a tie is one of the team: decision 0030.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final

from cordee.access.codes import Code
from cordee.access.decision import decide
from cordee.access.facts import (
    EVERY_CATEGORY,
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
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS

_ASKED: Final = {
    Kind.PROFESSIONAL: (RelationKind.TEAM, Purpose.CARE),
    Kind.PATIENT: (RelationKind.SELF, Purpose.PATIENT_REQUEST),
    Kind.CARER: (RelationKind.CARER, Purpose.FAMILY_REQUEST),
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
_ENTITIES: Final = {"Patient": Kind.PATIENT, "RelatedPerson": Kind.CARER}


def kind_of(principal: Principal) -> Kind:
    """What sort of actor a principal is: whom it is in the circles tells."""
    if principal.is_system:
        return Kind.SYSTEM
    return _ENTITIES.get(principal.practitioner.partition("/")[0], Kind.PROFESSIONAL)


@lru_cache(maxsize=64)
def hidden_labels(kind: Kind, day: date) -> int:
    """Bits of the labels that this sort of actor does not see in their circle, on a day."""
    at = datetime.combine(day, time(12), PARIS)
    return sum(
        bit
        for bit, document in _LABELLED.items()
        if decide(_probe(kind, document, at)).code in _HIDING
    )


def _probe(kind: Kind, document: Document, at: datetime) -> Request:
    tie, purpose = _ASKED[kind]
    given, all_of = frozenset({Power.READ}), frozenset({EVERY_CATEGORY})
    return Request(
        actor=Actor(kind, ""),
        purpose=purpose,
        right=Right.READ,
        at=at,
        relations=(Relation(tie, at, powers=given, categories=all_of),),
        document=document,
    )
