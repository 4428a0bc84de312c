"""An IHE_XDM.ZIP: the files of one letter with what is said of them, as the MSSanté carries them.

Rule: IHE ITI TF-2, 3.32 (layout of a media), 4.2.3 (metadata). The metadata are those that the
record holds; the French code lists of a practice setting or a kind of establishment are not told.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from lxml import etree

NAME: Final = "IHE_XDM.ZIP"
_RIM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
_LCM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
_STABLE: Final = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
_TYPE: Final = "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"
_DOCUMENT_ID: Final = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"
_SET: Final = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"
_SET_ID: Final = "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8"
_HAS_MEMBER: Final = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
_FOLDER: Final = "IHE_XDM/SUBSET01"
_LOINC: Final = "2.16.840.1.113883.6.1"
_FIRST: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Part:
    """One file: its ending, its kind, its title and number (an OID)."""

    ending: str
    media: str
    title: str
    number: str
    data: bytes = field(repr=False)


def archive(parts: Sequence[Part], code: str, number: str, at: datetime) -> bytes:
    """The archive of some files of one type (`code` of LOINC); the same files make the same."""
    placed = [(f"DOC{n:04}.{one.ending}", one) for n, one in enumerate(parts, start=1)]
    links = "".join(f"<li>{name}</li>" for name, _ in placed)
    index = f'<!DOCTYPE html><html lang="fr"><title>Documents</title><ul>{links}</ul></html>'
    files = [
        ("INDEX.HTM", index.encode()),
        ("README.TXT", b"Documents envoyes par Cordee (IHE XDM). Ouvrir INDEX.HTM.\r\n"),
        (f"{_FOLDER}/METADATA.XML", _metadata(placed, code, number, at)),
        *((f"{_FOLDER}/{name}", one.data) for name, one in placed),
    ]
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files:
            out.writestr(zipfile.ZipInfo(name, _FIRST), data)
    return held.getvalue()


def _metadata(placed: Sequence[tuple[str, Part]], code: str, number: str, at: datetime) -> bytes:
    root = etree.Element(f"{{{_LCM}}}SubmitObjectsRequest", nsmap={"lcm": _LCM, "rim": _RIM})
    held = _add(root, "RegistryObjectList")
    stamp = at.astimezone(UTC).strftime("%Y%m%d%H%M%S")
    lot = _add(held, "RegistryPackage", id="SubmissionSet01")
    _slot(lot, "submissionTime", stamp)
    _add(lot, "Classification", id="set", classifiedObject="SubmissionSet01",
         classificationNode=_SET)  # fmt: skip
    _external(lot, "SubmissionSet01", _SET_ID, "XDSSubmissionSet.uniqueId", number)
    for name, one in placed:
        document = _add(
            held, "ExtrinsicObject", id=name, mimeType=one.media, objectType=_STABLE,
        )  # fmt: skip
        for slot, value in (
            ("URI", name), ("creationTime", stamp), ("languageCode", "fr-FR"),
            ("hash", hashlib.sha1(one.data).hexdigest()),  # noqa: S324 -- XDS says SHA-1
            ("size", str(len(one.data))),
        ):  # fmt: skip
            _slot(document, slot, value)
        _text(document, "Name", one.title)
        typed = _add(
            document, "Classification", id=f"type-{name}", classificationScheme=_TYPE,
            classifiedObject=name, nodeRepresentation=code,
        )  # fmt: skip
        _slot(typed, "codingScheme", _LOINC)
        _text(typed, "Name", one.title)
        _external(document, name, _DOCUMENT_ID, "XDSDocumentEntry.uniqueId", one.number)
        link = _add(held, "Association", id=f"in-{name}", associationType=_HAS_MEMBER,
                    sourceObject="SubmissionSet01", targetObject=name)  # fmt: skip
        _slot(link, "SubmissionSetStatus", "Original")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _add(node: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(node, f"{{{_RIM}}}{tag}", attributes)


def _slot(node: etree._Element, name: str, value: str) -> None:
    _add(_add(_add(node, "Slot", name=name), "ValueList"), "Value").text = value


def _text(node: etree._Element, tag: str, text: str) -> None:
    _add(_add(node, tag), "LocalizedString", value=text)


def _external(node: etree._Element, owner: str, scheme: str, label: str, value: str) -> None:
    number = value.removeprefix("urn:oid:")
    one = _add(
        node, "ExternalIdentifier", id=f"{label}-{owner}", registryObject=owner,
        identificationScheme=scheme, value=number,
    )  # fmt: skip
    _text(one, "Name", label)
