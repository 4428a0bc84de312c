"""A document opened by a person: read through the guard, shown, and counted. Rules: A3.9, A2.9."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cordee.care.documents.intake import QUERIES, patient_of
from cordee.care.documents.ports import Content, Resource, Shelf
from cordee.identity.accounts.sealing import fingerprint
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and the identifier of their session: it tells who said who they are."""

    principal: Principal
    session: str = ""

    @property
    def digest(self) -> bytes:
        """The session as the base knows it."""
        return fingerprint(self.session)


class Openings:
    """Opens documents of patients for the screen."""

    def __init__(self, database: Database, shelf: Shelf, keys: Callable[[str], int]) -> None:
        """`keys` hashes entities as the index does."""
        self._database = database
        self._shelf = shelf
        self._keys = keys

    async def open(self, reader: Reader, patient: str, document: str) -> Resource:
        """A document of a patient; kept as a consultation, with how surely its reader is known.

        Raises `NotFound` for what is not seen or is another patient's, `TooWeak` without two
        factors.
        """
        found = await self._read(reader.principal, patient, document)
        acts = reader.principal
        async with self._database.write.acquire() as connection:
            await connection.execute(
                QUERIES["opened"], clock.now(), acts.user, acts.structure,
                self._keys(f"Patient/{patient}"), document, acts.level, reader.digest,
            )  # fmt: skip
        return found

    async def look(self, principal: Principal, patient: str, document: str) -> Resource:
        """The same for who is about to change it: traced, and no consultation."""
        return await self._read(principal, patient, document)

    async def content(self, principal: Principal, document: Resource) -> Content:
        """The file of a document that was opened; raises `NotFound` when none is here."""
        return await self._shelf.content(principal, document)

    async def _read(self, principal: Principal, patient: str, document: str) -> Resource:
        found = await self._shelf.document(principal, document)
        if patient_of(found) != patient:
            raise NotFound("there is no such document in this record")
        return found
