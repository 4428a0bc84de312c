"""Why: the decision on one access, from the facts that the base holds, now or at a past moment.

The facts are read, never guessed: ties from the care circle and the registers, the patient's
word, the labels, the matrix then in force. Rule: A3.2. A tie counts from the moment at which the
resource that says so was first written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import orjson

from cordee.access.decision import Decision, decide
from cordee.access.documents import document_of
from cordee.access.facts import (
    GLASS_ROLES,
    Actor,
    Delegation,
    Document,
    Level,
    Relation,
    RelationKind,
    Request,
)
from cordee.access.former_ties import HELD, former_ties
from cordee.access.labels import kind_of
from cordee.access.mandates.scoping import own_end, read_relation
from cordee.access.matrix import Right, in_force
from cordee.access.purposes import Kind, Purpose
from cordee.access.registers import grants, matrices, statements
from cordee.access.registers.consultations import open_spans
from cordee.access.standing import roles_of
from cordee.access.tying import turn_terms
from cordee.fhir.indexing.landmarks import ATTENDING, CIRCLE, TEAM
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.repository import version_of
from cordee.identity.principal import Principal
from cordee.runtime.clock import now
from cordee.runtime.database import Connection, Database
from cordee.runtime.queries import load_queries

FOUND_WITHIN: Final = timedelta(hours=1)
_QUERIES = load_queries("cordee.access.registers")
_STANDING: Final = {RelationKind.TEAM, RelationKind.CIRCLE, RelationKind.ATTENDING}
_TODAY: Final = timedelta(days=1)
_PURPOSES: Final = {
    Kind.PATIENT: Purpose.PATIENT_REQUEST,
    Kind.CARER: Purpose.FAMILY_REQUEST,
    Kind.REPRESENTATIVE: Purpose.FAMILY_REQUEST,
}


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision with the request that it was made on."""

    decision: Decision
    request: Request


class Explaining:
    """Decisions on real facts."""

    def __init__(self, database: Database, keys: Callable[[str], int]) -> None:
        """`keys` hashes entities as the index does."""
        self._database = database
        self._keys = keys

    async def record(self, principal: Principal, patient: str, at: datetime) -> Explained:
        """Whether this person opens this record (bare id), and why."""
        async with self._database.write.acquire() as connection:
            request = await self._request(connection, principal, patient, at)
        return Explained(decide(request), request)

    async def replayed(self, principal: Principal, patient: str, at: datetime) -> Explained:
        """The decision of a past moment, on the versions that stood then."""
        async with self._database.write.acquire() as connection:
            request = await self._request(connection, principal, patient, at)
            if kind_of(principal) is Kind.PROFESSIONAL:
                who = [one for one in (principal.practitioner, principal.structure) if one]
                ties = await former_ties(connection, patient, who, at)
                others = [one for one in request.relations if one.kind not in _STANDING]
                found = await self._found(connection, principal, patient, at)
                request = replace(request, relations=(*ties, *others), found_by_identity=found)
        return Explained(decide(request), request)

    async def resource(
        self, principal: Principal, patient: str, reference: str, at: datetime
    ) -> Explained | None:
        """The same for one resource of the record; None when it is not of this patient."""
        async with self._database.write.acquire() as connection:
            document = await document_at(connection, self._keys, patient, reference, at)
            if document is None:
                return None
            request = await self._request(connection, principal, patient, at)
        request = replace(request, document=document, found_by_identity=False)
        return Explained(decide(request), request)

    async def found(self, principal: Principal, patient: str) -> bool:
        """Whether this person found the patient by an identity search within the hour."""
        async with self._database.write.acquire() as connection:
            return await self._found(connection, principal, patient)

    async def _found(
        self, connection: Connection, principal: Principal, patient: str, at: datetime | None = None
    ) -> bool:
        key = self._keys(f"Patient/{patient}")
        return bool(
            await connection.fetchval(
                _QUERIES["found_by_identity"], principal.user, key, FOUND_WITHIN, at
            )
        )

    async def _request(
        self, connection: Connection, principal: Principal, patient: str, at: datetime
    ) -> Request:
        relations = await self._relations(connection, principal, patient, at)
        actor = actor_of(principal, at)
        return Request(
            actor=actor,
            purpose=_purpose(actor, relations, at),
            right=Right.READ,
            at=at,
            relations=relations,
            consent=await statements.consent_at(connection, patient, at),
            found_by_identity=await self._found(connection, principal, patient),
            matrix=in_force(await matrices.versions(connection), at),
        )

    async def _relations(
        self, connection: Connection, principal: Principal, patient: str, at: datetime
    ) -> tuple[Relation, ...]:
        kind = kind_of(principal)
        if kind is Kind.PATIENT:
            own = principal.practitioner == f"Patient/{patient}"
            if not own:
                return ()
            end = await own_end(connection, self._keys, patient)
            return (Relation(RelationKind.SELF, at - _TODAY, end),)
        if kind in {Kind.CARER, Kind.REPRESENTATIVE}:
            found = await read_relation(connection, self._keys, principal, at)
            return (found[1],) if found is not None and found[0].patient == patient else ()
        who = [one for one in (principal.practitioner, principal.structure) if one]
        who += await roles_of(connection, self._keys, principal.practitioner)
        await turn_terms(connection, self._keys, who, now())
        rows = await connection.fetch(
            _QUERIES["ties"], patient,
            *([self._keys(kind + one) for one in who] for kind in (TEAM, CIRCLE, ATTENDING)),
            [type_number(one) for one in HELD],
        )  # fmt: skip
        found = [Relation(RelationKind(row["kind"]), row["start"]) for row in rows]
        broken = await grants.running(connection, patient, principal.user, at)
        spans = await open_spans(connection, principal.user, patient, at)
        consents = [Relation(RelationKind.CONSULTATION, start, end) for start, end in spans]
        return (*found, *(one.relation() for one in broken), *consents)


def actor_of(principal: Principal, at: datetime) -> Actor:
    """The person as the decision knows them; `role` is the function that breaks the glass."""
    role = next(iter(sorted(GLASS_ROLES & principal.functions)), principal.role)
    delegation = None
    if principal.delegated_by:
        # The session stands on the delegation: it is in course while the session is.
        delegation = Delegation(
            principal.practitioner, principal.profession, at - _TODAY, at + _TODAY
        )
    return Actor(
        kind_of(principal), principal.user, role, principal.profession, principal.practitioner,
        principal.structure, Level(max(1, min(principal.level, 2))), delegation,
    )  # fmt: skip


async def document_at(
    connection: Connection,
    keys: Callable[[str], int],
    patient: str,
    reference: str,
    at: datetime,
) -> Document | None:
    """A resource of a patient as the decision knows it at a moment; None when there is none."""
    kind, _, number = reference.partition("/")
    try:
        number_of_type = type_number(kind)
    except (KeyError, ValueError):
        return None
    row = await connection.fetchrow(
        _QUERIES["one_resource"], number_of_type, number, keys(f"Patient/{patient}")
    )
    if row is None:
        return None
    resource = orjson.loads(version_of(kind, row["id"], row).json())
    said = await statements.visibility_at(connection, reference, at)
    return document_of(resource, said)


def _purpose(actor: Actor, relations: tuple[Relation, ...], at: datetime) -> Purpose:
    urgent = any(one.kind is RelationKind.GLASS and one.lives(at) for one in relations)
    return _PURPOSES.get(actor.kind, Purpose.EMERGENCY if urgent else Purpose.CARE)
