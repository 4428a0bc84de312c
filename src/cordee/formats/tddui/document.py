"""The file of a person as a CDA document: a header and sections of text (level 2). Pure.

The volet of TDDUI is not published with the guide: the header is that of the CI-SIS, the type
EXPORT_DUI; sections carry their words alone. Decision 0071.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

_V3: Final = "urn:hl7-org:v3"
_TYPES: Final = "1.2.250.1.213.1.1.4.12"
_FINESS: Final = "1.2.250.1.71.4.2.2"
_TEMPLATES: Final = ("2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1")


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its title and its lines."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose file it is; `ins` is the OID and the number where it may leave, else None.

    `gender` is FHIR's, `birth_date` an ISO day; `number` a UUID as an integer.
    """

    family: str
    given: tuple[str, ...]
    gender: str
    birth_date: str
    ins: tuple[str, str] | None
    local: str
    home: str
    finess: str
    number: int
    at: datetime


def cda(whose: Whose, sections: Sequence[Section]) -> bytes:
    """The document, in UTF-8."""
    root = etree.Element(f"{{{_V3}}}ClinicalDocument", nsmap={None: _V3})
    _add(root, "realmCode", code="FR")
    _add(root, "typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040")
    for one in _TEMPLATES:
        _add(root, "templateId", root=one)
    _add(root, "id", root=f"2.25.{whose.number}")
    title = "Export du dossier usager informatisé"
    _add(root, "code", code="EXPORT_DUI", codeSystem=_TYPES, displayName=title)
    _say(root, "title", title)
    _add(root, "effectiveTime", value=_stamp(whose.at))
    _add(root, "confidentialityCode", code="N", codeSystem="2.16.840.1.113883.5.25")
    _add(root, "languageCode", code="fr-FR")
    _patient(root, whose)
    author = _add(root, "author")
    _add(author, "time", value=_stamp(whose.at))
    assigned = _add(author, "assignedAuthor")
    _add(assigned, "id", root=_FINESS, extension=whose.finess)
    _home(_add(assigned, "representedOrganization"), whose)
    custodian = _add(_add(root, "custodian"), "assignedCustodian")
    _home(_add(custodian, "representedCustodianOrganization"), whose)
    body = _add(_add(root, "component"), "structuredBody")
    for one in sections:
        section = _add(_add(body, "component"), "section")
        _say(section, "title", one.title)
        text = _add(section, "text")
        for line in one.lines:
            _say(text, "paragraph", line)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _patient(root: etree._Element, whose: Whose) -> None:
    role = _add(_add(root, "recordTarget"), "patientRole")
    if whose.ins is not None:
        _add(role, "id", root=whose.ins[0], extension=whose.ins[1])
    _add(role, "id", root=_FINESS, extension=whose.local)
    person = _add(role, "patient")
    name = _add(person, "name")
    for one in whose.given:
        _say(name, "given", one)
    _say(name, "family", whose.family)
    gender = {"male": "M", "female": "F"}.get(whose.gender, "UN")
    _add(person, "administrativeGenderCode", code=gender, codeSystem="2.16.840.1.113883.5.1")
    _add(person, "birthTime", value=whose.birth_date.replace("-", ""))


def _home(node: etree._Element, whose: Whose) -> None:
    _add(node, "id", root=_FINESS, extension=whose.finess)
    _say(node, "name", whose.home)


def _add(node: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(node, f"{{{_V3}}}{tag}", attributes)


def _say(node: etree._Element, tag: str, text: str) -> None:
    _add(node, tag).text = "".join(one if one.isprintable() else " " for one in text)


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S%z")
