"""Check of a SearchParameter resource before it is taken up.

Rule: https://hl7.org/fhir/R4/searchparameter.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.fhir.path.compiler import compile_path
from cordee.fhir.path.nodes import lineage
from cordee.fhir.path.plain import plain_branches
from cordee.runtime.errors import InvalidRequest

TYPES = frozenset(
    {"token", "reference", "string", "date", "composite", "uri", "quantity", "number", "special"}
)
_PLACED = frozenset({"near"})


def checked_row(resource: dict[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    """Row of a SearchParameter resource; `InvalidRequest` when it cannot be used."""
    row = {
        name: resource[name]
        for name in ("url", "code", "base", "type", "expression", "target", "component")
        if name in resource
    }
    for name in ("url", "code", "base", "type"):
        if not row.get(name):
            raise InvalidRequest(f"SearchParameter.{name} is missing")
    if row["type"] not in TYPES or (row["type"] == "special" and row["code"] not in _PLACED):
        raise InvalidRequest("SearchParameter.type: this type cannot be searched here")
    if not all(concrete_types([base]) for base in row["base"]):
        raise InvalidRequest("SearchParameter.base: not a resource type of R4")
    if not row.get("expression"):
        raise InvalidRequest("SearchParameter.expression is missing: nothing says what to index")
    compile_path(row["expression"])
    if all(plain_branches(row["expression"], base) == () for base in concrete_types(row["base"])):
        raise InvalidRequest("SearchParameter.expression: R4 has no such element")
    _check_components(row, kinds)
    return row


def _check_components(row: dict[str, Any], kinds: Mapping[str, str]) -> None:
    for part in row.get("component", ()):
        if part.get("definition") not in kinds:
            raise InvalidRequest("SearchParameter.component.definition: no such parameter here")
        compile_path(part.get("expression") or "")
    if row["type"] == "composite" and len(row.get("component", ())) < 2:  # noqa: PLR2004 - a pair
        raise InvalidRequest("SearchParameter.component: a composite has two components or more")


def concrete_types(bases: list[str]) -> list[str]:
    """Resource types that are one of `bases` or descend from one, in alphabetical order."""
    return sorted({name for base in bases for name in _families().get(base, ())})


@cache
def _families() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name in sorted(RESOURCE_TYPES):
        for ancestor in lineage(name):
            found.setdefault(ancestor, []).append(name)
    return {ancestor: tuple(names) for ancestor, names in found.items()}
