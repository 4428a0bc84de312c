"""String values as rows of folded text. Rule: https://hl7.org/fhir/R4/search.html#string."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from cordee.fhir.indexing.extracted import Emit, Extracted, StringRow
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.indexing.parameters import Parameter
from cordee.fhir.model.text import normalise

LONGEST = 1000
_MOST_KEPT = 4096
_PRIMITIVES = {"string", "markdown", "code", "id", "uri", "url", "canonical", "base64Binary"}
_NAME_PARTS = ("family", "text")
_NAME_LISTS = ("given", "prefix", "suffix")
_ADDRESS_PARTS = ("city", "district", "state", "postalCode", "country", "text")

remembered = lru_cache(maxsize=32768)(normalise)
"""Folded form of a text, remembered."""


def string_row(number: int, text: str, keys: KeyMaker, ckey: int = 0) -> StringRow:
    """Row of one text: its first LONGEST characters folded, and the hash of the exact text."""
    return number, remembered(text[:LONGEST]), keys(text), ckey


def reader(kind: str) -> Callable[[Any], Iterable[str]] | None:
    """Reader of the texts of one kind of value; None when it has none."""
    if kind in _PRIMITIVES:
        return lambda value: (value,)
    if kind == "HumanName":
        return _name_texts
    if kind == "Address":
        return _address_texts
    if kind == "CodeableConcept":
        return lambda value: (value["text"],) if value.get("text") else ()
    return None


def emitter(
    parameter: Parameter,
    kind: str,
    keys: KeyMaker,
    companions: Callable[[dict[str, Any]], tuple[int, ...]] | None = None,
) -> Emit | None:
    """Writer of the rows of one kind of value; None when it holds no text."""
    read, number = reader(kind), parameter.number
    if read is None:
        return None

    row = lru_cache(maxsize=_MOST_KEPT)(lambda text: string_row(number, text, keys))

    def emit(value: Any, out: Extracted, _owner: dict[str, Any]) -> None:
        out.strings += map(row, read(value))

    def emit_with_companions(value: Any, out: Extracted, owner: dict[str, Any]) -> None:
        for text in read(value):
            for ckey in companions(owner) if companions else ():
                out.strings.append(string_row(number, text, keys, ckey))

    return emit if companions is None else emit_with_companions


def _name_texts(name: dict[str, Any]) -> list[str]:
    texts = [name[part] for part in _NAME_PARTS if name.get(part)]
    for part in _NAME_LISTS:
        texts += [text for text in name.get(part, ()) if text]
    return texts


def _address_texts(address: dict[str, Any]) -> list[str]:
    texts = [line for line in address.get("line", ()) if line]
    return texts + [address[part] for part in _ADDRESS_PARTS if address.get(part)]
