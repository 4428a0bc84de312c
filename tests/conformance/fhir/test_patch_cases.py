"""The public cases of JSON Patch, XML Patch and FHIRPath Patch."""

from __future__ import annotations

import json

import pytest
from lxml import etree

from cordee.fhir.model.digits import Number, read_json, write_json
from cordee.fhir.model.xml_reading import read_resource
from cordee.fhir.patch.fhirpath_patch import apply_fhirpath_patch
from cordee.fhir.patch.json_patch import apply_json_patch
from cordee.fhir.patch.xml_patch import patch_element
from cordee.runtime.errors import ProductError
from shared_data import shared

FHIR = "{http://hl7.org/fhir}"
# The published file has lost its comments, so that this case removes a comment that is not there.
WITHOUT_SUBJECT = {"A.15.  Removing a Comment Node"}


def test_json_patch():
    cases = json.loads(shared("data/03-suites/patch/json-patch-tests.json").read_bytes())

    for case in cases:
        document, patch = (json.dumps(case[name]).encode() for name in ("doc", "patch"))
        if "error" in case:
            with pytest.raises(ProductError):
                apply_json_patch(document, patch)
        else:
            assert json.loads(apply_json_patch(document, patch)) == case["expected"], case[
                "comment"
            ]
    assert len(cases) == 8


def test_xml_patch():
    cases = suite("xml-patch-tests.xml")

    for case in cases:
        if case.get("name") in WITHOUT_SUBJECT:
            continue
        root = alone(case.find(f"{FHIR}target")[0])
        patch = case.find(f"{FHIR}patch")
        if case.find(f"{FHIR}error") is not None:
            with pytest.raises(ProductError):
                patch_element(root, patch)
        else:
            patch_element(root, patch)
            assert shape(root) == shape(case.find(f"{FHIR}patched")[0]), case.get("name")
    assert len(cases) == 15


def test_fhirpath_patch():
    cases = suite("fhir-patch-tests.xml")

    for case in cases:
        source, parameters, expected = (
            write_json(read_resource(alone(case.find(FHIR + name)[0])))
            for name in ("input", "diff", "output")
        )
        patched = apply_fhirpath_patch(source, parameters)
        assert comparable(read_json(patched)) == comparable(read_json(expected)), case.get("name")
    assert len(cases) == 11


def suite(name):
    return etree.fromstring(shared(f"data/03-suites/patch/{name}").read_bytes()).findall(
        f"{FHIR}case"
    )


def alone(element):
    return etree.fromstring(etree.tostring(element, with_tail=False))


def shape(element):
    """Names, attributes and texts of an element, without the blanks of the layout."""
    return (
        element.tag,
        dict(element.attrib),
        (element.text or "").strip(),
        [(shape(child), (child.tail or "").strip()) for child in element],
    )


def comparable(value):
    if isinstance(value, dict):
        return {
            key: etree.tostring(etree.fromstring(item), method="c14n")
            if key == "div"
            else comparable(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [comparable(item) for item in value]
    return value.text if isinstance(value, Number) else value
