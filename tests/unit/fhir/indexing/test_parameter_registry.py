from __future__ import annotations

import pytest

from cordee.fhir.indexing.parameters import Registry, parameter_number, text_number
from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.runtime.errors import InvalidRequest, NotSupported

REGISTRY = Registry.r4()


def search_parameter(**changes: object) -> dict:
    return {
        "resourceType": "SearchParameter",
        "url": "http://example.org/SearchParameter/nationality",
        "code": "nationality",
        "base": ["Patient"],
        "type": "token",
        "expression": "Patient.extension('http://example.org/nationality').value",
    } | changes


def test_a_type_has_its_own_and_inherited_parameters() -> None:
    known = REGISTRY.of("Patient")

    assert {"name", "birthdate", "_tag", "_lastUpdated", "_id", "_text"} <= known.keys()
    assert known["_tag"].name == "Patient._tag"
    with pytest.raises(KeyError):
        REGISTRY.of("Dragon")


def test_numbers_are_stable_and_collide_nowhere() -> None:
    numbers: dict[int, str] = {}
    for resource_type in RESOURCE_TYPES:
        for parameter in REGISTRY.of(resource_type).values():
            assert 0 < parameter.number < 2**31 - 1
            for number in (parameter.number, text_number(parameter)):
                assert numbers.setdefault(number, parameter.name) == parameter.name
    assert parameter_number("Patient", "name", "http://x") == 1200134448


def test_patient_parameters_are_the_single_ones() -> None:
    assert REGISTRY.patient_parameters("Observation") == {"subject", "patient"}
    assert REGISTRY.patient_parameters("Task") == {"subject", "patient"}
    assert REGISTRY.patient_parameters("Account") == frozenset()
    assert REGISTRY.patient_parameters("Patient") == frozenset()


def test_the_date_parameter_is_none_where_two_dates_share_the_column() -> None:
    assert REGISTRY.date_parameter("Observation") == "date"
    assert REGISTRY.date_parameter("Condition") is None
    assert REGISTRY.clinical_parameters("Condition") == ("onset-date", "recorded-date")
    assert REGISTRY.date_parameter("Patient") is None
    assert REGISTRY.date_parameter("ValueSet") == "date"


def test_code_parameters_are_sorted() -> None:
    assert set(REGISTRY.code_parameters("Observation")) == {"code", "category"}
    assert REGISTRY.code_parameters("Patient") == ()


def test_unions_are_served_by_other_parameters() -> None:
    rows = REGISTRY.rows_of("Observation", "combo-code-value-quantity")
    composite = REGISTRY.of("Observation")["combo-code-value-quantity"]

    assert [parameter.code for parameter in rows] == ["value-quantity", "component-value-quantity"]
    assert [REGISTRY.companion_name(composite, parameter) for parameter in rows] == [
        "Observation.code",
        "Observation.component-code",
    ]
    assert [p.code for p in REGISTRY.rows_of("Observation", "date")] == ["date"]


def test_a_custom_parameter_comes_and_goes() -> None:
    registry = Registry.r4()
    before = registry.fingerprint

    added = registry.add(search_parameter())

    assert [parameter.name for parameter in added] == ["Patient.nationality"]
    assert registry.of("Patient")["nationality"] == added[0]
    assert registry.fingerprint != before
    registry.remove("http://example.org/SearchParameter/nationality")
    assert "nationality" not in registry.of("Patient")
    assert registry.fingerprint == before


def test_two_custom_parameters_may_share_a_code_on_two_types() -> None:
    registry = Registry.r4()
    registry.add(search_parameter())
    registry.add(search_parameter(url="http://example.org/other", base=["Practitioner"]))

    one = registry.of("Patient")["nationality"]
    other = registry.of("Practitioner")["nationality"]

    assert one.url != other.url
    assert one.number != other.number


def test_a_parameter_that_r4_has_already_changes_nothing() -> None:
    registry = Registry.r4()
    before = registry.fingerprint

    (added,) = registry.add(
        search_parameter(code="family", type="string", expression="Patient.name.family")
    )

    assert added == REGISTRY.of("Patient")["family"]
    assert registry.fingerprint == before


@pytest.mark.parametrize(
    "changes",
    [
        {"code": None},
        {"base": ["Dragon"]},
        {"type": "magic"},
        {"expression": None},
        {"expression": "Patient..name"},
        {"expression": "Patient.surname"},
        {"expression": "Person.name"},
        {"type": "composite"},
        {"component": [{"definition": "http://nowhere", "expression": "code"}]},
    ],
)
def test_an_unusable_parameter_is_refused(changes: dict) -> None:
    with pytest.raises(InvalidRequest):
        Registry.r4().add(search_parameter(**changes))


def test_an_expression_with_an_unknown_function_is_not_supported() -> None:
    with pytest.raises(NotSupported):
        Registry.r4().add(search_parameter(expression="Patient.name.fly()"))
