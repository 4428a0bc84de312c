"""A CDA document to be read: the titles and texts of its sections, or the file that it wraps.

Rule: CDA R2, level 1 (a file in `nonXMLBody`) and levels 2 and 3 (sections with a narrative text).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from cordee.care.documents.metadata import cda
from cordee.care.documents.ports import Content

_V3: Final = "{urn:hl7-org:v3}"
_BLOCKS: Final = frozenset(f"{_V3}{name}" for name in ("paragraph", "item", "caption"))
_GROUPS: Final = frozenset(f"{_V3}{name}" for name in ("table", "list"))
_ROW: Final = f"{_V3}tr"
_CELLS: Final = (f"{_V3}td", f"{_V3}th")


@dataclass(frozen=True, slots=True)
class Section:
    """One section; the cells of a row of a table stand in one line."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Narrative:
    """What a CDA document says to a reader."""

    title: str
    sections: tuple[Section, ...]


def read_cda(data: bytes) -> Narrative | Content | None:
    """The narrative of a document, or the file that it wraps; None for what is no CDA."""
    root = cda(data)
    if root is None:
        return None
    wrapped = root.find(f".//{_V3}nonXMLBody/{_V3}text")
    if wrapped is not None:
        return _file(wrapped)
    title = _text(root.find(f"{_V3}title"))
    return Narrative(title, tuple(_sections(root)))


def _sections(root: etree._Element) -> Iterator[Section]:
    for section in root.iter(f"{_V3}section"):
        text = section.find(f"{_V3}text")
        lines = tuple(_lines(text)) if text is not None else ()
        title = _text(section.find(f"{_V3}title"))
        if title or lines:
            yield Section(title, lines)


def _lines(text: etree._Element) -> Iterator[str]:
    """The narrative line by line; what stands outside of any block is a line of its own.

    Each word is told once, in one walk: blocks inside of blocks would else multiply a text.
    """
    held: list[str] = []
    walk = etree.iterwalk(text, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        is_line = event in {"start", "end"} and _is_line(element, text)
        if is_line and (line := _clean("".join(held))):
            yield line
        if is_line:
            held.clear()
        if event == "start" and element.tag == _ROW:
            yield " | ".join(_text(cell) for cell in element if cell.tag in _CELLS)
            walk.skip_subtree()
        elif event == "start":
            held.append(element.text or "")
        elif element is not text:
            held.append(element.tail or "")


def _is_line(element: etree._Element, text: etree._Element) -> bool:
    is_block = element.tag in _BLOCKS or element.tag in _GROUPS or element.tag == _ROW
    return is_block or element is text or element.getparent() is text


def _file(text: etree._Element) -> Content | None:
    media = str(text.get("mediaType", "text/plain"))
    if text.get("representation") != "B64":
        return Content(media, (text.text or "").encode())
    try:
        return Content(media, base64.b64decode("".join((text.text or "").split()), validate=True))
    except (binascii.Error, ValueError):
        return None


def _text(element: etree._Element | None) -> str:
    return _clean("".join(map(str, element.itertext()))) if element is not None else ""


def _clean(text: str) -> str:
    return " ".join(text.split())
