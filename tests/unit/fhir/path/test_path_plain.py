from __future__ import annotations

from cordee.fhir.path.plain import Step, branch_values, plain_branches


def steps(text: str, type_name: str) -> list[tuple[tuple[str, ...], str, bool]]:
    branches = plain_branches(text, type_name)
    assert branches is not None
    return [
        (tuple(step.name for step in branch.steps), branch.type_name, branch.is_single)
        for branch in branches
    ]


def test_a_choice_is_its_properties() -> None:
    assert steps("(Observation.value as Quantity)", "Observation") == [
        (("valueQuantity",), "Quantity", True)
    ]
    assert steps("Condition.onset.as(Age) | Condition.onset.as(Range)", "Condition") == [
        (("onsetAge",), "Age", True),
        (("onsetRange",), "Range", True),
    ]


def test_branches_of_other_types_fall_away() -> None:
    assert steps("Patient.name | Person.name", "Person") == [(("name",), "HumanName", False)]


def test_a_backbone_is_followed() -> None:
    assert steps("Patient.contact.name.family", "Patient") == [
        (("contact", "name", "family"), "string", False)
    ]


def test_a_filter_on_the_target_type_is_kept() -> None:
    branches = plain_branches("Account.subject.where(resolve() is Patient)", "Account")
    assert branches is not None
    assert branches[0].steps == (Step("subject", (("type", "Patient"),)),)

    account = {"subject": [{"reference": "Device/1"}, {"reference": "Patient/2"}]}

    assert branch_values(branches[0], account) == [{"reference": "Patient/2"}]


def test_what_needs_the_language_is_not_plain() -> None:
    assert plain_branches("Patient.deceased.exists()", "Patient") is None
    assert plain_branches("Bundle.entry[0].resource", "Bundle") is None
