from __future__ import annotations

from extraction import KEYS, concept, extracted, has_key, parameter

from cordee.fhir.indexing.extract import Extracted


def test_two_tokens_of_one_element_are_one_key() -> None:
    found = extracted(
        "Observation", code=concept("s", "A"), valueCodeableConcept=concept("t", "B", "C")
    )

    assert has_key(found, "Observation.code-value-concept=a$b")
    assert has_key(found, "Observation.code-value-concept=a$c")


def test_components_are_not_mixed() -> None:
    parts = [
        {"code": concept("s", code), "valueCodeableConcept": concept("t", value)}
        for code, value in (("a", "x"), ("b", "y"))
    ]
    found = extracted("Observation", component=parts)

    assert has_key(found, "Observation.component-code-value-concept=a$x")
    assert not has_key(found, "Observation.component-code-value-concept=a$y")


def test_a_token_and_a_reference_are_one_key() -> None:
    relation = {"code": "replaces", "target": {"reference": "DocumentReference/7"}}
    found = extracted("DocumentReference", relatesTo=[relation])

    assert has_key(found, "DocumentReference.relationship=replaces$DocumentReference/7")


def test_a_token_and_a_value_are_a_row() -> None:
    context = {
        "code": {"system": "s", "code": "age"},
        "valueRange": {"low": {"value": 1}, "high": {"value": 2}},
    }
    found = extracted("Questionnaire", useContext=[context])
    number = parameter("Questionnaire.context-type-quantity").number

    rows = [row for row in found.quantities if row[0] == number]

    ckeys = [KEYS(f"Questionnaire.context-type-quantity={text}") for text in ("s|age", "age", "s|")]
    assert [(row[1], row[6], row[7]) for row in rows] == [(ckey, 1, 2) for ckey in ckeys]


def test_a_token_and_two_numbers_share_a_row() -> None:
    window = {"chromosome": concept("s", "5"), "windowStart": 10, "windowEnd": 20}
    variant = {"start": 12, "end": 13}
    found = extracted("MolecularSequence", referenceSeq=window, variant=[variant])

    inside = parameter("MolecularSequence.chromosome-window-coordinate")
    beside = parameter("MolecularSequence.chromosome-variant-coordinate")
    for text in ("s|5", "5", "s|"):
        window_row = (inside.number, KEYS(f"{inside.name}={text}"), 0, 10, 10, 0, 20, 20)
        assert window_row in found.quantities
        assert (beside.number, KEYS(f"{beside.name}={text}"), 0, 12, 12, 0, 13, 13) in (
            found.quantities
        )


def pressures(*codes: dict) -> list[dict]:
    return [
        {"code": code, "valueQuantity": {"value": place}} for place, code in enumerate(codes, 1)
    ]


def component_rows(found: Extracted) -> dict[int, list[float]]:
    number = parameter("Observation.component-value-quantity").number
    rows: dict[int, list[float]] = {}
    for row in found.quantities:
        if row[0] == number:
            rows.setdefault(row[1], []).append(row[6])
    return rows


def test_components_of_one_system_have_a_row_each() -> None:
    found = extracted("Observation", component=pressures(concept("s", "a"), concept("s", "b")))

    stem = "Observation.component-code"
    assert component_rows(found) == {KEYS(f"{stem}=a"): [1], KEYS(f"{stem}=b"): [2]}
    assert not has_key(found, f"{stem}:mixed")


def test_components_that_differ_in_system_have_exact_rows() -> None:
    bare = {"coding": [{"code": "a"}]}
    found = extracted("Observation", component=pressures(concept("s", "a"), bare))

    stem = "Observation.component-code"
    assert has_key(found, f"{stem}:mixed")
    assert component_rows(found) == {
        KEYS(f"{stem}=a"): [1, 2],
        KEYS(f"{stem}=s|a"): [1],
        KEYS(f"{stem}=s|"): [1],
        KEYS(f"{stem}=|a"): [2],
    }


def test_unions_write_nothing() -> None:
    found = extracted("Observation", code=concept("s", "a"), valueQuantity={"value": 1})

    for code in ("combo-code", "code-value-quantity", "combo-value-quantity"):
        assert parameter(f"Observation.{code}").number not in found.has
