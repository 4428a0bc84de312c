"""What a file of TDDUI holds, of either line, and what of it is not understood. Pure.

Read are the two bundles, a DocumentReference alone and a CDA document. The addresses of entries are
not believed: the official examples name profiles and ids there. Rule: B7.2.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from lxml import etree

from cordee.formats.tddui.vocabulary import FHIR_MEDIA

Json = Mapping[str, Any]
KNOWN: Final = frozenset(
    {"Patient", "Encounter", "CarePlan", "Goal", "ServiceRequest", "Consent",
     "QuestionnaireResponse", "Organization", "Practitioner", "PractitionerRole",
     "RelatedPerson"}
)  # fmt: skip
"""Types that line 2 speaks of."""
MOST: Final = 2000
_V3: Final = "{urn:hl7-org:v3}"
_NATIONAL: Final = "1.2.250.1.213.1.4."


class NotTddui(ValueError):
    """The file is no TDDUI; says why in French."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document of line 1."""

    number: str
    title: str
    media: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Person:
    """Whose file it is, as the file says; "" for what it does not say."""

    family: str = ""
    given: str = ""
    gender: str = ""
    birth_date: str = ""
    matricule: str = ""


@dataclass(slots=True)
class Found:
    """What a file holds: documents, resources by `fullUrl`, and what is not understood.

    `person` is whose file it is, `persons` each one that it says to be of, in its order.
    """

    person: Person = field(default_factory=Person)
    persons: list[Person] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    resources: dict[str, Json] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def read_tddui(data: bytes) -> Found:
    """What a file holds; raises `NotTddui`."""
    if data.lstrip()[:1] == b"<":
        found = Found(documents=[Document("", "Document CDA", "text/xml", data)])
        _take_person(_cda_person(data), found)
        return found
    try:
        whole = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise NotTddui("Ce fichier n’est ni du FHIR en JSON, ni un document CDA.") from error
    if not isinstance(whole, dict):
        raise NotTddui("Ce fichier n’est pas un échange TDDUI.")
    found = Found()
    _take(whole, found)
    if not found.documents and not found.resources:
        raise NotTddui("Ce fichier ne contient rien d’un dossier usager.")
    return found


def _take(whole: Json, found: Found) -> None:
    kind = whole.get("resourceType")
    if kind == "DocumentReference":
        _take_document(whole, found)
        return
    if kind != "Bundle" or not isinstance(whole.get("entry"), list):
        raise NotTddui("Ce fichier n’est pas un échange TDDUI : un Bundle est attendu.")
    if len(whole["entry"]) > MOST:
        raise NotTddui(f"Ce fichier a plus de {MOST} éléments.")
    for place, entry in enumerate(whole["entry"]):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            found.unknown.append(f"Élément {place + 1} : vide.")
            continue
        _take_resource(str(entry.get("fullUrl") or f"#{place}"), resource, found)


def _take_resource(full_url: str, resource: Json, found: Found) -> None:
    kind = str(resource.get("resourceType", ""))
    if kind == "DocumentReference":
        _take_document(resource, found)
    elif kind not in KNOWN:
        found.unknown.append(f"{kind or 'Élément sans type'} : sorte d’élément non reprise.")
    elif len(found.resources) >= MOST:
        raise NotTddui(f"Ce fichier a plus de {MOST} éléments.")
    else:
        found.resources[_address(full_url, resource, found)] = resource
        if kind == "Patient":
            _take_person(_person(resource), found)


def _take_person(person: Person, found: Found) -> None:
    """Whose file it says to be; the first that is said is whose it is."""
    found.person = found.person if found.persons else person
    found.persons.append(person)


def _address(full_url: str, resource: Json, found: Found) -> str:
    """Where an element stands: two under one address are two, each by its id."""
    if full_url not in found.resources:
        return full_url
    named = f"{full_url}/{resource.get('id') or len(found.resources)}"
    return named if named not in found.resources else f"{named}/{len(found.resources)}"


def _take_document(resource: Json, found: Found) -> None:
    for content in _list(resource.get("content")):
        attachment = content.get("attachment") if isinstance(content, dict) else None
        if not isinstance(attachment, dict):
            continue
        number = str((resource.get("masterIdentifier") or {}).get("value", ""))
        title = str(attachment.get("title", "") or "Document")
        try:
            data = base64.b64decode(str(attachment.get("data", "")), validate=True)
        except (binascii.Error, ValueError):
            data = b""
        if not data:
            found.unknown.append(f"Document {number} : contenu absent ou illisible.")
            continue
        media = str(attachment.get("contentType", "")).partition(";")[0].strip().lower()
        if media == FHIR_MEDIA:
            _take_inside(data, number, found)
        else:
            found.documents.append(Document(number, title, media, data))
            said = _cda_person(data) if data.lstrip()[:1] == b"<" else Person()
            if said != Person():
                _take_person(said, found)


def _take_inside(data: bytes, number: str, found: Found) -> None:
    """The resources of line 2 that travel in a document of line 1."""
    try:
        inside = orjson.loads(data)
        entries = inside["entry"] if inside["resourceType"] == "Bundle" else []
    except (orjson.JSONDecodeError, KeyError, TypeError):
        found.unknown.append(f"Document {number} : FHIR illisible.")
        return
    for place, entry in enumerate(_list(entries)[:MOST]):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") != "DocumentReference":
            _take_resource(str(entry.get("fullUrl") or f"#{number}/{place}"), resource, found)


def _person(patient: Json) -> Person:
    names = [one for one in _list(patient.get("name")) if isinstance(one, dict)]
    name = next((one for one in names if one.get("use") == "official"), next(iter(names), {}))
    numbers = [
        str(one.get("value", ""))
        for one in _list(patient.get("identifier"))
        if isinstance(one, dict) and _NATIONAL in str(one.get("system", ""))
    ]
    given = " ".join(str(one) for one in _list(name.get("given"))[:1])
    return Person(
        str(name.get("family", "")), given, str(patient.get("gender", "")),
        str(patient.get("birthDate", "")), next(iter(numbers), ""),
    )  # fmt: skip


def _cda_person(data: bytes) -> Person:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return Person()
    role = root.find(f"{_V3}recordTarget/{_V3}patientRole")
    if role is None:
        return Person()
    name = role.find(f"{_V3}patient/{_V3}name")
    said = role.find(f"{_V3}patient/{_V3}administrativeGenderCode")
    born = role.find(f"{_V3}patient/{_V3}birthTime")
    day = str(born.get("value", ""))[:8] if born is not None else ""
    numbers = [
        str(one.get("extension", ""))
        for one in role.findall(f"{_V3}id")
        if str(one.get("root", "")).startswith(_NATIONAL)
    ]
    return Person(
        str(name.findtext(f"{_V3}family", "")) if name is not None else "",
        str(name.findtext(f"{_V3}given", "")) if name is not None else "",
        {"M": "male", "F": "female"}.get(said.get("code", "") if said is not None else "", ""),
        f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == 8 else "",  # noqa: PLR2004 -- YYYYMMDD
        next(iter(numbers), ""),
    )


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
