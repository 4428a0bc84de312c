"""The files of documents as letters carry them: to be read, and as IHE_XDM.ZIP. B3.6, B5.8."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from markupsafe import Markup

from cordee.access.guard import Guard
from cordee.app.shelf import KernelShelf
from cordee.app.store import KernelStore, system
from cordee.care.documents.cda import Narrative, read_cda
from cordee.care.documents.heading import header_of
from cordee.care.documents.ports import Content
from cordee.care.documents.vocabulary import PDF, XML
from cordee.care.notifications.ports import File, Resource
from cordee.care.record.traits import read_traits
from cordee.fhir.interactions.kernel import Kernel
from cordee.formats.cda import with_file
from cordee.formats.paper import PaperJam, pdf, sheet
from cordee.formats.xdm import NAME, Part, archive
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.errors import Deleted, NotFound, Unavailable
from cordee.runtime.french import short_date

AGENT: Final = "letters"


class KernelPapers:
    """See `care.notifications.ports.Papers`."""

    def __init__(self, kernel: Kernel, guard: Guard) -> None:
        """What a reader may not open is not sent to them."""
        self._shelf = KernelShelf(kernel, guard)
        self._store = KernelStore(kernel, guard)
        self._own = system(AGENT)

    async def files(
        self, principal: Principal, document: Resource, patient: Resource
    ) -> Sequence[File]:
        """The PDF, and the archive with the CDA and the PDF; () for what is neither."""
        try:
            content = await self._shelf.content(principal, document)
        except (NotFound, Deleted):
            return ()
        title = str(document.get("description") or "Document")
        number, code = _number(document), _code(document)
        if content.media == PDF:
            paper = content.data
            cda = await self._wrapped(document, patient, content, (number, code, title))
        elif content.media == XML:
            cda = content.data
            paper = await _printed(content, patient, title)
        else:
            return ()
        parts = [
            Part("XML", XML, title, number, cda), Part("PDF", PDF, title, f"{number}.1", paper),
        ]  # fmt: skip
        at = _moment(document)
        zipped = await asyncio.to_thread(archive, parts, code, f"{number}.2", at)
        return (File("document.pdf", PDF, paper), File(NAME, "application/zip", zipped))

    async def _wrapped(
        self, document: Resource, patient: Resource, content: Content, said: tuple[str, str, str]
    ) -> bytes:
        """A PDF in a CDA document of level 1."""
        authors = [str(one.get("reference", "")) for one in document.get("author", ())]
        author = next((one for one in authors if one.startswith("Practitioner/")), "")
        place = str((document.get("custodian") or {}).get("reference", ""))
        place = place or next((one for one in authors if one.startswith("Organization/")), "")
        found = await asyncio.gather(self._known(author), self._known(place))
        number, code, title = said
        header = header_of(
            patient, *found, number=number, code=code, title=title, at=_moment(document)
        )
        return await asyncio.to_thread(with_file, header, PDF, content.data)

    async def _known(self, reference: str) -> Resource:
        kind, _, key = reference.partition("/")
        if kind not in {"Practitioner", "Organization"}:
            return {}
        try:
            return await self._store.read(self._own, kind, key)
        except (NotFound, Deleted):
            return {}


async def _printed(content: Content, patient: Resource, title: str) -> bytes:
    read = await asyncio.to_thread(read_cda, content.data)
    if isinstance(read, Content):
        return read.data
    sections = read.sections if isinstance(read, Narrative) else ()
    body = Markup("<h1>{}</h1>").format(title) + Markup("").join(
        Markup("<h2>{}</h2>").format(one.title)
        + Markup("").join(Markup("<p>{}</p>").format(line) for line in one.lines)
        for one in sections
    )
    traits = read_traits(patient)
    who = f"{traits.birth_name} {next(iter(traits.first_names), '')}".strip()
    born = f"né(e) le {short_date(traits.birth_date)}" if traits.birth_date else ""
    html = sheet(body, title=title, who=who, traits=born, printed="Envoyé par MSSanté")
    try:
        return await pdf(html, title)
    except PaperJam as error:
        raise Unavailable("the letter cannot be printed now") from error


def _number(document: Resource) -> str:
    """The number of a document (an OID), its own where it has one."""
    held: Any = document.get("masterIdentifier") or {}
    value = str(held.get("value", ""))
    if value.startswith("urn:oid:"):
        return value
    name = f"https://cordee.example/DocumentReference/{document.get('id')}"
    return f"urn:oid:2.25.{uuid5(NAMESPACE_URL, name).int}"


def _code(document: Resource) -> str:
    codings = (document.get("type") or {}).get("coding") or ()
    return next((str(one.get("code", "")) for one in codings), "")


def _moment(document: Resource) -> datetime:
    try:
        return datetime.fromisoformat(str(document.get("date", "")))
    except ValueError:
        return clock.now()
