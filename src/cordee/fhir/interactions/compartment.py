"""Search in a compartment. Rule: https://hl7.org/fhir/R4/compartmentdefinition.html."""

from __future__ import annotations

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.model.definitions import compartment
from cordee.fhir.search.clauses.clause import simple
from cordee.fhir.search.clauses.context import Context
from cordee.fhir.search.compile.predicates import AnyOf, Nothing, OfPatient, Predicate
from cordee.fhir.search.query import Query
from cordee.fhir.search.run import Found
from cordee.fhir.store.scope import Scope

FOCUS = "{def}"


def types_of(kind: str) -> tuple[str, ...]:
    """Resource types that can be in a compartment."""
    return tuple(sorted(name for name, codes in compartment(kind).items() if codes))


async def search(kernel: Kernel, scope: Scope, focus: tuple[str, str], query: Query) -> Found:
    """A search among the resources of one compartment."""
    return await kernel.searcher.search(query, scope, narrowed=lambda c, t: membership(c, focus, t))


async def membership(context: Context, focus: tuple[str, str], resource_type: str) -> Predicate:
    """Condition of belonging to the compartment of a resource, for one type."""
    kind, key = focus
    entity = f"{kind}/{key}"
    parts: list[Predicate] = []
    known = context.parameters(resource_type)
    if kind == "Patient" and context.registry.main_patient(resource_type) is not None:
        parts.append(OfPatient((context.keys(entity),)))
    for code in compartment(kind).get(resource_type, ()):
        if code == FOCUS and context.contained:
            continue  # the focus stands for itself
        if code == FOCUS:
            parts.append(await simple(context, resource_type, ("_id", None), [key]))
        elif code in known and not (parts and code in _patient(context, resource_type)):
            parts.append(await simple(context, resource_type, (code, None), [entity]))
    if not parts:
        return Nothing()
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def _patient(context: Context, resource_type: str) -> frozenset[str]:
    return context.patient_parameters(resource_type)
