from __future__ import annotations

import pytest

from cordee.fhir.path.roots import root_properties


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Patient.name.given.first()", {"name", "_name"}),
        ("Patient.extension('u').value", {"extension"}),
        ("birthDate.extension('u').value", {"birthDate", "_birthDate"}),
        ("1 + 2", set()),
    ],
)
def test_an_expression_names_what_it_looks_at(text: str, names: set[str]) -> None:
    assert root_properties(text, "Patient") == names


def test_a_choice_is_all_its_properties() -> None:
    found = root_properties("Patient.deceased.exists() and Patient.deceased != false", "Patient")

    assert found is not None
    assert {"deceasedBoolean", "deceasedDateTime"} <= found


@pytest.mark.parametrize(
    "text", ["Patient.exists()", "descendants()", "%resource.id", "$this.name", "Patient", "now()"]
)
def test_an_expression_may_look_at_anything(text: str) -> None:
    assert root_properties(text, "Patient") is None
