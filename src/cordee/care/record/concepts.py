"""Labels of coded elements and of references, as a reader would say them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Element = Mapping[str, Any]


def label(concept: Element | None) -> str:
    """Text of a CodeableConcept: its text, else a display, else a code; `""` when empty."""
    if not concept:
        return ""
    if concept.get("text"):
        return str(concept["text"])
    codings = concept.get("coding", ())
    for part in ("display", "code"):
        for coding in codings:
            if coding.get(part):
                return str(coding[part])
    return ""


def codes(concept: Element | None) -> frozenset[str]:
    """All codes of a CodeableConcept, without their systems."""
    return frozenset(
        str(coding["code"]) for coding in (concept or {}).get("coding", ()) if coding.get("code")
    )


def code_of(concept: Element | None) -> str:
    """Give the first code of a CodeableConcept; `""` when it has none."""
    for coding in (concept or {}).get("coding", ()):
        if coding.get("code"):
            return str(coding["code"])
    return ""


def person(reference: Element | None, names: Mapping[str, str]) -> str:
    """Give the display of a reference, else the name of what it points at; `""` when unknown."""
    if not reference:
        return ""
    display = reference.get("display") or names.get(str(reference.get("reference", "")), "")
    return str(display)


def first_text(resource: Element, *paths: str) -> str:
    """Give the first of some text elements that is there; `a.b` reads inside."""
    for path in paths:
        value: Any = resource
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if value:
            return str(value)
    return ""


def note(resource: Element) -> str:
    """Give the notes of a resource, joined."""
    return " ".join(str(part.get("text", "")) for part in resource.get("note", ())).strip()
