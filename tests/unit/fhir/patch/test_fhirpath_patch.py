from __future__ import annotations

import orjson
import pytest

from cordee.fhir.patch.fhirpath_patch import apply_fhirpath_patch
from cordee.runtime.errors import InvalidRequest, RuleBroken

PATIENT = {
    "resourceType": "Patient",
    "active": True,
    "name": [
        {
            "use": "official",
            "family": "A",
            "given": ["a", "b", "c"],
            "_given": [None, {"id": "x"}, None],
        },
        {"use": "usual", "family": "B"},
    ],
    "deceasedBoolean": False,
    "birthDate": "1980",
    "_birthDate": {"extension": [{"url": "u", "valueCode": "c"}]},
    "contact": [{"name": {"text": "C"}}],
}


def operation(kind, path, **parts):
    rows = [
        {"name": "type", "valueCode": kind},
        {"name": "path", "valueString": path},
        *({"name": name, **part} for name, part in parts.items()),
    ]
    return {"name": "operation", "part": rows}


def patched(*operations, resource=PATIENT):
    parameters = {"resourceType": "Parameters", "parameter": list(operations)}
    return orjson.loads(apply_fhirpath_patch(orjson.dumps(resource), orjson.dumps(parameters)))


def text(value):
    return {"valueString": value}


def whole(value):
    return {"valueInteger": value}


def test_add_appends_to_lists_and_fills_what_is_absent():
    result = patched(
        operation("add", "Patient.name[1]", name=text("given"), value=text("z")),
        operation("add", "Patient", name=text("gender"), value={"valueCode": "female"}),
    )

    assert result["name"][1]["given"] == ["z"]
    assert result["gender"] == "female"


def test_add_of_a_backbone_is_built_from_parts():
    value = {
        "part": [
            {"name": "gender", "valueCode": "male"},
            {"name": "telecom", "valueContactPoint": {"value": "1"}},
            {"name": "telecom", "valueContactPoint": {"value": "2"}},
        ]
    }

    assert patched(operation("add", "Patient", name=text("contact"), value=value))["contact"][
        1
    ] == {
        "gender": "male",
        "telecom": [{"value": "1"}, {"value": "2"}],
    }


def test_add_reaches_the_extensions_of_a_primitive():
    value = {"valueExtension": {"url": "v", "valueBoolean": True}}

    result = patched(operation("add", "Patient.active", name=text("extension"), value=value))

    assert result["_active"] == {"extension": [{"url": "v", "valueBoolean": True}]}


def test_replace_of_a_choice_changes_its_type():
    result = patched(operation("replace", "Patient.deceased", value={"valueDateTime": "2024"}))

    assert result["deceasedDateTime"] == "2024"
    assert "deceasedBoolean" not in result


@pytest.mark.parametrize(
    "path",
    [
        "Patient.name.where(use = 'official').family",
        "Patient.name.where(use = 'official' and given.exists(startsWith('a'))).family",
        "name.first().family",
        "Patient.`name`[0].family",
    ],
)
def test_replace_finds_its_element(path):
    assert patched(operation("replace", path, value=text("Z")))["name"][0]["family"] == "Z"


def test_lists_of_primitives_keep_their_siblings():
    name = patched(
        operation("move", "Patient.name[0].given", source=whole(1), destination=whole(0))
    )
    assert (name["name"][0]["given"], name["name"][0]["_given"]) == (
        ["b", "a", "c"],
        [{"id": "x"}, None, None],
    )
    name = patched(operation("insert", "Patient.name[0].given", index=whole(0), value=text("z")))
    assert name["name"][0]["_given"] == [None, None, {"id": "x"}, None]
    name = patched(operation("delete", "Patient.name[0].given[1]"))
    assert "_given" not in name["name"][0]


def test_delete_takes_the_parents_that_it_leaves_empty():
    assert "contact" not in patched(operation("delete", "Patient.contact[0].name.text"))
    result = patched(operation("delete", "Patient.birthDate.extension('u')"))
    assert "_birthDate" not in result
    assert result["birthDate"] == "1980"


def test_delete_of_what_is_absent_changes_nothing():
    assert patched(operation("delete", "Patient.gender")) == PATIENT


def test_insert_starts_an_absent_list():
    result = patched(
        operation(
            "insert",
            "Patient.identifier",
            index=whole(0),
            value={"valueIdentifier": {"value": "1"}},
        )
    )

    assert result["identifier"] == [{"value": "1"}]


@pytest.mark.parametrize(
    "row",
    [
        operation("delete", "Patient"),
        operation("delete", "Patient.name"),
        operation("replace", "Patient.gender", value={"valueCode": "male"}),
        operation("add", "Patient.name", name=text("text"), value=text("t")),
        operation("add", "Patient", name=text("active"), value={"valueBoolean": True}),
        operation("add", "Patient", name=text("deceased"), value={"valueBoolean": True}),
        operation(
            "insert", "Patient.name", index=whole(3), value={"valueHumanName": {"text": "t"}}
        ),
        operation("move", "Patient.name", source=whole(0), destination=whole(2)),
    ],
)
def test_a_patch_that_does_not_fit_breaks_a_rule(row):
    with pytest.raises(RuleBroken):
        patched(row)


@pytest.mark.parametrize(
    "row",
    [
        operation("frobnicate", "Patient.active"),
        operation("delete", ""),
        operation("delete", "Observation.status"),
        operation("delete", "Patient.foo"),
        operation("delete", "Patient.name | Patient.active"),
        operation("delete", "Patient.name.where(use = 'official'"),
        operation("delete", "Patient.name.descendants()"),
        operation("delete", "Patient..name"),
        operation("replace", "Patient.active"),
        operation("replace", "Patient.active", value={}),
        operation("replace", "Patient.deceased", value=text("x")),
        operation("add", "Patient", value=text("x")),
        operation("add", "Patient", name=text("foo"), value=text("x")),
        operation("insert", "Patient.name", value={"valueHumanName": {"text": "t"}}),
        operation("insert", "Patient.active", index=whole(0), value={"valueBoolean": True}),
        operation("move", "Patient.name[0]", source=whole(0), destination=whole(0)),
        operation("move", "Patient.name", source=whole(-1), destination=whole(0)),
        {"name": "other"},
        "text",
    ],
)
def test_a_malformed_patch_is_an_invalid_request(row):
    with pytest.raises(InvalidRequest):
        patched(row)


def test_only_parameters_are_a_patch():
    with pytest.raises(InvalidRequest):
        apply_fhirpath_patch(b'{"resourceType":"Patient"}', b'{"resourceType":"Patient"}')


def test_decimals_keep_their_digits():
    resource = b'{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.50}}'
    parameters = (
        b'{"resourceType":"Parameters","parameter":[{"name":"operation","part":['
        b'{"name":"type","valueCode":"replace"},'
        b'{"name":"path","valueString":"Observation.value.value"},'
        b'{"name":"value","valueDecimal":2.00}]}]}'
    )

    assert b'"value":2.00' in apply_fhirpath_patch(resource, parameters)
