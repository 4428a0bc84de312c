"""Token values as keys. Rule: https://hl7.org/fhir/R4/search.html#token."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from cordee.fhir.indexing.extracted import Emit, Extracted, StringRow
from cordee.fhir.indexing.keys import KeyMaker, token_texts
from cordee.fhir.indexing.parameters import Parameter, text_number
from cordee.fhir.indexing.strings import string_row
from cordee.fhir.model.definitions import Element, value_set_codes

SPECIAL_VALUES = "http://terminology.hl7.org/CodeSystem/special-values"
_MOST_KEPT = 8192
_PUNCTUATION = re.compile(r"[\s.\-()/]+")

Short = tuple[str | None, str]
"""(system, code) of one token."""


def emitter(
    parameter: Parameter, kind: str, element: Element | None, keys: KeyMaker
) -> Emit | None:
    """Writer of the keys of one kind of value; None when a token cannot be made of it."""
    if kind == "CodeableConcept":
        return _concepts(parameter, keys)
    if kind == "Coding":
        return _codings(parameter, keys)
    if kind == "Identifier":
        return _identifiers(parameter, keys)
    if kind == "ContactPoint":
        return _contacts(parameter, keys)
    read = reader(kind, element)
    return None if read is None else _plain(parameter, keys, read)


def reader(kind: str, element: Element | None) -> Callable[[Any], list[Short]] | None:
    """Reader of the tokens of one kind of value; None when it has none."""
    simple = {
        "Coding": _coding_tokens,
        "CodeableConcept": _concept_tokens,
        "Identifier": lambda value: _pairs(value, "value"),
        "ContactPoint": lambda value: [(None, value["value"])] if value.get("value") else [],
        "boolean": lambda value: [(SPECIAL_VALUES, "true" if value else "false")],
    }
    if kind in simple:
        return simple[kind]
    if kind == "code":
        systems = implicit_systems(element.binding) if element and element.binding else {}
        return lambda value: [(systems.get(value), value)]
    if kind in {"string", "uri", "url", "canonical", "id", "oid", "uuid", "integer", "markdown"}:
        return lambda value: [(None, str(value))]
    return None


@lru_cache(maxsize=1024)
def implicit_systems(binding: str) -> Mapping[str, str]:
    """Code system of each code of a required value set, where only one has it."""
    systems: dict[str, str | None] = {}
    for system, code in value_set_codes(binding) or ():
        systems[code] = system if code not in systems else None
    return {code: system for code, system in systems.items() if system}


def _coding_tokens(coding: dict[str, Any]) -> list[Short]:
    return _pairs(coding, "code")


def _concept_tokens(concept: dict[str, Any]) -> list[Short]:
    return [token for coding in concept.get("coding", ()) for token in _pairs(coding, "code")]


def _pairs(value: dict[str, Any], name: str) -> list[Short]:
    text = value.get(name)
    return [(value.get("system"), text)] if text else []


class _Known(dict[tuple[str | None, str | None], tuple[int, ...]]):
    """Keys of each (system, code) of one parameter, made when first asked for."""

    def __init__(self, name: str, keys: KeyMaker) -> None:
        self._name = name
        self._keys = keys

    def __missing__(self, token: tuple[str | None, str | None]) -> tuple[int, ...]:
        if len(self) >= _MOST_KEPT:
            self.clear()
        found = tuple(self._keys(text) for text in token_texts(self._name, *token))
        self[token] = found
        return found


def _codings(parameter: Parameter, keys: KeyMaker) -> Emit:
    known, row = _Known(parameter.name, keys), _text_rows(parameter, keys)
    is_sorted = parameter.is_sorted

    def emit(coding: dict[str, Any], out: Extracted, _owner: dict[str, Any]) -> None:
        found = known[coding.get("system"), coding.get("code")]
        out.keys += found
        if is_sorted:
            out.sort_keys += found[:2]
        display = coding.get("display")
        if display:
            out.strings.append(row(display))

    return emit


def _text_rows(parameter: Parameter, keys: KeyMaker) -> Callable[[str], StringRow]:
    """Remembering function from a text to its row for `:text`."""
    number = text_number(parameter)
    return lru_cache(maxsize=_MOST_KEPT)(lambda text: string_row(number, text, keys))


def _concepts(parameter: Parameter, keys: KeyMaker) -> Emit:
    coding_emit, row = _codings(parameter, keys), _text_rows(parameter, keys)

    def emit(concept: dict[str, Any], out: Extracted, owner: dict[str, Any]) -> None:
        text = concept.get("text")
        for coding in concept.get("coding", ()):
            coding_emit(coding, out, owner)
            if coding.get("display") == text:
                text = None
        if text:
            out.strings.append(row(text))

    return emit


def _identifiers(parameter: Parameter, keys: KeyMaker) -> Emit:
    name, number = parameter.name, text_number(parameter)

    def emit(identifier: dict[str, Any], out: Extracted, _owner: dict[str, Any]) -> None:
        value = identifier.get("value")
        out.keys += [keys(text) for text in token_texts(name, identifier.get("system"), value)]
        kind = identifier.get("type")
        if kind is None or not value:
            return
        if kind.get("text"):
            out.strings.append(string_row(number, kind["text"], keys))
        for coding in kind.get("coding", ()):
            out.keys.append(
                keys(of_type_text(name, coding.get("system"), coding.get("code"), value))
            )

    return emit


def of_type_text(name: str, system: str | None, code: str | None, value: str) -> str:
    """Text that is hashed for `:of-type`; the code of the type and the value are casefolded."""
    return f"{name}:of-type={system or ''}|{(code or '').casefold()}|{value.casefold()}"


def _contacts(parameter: Parameter, keys: KeyMaker) -> Emit:
    """Keys of a phone or address: as written, without punctuation, under `phone|` and `home|`.

    R4 names no namespace for a ContactPoint; its system and its use both serve, as no code is in
    both sets. The elements of such a namespace alone, `phone|`, have a key too.
    """
    name = parameter.name

    def emit(contact: dict[str, Any], out: Extracted, _owner: dict[str, Any]) -> None:
        value, system = contact.get("value"), contact.get("system")
        if not value:
            return
        spaces = [space for space in (system, contact.get("use")) if space]
        out.keys += [keys(f"{name}={space}|") for space in spaces]
        forms = {value} if system in {"email", "url"} else {value, compact(value)}
        for form in forms:
            folded = form.casefold()
            out.keys += (keys(f"{name}={folded}"), keys(f"{name}=|{folded}"))
            out.keys += [keys(f"{name}={space}|{folded}") for space in spaces]

    return emit


def compact(number: str) -> str:
    """Phone number without spaces, dots, hyphens, slashes and brackets."""
    return _PUNCTUATION.sub("", number)


def _plain(parameter: Parameter, keys: KeyMaker, read: Callable[[Any], list[Short]]) -> Emit:
    known, is_sorted = _Known(parameter.name, keys), parameter.is_sorted

    def emit(value: Any, out: Extracted, _owner: dict[str, Any]) -> None:
        for system, code in read(value):
            found = known[system, code]
            out.keys += found
            if is_sorted:
                out.sort_keys += found[:2] if system else found[:1]

    return emit
