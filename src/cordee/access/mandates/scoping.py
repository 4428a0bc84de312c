"""What a mandate opens, as the terms of every statement: the same answer as the decision's.

The tie is an actor of its own; the parts are rights by type and classes of documents; a power to
mask shows what is masked. Decision 0046.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cordee.access.facts import Power, Relation
from cordee.access.labels import kind_of
from cordee.access.mandates import register
from cordee.access.mandates.kinds import Mandate, MandateKind, natural_end, role_of
from cordee.access.mandates.parts import EVERYTHING, opened_document_classes, opened_letters
from cordee.access.mandates.register import Keys
from cordee.access.purposes import Kind
from cordee.fhir.store.scope import Ties
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection

_ENTITY: Final = "RelatedPerson"


@dataclass(frozen=True, slots=True)
class Opening:
    """The actors, ties and letters of somebody who acts for a patient.

    By itself it is nobody's: all is absent.
    """

    actors: tuple[int, ...] = ()
    ties: Ties = field(default_factory=lambda: Ties((), (), classes=b"\1" + bytes(15)))
    letters: Mapping[str, str] = field(default_factory=lambda: opened_letters((EVERYTHING,)))


async def read_opening(
    connection: Connection, keys: Keys, principal: Principal, at: datetime
) -> Opening:
    """What the mandate of this principal opens at a moment."""
    found = await read_relation(connection, keys, principal, at)
    if found is None:
        return Opening()
    mandate, relation = found
    if not relation.lives(at) or Power.READ not in relation.powers:
        return Opening()
    actors = (keys(register.mandate_actor(mandate.id)),)
    nearer = actors if kind_of(principal) is Kind.REPRESENTATIVE else ()
    masks = Power.MASK in relation.powers
    return Opening(
        actors,
        Ties(
            restricted=nearer,
            very=nearer,
            unmasked=(keys(f"Patient/{mandate.patient}"),) if masks else (),
            classes=opened_document_classes(mandate.parts),
        ),
        opened_letters(mandate.parts),
    )


async def read_relation(
    connection: Connection, keys: Keys, principal: Principal, at: datetime
) -> tuple[Mandate, Relation] | None:
    """The mandate that a principal acts under and the tie that it makes; None where there is none.

    It is theirs alone: taken by their account, for the RelatedPerson and in the role that they
    claim.
    """
    kind, _, number = principal.practitioner.partition("/")
    if kind != _ENTITY or not number:
        return None
    mandate = await register.of_related(connection, number, at)
    if mandate is None or mandate.agent != principal.user:
        return None
    if role_of(mandate.kind) != principal.role:
        return None
    patient = await register.patient_of(connection, keys, mandate.patient)
    relation = mandate.relation(patient) if patient is not None else None
    return (mandate, relation) if relation is not None else None


async def read_self(
    connection: Connection, keys: Keys, principal: Principal, at: datetime
) -> tuple[int, ...]:
    """The actor that a patient is for their own record; nobody once they have died."""
    _, _, number = principal.practitioner.partition("/")
    end = await own_end(connection, keys, number)
    return () if end is not None and end <= at else (keys(principal.practitioner),)


async def own_end(connection: Connection, keys: Keys, patient: str) -> datetime | None:
    """When the space of a patient ended with their life; None while it has not."""
    person = await register.patient_of(connection, keys, patient)
    return natural_end(MandateKind.CARER, person) if person is not None else None
