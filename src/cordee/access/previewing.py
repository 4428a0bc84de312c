"""See as: what others would see of one's own record, by the decision itself. Rule: SC6, step 8."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from cordee.access.choosing import State
from cordee.access.decision import Decision, decide
from cordee.access.documents import document_of
from cordee.access.facts import (
    EVERY_CATEGORY,
    Actor,
    Level,
    Power,
    Relation,
    RelationKind,
    Request,
)
from cordee.access.matrix import Right
from cordee.access.purposes import Kind, Purpose
from cordee.access.registers.statements import Visibility

_TODAY: Final = timedelta(days=1)


class Viewer(StrEnum):
    """Through whose eyes."""

    NURSE = "infirmiere"
    DENTIST = "dentiste"
    ATTENDING = "medecin-traitant"
    CARER = "proche"


_WHO: Final = {
    Viewer.NURSE: (Kind.PROFESSIONAL, "60", RelationKind.TEAM),
    Viewer.DENTIST: (Kind.PROFESSIONAL, "40", RelationKind.TEAM),
    Viewer.ATTENDING: (Kind.PROFESSIONAL, "10", RelationKind.ATTENDING),
    Viewer.CARER: (Kind.CARER, "", RelationKind.CARER),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One element of the record, and whether that viewer would see it."""

    resource: Mapping[str, Any]
    decision: Decision


def preview(
    viewer: Viewer, resources: Iterable[Mapping[str, Any]], state: State, at: datetime
) -> tuple[Seen, ...]:
    """The decision on each element for a member of the team, the attending or somebody close."""
    kind, profession, tie = _WHO[viewer]
    purpose = Purpose.CARE if kind is Kind.PROFESSIONAL else Purpose.FAMILY_REQUEST
    relation = Relation(
        tie, at - _TODAY, powers=frozenset({Power.READ}), categories=frozenset({EVERY_CATEGORY})
    )
    found: list[Seen] = []
    for resource in resources:
        reference = f"{resource.get('resourceType')}/{resource.get('id')}"
        visibility = state.visibilities.get(reference, Visibility())
        request = Request(
            actor=Actor(kind, "", profession=profession, level=Level.TWO_FACTORS),
            purpose=purpose,
            right=Right.READ,
            at=at,
            relations=(relation,),
            document=document_of(resource, visibility),
            consent=state.consent,
            matrix=state.matrix,
        )
        found.append(Seen(resource, decide(request)))
    return tuple(found)
