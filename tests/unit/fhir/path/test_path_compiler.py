from __future__ import annotations

from decimal import Decimal

import pytest

from cordee.fhir.path.compiler import compile_path
from cordee.runtime.errors import InvalidRequest, NotSupported

PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "active": True,
    "name": [{"family": "Durand", "given": ["Léa", "Zoé"]}, {"given": ["Lou"]}],
    "birthDate": "1980-05-01",
    "_birthDate": {"extension": [{"url": "http://x/birth", "valueString": "noon"}]},
    "telecom": [{"system": "phone", "value": "01"}, {"system": "email", "value": "a@b.fr"}],
    "contact": [{"name": {"family": "Petit"}}],
    "generalPractitioner": [
        {"reference": "Practitioner/1"},
        {"reference": "https://other.example/fhir/Organization/2/_history/3"},
        {"type": "PractitionerRole", "display": "Dr X"},
        {"reference": "#c"},
    ],
    "contained": [{"resourceType": "Organization", "id": "c", "name": "Cabinet"}],
}
OBSERVATION = {
    "resourceType": "Observation",
    "valueQuantity": {
        "value": 120,
        "unit": "mmHg",
        "system": "http://unitsofmeasure.org",
        "code": "mm[Hg]",
    },
    "component": [{"valueString": "a"}, {"valueDateTime": "2024-01"}],
}


def values(text: str, resource: dict | None = None) -> list:
    return compile_path(text)(PATIENT if resource is None else resource)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Patient.name.given", ["Léa", "Zoé", "Lou"]),
        ("name[1].given", ["Lou"]),
        ("Person.name", []),
        ("Resource.id", ["p1"]),
        ("Patient.contact.name.family", ["Petit"]),
        ("Patient.nothing", []),
        ("name.where(family = 'Durand').given.first()", ["Léa"]),
        ("name.given.select($index)", [0, 1, 2]),
        ("telecom.where(system='email').value", ["a@b.fr"]),
        ("name.exists(family.empty())", [True]),
        ("name.all(given.exists())", [True]),
        ("birthDate.extension('http://x/birth').value", ["noon"]),
        ("name.given.skip(1).take(1) | name.given.last()", ["Zoé", "Lou"]),
        ("name.given.aggregate($total + 1, 0)", [3]),
        ("generalPractitioner.where(resolve() is Practitioner).reference", ["Practitioner/1"]),
        ("generalPractitioner.resolve().ofType(Organization).id", ["2", "c"]),
        ("generalPractitioner.where(resolve() is PractitionerRole).display", ["Dr X"]),
        ("birthDate < @1990", [True]),
        ("birthDate + 1 month", ["1980-06-01"]),
        ("active and active.not()", [False]),
        ("iif(active, 'yes', 1 / 0)", ["yes"]),
        ("name.given.join('-').length()", [11]),
        ("(1 | 2.5).select($this * 2)", [2, Decimal("5.0")]),
        ("name.descendants().where($this = 'Lou')", ["Lou"]),
        ("%resource.id = id", [True]),
    ],
)
def test_an_expression_gives_its_values(text: str, expected: list) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Observation.value.unit", ["mmHg"]),
        ("(Observation.value as Quantity).value", [120]),
        ("Observation.value.as(string)", []),
        ("Observation.component.value.ofType(string)", ["a"]),
        ("Observation.component.value.as(DateTime)", ["2024-01"]),
        ("Observation.value is Quantity", [True]),
        ("Observation.value > 10 'kPa'", [True]),
        ("Observation.valueQuantity", []),
    ],
)
def test_choices_are_found_by_their_stem(text: str, expected: list) -> None:
    assert values(text, OBSERVATION) == expected


def test_a_path_may_start_at_a_datatype() -> None:
    assert compile_path("given", "HumanName")({"given": ["Léa"]}) == ["Léa"]


def test_an_unknown_function_is_refused_when_compiled() -> None:
    with pytest.raises(NotSupported, match="fly"):
        compile_path("name.fly()")


@pytest.mark.parametrize("text", ["name.where()", "name is Dragon", "@2015-13-01", "matches()"])
def test_a_wrong_expression_is_refused_when_compiled(text: str) -> None:
    with pytest.raises(InvalidRequest):
        compile_path(text)


@pytest.mark.parametrize("text", ["name.given.single()", "name.given + 'a'", "'a' > 1"])
def test_an_expression_that_fails_on_a_value_says_so(text: str) -> None:
    with pytest.raises(InvalidRequest):
        values(text)
