"""What a screen asks about identities, in one place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.store.scope import Scope
from cordee.identity.ins.insi.ports import InsTeleservice
from cordee.identity.patients.calling import Caller
from cordee.identity.patients.colliding import Colliding
from cordee.identity.patients.creating import Creation
from cordee.identity.patients.files import ACTING, QUERIES, File, Files, need_professional
from cordee.identity.patients.fusing import Fusing
from cordee.identity.patients.light import LightFiles
from cordee.identity.patients.qualifying import Qualifying
from cordee.identity.patients.searching import Finder
from cordee.identity.patients.worklist import Worklist
from cordee.identity.principal import IDENTITY, Principal
from cordee.runtime import clock
from cordee.runtime.errors import NotFound
from cordee.runtime.scanning import Scanner

Row = Mapping[str, Any]
_FOUND = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The identity of one file: its steps, proofs and calls, and where it went."""

    file: File
    steps: tuple[Row, ...]
    proofs: tuple[Row, ...]
    calls: tuple[Row, ...]
    kept_for: str


class Desk:
    """The services of identities, for the screen."""

    def __init__(
        self,
        kernel: Kernel,
        scope: Callable[[Principal], Awaitable[Scope]],
        insi: InsTeleservice | None,
        scanner: Scanner | None = None,
    ) -> None:
        """`scope` is the guard's; without `insi` the INSi is not connected.

        `scanner` looks at pictures of documents before they are kept.
        """
        self._kernel = kernel
        self._files = Files(kernel)
        self.scope = scope
        self.finder = Finder(kernel)
        self.creation = Creation(kernel, self.finder)
        self.qualifying = Qualifying(kernel, insi, scanner)
        self.caller = Caller(kernel, insi) if insi else None
        self.worklist = Worklist(kernel)
        self.light = LightFiles(kernel)
        self.fusing = Fusing(kernel)
        self.colliding = Colliding(kernel)

    async def act_as(self, principal: Principal) -> None:
        """What this task does from now on is in the trail under what the person acts as."""
        ACTING.set((await self.scope(principal)).acting)

    async def need_reach(self, principal: Principal, patient: str) -> None:
        """Raises `NotFound` for who is not tied to the patient nor found them within the hour."""
        need_professional(principal)
        if IDENTITY in principal.functions:
            return
        scope = await self.scope(principal)
        if await self._kernel.coalescer.read("Patient", patient, scope) is not None:
            return
        values = (principal.user, self._kernel.keys(f"Patient/{patient}"), clock.now() - _FOUND)
        async with self._kernel.database.write.acquire() as connection:
            if not await connection.fetchval(QUERIES["was_found"], *values):
                raise NotFound("there is no such patient")

    async def sheet(self, principal: Principal, patient: str) -> Sheet:
        """The identity of a file, for who may reach it; traced. Raises `NotFound`."""
        await self.need_reach(principal, patient)
        async with self._kernel.database.transaction() as connection:
            file = await self._files.get(connection, patient)
            steps = await connection.fetch(QUERIES["steps"], patient)
            proofs = await connection.fetch(QUERIES["proofs"], patient)
            calls = await connection.fetch(QUERIES["calls"], patient)
            went = await connection.fetchrow(QUERIES["fusion_of"], patient)
            await self._files.trace(
                connection, principal.user, [file.pat], f"identity sheet {patient}"
            )
        kept = went["kept"] if went else ""
        return Sheet(file, tuple(steps), tuple(proofs), tuple(calls), kept)
