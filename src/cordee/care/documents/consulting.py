"""The DMP of a patient read by a professional: its list, a document of it. Rules: A2.2, A2.9, A3.

The record must be open to them, two factors shown, the identity qualified, and the matrix must open
the type: what it closes is not listed. What the patient masked, the DMP does not send.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cordee.access.labels import kind_of
from cordee.access.purposes import Kind
from cordee.care.documents.intake import QUERIES
from cordee.care.documents.opening import Reader
from cordee.care.documents.ports import Content, Dmp, DmpRefused, Listed, Shelf
from cordee.identity.ins.matricule import Ins
from cordee.identity.ins.patient_reading import read_identity
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, NotFound, TooWeak

_FACTORS: Final = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the DMP; `here` is the id of the same document here, "" for none."""

    listed: Listed
    here: str


class DmpReading:
    """Reads the DMP for the screen."""

    def __init__(
        self, database: Database, shelf: Shelf, dmp: Dmp | None, keys: Callable[[str], int]
    ) -> None:
        """`keys` hashes entities as the index does."""
        self._database = database
        self._shelf = shelf
        self._dmp = dmp
        self._keys = keys

    async def entries(self, reader: Reader, patient: str) -> tuple[Entry, ...]:
        """The documents of a patient that the matrix opens to this reader, the newest first.

        Raises `NotFound` for a record that is not open, `TooWeak`, `AccessDenied`, and what `Dmp`
        raises.
        """
        found = await self._found(reader.principal, patient)
        async with self._database.write.acquire() as connection:
            numbers = [one.unique_id for one in found]
            rows = await connection.fetch(QUERIES["entries_of"], patient, numbers)
        here = {row["unique_id"]: row["document"] for row in rows}
        await self._shelf.trace(reader.principal, patient, "dmp list")
        return tuple(Entry(one, here.get(one.unique_id, "")) for one in found)

    async def open(self, reader: Reader, patient: str, remote: str) -> tuple[Listed, Content]:
        """A document of the DMP with its content; kept as a consultation. Raises as `entries`."""
        listed, content = await self.content(reader.principal, patient, remote)
        acts = reader.principal
        async with self._database.write.acquire() as connection:
            await connection.execute(
                QUERIES["opened"], clock.now(), acts.user, acts.structure,
                self._keys(f"Patient/{patient}"), remote, acts.level, reader.digest,
            )  # fmt: skip
        return listed, content

    async def content(
        self, principal: Principal, patient: str, remote: str
    ) -> tuple[Listed, Content]:
        """The same for a page that shows it already: traced, and no consultation more."""
        found = await self._found(principal, patient)
        listed = next((one for one in found if one.remote == remote), None)
        if listed is None or self._dmp is None:
            raise NotFound("there is no such document in this DMP")
        await self._shelf.trace(principal, patient, f"dmp open {remote}")
        return listed, await self._dmp.fetch(listed)

    async def _found(self, principal: Principal, patient: str) -> list[Listed]:
        if kind_of(principal) is not Kind.PROFESSIONAL:
            raise AccessDenied("only professionals read the DMP here")
        if principal.level < _FACTORS:
            raise TooWeak("the DMP asks for two factors")
        dmp, ins = self._connected(), await self._ins(principal, patient)
        opened = await self._shelf.opened_types(principal)
        await dmp.need_open(ins)
        found = [one for one in await dmp.find(ins) if one.type in opened]
        return sorted(found, key=lambda one: one.date, reverse=True)

    def _connected(self) -> Dmp:
        if self._dmp is None:
            raise DmpRefused("not-connected")
        return self._dmp

    async def _ins(self, principal: Principal, patient: str) -> Ins:
        identity = read_identity(await self._shelf.patient(principal, patient))
        if identity.ins is None or not identity.may_send_matricule:
            raise DmpRefused("ins-not-qualified", "L’identité n’est pas qualifiée.")
        return identity.ins
