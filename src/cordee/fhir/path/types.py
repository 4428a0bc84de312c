"""Type tests: `is`, `as` and `ofType`. Rule: https://hl7.org/fhirpath/N1/#types."""

from __future__ import annotations

from collections.abc import Callable

from cordee.fhir.path.nodes import SYSTEM, Node, definition, lineage
from cordee.runtime.errors import InvalidRequest

_SYSTEM_TYPES = {
    "Boolean", "String", "Integer", "Decimal", "Date", "DateTime", "Time", "Quantity",
}  # fmt: skip
# R4's own parameters write `value.as(DateTime)` for the FHIR type.
WRITTEN_SO = {"DateTime": "dateTime", "Date": "date", "Time": "time", "String": "string"}


def type_test(name: str, *, lenient: bool) -> Callable[[Node], bool]:
    """Test of one item against a type; `lenient` takes `DateTime` for FHIR's dateTime too.

    Raises `InvalidRequest` when no such type exists.
    """
    names = type_names(name)
    if lenient and name in WRITTEN_SO:
        names |= {WRITTEN_SO[name]}
    return lambda node: node.type_name is not None and not names.isdisjoint(lineage(node.type_name))


def type_names(name: str) -> set[str]:
    """Names, as nodes bear them, that a type specifier covers."""
    namespace, _, bare = name.rpartition(".")
    names: set[str] = set()
    if namespace in {"", "FHIR"} and definition(bare) is not None:
        names.add(bare)
    if namespace in {"", "System"} and bare in _SYSTEM_TYPES:
        names.add(SYSTEM + bare)
    if not names:
        raise InvalidRequest(f"FHIRPath: there is no type {name}")
    return names
