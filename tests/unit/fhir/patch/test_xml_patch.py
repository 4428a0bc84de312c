from __future__ import annotations

import orjson
import pytest

from cordee.fhir.patch.xml_patch import apply_xml_patch
from cordee.runtime.errors import InvalidRequest, RuleBroken

PATIENT = (
    b'{"resourceType":"Patient","id":"p","active":true,'
    b'"name":[{"use":"official","family":"A"},{"use":"usual","family":"B"}],"birthDate":"1980"}'
)


def patched(operation, root='<diff xmlns="http://hl7.org/fhir" xmlns:x="http://hl7.org/fhir">'):
    return orjson.loads(apply_xml_patch(PATIENT, f"{root}{operation}</diff>".encode()))


@pytest.mark.parametrize(
    "selector",
    ["Patient/birthDate/@value", "/x:Patient/x:birthDate/@value", "fhir:Patient/*[5]/@value"],
)
def test_an_attribute_is_replaced(selector):
    assert patched(f'<replace sel="{selector}">1981-02-03</replace>')["birthDate"] == "1981-02-03"


def test_a_patch_without_namespaces_speaks_fhir():
    result = patched(
        '<add sel="Patient/active" pos="after"><name><family value="C"/></name></add>', "<diff>"
    )

    assert [name["family"] for name in result["name"]] == ["C", "A", "B"]


def test_elements_are_added_replaced_and_removed():
    by_use = "Patient/name[use/@value='usual']"

    assert patched(f'<remove sel="{by_use}"/>')["name"] == [{"use": "official", "family": "A"}]
    assert patched(f'<replace sel="{by_use}/family"><family value="D"/></replace>')["name"][1] == {
        "use": "usual",
        "family": "D",
    }
    assert (
        patched('<add sel="Patient"><deceasedBoolean value="false"/></add>')["deceasedBoolean"]
        is False
    )
    assert (
        patched('<add sel="Patient/name[1]" pos="prepend"><text value="t"/></add>')["name"][0][
            "text"
        ]
        == "t"
    )
    assert patched('<add sel="Patient/name[1]" type="@id">n1</add>')["name"][0]["id"] == "n1"


def test_decimals_keep_their_digits():
    resource = (
        b'{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.50,"unit":"g"}}'
    )
    patch = b'<diff><remove sel="Observation/valueQuantity/unit"/></diff>'

    assert b'"value":1.50}' in apply_xml_patch(resource, patch)


@pytest.mark.parametrize(
    "operation",
    [
        '<remove sel="Patient/name"/>',
        '<remove sel="Patient/gender"/>',
        '<remove sel="Patient"/>',
        '<replace sel="Patient"><Patient/></replace>',
        '<add sel="Patient" pos="before"><Patient/></add>',
        '<add sel="Patient/active/@value">x</add>',
    ],
)
def test_a_patch_that_does_not_fit_breaks_a_rule(operation):
    with pytest.raises(RuleBroken):
        patched(operation)


@pytest.mark.parametrize(
    "operation",
    [
        "",
        "<remove/>",
        '<frobnicate sel="Patient"/>',
        '<remove sel="//name"/>',
        '<remove sel="Patient/.."/>',
        '<remove sel="Patient/name["/>',
        '<remove sel="count(Patient)"/>',
        '<remove sel="Patient/name | Patient/active"/>',
        '<add sel="Patient" pos="around"><active value="true"/></add>',
        '<add sel="Patient" type="namespace::a">b</add>',
        '<replace sel="Patient/active"/>',
        '<add sel="Patient"><foo value="x"/></add>',
        '<add sel="Patient/name[1]" type="@1">x</add>',
    ],
)
def test_a_malformed_patch_is_an_invalid_request(operation):
    with pytest.raises(InvalidRequest):
        patched(operation)
