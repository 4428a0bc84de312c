"""Namespaces of FHIR XML, and what an element holds: a primitive, a resource or members."""

from __future__ import annotations

from cordee.fhir.model.definitions import Element, TypeDefinition, type_definition

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"
FHIR_TAG = f"{{{FHIR}}}"
XHTML_TAG = f"{{{XHTML}}}"
SCHEMA_INSTANCE_TAG = "{http://www.w3.org/2001/XMLSchema-instance}"


def held_type(element: Element, kind: str) -> TypeDefinition | None:
    """Type that holds what stands under an element; None when it is a resource of any type."""
    if kind == "Resource":
        return None
    return type_definition(element.children or kind)
