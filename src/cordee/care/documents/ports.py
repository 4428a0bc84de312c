"""What documents need from outside: the guarded shelf that keeps them, a scanner, the DMP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from cordee.identity.ins.matricule import Ins
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection
from cordee.runtime.errors import RuleBroken

Resource = Mapping[str, Any]
Also = Callable[[Connection, "Kept"], Awaitable[None]]
"""What is written in the same transaction as a document."""


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a document and what they are."""

    media: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """A document on the shelf; `acting` is as what its writer acted."""

    document: str
    agent: str
    acting: int | None


@dataclass(frozen=True, slots=True)
class Stored:
    """A document with all that goes to the DMP with it; `patient` is whole."""

    document: Resource
    content: Content
    patient: Resource
    author: Resource
    custodian: Resource


class Shelf(Protocol):
    """Documents through the guard: what a person does not see is absent, every access is traced."""

    async def patient(self, principal: Principal, patient: str) -> Resource:
        """The Patient, whole; raises `NotFound`."""
        ...

    async def document(self, principal: Principal, document: str) -> Resource:
        """The DocumentReference; raises `NotFound`, `TooWeak` without two factors."""
        ...

    async def content(self, principal: Principal, document: Resource) -> Content:
        """The file of a document that this person has read; raises `NotFound` when none is here."""
        ...

    async def keep(
        self, principal: Principal, lot: bytes, also: Also, gone: Resource | None = None
    ) -> Kept:
        """Writes a transaction whose first entry is the document, and `also`, together.

        The files that belong to `gone`, a document that was read before, go with it.
        """
        ...

    async def opened_types(self, principal: Principal) -> frozenset[str]:
        """The types of documents that the matrix opens to this person."""
        ...

    async def trace(self, principal: Principal, patient: str, detail: str) -> None:
        """Leaves a line of reading about a patient in the trail."""
        ...

    async def stored(self, document: str) -> Stored:
        """A document for the DMP, whoever asked for it; raises `NotFound`."""
        ...


class Scanner(Protocol):
    """Looks at files; see `cordee.runtime.scanning`."""

    async def check(self, content: bytes) -> None:
        """Returns when nothing was found."""
        ...


class DmpRefused(RuleBroken):
    """The DMP, or a rule about it, refuses a deposit; `code` is a key of `REASONS`."""

    def __init__(self, code: str, sentence: str = "") -> None:
        """`sentence` quotes nobody."""
        super().__init__(sentence or REASONS[code])
        self.code = code


REASONS = {
    "ins-not-qualified": "L’identité n’est pas qualifiée : contrôlez une pièce et interrogez "
    "l’INSi. Le dépôt repart seul dès que l’identité est qualifiée.",
    "no-dmp": "Cette personne n’a pas de DMP.",
    "dmp-closed": "Le DMP de cette personne est fermé.",
    "metadata": "Le DMP refuse la description du document : déposez une version corrigée.",
    "duplicate": "Le DMP connaît ce numéro pour un autre document.",
    "unknown-document": "Le DMP ne connaît pas le document à remplacer ou à retirer.",
    "not-author": "Le DMP ne laisse modifier un document que par son auteur.",
    "no-author": "L’auteur n’a ni RPPS ni structure connue : complétez l’annuaire, puis relancez.",
    "not-connected": "Le DMP n’est pas relié à cette installation.",
    "withdrawn": "Le document a été retiré avant d’être déposé.",
    "replaced": "Le document a été remplacé avant d’être déposé.",
    "unreachable": "Le DMP n’a pas répondu pendant quatre jours.",
    "refused": "Le DMP refuse le dépôt.",
}
"""Why a deposit waits for a person, by code; what a person reads, without any trait."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One document for the DMP of a person; `replaced` is the number of what it replaces."""

    stored: Stored
    ins: Ins
    unique_id: str
    at: datetime
    replaced: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A document that the DMP knows; `address` is where its content is, `hash` its SHA-1."""

    unique_id: str
    remote: str
    status: str
    type: str
    title: str
    date: str
    media: str
    address: str
    hash: bytes


class Dmp(Protocol):
    """The DMP. Each call raises `DmpRefused`, `TimedOut` or `Unavailable`."""

    async def need_open(self, ins: Ins) -> None:
        """Returns when the person has an open DMP (TD0.2)."""
        ...

    async def publish(self, publication: Publication) -> str:
        """The id in the DMP of a document that was published (TD2) or replaces another (TD2.1)."""
        ...

    async def withdraw(self, ins: Ins, unique_id: str) -> None:
        """Takes a document out of the DMP (TD3.3c)."""
        ...

    async def find(self, ins: Ins, unique_id: str = "") -> Sequence[Listed]:
        """The documents of a person (TD3.1a), or the one with a number (TD3.1b)."""
        ...

    async def fetch(self, listed: Listed) -> Content:
        """The content of a document (TD3.2)."""
        ...
