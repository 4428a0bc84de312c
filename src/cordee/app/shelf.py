"""The shelf of documents on the kernel, through the guard."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from cordee.access.guard import Guard
from cordee.care.documents.ports import Also, Content, Kept, Resource, Stored
from cordee.fhir.indexing.document_types import classes
from cordee.fhir.interactions.entries import Entry
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.interactions.read import read
from cordee.fhir.interactions.transaction import Answer, transaction
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.repository import Version
from cordee.fhir.store.scope import DELETED, Scope, Trace
from cordee.identity.principal import Principal
from cordee.runtime.errors import Deleted, NotFound

_BINARY = "Binary/"
_AGENT = "dmp"
_SYSTEM = Scope(_AGENT, None, {"*": "rs"})


class KernelShelf:
    """Keeps documents as DocumentReference and Binary; see `care.documents.ports.Shelf`."""

    def __init__(self, kernel: Kernel, guard: Guard) -> None:
        """All parts of the kernel are open."""
        self._kernel = kernel
        self._guard = guard

    async def patient(self, principal: Principal, patient: str) -> Resource:
        """The Patient, whole."""
        return await self._read(await self._guard.scope(principal), "Patient", patient)

    async def document(self, principal: Principal, document: str) -> Resource:
        """The DocumentReference."""
        scope = await self._guard.scope(principal)
        return await self._read(scope, "DocumentReference", document)

    async def content(self, principal: Principal, document: Resource) -> Content:
        """The file of a document: inside of it, or the Binary that it opens."""
        return await self._content(await self._guard.scope(principal), document)

    async def keep(
        self, principal: Principal, lot: bytes, also: Also, gone: Resource | None = None
    ) -> Kept:
        """Writes a transaction and what goes with it; the own files of `gone` go in it."""
        scope = await self._guard.scope(principal)
        files = await self._own_files(scope, gone) if gone else []
        async with self._kernel.database.transaction() as connection:
            inside = self._kernel.within(connection)
            answers = await transaction(inside, scope, lot, _no_reads)
            if files:
                await transaction(inside, _opened(scope, "d"), _removal(files), _no_reads)
            kept = Kept(_first_id(answers), scope.agent, scope.acting)
            await also(connection, kept)
        self._kernel.publisher.wake()
        return kept

    async def opened_types(self, principal: Principal) -> frozenset[str]:
        """The types of documents that the matrix opens."""
        scope = await self._guard.scope(principal)
        bits = scope.ties.classes if scope.ties else None
        if bits is None:
            return frozenset()
        return frozenset(
            code for code, number in classes().items() if bits[number // 8] >> number % 8 & 1
        )

    async def trace(self, principal: Principal, patient: str, detail: str) -> None:
        """A line of reading about a patient, durable when this returns."""
        scope = await self._guard.scope(principal)
        number = type_number("DocumentReference")
        patients = (self._kernel.keys(f"Patient/{patient}"),)
        line = Trace(scope.agent, "R", number, patients, detail, scope.acting)
        await self._kernel.coalescer.trace(line)

    async def stored(self, document: str) -> Stored:
        """A document with its content, patient, author and custodian, read for the DMP."""
        found = await self._read(_SYSTEM, "DocumentReference", document)
        patient = (found.get("subject") or {}).get("reference", "")
        author = next((one.get("reference", "") for one in found.get("author", ())), "")
        custodian = (found.get("custodian") or {}).get("reference", "")
        return Stored(
            found,
            await self._content(_SYSTEM, found),
            await self._referred(patient, required=True),
            await self._referred(author),
            await self._referred(custodian),
        )

    async def _content(self, scope: Scope, document: Resource) -> Content:
        attachment = next(iter(document.get("content", ())), {}).get("attachment", {})
        media = str(attachment.get("contentType", ""))
        if "data" in attachment:
            return Content(media, await asyncio.to_thread(base64.b64decode, attachment["data"]))
        address = str(attachment.get("url", "")).removeprefix(f"{self._kernel.base}/")
        if not address.startswith(_BINARY):
            raise NotFound("the content of this document is not here")
        key = address.removeprefix(_BINARY).partition("/")[0]
        version = await read(self._kernel, _opened(scope, "r"), "Binary", key)
        # Ten megabytes would hold up everybody else.
        found = await asyncio.to_thread(_file_of, version, f"DocumentReference/{document['id']}")
        if found is None:
            raise NotFound("the content of this document is not here")
        return found if found.media else replace(found, media=media)

    async def _own_files(self, scope: Scope, document: Resource) -> list[str]:
        """The files here that belong to a document, not those that it merely names."""
        found: list[str] = []
        for one in document.get("content", ()):
            address = str((one.get("attachment") or {}).get("url", ""))
            address = address.removeprefix(f"{self._kernel.base}/")
            if not address.startswith(_BINARY):
                continue
            key = address.removeprefix(_BINARY).partition("/")[0]
            try:
                version = await read(self._kernel, _opened(scope, "r"), "Binary", key)
            except (NotFound, Deleted):
                continue
            own = f"DocumentReference/{document['id']}"
            if await asyncio.to_thread(_file_of, version, own) is not None:
                found.append(key)
        return found

    async def _referred(self, reference: str, *, required: bool = False) -> Resource:
        kind, _, key = reference.partition("/")
        known = kind in {"Patient", "Practitioner", "PractitionerRole", "Organization"}
        if not known and not required:
            return {}
        try:
            return await self._read(_SYSTEM, kind, key)
        except (NotFound, Deleted):
            if required:
                raise
            return {}

    async def _read(self, scope: Scope, kind: str, key: str) -> Resource:
        version = await read(self._kernel, scope, kind, key)
        return orjson.loads(version.whole())


def _opened(scope: Scope, right: str) -> Scope:
    """The scope of somebody with the Binaries.

    A Binary belongs to no patient: the document opens the one that says so, under their name.
    """
    return replace(
        scope, actors=None, ties=None, hidden=DELETED, limits=(), only={}, rights={"Binary": right}
    )


def _removal(files: Sequence[str]) -> bytes:
    entries = [{"request": {"method": "DELETE", "url": f"{_BINARY}{one}"}} for one in files]
    return orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})


def _file_of(version: Version, own: str) -> Content | None:
    """The content of a Binary that belongs to a document; None for another's, or an empty one."""
    binary = orjson.loads(version.whole())
    if (binary.get("securityContext") or {}).get("reference", "") != own or "data" not in binary:
        return None
    return Content(str(binary.get("contentType", "")), base64.b64decode(binary["data"]))


async def _no_reads(entry: Entry, kernel: Kernel) -> bytes:  # noqa: ARG001 -- the shape of a reader
    raise AssertionError("a lot of documents reads nothing")


def _first_id(answers: list[Answer]) -> str:
    version: Any = answers[0].version
    return str(version.id)
