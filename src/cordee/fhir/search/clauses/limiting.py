"""Rights that hold for some resources only, as conditions of a search.

Rule: https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html: what a scope
restricts by a patient or by search parameters is as if it were not there for anything else.
"""

from __future__ import annotations

from cordee.fhir.model.definitions import RESOURCE_TYPES, compartment
from cordee.fhir.search.clauses.clause import criterion
from cordee.fhir.search.clauses.context import Context
from cordee.fhir.search.compile.predicates import All, AnyOf, Nothing, OfPatient, Predicate
from cordee.fhir.store.scope import Limit

_LETTERS = "rs"


async def know_limits(context: Context) -> None:
    """Puts the conditions of all limited rights into the context; nothing where there are none."""
    if not context.scope.limits:
        return
    for letter in _LETTERS:
        for resource_type in sorted(RESOURCE_TYPES):
            limits = context.scope.limits_of(letter, resource_type)
            made = [await _condition(context, resource_type, one) for one in limits]
            if not made or None in made:
                continue  # without the right, or with it whole
            parts = tuple(dict.fromkeys(one for one in made if one is not None))
            whole = parts[0] if len(parts) == 1 else AnyOf(parts)
            context.limits[letter, resource_type] = whole


async def _condition(context: Context, resource_type: str, limit: Limit) -> Predicate | None:
    """None where the limit leaves out no resource of this type."""
    parts: list[Predicate] = []
    if limit.patient and compartment("Patient").get(resource_type):
        if context.registry.main_patient(resource_type) is None and resource_type != "Patient":
            return Nothing()  # whose it is cannot be said
        parts.append(OfPatient((context.keys(limit.patient),)))
    for name, text in limit.criteria:
        parts.append(await criterion(context, resource_type, name, text))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else All(tuple(parts))
