"""Resources that follow their patient from one file to another, byte for byte but for the link.

Rule: A1.7, A1.8; decision 0028.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.interactions.rewriting import Links, rewritten
from cordee.fhir.model.definitions import RESOURCE_TYPES, type_name, type_number
from cordee.fhir.store.repository import version_of
from cordee.identity.patients.files import QUERIES, Change, Files
from cordee.runtime.database import Connection

_TOGETHER = 50


@dataclass(frozen=True, slots=True)
class Held:
    """A resource as it is now."""

    type: str
    id: str
    rid: int
    version: int
    body: bytes


def held_of(row: Mapping[str, Any]) -> Held:
    """A row of `resource` as what is held."""
    kind = type_name(row["type"])
    whole = version_of(kind, row["id"], row).whole()  # pyright: ignore[reportArgumentType] -- a record
    return Held(kind, row["id"], row["rid"], row["ver"], whole)


class Mover:
    """Takes resources from one patient to another, in the caller's transaction."""

    def __init__(self, kernel: Kernel) -> None:
        """All parts of the kernel are open."""
        self._kernel = kernel
        self._files = Files(kernel)

    async def referring(self, connection: Connection, patient: str) -> list[Held]:
        """All that refers to a patient, but other Patients."""
        keys = self._kernel.keys
        target = keys(f"Patient/{patient}")
        salts = [keys(name) ^ target for name in _reference_names(self._kernel)]
        rows = await connection.fetch(QUERIES["referring"], target, salts)
        return [held_of(row) for row in rows]

    async def current(self, connection: Connection, names: Sequence[tuple[str, str]]) -> list[Held]:
        """Resources by type and id, as they are now; those that are gone are left out."""
        numbers = [type_number(kind) for kind, _ in names]
        rows = await connection.fetch(QUERIES["current"], numbers, [key for _, key in names])
        return [held_of(row) for row in rows]

    async def former(self, connection: Connection, one: Held, version: int) -> bytes:
        """The bytes of a former version."""
        row = await connection.fetchrow(QUERIES["former"], one.rid, version)
        if row is None:
            raise AssertionError("a version that was replaced is in the history")
        return version_of(one.type, one.id, row).whole()

    async def relink(
        self, connection: Connection, held: Sequence[Held], way: tuple[str, str], by: str
    ) -> list[tuple[Held, int]]:
        """Each resource with its links led from a patient to another, and its version now."""
        links = Links()
        links.add(f"Patient/{way[0]}".encode(), f"Patient/{way[1]}".encode())
        changes = [(one, body) for one in held if (body := rewritten(one.body, links)) != one.body]
        return await self.replace(connection, changes, by)

    async def replace(
        self, connection: Connection, changes: Sequence[tuple[Held, bytes]], by: str
    ) -> list[tuple[Held, int]]:
        """Each resource with other bytes, and its version now."""
        done: list[tuple[Held, int]] = []
        for start in range(0, len(changes), _TOGETHER):
            part = changes[start : start + _TOGETHER]
            drafts = [Change(one.type, one.id, body, one.version) for one, body in part]
            versions = await self._files.write(connection, drafts, by)
            done += zip([one for one, _ in part], versions, strict=True)
            await asyncio.sleep(0)  # others are served meanwhile
        return done


def _reference_names(kernel: Kernel) -> list[str]:
    """`Type.code` of every search parameter that follows references to patients."""
    return [
        one.name
        for kind in RESOURCE_TYPES
        for one in kernel.registry.of(kind).values()
        if one.type == "reference" and (not one.targets or "Patient" in one.targets)
    ]
