"""Mandates and invitations in their tables: said, taken, ended, never changed. Decision 0046."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from cordee.access.facts import Power
from cordee.access.mandates.kinds import Mandate, MandateKind
from cordee.fhir.store.repository import version_of
from cordee.runtime.database import Connection
from cordee.runtime.queries import load_queries

INVITATION_LIVES: Final = timedelta(days=7)
_QUERIES = load_queries("cordee.access.mandates")
_ALPHABET: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_GROUPS, _GROUP = 4, 4
Keys = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Invitation:
    """A code that works now: for a mandate, or (None) for the patient's own space."""

    id: UUID
    patient: str
    mandate: UUID | None
    made_by: str
    ends: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the history of mandates: "named", "changed", "taken", or why it ended."""

    at: datetime
    what: str
    by: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, when, and as what they act in the trail."""

    agent: str
    at: datetime
    acting: int | None


def mandate_actor(number: UUID) -> str:
    """The text whose hash stands in `care_circle` for a mandate."""
    return f"mandate/{number}"


async def of_patient(connection: Connection, patient: str, at: datetime) -> tuple[Mandate, ...]:
    """All mandates about a patient as they stood at a moment, the newest first."""
    rows = await connection.fetch(_QUERIES["mandates_of_patient"], patient, at)
    return tuple(map(_mandate, rows))


async def of_agent(connection: Connection, agent: str, at: datetime) -> tuple[Mandate, ...]:
    """What somebody took and nobody ended, the first one first."""
    rows = await connection.fetch(_QUERIES["mandates_of_agent"], agent, at)
    return tuple(map(_mandate, rows))


async def of_related(connection: Connection, related: str, at: datetime) -> Mandate | None:
    """The mandate of a RelatedPerson (bare id) as it stood at a moment."""
    row = await connection.fetchrow(_QUERIES["mandate_of_related"], related, at)
    return _mandate(row) if row else None


async def one(connection: Connection, number: UUID, at: datetime) -> Mandate | None:
    """A mandate under its number."""
    row = await connection.fetchrow(_QUERIES["mandate"], number, at)
    return _mandate(row) if row else None


async def add(connection: Connection, mandate: Mandate) -> None:
    """Keeps a new mandate with what it opens."""
    await connection.execute(
        _QUERIES["add_mandate"], mandate.id, mandate.made, mandate.made_by, mandate.patient,
        mandate.kind, mandate.name, mandate.bond, mandate.related, mandate.proof, mandate.proof_on,
    )  # fmt: skip
    await extend(connection, mandate, mandate.made_by, mandate.made)


async def extend(connection: Connection, mandate: Mandate, by: str, at: datetime) -> None:
    """Keeps what a mandate opens from now on."""
    await connection.execute(
        _QUERIES["add_extent"], mandate.id, at, by, sorted(mandate.parts), sorted(mandate.powers),
        mandate.starts, mandate.ends,
    )  # fmt: skip


async def accept(connection: Connection, keys: Keys, mandate: Mandate, by: By) -> None:
    """The person takes it; raises what a record refuses whose processing is limited."""
    await connection.execute(
        _QUERIES["accept_mandate"], mandate.id, by.at, by.agent, keys(mandate_actor(mandate.id)),
        keys(f"Patient/{mandate.patient}"), by.acting,
    )  # fmt: skip


async def trace_invited(connection: Connection, keys: Keys, mandate: Mandate, by: By) -> None:
    """Leaves in the trail that a new code was given for a mandate that waits."""
    patient = keys(f"Patient/{mandate.patient}")
    await connection.execute(
        _QUERIES["trace_invited"], by.acting, by.agent, patient, f"mandate invited {mandate.id}"
    )


async def end(connection: Connection, keys: Keys, mandate: Mandate, by: By, why: str) -> None:
    """Ends a mandate; one that has ended stays as it is."""
    patient = keys(f"Patient/{mandate.patient}")
    await connection.execute(
        _QUERIES["end_mandate"], mandate.id, by.at, by.agent, why, patient, by.acting
    )


async def history(connection: Connection, patient: str, most: int = 200) -> tuple[Event, ...]:
    """All that was said of the mandates about a patient, the newest first."""
    rows = await connection.fetch(_QUERIES["history_of_patient"], patient, most)
    return tuple(Event(**dict(row)) for row in rows)


async def patient_of(connection: Connection, keys: Keys, patient: str) -> dict[str, Any] | None:
    """The Patient resource, for its dates; None where there is none."""
    return await _stored(
        connection, "patient_of_mandate", "Patient", patient, keys(f"Patient/{patient}")
    )


async def related_person(
    connection: Connection, mandate: Mandate
) -> tuple[dict[str, Any], int] | None:
    """The RelatedPerson of a mandate and its version."""
    row = await connection.fetchrow(_QUERIES["related_person"], mandate.related)
    if row is None:
        return None
    version = version_of("RelatedPerson", row["id"], row)
    return orjson.loads(version.json()), version.version


async def invite(
    connection: Connection, patient: str, mandate: UUID | None, by: str, at: datetime
) -> tuple[str, datetime]:
    """A new code and its end; a former one for the same thing works no more."""
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_GROUPS * _GROUP))
    ends = at + INVITATION_LIVES
    await connection.execute(
        _QUERIES["add_invitation"], uuid4(), _digest(code), at, ends, by, patient, mandate
    )
    shown = "-".join(code[n : n + _GROUP] for n in range(0, len(code), _GROUP))
    return shown, ends


async def invitation(connection: Connection, code: str, at: datetime) -> Invitation | None:
    """What a code opens now; None for one that is wrong, spent, replaced or over."""
    row = await connection.fetchrow(_QUERIES["invitation"], _digest(code), at)
    return Invitation(**dict(row)) if row else None


async def use(connection: Connection, invited: Invitation, agent: str, at: datetime) -> bool:
    """Spends an invitation; False when somebody was quicker."""
    return bool(await connection.fetchval(_QUERIES["use_invitation"], invited.id, at, agent))


def _digest(code: str) -> bytes:
    plain = "".join(one for one in code.upper() if one.isalnum())
    return sha256(b"cordee invitation " + plain.encode()).digest()


async def _stored(
    connection: Connection, query: str, kind: str, number: str, patient: int
) -> dict[str, Any] | None:
    row = await connection.fetchrow(_QUERIES[query], number, patient)
    return orjson.loads(version_of(kind, row["id"], row).json()) if row else None


def _mandate(row: Mapping[str, Any]) -> Mandate:
    told = dict(row)
    told["kind"] = MandateKind(told["kind"])
    told["parts"] = frozenset(told["parts"])
    told["powers"] = frozenset(map(Power, told["powers"]))
    return Mandate(**told)
