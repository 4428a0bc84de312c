"""The habilitation matrix as a service: read by professionals, changed by two offices. A3.1."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cordee.access.labels import kind_of
from cordee.access.matrix import Cell, Matrix
from cordee.access.purposes import Kind
from cordee.access.registers import matrices
from cordee.access.registers.matrices import Office, Proposal
from cordee.identity.principal import ADMINISTRATOR, DPO, Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied


class Habilitating:
    """The matrix of one installation."""

    def __init__(self, database: Database) -> None:
        """Versions and proposals are read from `database` each time."""
        self._database = database

    async def versions(self, principal: Principal) -> tuple[Matrix, ...]:
        """All versions, the oldest first; raises `AccessDenied` but for professionals."""
        if kind_of(principal) is not Kind.PROFESSIONAL:
            raise AccessDenied("this page is for professionals")
        async with self._database.write.acquire() as connection:
            return await matrices.versions(connection)

    async def proposals(self) -> tuple[Proposal, ...]:
        """All proposals and what became of them, the newest first."""
        async with self._database.write.acquire() as connection:
            return await matrices.proposals(connection)

    async def propose(
        self, principal: Principal, cells: Iterable[Cell], *, effective: datetime, motive: str
    ) -> int:
        """The number of a proposal of the DPO or an administrator."""
        office = office_of(principal)
        async with self._database.write.acquire() as connection:
            return await matrices.propose(
                connection, office, cells, effective=effective, motive=motive
            )

    async def settle(
        self, principal: Principal, number: int, *, accepted: bool, at: datetime
    ) -> None:
        """Keeps the other office's word; raises what `matrices.settle` raises."""
        office = office_of(principal)
        async with self._database.write.acquire() as connection:
            await matrices.settle(connection, number, office, accepted=accepted, at=at)


def office_of(principal: Principal) -> Office:
    """In which office somebody changes the matrix; raises `AccessDenied` for others."""
    for office in (DPO, ADMINISTRATOR):
        if office in principal.functions:
            return Office(principal.user, office)
    raise AccessDenied("the matrix is changed by the DPO and an administrator")
