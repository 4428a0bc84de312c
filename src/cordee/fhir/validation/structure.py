"""Checkers of resources and datatypes, compiled from the definitions when first needed.

Each type becomes one closure over a table of its properties. A value without a fault costs one
table look-up and one call per property; paths are only built for faults.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from cordee.fhir.model import definitions
from cordee.fhir.model.definitions import Element, TypeDefinition, type_definition
from cordee.fhir.validation.bindings import bound_code, bound_concept
from cordee.fhir.validation.containment import check_contained, settle
from cordee.fhir.validation.members import NULL, Members
from cordee.fhir.validation.primitives import primitive_checker
from cordee.fhir.validation.problem import FINE, Checker, Problems, error
from cordee.fhir.validation.references import reference_checker

NOT_OBJECT = error("structure", "a JSON object is expected here")
ARRAY = error("structure", "one value is expected here; write it without an array")
EMPTY_OBJECT = error("structure", "the object is empty; leave the property out")
ONLY_ID = error("invariant", "an element has more than an id: add a value or children (ele-1)")
NO_TYPE = error("structure", "the resource has no resourceType; add it")
UNKNOWN_TYPE = error("structure", "the resourceType is none of R4; correct it", ".resourceType")
BOTH = error("extension", "an extension has a value or extensions, not both; split it (ext-1)")
NEITHER = error("extension", "the extension has neither value nor extensions; remove it (ext-1)")


def check_resource(resource: Any) -> Problems:
    """Problems of a resource of any type, its `#id` references resolved."""
    found = _check_by_type(resource)
    if type(resource) is dict and (found or "contained" in resource):
        return settle(resource, found)
    return found


@cache
def type_checker(name: str) -> Checker:
    """Checker of a resource type, datatype or backbone.

    Raises `KeyError` when R4 has no such type.
    """
    checker = _object_checker(type_definition(name))
    return _extension_checker(checker) if name == "Extension" else checker


def _check_by_type(resource: Any) -> Problems:
    if type(resource) is not dict:
        return _no_object(resource)
    name = resource.get("resourceType")
    if name is None:
        return NO_TYPE
    if not isinstance(name, str) or name not in definitions.RESOURCE_TYPES:
        return UNKNOWN_TYPE
    return type_checker(name)(resource)


def _check_contained_resource(resource: Any) -> Problems:
    found = _check_by_type(resource)
    extra = check_contained(resource) if type(resource) is dict else FINE
    return [*found, *extra] if extra else found


def _object_checker(definition: TypeDefinition) -> Checker:  # noqa: C901 - one hot loop
    members = Members(definition, _item_checker, _check_extras)
    known, resolve, report = members.known, members.resolve, members.report
    required, required_choices = members.required, members.required_choices
    needs_content = definition.kind != "resource"

    def check(value: Any) -> Problems:
        if type(value) is not dict:
            return _no_object(value)
        if needs_content and (not value or (len(value) == 1 and "id" in value)):
            return ONLY_ID if value else EMPTY_OBJECT
        faults: dict[str, Problems] = {}
        choices: set[str] = set()
        is_odd = False
        for key, item in value.items():
            member = known.get(key) or resolve(key)
            if member is None:
                is_odd = True
                continue
            checker, stem = member
            if stem is not None:
                is_odd = is_odd or stem in choices
                choices.add(stem)
            found = checker(item)
            if found:
                faults[key] = found
        if (
            faults
            or is_odd
            or (required and not required <= value.keys())
            or not required_choices <= choices
        ):
            return report(value, faults)
        return FINE

    return check


def _no_object(value: Any) -> Problems:
    if value is None:
        return NULL
    return ARRAY if type(value) is list else NOT_OBJECT


def _check_extras(value: Any) -> Problems:
    return type_checker("Element")(value)


def _extension_checker(structure: Checker) -> Checker:
    def check(value: Any) -> Problems:
        found = structure(value)
        if type(value) is not dict or not value:
            return found
        has_value = any(key.startswith(("value", "_value")) for key in value)
        if "extension" in value:
            return [*found, *BOTH] if has_value else found
        return found if has_value or found else NEITHER

    return check


def _item_checker(element: Element, kind: str) -> Checker:
    if element.children is not None:
        return type_checker(element.children)
    if kind == "Resource":
        return _check_contained_resource if element.name == "contained" else check_resource
    if kind == "Reference":
        return reference_checker(type_checker(kind), element.targets)
    if definitions.is_primitive(kind):
        checker = primitive_checker(kind)
        return bound_code(element.binding, checker) if element.binding else checker
    if element.binding and kind == "CodeableConcept":
        return bound_concept(element.binding, type_checker(kind))
    return type_checker(kind)
