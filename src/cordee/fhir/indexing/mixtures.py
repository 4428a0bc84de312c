"""Elements of one resource whose codes do not tell their systems: a second set of exact rows.

Rows of `Observation.component` carry the code alone, as a row more for each form of the code would
triple the largest table. That is enough where the systems of the codes are the same in every
element and each code has one: `idx` says that the system is there. Where it is not, which is rare,
the resource has a mark in `idx` and rows for `system|code`, `|code` and `system|` as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cordee.fhir.indexing import quantities
from cordee.fhir.indexing.composites import forms
from cordee.fhir.indexing.extracted import Emit, Extracted
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.indexing.parameters import Parameter
from cordee.fhir.path.plain import Branch, branch_values

Element = dict[str, Any]


def mark(stem: str) -> str:
    """Text that is hashed for a resource whose elements are mixed under a companion `stem`."""
    return f"{stem}:mixed"


def is_mixed(elements: Sequence[Element]) -> bool:
    """Whether a code has two systems among these elements, or the elements differ in systems."""
    systems: dict[str, str | None] = {}
    sets: set[frozenset[str | None]] = set()
    for element in elements:
        codings = _codings(element)
        if any(systems.setdefault(code, system) != system for system, code in codings):
            return True
        sets.add(frozenset(system for system, _ in codings))
    return len(sets) > 1


def emitter(parameter: Parameter, branch: Branch, keys: KeyMaker) -> Emit:
    """Writer of the mark and the exact rows of one kind of value, on the whole resource."""
    stem = f"{parameter.base}.{parameter.companion}"
    above = Branch(branch.steps[:-1], "")
    below = Branch(branch.steps[-1:], branch.type_name)
    first = branch.steps[0].name

    def companions(owner: Element) -> tuple[int, ...]:
        texts = [
            text
            for system, code in _codings(owner)
            for text in forms(system, code)
            if "|" in text  # the code alone has its rows already
        ]
        return tuple(dict.fromkeys(keys(f"{stem}={text}") for text in texts))

    write = quantities.emitter(parameter, branch.type_name, keys, companions)

    def emit(_value: Any, out: Extracted, resource: Element) -> None:
        if write is None or len(resource.get(first) or ()) < 2:  # noqa: PLR2004 -- a mixture
            return
        elements = branch_values(above, resource)
        if not is_mixed(elements):
            return
        out.keys.append(keys(mark(stem)))
        for element in elements:
            for value in branch_values(below, element):
                write(value, out, element)

    return emit


def _codings(element: Element) -> list[tuple[str | None, str]]:
    return [
        (coding.get("system"), coding["code"].casefold())
        for coding in (element.get("code") or {}).get("coding", ())
        if coding.get("code")
    ]
