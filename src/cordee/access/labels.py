"""The confidentiality labels that a principal's circle does not open, as a mask of `lab`.

The decision itself is asked once for each label; what it calls confidential is masked in every
statement. The circle does not yet say more than that a tie is one of the team: decision 0030.
"""

from __future__ import annotations

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
from cordee.fhir.indexing.landmarks import LABEL_BITS
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS

_ASKED: Final = {
    Kind.PROFESSIONAL: (RelationKind.TEAM, Purpose.CARE),
    Kind.PATIENT: (RelationKind.SELF, Purpose.PATIENT_REQUEST),
    Kind.CARER: (RelationKind.CARER, Purpose.FAMILY_REQUEST),
    Kind.SYSTEM: (RelationKind.TEAM, Purpose.CARE),
}
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
        LABEL_BITS[label]
        for label in Confidentiality
        if decide(_probe(kind, label, at)).code is Code.CONFIDENTIAL
    )


def _probe(kind: Kind, label: Confidentiality, at: datetime) -> Request:
    tie, purpose = _ASKED[kind]
    given, all_of = frozenset(Power), frozenset({EVERY_CATEGORY})
    return Request(
        actor=Actor(kind, ""),
        purpose=purpose,
        right=Right.READ,
        at=at,
        relations=(Relation(tie, at, powers=given, categories=all_of),),
        document=Document("", "", confidentiality=label),
    )
