"""FHIR XML to FHIR JSON and back.

Rule: https://hl7.org/fhir/R4/xml.html and https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from cordee.fhir.model.digits import read_json, write_json
from cordee.fhir.model.xml_reading import read_resource
from cordee.fhir.model.xml_writing import resource_element
from cordee.runtime.errors import InvalidRequest


def xml_to_json(body: bytes) -> bytes:
    """FHIR JSON of a resource in FHIR XML; decimals keep their digits.

    Raises `InvalidRequest` when the body is no XML, has a document type, or holds an element or
    attribute that R4 does not know. Values that break their format are left to validation.
    """
    return write_json(read_resource(parse_xml(body)))


def json_to_xml(body: bytes) -> bytes:
    """FHIR XML of a resource in FHIR JSON; decimals keep their digits.

    Raises `InvalidRequest` when the body is no JSON or does not follow the R4 definitions.
    """
    return xml_bytes(json_to_element(body))


def json_to_element(body: bytes) -> etree._Element:
    """Root element of the XML form of a resource in FHIR JSON."""
    resource: Any = read_json(body)
    try:
        return resource_element(resource)
    except RecursionError as caught:
        raise InvalidRequest("the resource is nested too deeply; flatten it") from caught


def parse_xml(body: bytes) -> etree._Element:
    """Root element of an XML document, parsed without entities, DTD and network.

    Raises `InvalidRequest` when it is not well formed or has a document type.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as caught:
        line = getattr(caught, "lineno", None)
        place = f" at line {line}" if line else ""
        raise InvalidRequest(f"the body is no well-formed XML{place}; correct it") from caught
    if root.getroottree().docinfo.doctype:
        raise InvalidRequest("the body has a document type (DOCTYPE); remove it")
    return root


def xml_bytes(root: etree._Element) -> bytes:
    """UTF-8 text of an element, with its XML declaration."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
