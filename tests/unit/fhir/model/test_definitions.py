from __future__ import annotations

import pytest

from cordee.fhir.model import definitions
from cordee.fhir.model.definitions import type_definition


def test_the_146_resource_types_have_stable_numbers():
    assert len(definitions.RESOURCE_TYPES) == 146
    assert definitions.type_number("Account") == 1
    assert definitions.type_name(146) == "VisionPrescription"
    assert all(
        definitions.type_name(definitions.type_number(name)) == name
        for name in definitions.RESOURCE_TYPES
    )
    with pytest.raises(IndexError):
        definitions.type_name(0)
    with pytest.raises(KeyError):
        definitions.type_number("Element")


def test_a_choice_element_has_one_property_per_type():
    observation = type_definition("Observation")

    element, kind = observation.properties["valueQuantity"]

    assert (element.name, kind, element.is_choice) == ("value", "Quantity", True)
    assert "value" not in observation.properties
    assert next(iter(observation.elements)) == "id"
    assert observation.elements["id"].types == ("id",)


def test_a_backbone_names_the_type_of_its_children():
    contact = type_definition("Patient").elements["contact"]

    assert contact.children == "Patient.contact"
    assert type_definition("Patient.contact").kind == "backbone"
    assert type_definition("Bundle.entry").elements["link"].children == "Bundle.link"


def test_reference_targets_and_required_bindings_are_known():
    subject = type_definition("Observation").elements["subject"]
    gender = type_definition("Patient").elements["gender"]

    assert subject.targets == ("Device", "Group", "Location", "Patient")
    assert definitions.value_set_codes(gender.binding or "") == {
        ("http://hl7.org/fhir/administrative-gender", code)
        for code in ("male", "female", "other", "unknown")
    }
    assert definitions.value_set_codes("http://hl7.org/fhir/ValueSet/mimetypes") is None


def test_an_unknown_type_is_a_key_error():
    with pytest.raises(KeyError):
        type_definition("Martian")


def test_compartments_and_search_parameters_are_complete():
    rows = definitions.search_parameter_table()

    assert len(rows) == 1375
    assert definitions.compartment("Patient")["Observation"] == ("subject", "performer")
    assert len(definitions.compartment("Device")) > 10
    assert sum(1 for row in rows if row["type"] == "composite") == 46


def test_hierarchies_hold_children():
    children = definitions.code_hierarchy("http://terminology.hl7.org/CodeSystem/v3-RoleCode")

    assert "FAMMEMB" in set(children)
    assert definitions.code_hierarchy("http://hl7.org/fhir/administrative-gender") == {}
