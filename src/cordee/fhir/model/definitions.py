"""The R4 definitions: types, elements, search parameters, compartments, required code lists.

The tables lie in `profiles/r4`, written by `scripts/r4_tables.py`; each is read when it is first
needed, and each type is built when it is first asked for.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import orjson

from cordee.runtime.resources import data_folder

RESOURCE_TYPES: frozenset[str]
"""Names of the 146 concrete resource types; read from the tables when first used."""

SUMMARY, MODIFIER, XML_ATTRIBUTE, CHOICE = 1, 2, 4, 8


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type. `targets` empty means that any type may be referred to."""

    name: str
    types: tuple[str, ...]
    minimum: int
    maximum: int | None
    targets: tuple[str, ...]
    binding: str | None
    children: str | None
    is_choice: bool
    in_summary: bool
    is_modifier: bool
    xml_attribute: bool


@dataclass(frozen=True, slots=True)
class TypeDefinition:
    """A resource, datatype, backbone or primitive, with its inherited elements.

    `elements` goes by stem, in the order of the specification; `properties` by JSON property, with
    the type that it has under that name (`valueQuantity` -> its element and "Quantity").
    """

    name: str
    kind: str
    base: str | None
    elements: Mapping[str, Element]
    properties: Mapping[str, tuple[Element, str]]
    pattern: str | None


@cache
def type_definition(name: str) -> TypeDefinition:
    """Definition of a type, such as "Patient", "HumanName" or "Patient.contact".

    Raises `KeyError` when R4 has no such type.
    """
    row = _types()[name]
    elements: dict[str, Element] = {}
    properties: dict[str, tuple[Element, str]] = {}
    for fields in row["elements"]:
        element = _element(fields)
        elements[element.name] = element
        for kind in element.types:
            stem = element.name + kind[0].upper() + kind[1:] if element.is_choice else element.name
            properties[stem] = (element, kind)
    return TypeDefinition(
        name=name,
        kind=row["kind"],
        base=row["base"] or None,
        elements=MappingProxyType(elements),
        properties=MappingProxyType(properties),
        pattern=row.get("pattern"),
    )


def type_number(name: str) -> int:
    """Rank of a resource type in the alphabet, 1 to 146.

    Raises `KeyError` when R4 has no such resource type.
    """
    return _numbers()[name]


def type_name(number: int) -> str:
    """Resource type that has this number; raises `IndexError` out of 1 to 146."""
    if number < 1:
        raise IndexError(number)
    return _names()[number - 1]


def is_primitive(name: str) -> bool:
    """Whether this type has a value of its own (`string`, `dateTime`...)."""
    row = _types().get(name)
    return row is not None and row["kind"] == "primitive"


@cache
def value_set_codes(url: str) -> frozenset[tuple[str, str]] | None:
    """(system, code) pairs of a value set with a required binding.

    None when the value set is unknown here, or cannot be listed (currencies, media types, UCUM).
    """
    by_system = _table("value-sets").get(url.split("|", 1)[0])
    if by_system is None:
        return None
    return frozenset((system, code) for system, codes in by_system.items() for code in codes)


def compartment(code: str) -> Mapping[str, tuple[str, ...]]:
    """Search parameters that tie each resource type to a compartment ("Patient", "Device"...).

    "{def}" among them means the focus of the compartment itself. Raises `KeyError` when R4 has
    no such compartment.
    """
    return _compartments()[code]


def search_parameter_table() -> list[dict[str, Any]]:
    """Rows of all R4 search parameters, with the names that SearchParameter gives its elements.

    code, base, type, url; where given: expression, target, component (definition and expression),
    multipleOr, multipleAnd, comparator.
    """
    return list(_table("search-parameters"))


@cache
def code_hierarchy(system: str) -> Mapping[str, tuple[str, ...]]:
    """Children of each parent code of a code system of the specification; empty when flat."""
    children = _table("code-systems").get(system, {})
    return MappingProxyType({parent: tuple(codes) for parent, codes in children.items()})


def __getattr__(name: str) -> frozenset[str]:
    if name != "RESOURCE_TYPES":
        raise AttributeError(name)
    names = frozenset(_names())
    globals()["RESOURCE_TYPES"] = names
    return names


@cache
def _table(name: str) -> Any:
    packed = data_folder("profiles").joinpath("r4", f"{name}.json.gz").read_bytes()
    return orjson.loads(gzip.decompress(packed))


def _types() -> dict[str, dict[str, Any]]:
    return _table("types")


@cache
def _names() -> tuple[str, ...]:
    return tuple(
        sorted(
            name
            for name, row in _types().items()
            if row["kind"] == "resource" and not row.get("abstract")
        )
    )


@cache
def _numbers() -> dict[str, int]:
    return {name: rank for rank, name in enumerate(_names(), start=1)}


@cache
def _compartments() -> dict[str, Mapping[str, tuple[str, ...]]]:
    return {
        code: MappingProxyType({kind: tuple(codes) for kind, codes in rows.items()})
        for code, rows in _table("compartments").items()
    }


def _element(fields: list[Any]) -> Element:
    name, types, minimum, maximum, targets, binding, children, flags = fields
    return Element(
        name=name,
        types=tuple(types),
        minimum=minimum,
        maximum=maximum,
        targets=tuple(targets),
        binding=binding,
        children=children,
        is_choice=bool(flags & CHOICE),
        in_summary=bool(flags & SUMMARY),
        is_modifier=bool(flags & MODIFIER),
        xml_attribute=bool(flags & XML_ATTRIBUTE),
    )
