"""FHIR XML elements to JSON values.

Rule: https://hl7.org/fhir/R4/xml.html
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from lxml import etree

from cordee.fhir.model import definitions
from cordee.fhir.model.definitions import Element, TypeDefinition, type_definition
from cordee.fhir.model.digits import Number
from cordee.fhir.model.xml_names import FHIR_TAG, SCHEMA_INSTANCE_TAG, XHTML, XHTML_TAG, held_type
from cordee.runtime.errors import InvalidRequest

JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
NUMBERS = frozenset({"decimal", "integer", "positiveInt", "unsignedInt"})
BOOLEANS = {"true": True, "false": False}


def read_resource(root: etree._Element, path: str = "") -> dict[str, Any]:
    """JSON object of a resource element.

    Raises `InvalidRequest` with the path of the first element or attribute that does not belong.
    """
    name = _fhir_name(root)
    if name not in definitions.RESOURCE_TYPES:
        raise InvalidRequest(
            f"{path or 'the root element'}: no R4 resource type in the namespace of FHIR"
        )
    members = read_members(root, type_definition(name), path or name)
    return {"resourceType": name, **members}


def read_members(node: etree._Element, definition: TypeDefinition, path: str) -> dict[str, Any]:
    """JSON members of an element that has this type."""
    members: dict[str, Any] = _attributes(node, definition, path)
    _refuse_text(node, path)
    for child in _children(node):
        name = _fhir_name(child) or _narrative_name(child)
        found = definition.properties.get(name or "")
        if name is None or found is None or found[0].xml_attribute:
            raise InvalidRequest(f"{path}: {_shown(child)} is no element of {definition.name}")
        element, kind = found
        _add(members, name, child, element, (kind, path))
    return members


def read_value(node: etree._Element, element: Element, kind: str, path: str) -> Any:
    """JSON value of an element that holds no primitive."""
    held = held_type(element, kind)
    if held is not None:
        return read_members(node, held, path)
    inside = _children(node)
    if len(inside) != 1:
        raise InvalidRequest(f"{path}: one resource is expected here")
    return read_resource(inside[0], path)


def read_primitive(node: etree._Element, kind: str, path: str) -> tuple[Any, dict[str, Any] | None]:
    """JSON value of a primitive element, and its id and extensions where it has any."""
    if kind == "xhtml":
        return narrative_text(node), None
    _refuse_text(node, path)
    extras: dict[str, Any] = {}
    for name, text in node.attrib.items():
        if name == "id":
            extras["id"] = str(text)
        elif name != "value" and not str(name).startswith(SCHEMA_INSTANCE_TAG):
            raise InvalidRequest(f"{path}: an attribute that FHIR does not know; remove it")
    for child in _children(node):
        if _fhir_name(child) != "extension":
            raise InvalidRequest(f"{path}: {_shown(child)} is no element of {kind}")
        rows = extras.setdefault("extension", [])
        place = f"{path}.extension[{len(rows)}]"
        rows.append(read_members(child, type_definition("Extension"), place))
    value = node.get("value")
    return None if value is None else json_value(value, kind), extras or None


def json_value(text: str, kind: str) -> Any:
    """JSON value of the text of a primitive; the text itself when it breaks its format."""
    if kind == "boolean":
        return BOOLEANS.get(text, text)
    if kind in NUMBERS and JSON_NUMBER.fullmatch(text):
        return Number(text)
    return text


def narrative_text(node: etree._Element) -> str:
    """Text of a `div`, free of the prefixes and namespaces of the document around it."""
    return etree.tostring(_unprefixed(node), encoding="unicode", with_tail=False)


def _unprefixed(node: etree._Element) -> etree._Element:
    """Copy of an XHTML element that declares XHTML as its default namespace."""
    copy = etree.Element(node.tag, dict(node.attrib), nsmap={None: XHTML})
    copy.text, copy.tail = node.text, node.tail
    copy.extend(
        _unprefixed(child) if isinstance(child.tag, str) else deepcopy(child) for child in node
    )
    return copy


def _add(
    members: dict[str, Any],
    name: str,
    node: etree._Element,
    element: Element,
    place: tuple[str, str],
) -> None:
    kind, parent = place
    path = f"{parent}.{element.name}"
    repeats = element.maximum != 1
    if not repeats and (name in members or "_" + name in members):
        raise InvalidRequest(f"{path}: this element does not repeat; keep one")
    if definitions.is_primitive(kind):
        value, extras = read_primitive(node, kind, path)
        _add_primitive(members, name, (value, extras), repeats=repeats)
        return
    if repeats:
        rows = members.setdefault(name, [])
        rows.append(read_value(node, element, kind, f"{path}[{len(rows)}]"))
    else:
        members[name] = read_value(node, element, kind, path)


def _add_primitive(
    members: dict[str, Any], name: str, pair: tuple[Any, Any], *, repeats: bool
) -> None:
    value, extras = pair
    if not repeats:
        if value is not None:
            members[name] = value
        if extras is not None:
            members["_" + name] = extras
        return
    values = members.get(name) or [None] * len(members.get("_" + name, ()))
    siblings = members.get("_" + name) or [None] * len(values)
    for key, rows, item in ((name, values, value), ("_" + name, siblings, extras)):
        rows.append(item)
        if any(row is not None for row in rows):
            members[key] = rows


def _attributes(node: etree._Element, definition: TypeDefinition, path: str) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, text in node.attrib.items():
        key = str(name)
        if key.startswith(SCHEMA_INSTANCE_TAG):
            continue
        found = definition.properties.get(key)
        if found is None or not found[0].xml_attribute:
            raise InvalidRequest(f"{path}: an attribute that FHIR does not know; remove it")
        members[key] = str(text)
    return members


def _children(node: etree._Element) -> list[etree._Element]:
    return [child for child in node if isinstance(child.tag, str)]


def _fhir_name(node: etree._Element) -> str | None:
    tag = str(node.tag)
    return tag.removeprefix(FHIR_TAG) if tag.startswith(FHIR_TAG) else None


def _narrative_name(node: etree._Element) -> str | None:
    return "div" if node.tag == XHTML_TAG + "div" else None


def _refuse_text(node: etree._Element, path: str) -> None:
    texts = [node.text, *(child.tail for child in node)]
    if any(text and text.strip() for text in texts):
        raise InvalidRequest(f"{path}: text between the elements; remove it")


def _shown(node: etree._Element) -> str:
    name = etree.QName(node).localname
    return f"<{name}>" if name.isascii() and name.isalnum() and len(name) < 65 else "this element"  # noqa: PLR2004
