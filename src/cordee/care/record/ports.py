"""What the record needs from the guarded store; bound in `app/wiring.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

import msgspec

from cordee.care.record.query import PatientQuery

Resource = Mapping[str, Any]
KINDS = (
    "problems",
    "allergies",
    "treatments",
    "results",
    "encounters",
    "documents",
    "care_team",
    "plans",
    "appointments",
)

_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def decode_resource(body: bytes | str) -> Resource:
    """One FHIR resource of its JSON text; decimals keep the digits they were recorded with."""
    return _DECODER.decode(body)


@dataclass(frozen=True, slots=True)
class PatientPage:
    """One page of found Patient resources; `after` asks for the next one, None at the end."""

    patients: tuple[Resource, ...] = ()
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RecordRows:
    """All rows of one record that this reader may see, read at once.

    Resources are parsed by `decode_resource`. A kind named in `unavailable` could not be read:
    its tuple is empty and that does not mean that there is nothing.
    """

    patient: Resource
    problems: tuple[Resource, ...] = ()  # Condition
    allergies: tuple[Resource, ...] = ()  # AllergyIntolerance
    treatments: tuple[Resource, ...] = ()  # MedicationRequest, MedicationStatement
    results: tuple[Resource, ...] = ()  # Observation
    encounters: tuple[Resource, ...] = ()  # Encounter
    documents: tuple[Resource, ...] = ()  # DocumentReference, DiagnosticReport
    care_team: tuple[Resource, ...] = ()  # CareTeam, RelatedPerson
    plans: tuple[Resource, ...] = ()  # CarePlan
    appointments: tuple[Resource, ...] = ()  # Appointment to come, the next one first
    names: Mapping[str, str] = field(default_factory=dict)  # "Practitioner/1" -> "Dr A. B."
    counties: Mapping[str, str] = field(default_factory=dict)  # "Organization/1" -> "62"
    unavailable: frozenset[str] = frozenset()  # of KINDS
    change: str = ""  # the change number of the patient at the time of reading


@dataclass(frozen=True, slots=True)
class Access:
    """One access to a record, as its patient reads it; `name` is empty for a program."""

    number: int
    at: datetime
    name: str
    role: str
    structure: str
    is_own: bool
    is_in_circle: bool
    action: str  # AuditEvent.action: C R U D E
    type: str  # of the resource, "" for several
    detail: str
    agent: str = ""  # the login, or the name of a program
    is_near: bool = False  # somebody close, who acted for the patient or was named to


class RecordReader(Protocol):
    """The one way to patient data for the screen; every call is decided and audited."""

    async def find_patients(
        self, principal: Any, query: PatientQuery, *, after: str | None = None, limit: int = 20
    ) -> PatientPage:
        """Patients that match all parts of the query, the closest first."""
        ...

    async def recent_patients(self, principal: Any, *, limit: int = 8) -> tuple[Resource, ...]:
        """Patients whose record this principal opened last, the last one first."""
        ...

    async def open_record(
        self, principal: Any, patient_id: str, *, reason: str = "open"
    ) -> RecordRows | None:
        """All rows of one record in one round trip; None when it is not visible."""
        ...

    async def accesses(
        self, principal: Any, *, before: int | None = None, limit: int = 200
    ) -> tuple[Access, ...]:
        """Who came to the principal's own record, the newest first.

        Raises `AccessDenied` for anyone but a patient.
        """
        ...

    async def last_visit(
        self, principal: Any, patient_id: str, before: datetime
    ) -> datetime | None:
        """When this principal last opened the record before a moment; None when never."""
        ...

    def changes(self, principal: Any, patient_id: str) -> AsyncIterator[str]:
        """Give the patient's change number now, then a new one at each write.

        Ends at once when the record is not visible to this principal.
        """
        ...
