"""References: their form and the type of their target.

Rule: https://hl7.org/fhir/R4/references.html
"""

from __future__ import annotations

import re
from typing import Any

from cordee.fhir.model import definitions
from cordee.fhir.validation.problem import FINE, LOCAL, Checker, Problem, Problems, error, warning

ABSOLUTE = re.compile(
    r"[a-z][a-z0-9+.-]*:.*/([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?"
)
RELATIVE = re.compile(
    r"[A-Z][A-Za-z]+(?:/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?|\?[^\s]+)"
)
UNKNOWN_FORM = warning(
    "value",
    "the reference is neither Type/id, #id, nor an absolute URL; rewrite it",
    ".reference",
)


def reference_checker(structure: Checker, targets: tuple[str, ...]) -> Checker:
    """Checker of a Reference: `structure` first, then its form and its target type."""
    allowed = frozenset() if "Resource" in targets else frozenset(targets)

    def check(value: Any) -> Problems:
        found = structure(value)
        if found:
            return found
        reference = value.get("reference")
        if reference is not None:
            found = _check_literal(reference, allowed)
        kind = value.get("type")
        if kind is None:
            return found
        return [*found, *_check_type(kind, _target_type(reference or ""), allowed)]

    return check


def _check_literal(reference: str, allowed: frozenset[str]) -> Problems:
    if reference.startswith("#"):
        return (Problem(LOCAL, "value", ".reference", "", reference[1:], tuple(sorted(allowed))),)
    kind = _target_type(reference)
    if kind is None:
        return FINE if ":" in reference else UNKNOWN_FORM
    if kind not in definitions.RESOURCE_TYPES:
        if ":" in reference:
            return FINE
        return error("value", "the reference names no R4 resource type; correct it", ".reference")
    if allowed and kind not in allowed:
        return _wrong_target(kind, allowed, ".reference")
    return FINE


def _check_type(kind: str, literal: str | None, allowed: frozenset[str]) -> Problems:
    if kind not in definitions.RESOURCE_TYPES:
        return FINE
    if literal in definitions.RESOURCE_TYPES and literal != kind:
        return error(
            "invariant", "the type differs from that of the reference; correct it", ".type"
        )
    if allowed and kind not in allowed:
        return _wrong_target(kind, allowed, ".type")
    return FINE


def _target_type(reference: str) -> str | None:
    if RELATIVE.fullmatch(reference):
        return reference.partition("/")[0].partition("?")[0]
    found = ABSOLUTE.fullmatch(reference)
    return found[1] if found else None


def _wrong_target(kind: str, allowed: frozenset[str], path: str) -> Problems:
    choice = ", ".join(sorted(allowed))
    return error("structure", f"a reference to {kind} is not allowed here; refer to {choice}", path)
