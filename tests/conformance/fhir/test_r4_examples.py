"""The examples that HL7 publishes with R4: all valid, and the same after a turn through XML."""

from __future__ import annotations

import tarfile

import orjson
import pytest
from lxml import etree

from cordee.fhir.model.digits import Number, read_json
from cordee.fhir.model.xml import json_to_xml, xml_to_json
from cordee.fhir.validation.validate import validate
from shared_data import shared

# Faults of the published examples themselves, by the path of their first error.
FAULTY = {
    # txt-2: the div of the narrative holds nothing.
    "ActivityDefinition-blood-tubes-supply.json": "ActivityDefinition.text.div",
    "EventDefinition-example.json": "EventDefinition.text.div",
    # References whose target type the definition does not allow.
    "DeviceMetric-example.json": "DeviceMetric.parent.reference",
    "DeviceUseStatement-example.json": "DeviceUseStatement.reasonReference[0].reference",
    "Observation-clinical-gender.json": "Observation.performer[0].reference",
    # The placeholder urn:oid:X.Y.Z.
    "Library-zika-virus-intervention-logic.json": (
        "Library.dataRequirement[0].codeFilter[0].valueSet"
    ),
    # Canonicals to a value set and an activity that are not contained.
    "PlanDefinition-example-cardiology-os.json": (
        "PlanDefinition.contained[11].item[0].answerValueSet"
    ),
    # Items without their required linkId.
    "Questionnaire-qs1.json": "Questionnaire.item[0].item[0].linkId",
}


@pytest.fixture(scope="module")
def examples():
    path = shared("data/02-fhir-r4-spec/fhir-r4-examples-half-A.tar.xz")
    with tarfile.open(path) as archive:
        return {
            member.name.rsplit("/", 1)[-1]: archive.extractfile(member).read()
            for member in archive
            if member.name.endswith(".json")
        }


def test_every_example_is_valid_but_for_the_known_faults(examples):
    faults = {}
    for name, body in examples.items():
        errors = [i for i in validate(orjson.loads(body)) if i.severity == "error"]
        if errors:
            faults[name] = errors[0].expression[0]

    assert len(examples) > 400
    assert faults == FAULTY


def test_every_example_survives_a_turn_through_xml(examples):
    changed = [
        name
        for name, body in examples.items()
        if comparable(read_json(body)) != comparable(read_json(xml_to_json(json_to_xml(body))))
    ]

    assert changed == []


def comparable(value):
    """Numbers by their text, narratives by their canonical XML."""
    if isinstance(value, dict):
        return {
            key: canonical_xml(item) if key == "div" else comparable(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [comparable(item) for item in value]
    return ("number", value.text) if isinstance(value, Number) else value


def canonical_xml(div):
    return etree.tostring(etree.fromstring(div.strip()), method="c14n")
