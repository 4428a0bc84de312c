"""Required bindings of CodeableConcepts and codes, from the code lists of the specification.

Rule: https://hl7.org/fhir/R4/terminologies.html#required
"""

from __future__ import annotations

from typing import Any

from cordee.fhir.model.definitions import value_set_codes
from cordee.fhir.validation.primitives import code_in
from cordee.fhir.validation.problem import FINE, Checker, Problems, error


def bound_code(value_set: str, plain: Checker) -> Checker:
    """Checker of a `code` bound to a value set; `plain` where the codes cannot be listed."""
    codes = value_set_codes(value_set)
    return plain if codes is None else code_in(frozenset(code for _, code in codes))


def bound_concept(value_set: str, structure: Checker) -> Checker:
    """Checker of a CodeableConcept: one of its codings at least is in the value set."""
    codes = value_set_codes(value_set)
    if codes is None:
        return structure

    def check(value: Any) -> Problems:
        found = structure(value)
        if found:
            return found
        codings = value.get("coding", ())
        if any((coding.get("system"), coding.get("code")) in codes for coding in codings):
            return FINE
        if not codings and "extension" in value:
            return FINE
        return error(
            "code-invalid",
            f"no coding is in the required value set; add a coding of {value_set}",
        )

    return check
