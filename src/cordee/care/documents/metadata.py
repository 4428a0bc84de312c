"""What is said of a document that comes in, checked before anything of it is kept. Rule: A3.8."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from lxml import etree

from cordee.access.matrix import catalogue
from cordee.care.documents.ports import Content
from cordee.care.documents.vocabulary import (
    CDA_ROOT,
    JPEG,
    LABELS,
    LARGEST,
    MEDIA,
    PDF,
    PNG,
    TEXT,
    TEXT_XML,
    XML,
    media_of,
)
from cordee.fhir.model.xml import parse_xml
from cordee.runtime.errors import InvalidRequest, Issue, ResourceInvalid

_AHEAD: Final = timedelta(minutes=10)
_OLDEST: Final = 1900
_LONGEST_TITLE: Final = 200
_STARTS: Final = {PDF: b"%PDF-", JPEG: b"\xff\xd8\xff", PNG: b"\x89PNG\r\n\x1a\n"}


@dataclass(frozen=True, slots=True)
class Submission:
    """A document as it is handed in. `author` and `structure` are references, `label` N, R or V.

    `size` and `hash` (SHA-1) are what the sender says of the content, None where nothing is said.
    """

    type: str
    title: str
    date: datetime | None
    author: str
    structure: str
    content: Content
    unique_id: str
    label: str = "N"
    size: int | None = None
    hash: bytes | None = None
    extensions: tuple[Mapping[str, Any], ...] = ()


def check(submission: Submission, now: datetime) -> None:
    """Returns when all is right; raises `ResourceInvalid` with each problem and its element."""
    found = [Issue("error", "invalid", text, (where,)) for where, text in problems(submission, now)]
    if found:
        raise ResourceInvalid(found)


def problems(submission: Submission, now: datetime) -> Iterator[tuple[str, str]]:
    """Element and sentence of each problem of a submission."""
    if submission.type not in catalogue().documents:
        yield "type", "Choisissez le type du document dans la liste."
    if not submission.title.strip():
        yield "title", "Donnez un titre."
    elif len(submission.title) > _LONGEST_TITLE:
        yield "title", f"Le titre compte {_LONGEST_TITLE} caractères au plus."
    yield from _date_problems(submission.date, now)
    if not submission.author and not submission.structure:
        yield "author", "Le document a un auteur : un professionnel ou une structure."
    if submission.label not in LABELS:
        yield "securityLabel", "La confidentialité est N, R ou V."
    if not submission.unique_id:
        yield "masterIdentifier", "Le document n’a pas de numéro."
    yield from _content_problems(submission)


def _date_problems(date: datetime | None, now: datetime) -> Iterator[tuple[str, str]]:
    if date is None:
        yield "date", "Donnez la date du document."
    elif date > now + _AHEAD or date.year < _OLDEST:
        yield "date", "La date du document est passée, et après 1900."


def _content_problems(submission: Submission) -> Iterator[tuple[str, str]]:
    data, media = submission.content.data, media_of(submission.content.media)
    if not data:
        yield "content", "Choisissez un fichier : celui-ci manque, ou il est vide."
        return
    if len(data) > LARGEST:
        yield "content", "Le fichier fait 10 Mo au plus."
        return
    if submission.size is not None and submission.size != len(data):
        yield "size", "La taille annoncée n’est pas celle du fichier."
    if submission.hash is not None and submission.hash != sha1(data):
        yield "hash", "L’empreinte annoncée n’est pas celle du fichier : il a changé en chemin."
    if media not in MEDIA:
        yield "content", "Le fichier est un PDF, un document CDA, un texte, un JPEG ou un PNG."
    elif not is_what_it_says(media, data):
        yield "content", "Le contenu du fichier n’est pas du format annoncé."


def is_what_it_says(media: str, data: bytes) -> bool:
    """Whether a content begins, or reads, as its media type says."""
    if media in _STARTS:
        return data.startswith(_STARTS[media])
    if media == TEXT:
        return b"\0" not in data and _is_utf8(data)
    return media in {XML, TEXT_XML} and cda(data) is not None


def cda(data: bytes) -> etree._Element | None:
    """The root of a CDA document; None for what is none."""
    try:
        root = parse_xml(data)
    except InvalidRequest:
        return None
    return root if root.tag == CDA_ROOT else None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def sha1(data: bytes) -> bytes:
    """The hash that `Attachment.hash` is made of: FHIR R4 says SHA-1."""
    return hashlib.sha1(data, usedforsecurity=False).digest()


def sha1_text(data: bytes) -> str:
    """`Attachment.hash` of a content."""
    return base64.b64encode(sha1(data)).decode()


def guessed_media(data: bytes, said: str) -> str:
    """What a file is by its first bytes, else what its sender says it is."""
    for media, start in _STARTS.items():
        if data.startswith(start):
            return media
    if cda(data) is not None:
        return XML
    return TEXT if media_of(said).startswith("text/") and _is_utf8(data) else media_of(said)
