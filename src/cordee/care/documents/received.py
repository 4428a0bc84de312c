"""Documents that another program publishes: a lot (ITI-65) or one alone (ITI-105), checked.

What says by its profile that it is one comes in by the door; all else is plain FHIR. Rule: PDSm
3.1.1; decision 0044.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from cordee.care.documents.intake import new_number
from cordee.care.documents.lots import status_entry
from cordee.care.documents.metadata import Submission, problems, sha1_text
from cordee.care.documents.ports import Content
from cordee.care.documents.vocabulary import LOT, SIMPLIFIED, URI
from cordee.directory.vocabulary import IDNPS, IDNST
from cordee.fhir.validation.validate import check as check_resource
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import InvalidRequest, Issue, ResourceInvalid
from cordee.runtime.french import parse_moment

Json = dict[str, Any]
_READ: Final = frozenset({"DocumentReference", "Binary"})
_LABELS: Final = ("V", "R", "N")
_AUTHORS: Final = ("Practitioner/", "PractitionerRole/", "Organization/", "Patient/", "Device/")


@dataclass(frozen=True, slots=True)
class Published:
    """One document of a lot: its place among the entries, what is said of it, what it replaces."""

    place: int
    submission: Submission
    former: str


@dataclass(frozen=True, slots=True)
class Lot:
    """A transaction that is ready to be written, with the documents that it holds."""

    bundle: Json
    documents: tuple[Published, ...]


def is_lot(raw: bytes) -> bool:
    """Whether a body may be a lot: it names the profile."""
    return LOT.encode() in raw


def is_simplified(raw: bytes) -> bool:
    """Whether a body may be a document published alone: it names the profile."""
    return SIMPLIFIED.encode() in raw


def profiled(resource: Mapping[str, Any], profile: str) -> bool:
    """Whether a resource says that it follows a profile, in whatever version."""
    named = (resource.get("meta") or {}).get("profile") or ()
    return any(str(one).partition("|")[0] == profile for one in named)


def read_lot(bundle: Json, now: datetime) -> Lot:
    """The lot of an ITI-65 Bundle, its Binaries bound to their documents.

    Raises `ResourceInvalid` with every problem of every document.
    """
    entries: list[Json] = [dict(one) for one in bundle.get("entry") or ()]
    for entry in entries:
        _check_shape(entry)
    found: list[Published] = []
    issues: list[Issue] = []
    for place, entry in enumerate(entries):
        resource = entry.get("resource") or {}
        if resource.get("resourceType") != "DocumentReference":
            continue
        if (entry.get("request") or {}).get("method") != "POST":
            continue
        entry.setdefault("fullUrl", f"urn:uuid:{uuid4()}")
        published = _published(place, resource, _content(resource, entry["fullUrl"], entries))
        issues += _issues(published, resource, now, f"Bundle.entry[{place}].resource.")
        found.append(published)
    if not found:
        where = ("Bundle.entry",)
        issues.append(Issue("error", "required", "Le lot ne contient aucun document.", where))
    if issues:
        raise ResourceInvalid(issues)
    entries += _superseded(entries, found)
    return Lot(bundle | {"entry": entries}, tuple(found))


def read_simplified(document: Json, now: datetime) -> Lot:
    """The lot of a document that is published alone: its content becomes a Binary.

    Raises `ResourceInvalid`.
    """
    own, binary = f"urn:uuid:{uuid4()}", f"urn:uuid:{uuid4()}"
    check_resource(document)
    held = _attachment(document)
    content = Content(str(held.get("contentType", "")), _decoded(held.get("data", "")))
    published = _published(0, document, content)
    if found := list(_issues(published, document, now, "DocumentReference.")):
        raise ResourceInvalid(found)
    kept = {name: value for name, value in held.items() if name != "data"}
    kept |= {"url": binary, "size": len(content.data), "hash": sha1_text(content.data)}
    first = document["content"][0] | {"attachment": kept}
    number = {"system": URI, "value": published.submission.unique_id}
    made = document | {"content": [first, *document["content"][1:]], "masterIdentifier": number}
    file = {
        "resourceType": "Binary",
        "contentType": content.media,
        "securityContext": {"reference": own},
        "data": held["data"],
    }
    entries = [_post(own, made), _post(binary, file)]
    entries += _superseded(entries, [published])
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    return Lot(bundle, (published,))


def _check_shape(entry: Json) -> None:
    """Raises what a resource of no right shape raises, before anything of it is read."""
    resource = entry.get("resource")
    if isinstance(resource, dict) and resource.get("resourceType") in _READ:
        check_resource(resource)
    elif resource is not None and not isinstance(resource, dict):
        raise InvalidRequest("Bundle.entry.resource: a resource is expected")


def _published(place: int, document: Mapping[str, Any], content: Content) -> Published:
    held = _attachment(document)
    size, digest = held.get("size"), held.get("hash")
    submission = Submission(
        type=next((one.get("code", "") for one in _codings(document.get("type"))), ""),
        title=str(held.get("title") or document.get("description") or ""),
        date=_moment(document.get("date")),
        author=next(_authors(document), ""),
        structure="",
        content=content,
        unique_id=str((document.get("masterIdentifier") or {}).get("value") or new_number()),
        label=_label(document),
        size=size if isinstance(size, int) else None,
        hash=_decoded(digest) if digest else None,
    )
    return Published(place, submission, _former(document))


def _issues(
    published: Published, document: Mapping[str, Any], now: datetime, where: str
) -> Iterator[Issue]:
    for element, text in problems(published.submission, now):
        yield Issue("error", "invalid", text, (where + element,))
    if not (document.get("subject") or {}).get("reference"):
        text = "Dites de quel patient est le document."
        yield Issue("error", "required", text, (f"{where}subject",))
    if document.get("status") != "current":
        text = "Un document qui arrive a l’état « current »."
        yield Issue("error", "invalid", text, (f"{where}status",))


def _content(document: Mapping[str, Any], own: str, entries: list[Json]) -> Content:
    """The file of a document in its lot; its Binary then says which document opens it."""
    held = _attachment(document)
    media = str(held.get("contentType", ""))
    if "data" in held:
        return Content(media, _decoded(held["data"]))
    for entry in entries:
        resource = entry.get("resource") or {}
        if entry.get("fullUrl") == held.get("url") and resource.get("resourceType") == "Binary":
            entry["resource"] = resource | {"securityContext": {"reference": own}}
            return Content(media, _decoded(resource.get("data", "")))
    return Content(media, b"")


def _superseded(entries: list[Json], found: list[Published]) -> Iterator[Json]:
    """What a sender left to us: the status of a document that is replaced."""
    said = {(one.get("request") or {}).get("url", "") for one in entries}
    for one in found:
        if one.former and f"DocumentReference/{one.former}" not in said:
            yield status_entry(one.former, "superseded")


def _former(document: Mapping[str, Any]) -> str:
    for one in document.get("relatesTo") or ():
        if one.get("code") == "replaces":
            return str((one.get("target") or {}).get("reference", "")).rpartition("/")[2]
    return ""


def _authors(document: Mapping[str, Any]) -> Iterator[str]:
    """Authors that are known: references to people and places, or contained with a number."""
    contained = {f"#{one.get('id')}": one for one in document.get("contained") or ()}
    for author in document.get("author") or ():
        reference = str(author.get("reference", ""))
        numbers = contained.get(reference, author).get("identifier") or []
        listed = numbers if isinstance(numbers, list) else [numbers]
        if reference.startswith(_AUTHORS):
            yield reference
        elif any(one.get("system") in {IDNPS, IDNST} and one.get("value") for one in listed):
            yield reference or "identifier"


def _label(document: Mapping[str, Any]) -> str:
    codes = {
        one.get("code") for label in document.get("securityLabel") or () for one in _codings(label)
    }
    return next((one for one in _LABELS if one in codes), "N")


def _codings(concept: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    return list((concept or {}).get("coding") or ())


def _attachment(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(iter(document.get("content") or ()), {}).get("attachment") or {}


def _moment(text: object) -> datetime | None:
    moment, _ = parse_moment(str(text or ""))
    if isinstance(moment, datetime):
        return moment
    return datetime(moment.year, moment.month, moment.day, tzinfo=PARIS) if moment else None


def _decoded(text: object) -> bytes:
    try:
        return base64.b64decode("".join(str(text).split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _post(full: str, resource: Json) -> Json:
    request = {"method": "POST", "url": resource["resourceType"]}
    return {"fullUrl": full, "resource": resource, "request": request}
