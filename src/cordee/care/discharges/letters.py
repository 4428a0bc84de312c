"""The letters of discharges: who they are of, the newest of a stay, what one says. B5.8."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from cordee.care.discharges.letter import TYPE
from cordee.care.discharges.planner import QUERIES, Planned
from cordee.care.documents.cda import Narrative, read_cda
from cordee.care.documents.letters import Parties
from cordee.care.documents.ports import Content
from cordee.care.store import Resource, Store
from cordee.care.workflow.tasks import party
from cordee.identity.principal import Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound


@dataclass(frozen=True, slots=True)
class Told:
    """That a médecin traitant was told of a letter: who, by which channel, how far, when."""

    reader: str
    channel: str
    state: str
    at: datetime


class Letters:
    """The letters of one installation."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` reads through the guard."""
        self._database = database
        self._store = store

    async def parties(
        self, principal: Principal, planned: Planned, number: str, at: datetime
    ) -> Parties:
        """Who a letter of a discharge is of; `number` is that of the document."""
        place = party(planned.task, "requester")
        author, organization = await asyncio.gather(
            self._known(principal, principal.practitioner), self._known(principal, place)
        )
        return Parties(planned.patient, author, organization, number, at)

    async def newest(self, principal: Principal, planned: Planned) -> Resource | None:
        """The newest letter of a stay that somebody sees."""
        since = str(((planned.encounter or {}).get("period") or {}).get("start", ""))[:10]
        criteria = (
            f"patient={party(planned.task, 'for')}&type={TYPE}&status=current"
            f"{f'&date=ge{since}' if since else ''}&_sort=-date&_count=1"
        )
        found = await self._store.search(principal, "DocumentReference", criteria)
        return next(iter(found), None)

    async def told(self, letter: Resource) -> list[Told]:
        """How the médecin traitant was told of a letter; for who has read it."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["letter_told"], str(letter["id"]))
        return [Told(*row) for row in rows]

    def narrative(self, content: Content) -> list[tuple[str, list[str]]]:
        """The sections of a letter; raises `NotFound` for one that has none."""
        read = read_cda(content.data)
        if not isinstance(read, Narrative):
            raise NotFound("this letter is a file: open it among the documents")
        return [(one.title, list(one.lines)) for one in read.sections]

    async def _known(self, principal: Principal, reference: str) -> Resource:
        kind, _, key = reference.partition("/")
        if kind not in {"Practitioner", "Organization"}:
            return {}
        return await self._store.read(principal, kind, key)
