"""A CDA R2 document in French: a header, and sections with their text or a file that it wraps.

Rule: CI-SIS, header of CDA documents (the parts that a record holds); no template of a body is
claimed: level 1 for a file, level 2 for sections. Requirements B3.6, B5.8.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

V3: Final = "urn:hl7-org:v3"
_LOINC: Final = "2.16.840.1.113883.6.1"
_TEMPLATES: Final = ("2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1")
_RPPS: Final = "1.2.250.1.71.4.2.1"
_STRUCTURES: Final = "1.2.250.1.71.4.2.2"
_GENDERS: Final = {"male": "M", "female": "F"}
Sections = Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a person, and their number under an authority (an OID), "" where none is told."""

    given: tuple[str, ...] = ()
    family: str = ""
    authority: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """What a document is, of whom, by whom; `number` is an OID, `code` is of LOINC."""

    number: str
    code: str
    title: str
    at: datetime
    patient: Name
    gender: str
    born: str
    author: Name
    place: str
    place_number: str = ""


def with_sections(header: Header, sections: Sections) -> bytes:
    """A document of level 2: each section has a title and its lines."""
    root = _headed(header)
    body = _add(_add(root, "component"), "structuredBody")
    for title, lines in sections:
        section = _add(_add(body, "component"), "section")
        _say(section, "title", title)
        text = _add(section, "text")
        for line in lines:
            _say(text, "paragraph", line)
    return _written(root)


def with_file(header: Header, media: str, data: bytes) -> bytes:
    """A document of level 1, which wraps a file."""
    root = _headed(header)
    body = _add(_add(root, "component"), "nonXMLBody")
    text = _add(body, "text", mediaType=media, representation="B64")
    text.text = base64.b64encode(data).decode()
    return _written(root)


def _headed(header: Header) -> etree._Element:
    root = etree.Element(f"{{{V3}}}ClinicalDocument", nsmap={None: V3})
    _add(root, "realmCode", code="FR")
    _add(root, "typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040")
    for one in _TEMPLATES:
        _add(root, "templateId", root=one)
    _add(root, "id", root=header.number.removeprefix("urn:oid:"))
    _add(root, "code", code=header.code, codeSystem=_LOINC, displayName=header.title)
    _say(root, "title", header.title)
    _add(root, "effectiveTime", value=_stamp(header.at))
    _add(root, "confidentialityCode", code="N", codeSystem="2.16.840.1.113883.5.25")
    _add(root, "languageCode", code="fr-FR")
    _patient(root, header)
    _author(root, header)
    custodian = _add(_add(root, "custodian"), "assignedCustodian")
    _place(_add(custodian, "representedCustodianOrganization"), header)
    return root


def _patient(root: etree._Element, header: Header) -> None:
    role = _add(_add(root, "recordTarget"), "patientRole")
    _number(role, header.patient, "MSK")
    person = _add(role, "patient")
    _named(person, header.patient)
    gender = _GENDERS.get(header.gender, "UN")
    _add(person, "administrativeGenderCode", code=gender, codeSystem="2.16.840.1.113883.5.1")
    _add(person, "birthTime", value=header.born.replace("-", ""))


def _author(root: etree._Element, header: Header) -> None:
    author = _add(root, "author")
    _add(author, "time", value=_stamp(header.at))
    assigned = _add(author, "assignedAuthor")
    _number(assigned, header.author, "UNK")
    _named(_add(assigned, "assignedPerson"), header.author)
    _place(_add(assigned, "representedOrganization"), header)


def _place(node: etree._Element, header: Header) -> None:
    held = Name(authority=_STRUCTURES, number=header.place_number)
    _number(node, held, "UNK")
    _say(node, "name", header.place)


def _number(node: etree._Element, name: Name, missing: str) -> None:
    if name.number:
        _add(node, "id", root=name.authority or _RPPS, extension=name.number)
    else:
        _add(node, "id", nullFlavor=missing)


def _named(node: etree._Element, one: Name) -> None:
    name = _add(node, "name")
    for first in one.given:
        _say(name, "given", first)
    _say(name, "family", one.family)


def _add(node: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(node, f"{{{V3}}}{tag}", attributes)


def _say(node: etree._Element, tag: str, text: str) -> None:
    _add(node, tag).text = "".join(one for one in text if one.isprintable())


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S%z")


def _written(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
