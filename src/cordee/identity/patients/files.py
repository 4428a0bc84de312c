"""Patients read and written for what the identity cell does: whole, in one transaction, traced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import orjson

from cordee.fhir.interactions.drafting import prepare
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.draft import ABSENT, Method
from cordee.fhir.store.repository import version_of
from cordee.fhir.store.scope import Trace
from cordee.identity.ins.patient_reading import read_identity
from cordee.identity.ins.patient_writing import write_identity
from cordee.identity.ins.statuses import Identity
from cordee.identity.ins.vocabulary import GIVEN_NAMES, extension
from cordee.identity.principal import IDENTITY, PATIENT, Principal
from cordee.runtime.database import Connection
from cordee.runtime.errors import AccessDenied, NotFound
from cordee.runtime.queries import load_queries

QUERIES = load_queries("cordee.identity.patients")
ACTING: ContextVar[int | None] = ContextVar("acting", default=None)
"""The row of `acting` that says as what the caller of this task acts, for the trail."""
Json = dict[str, Any]
_PERSONAL = ("Patient/", "RelatedPerson/", "Person/")


@dataclass(frozen=True, slots=True)
class File:
    """One Patient as it is in the base: whole, with what may not leave."""

    rid: int
    id: str
    version: int
    pat: int
    patient: Json

    @property
    def identity(self) -> Identity:
        """The identity that the Patient carries."""
        return read_identity(self.patient)


@dataclass(frozen=True, slots=True)
class Change:
    """One resource to write; `version` is the one that it replaces, 0 for a new one."""

    type: str
    id: str
    body: bytes
    version: int


def file_of(row: Mapping[str, Any]) -> File:
    """A row of `r_patient` as a file."""
    body = version_of("Patient", row["id"], row).whole()  # pyright: ignore[reportArgumentType] -- a record
    return File(row["rid"], row["id"], row["ver"], row["pat"], orjson.loads(body))


def need_cell(principal: Principal) -> None:
    """Raises `AccessDenied` for who is not of the identity cell."""
    if IDENTITY not in principal.functions:
        raise AccessDenied("only the identity cell does this")


def need_professional(principal: Principal) -> None:
    """Raises `AccessDenied` for patients and those close to them."""
    if principal.role == PATIENT or principal.practitioner.startswith(_PERSONAL):
        raise AccessDenied("only professionals search and create identities")


def _has_birth_names(patient: Json) -> bool:
    """Whether the official name already holds the list of the given names of birth."""
    name = next((one for one in patient.get("name", ()) if one.get("use") == "official"), {})
    return bool(extension(name, GIVEN_NAMES)) and bool(name.get("family"))


class Files:
    """Reads and writes Patients inside the caller's transaction."""

    def __init__(self, kernel: Kernel) -> None:
        """All parts of the kernel are open."""
        self.kernel = kernel

    async def get(self, connection: Connection, patient: str) -> File:
        """The file of a patient id; raises `NotFound`."""
        row = await connection.fetchrow(QUERIES["patient"], patient)
        if row is None:
            raise NotFound("there is no such patient")
        return file_of(row)

    async def identify(
        self, connection: Connection, file: File, identity: Identity, by: str
    ) -> File:
        """The file with another identity, in a new version; the same names stay as written."""
        same = identity.traits == file.identity.traits and _has_birth_names(file.patient)

        def made(one: Json) -> Json:
            written = write_identity(one, identity)
            return written | {"name": one["name"]} if same else written

        return await self.change(connection, file, made, by)

    async def change(
        self, connection: Connection, file: File, make: Callable[[Json], Json], by: str
    ) -> File:
        """The file as `make` leaves it, in a new version."""
        made = make(file.patient)
        change = Change("Patient", file.id, orjson.dumps(made), file.version)
        await self.write(connection, [change], by)
        return await self.get(connection, file.id)

    async def write(self, connection: Connection, changes: Sequence[Change], by: str) -> list[int]:
        """Writes resources together; the versions that they have now."""
        drafts, traces = [], []
        for one in changes:
            method, action = (Method.PUT, "U") if one.version else (Method.POST, "C")
            draft = prepare(
                self.kernel, one.body, one.type, one.id, method=method,
                expected=one.version or ABSENT,
            ).draft  # fmt: skip
            drafts.append(draft)
            patients = (draft.patient,) if draft.patient is not None else ()
            detail = f"{method.name} {one.id} identity"
            number = type_number(one.type)
            traces.append(Trace(by, action, number, patients, detail, ACTING.get()))
        written = await self.kernel.repository.write(drafts, traces=traces, connection=connection)
        self.kernel.publisher.wake()
        return [one.version.version for one in written]

    async def trace(
        self, connection: Connection, by: str, patients: Sequence[int], detail: str
    ) -> None:
        """A line of the trail about these patients, in the caller's transaction."""
        line = Trace(by, "E", type_number("Patient"), tuple(patients), detail, ACTING.get())
        await self.kernel.repository.trace([line], connection=connection)
