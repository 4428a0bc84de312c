"""What every clause needs: the registry, the key maker, the caller's scope, the terminology."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.indexing.parameters import Parameter, Registry
from cordee.fhir.model.definitions import type_number
from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.compile.predicates import All, Predicate
from cordee.fhir.search.compile.sight import Circle, InScope
from cordee.fhir.store.scope import Scope
from cordee.runtime.errors import InvalidRequest


class Terminology(Protocol):
    """Codes of value sets and of code hierarchies, as this server holds them."""

    async def members(self, value_set: str) -> frozenset[tuple[str, str]] | None:
        """(system, code) pairs of a value set; None when it is not here or has no end."""
        ...

    async def below(self, system: str, code: str) -> frozenset[str]:
        """A code and all codes under it."""
        ...

    async def above(self, system: str, code: str) -> frozenset[str]:
        """A code and all codes over it."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """One criterion without chain: alternatives of a parameter of a type, with a modifier."""

    type: str
    parameter: Parameter
    modifier: str | None
    values: tuple[str, ...]


@dataclass(slots=True)
class Context:
    """Fixed for one search; `bases` are the addresses that mean this server.

    `circle` holds the patients that the scope opens, where they are known and few. `contained`
    while conditions on contained rows are made: their patient column is their container's. `limits`
    are the conditions of rights that hold for some resources only, by letter and type.
    """

    registry: Registry
    keys: KeyMaker
    scope: Scope
    terminology: Terminology
    bases: tuple[str, ...] = ()
    builder: Builder = field(default_factory=Builder)
    warnings: list[str] = field(default_factory=list)
    circle: Circle | None = None
    contained: bool = False
    limits: dict[tuple[str, str], Predicate] = field(default_factory=dict)

    def beyond(self) -> Context:
        """The same search, for conditions on what the row refers to."""
        return replace(self, contained=False) if self.contained else self

    def patient_parameters(self, resource_type: str) -> frozenset[str]:
        """Parameters that the patient column answers."""
        if self.contained:
            return frozenset()
        return self.registry.patient_parameters(resource_type)

    def parameter(self, resource_type: str, code: str) -> Parameter | None:
        """A search parameter of a type, None when there is none."""
        return self.parameters(resource_type).get(code)

    def parameters(self, resource_type: str) -> Mapping[str, Parameter]:
        """All search parameters of a type, by code."""
        return self.registry.of(resource_type)

    def in_scope(self, kind: str | None) -> InScope:
        """The scope as a condition on rows of one type; None: on rows that say their type."""
        scope = self.scope
        return InScope(scope.hidden, scope.actors, self.circle, ties=scope.ties, kind=kind)

    def limited(self, resource_type: str, condition: Predicate) -> Predicate:
        """The condition, and what the right to search this type is limited to."""
        limit = self.limits.get(("s", resource_type))
        return condition if limit is None else All((condition, limit))

    def limits_sql(self, letter: str, alias: str) -> str:
        """What rows of `resource`, of whatever types, must meet for a limited right."""
        types: dict[Predicate, list[int]] = {}
        for (known, resource_type), limit in self.limits.items():
            if known == letter:
                types.setdefault(limit, []).append(type_number(resource_type))
        found = [
            f"({alias}.type NOT IN ({', '.join(map(str, sorted(numbers)))})"
            f" OR {limit.sql(self.builder, alias)})"
            for limit, numbers in types.items()
        ]
        return " AND ".join(found) or "TRUE"


def targets_of(parameter: Parameter) -> tuple[str, ...]:
    """Types that a reference parameter may name: `patient` only ever names a Patient."""
    if parameter.code == "patient" and "Patient" in parameter.targets:
        return ("Patient",)
    return parameter.targets


def refuse_modifier(parameter: Parameter, modifier: str | None) -> InvalidRequest:
    """The error for a modifier that this kind of parameter does not have."""
    return InvalidRequest(
        f"{parameter.code}:{modifier}: a {parameter.type} parameter has no such modifier"
    )
