"""Two lists of medicines side by side, and what is decided of each line."""

from __future__ import annotations

import pytest

from cordee.care.homes.comparing import Kind, Line, Medicine, compare, typed_list
from cordee.care.homes.deciding import Choice, Decision, check, decided_of, list_of
from cordee.identity.principal import Principal
from cordee.runtime.errors import ResourceInvalid

APIXABAN = Medicine(
    "Apixaban 5 mg", "1 matin et soir", frozenset({"B01AF02"}), "anticoagulant", "M/1"
)
PARACETAMOL = Medicine("Paracétamol 1 g", "3 par jour", frozenset({"N02BE01"}))
BISOPROLOL = Medicine("Bisoprolol 2,5 mg", "1 le matin")
NURSE = Principal("claire", "Claire", "doctor", "Organization/h", "Practitioner/c", ())


def _kinds(lines: list[Line]) -> list[tuple[str, Kind]]:
    return [(one.name, one.kind) for one in lines]


@pytest.mark.requirement("B7.9")
def test_differences_stand_first_and_those_of_high_risk_before_them() -> None:
    came = [
        PARACETAMOL,
        Medicine("BISOPROLOL 5 mg cp", "1 le matin"),
        Medicine("Macrogol", "1 sachet"),
    ]
    lines = compare([PARACETAMOL, BISOPROLOL, APIXABAN], came)

    assert _kinds(lines) == [
        ("Apixaban 5 mg", Kind.ABSENT),
        ("Macrogol", Kind.ADDED),
        ("Bisoprolol 2,5 mg", Kind.CHANGED),
        ("Paracétamol 1 g", Kind.SAME),
    ]


@pytest.mark.requirement("B7.9")
def test_a_brand_is_the_same_drug_by_its_code_and_another_dose_is_seen() -> None:
    brand = Medicine("ELIQUIS", "1 matin et soir", frozenset({"B01AF02"}))
    same = Medicine("apixaban 5 MG", "1 MATIN et soir")

    assert compare([APIXABAN], [brand])[0].kind is Kind.CHANGED  # its strength is not said
    assert compare([APIXABAN], [same])[0].kind is Kind.SAME
    form = Medicine("Apixaban 5 mg, comprimé", "DOSE\u00a01 matin et soir")
    assert compare([APIXABAN], [form])[0].kind is Kind.SAME
    gram, milligrams = (Medicine(f"Paracétamol {one}", "1") for one in ("1 g", "1000 mg"))
    assert compare([gram], [milligrams])[0].kind is Kind.SAME
    assert compare([APIXABAN], [Medicine("Apixaban 5 mg", "1 le matin")])[0].kind is Kind.CHANGED


@pytest.mark.requirement("B7.9")
def test_two_lines_of_one_drug_do_not_cross() -> None:
    morning, evening = (
        Medicine("Furosémide", "40 mg le matin"),
        Medicine("Furosémide", "20 mg midi"),
    )
    lines = compare([morning, evening], [evening, Medicine("Furosémide", "60 mg le matin")])

    assert [(one.kind, one.before) for one in lines] == [
        (Kind.CHANGED, morning),
        (Kind.SAME, evening),
    ]
    assert len({one.key for one in compare([morning, morning], [])}) == 2


@pytest.mark.requirement("B7.9")
def test_a_new_drug_of_a_class_that_was_taken_is_named() -> None:
    new = Medicine("Rivaroxaban 20 mg", "1 le soir", frozenset({"B01AF01"}), "anticoagulant")
    added = next(one for one in compare([APIXABAN], [new]) if one.kind is Kind.ADDED)

    assert added.alike == "Apixaban 5 mg"
    typed = compare([APIXABAN], typed_list("Xarelto 20 mg ; 1 le soir"))
    assert next(one for one in typed if one.kind is Kind.ADDED).alike == "Apixaban 5 mg"


@pytest.mark.requirement("B7.9")
def test_a_typed_list_is_one_medicine_a_line() -> None:
    assert typed_list(" Apixaban  2,5 mg ; 1 matin et soir\n\n;\nMacrogol") == [
        Medicine("Apixaban 2,5 mg", "1 matin et soir", risk="anticoagulant"),
        Medicine("Macrogol"),
    ]


@pytest.mark.requirement("B7.9")
def test_each_line_is_decided_and_what_departs_from_the_hospital_says_why() -> None:
    lines = compare([APIXABAN, PARACETAMOL], [PARACETAMOL])
    absent, same = lines
    with pytest.raises(ResourceInvalid) as refused:
        check(lines, {same.key: Decision(Choice.AFTER)})
    assert [one.expression for one in refused.value.issues()] == [(absent.key,)]
    for wrong in (
        Decision(Choice.AFTER),
        Decision(Choice.STOP),
        Decision(Choice.OTHER, "Rein fragile"),
    ):
        with pytest.raises(ResourceInvalid):
            check(lines, {same.key: Decision(Choice.AFTER), absent.key: wrong})

    decided = {
        same.key: Decision(Choice.AFTER),
        absent.key: Decision(Choice.STOP, "Saignement digestif"),
    }
    check(lines, decided)
    made = list_of(lines, decided, NURSE, ("Patient/p", "Encounter/e"), "2026-11-22T10:00:00Z")
    first, second = decided_of(made)
    assert made["entry"][0]["deleted"] is True
    assert (first.name, first.choice, first.reason, first.is_taken) == (
        "Apixaban 5 mg", "stop", "Saignement digestif", False,
    )  # fmt: skip
    assert (second.name, second.after, second.is_taken) == (
        "Paracétamol 1 g", "Paracétamol 1 g ; 3 par jour", True,
    )  # fmt: skip
