"""JSON values to FHIR XML elements, in the order of the specification.

Rule: https://hl7.org/fhir/R4/xml.html
"""

from __future__ import annotations

from functools import cache
from itertools import zip_longest
from typing import Any

from lxml import etree

from cordee.fhir.model import definitions
from cordee.fhir.model.definitions import Element, TypeDefinition, type_definition
from cordee.fhir.model.digits import Number
from cordee.fhir.model.xml_names import FHIR, FHIR_TAG, held_type
from cordee.runtime.errors import InvalidRequest


def resource_element(resource: Any) -> etree._Element:
    """Root element of a resource whose numbers are `Number`.

    Raises `InvalidRequest` with the path of the first member that does not follow R4.
    """
    definition = _resource_definition(resource, "the body")
    root = etree.Element(FHIR_TAG + definition.name, nsmap={None: FHIR})
    write_members(root, resource, definition, definition.name)
    return root


def write_members(node: etree._Element, value: Any, definition: TypeDefinition, path: str) -> None:
    """Write the members of a JSON object under `node`, as attributes and children."""
    if not isinstance(value, dict):
        raise InvalidRequest(f"{path}: a JSON object is expected here")
    for name in _ordered_names(value, definition, path):
        element, kind = definition.properties[name]
        place = f"{path}.{element.name}"
        if element.xml_attribute:
            _set(node, name, value[name], place)
        elif definitions.is_primitive(kind):
            if kind == "xhtml":
                node.append(narrative_element(value.get(name), place))
            else:
                _write_primitives(node, name, (value.get(name), value.get("_" + name)), place)
        else:
            items = _items(value[name], element, place)
            for index, item in enumerate(items):
                child = etree.SubElement(node, FHIR_TAG + name)
                step = place if element.maximum == 1 else f"{place}[{index}]"
                _write_value(child, item, held_type(element, kind), step)


def primitive_text(value: Any, path: str) -> str:
    """Text of a JSON primitive, as the attribute `value` holds it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return value.text
    if isinstance(value, str):
        return value
    raise InvalidRequest(f"{path}: a text, number or boolean is expected here")


def narrative_element(text: Any, path: str) -> etree._Element:
    """Element `div` of a narrative.

    Raises `InvalidRequest` when it is no well-formed XML.
    """
    if not isinstance(text, str) or "<!DOCTYPE" in text:
        raise InvalidRequest(f"{path}: the narrative is no XHTML")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(text.strip().encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as caught:
        raise InvalidRequest(f"{path}: the narrative is no XHTML") from caught


def _write_value(node: etree._Element, value: Any, held: TypeDefinition | None, path: str) -> None:
    if held is not None:
        write_members(node, value, held, path)
        return
    definition = _resource_definition(value, path)
    inner = etree.SubElement(node, FHIR_TAG + definition.name)
    write_members(inner, value, definition, path)


def _resource_definition(resource: Any, path: str) -> TypeDefinition:
    name = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(name, str) or name not in definitions.RESOURCE_TYPES:
        raise InvalidRequest(f"{path}: no R4 resource; give its resourceType")
    return type_definition(name)


def _write_primitives(node: etree._Element, name: str, pair: tuple[Any, Any], path: str) -> None:
    values, siblings = (side if isinstance(side, list) else [side] for side in pair)
    for value, extras in zip_longest(values, siblings):
        if value is None and extras is None:
            continue
        child = etree.SubElement(node, FHIR_TAG + name)
        if extras is not None:
            write_members(child, extras, type_definition("Element"), path)
        if value is not None:
            _set(child, "value", value, path)


def _set(node: etree._Element, name: str, value: Any, path: str) -> None:
    try:
        node.set(name, primitive_text(value, path))
    except ValueError as caught:
        raise InvalidRequest(f"{path}: XML cannot hold one of these characters") from caught


def _items(value: Any, element: Element, path: str) -> list[Any]:
    if element.maximum == 1:
        return [value]
    if not isinstance(value, list):
        raise InvalidRequest(f"{path}: a JSON array is expected here")
    return value


@cache
def _ranks(name: str) -> dict[str, int]:
    return {key: rank for rank, key in enumerate(type_definition(name).properties)}


def _ordered_names(value: dict[str, Any], definition: TypeDefinition, path: str) -> list[str]:
    """Property names without their `_`, each once, in the order of the specification."""
    ranks = _ranks(definition.name)
    names = {key.removeprefix("_") for key in value}
    if definition.kind == "resource":
        names.discard("resourceType")
    if not names <= ranks.keys() or any(
        key.startswith("_") and not _takes_extras(definition, key[1:]) for key in value
    ):
        raise InvalidRequest(f"{path}: a member that {definition.name} does not have; remove it")
    return sorted(names, key=ranks.__getitem__)


def _takes_extras(definition: TypeDefinition, name: str) -> bool:
    if name not in definition.properties:
        return False
    element, kind = definition.properties[name]
    return not element.xml_attribute and definitions.is_primitive(kind) and kind != "xhtml"
