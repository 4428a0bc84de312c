"""What the record says, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sample_morvan import MORVAN, MORVAN_ROWS

from cordee.care.record.ports import RecordRows
from cordee.care.record.results import read_series
from cordee.care.record.traits import read_traits
from cordee.care.record.treatments import Dosage
from cordee.web.persons import describe, describe_list
from cordee.web.record.dosages import dosage_words
from cordee.web.record.result_views import all_results, last_results, vital_signs
from cordee.web.record.view_models import view_record

TODAY = date(2026, 11, 24)
NB = "\u00a0"


def test_the_person_in_words() -> None:
    person = describe(read_traits(MORVAN), TODAY)

    assert (person.birth_name, person.used_name) == ("MORVAN", "LEFORT")
    assert (person.born_label, person.born, person.age) == ("Née le", "04/04/1939", f"87{NB}ans")
    assert person.birth_place == "Vesoul (70550)"
    assert person.matricule.replace(NB, " ") == "2 39 04 70 550 000 33"


def test_what_is_not_recorded_says_so() -> None:
    person = describe(read_traits({"id": "1"}), TODAY)

    assert {person.born, person.birth_place} == {"non connu"}
    assert person.birth_name == "NOM NON CONNU"
    assert (person.matricule, person.matricule_reason) == ("", "identité provisoire")


def test_two_close_rows_are_both_marked() -> None:
    other = MORVAN | {"id": "other"}
    far = {"id": "far", "birthDate": "1990-01-01"}

    assert [p.is_homonym for p in describe_list([MORVAN, other, far], TODAY)] == [True, True, False]


def test_the_record_in_words() -> None:
    view = view_record(MORVAN_ROWS, TODAY)

    assert view.allergies.title == "Allergies connues"
    assert view.allergies.summary == "pénicillines (œdème de Quincke), latex"
    assert view.risks == (("Anticoagulant", "Apixaban (Eliquis)"),)
    assert view.general_practitioner == "Dr Anne Le Goff"
    assert [row.is_over for row in view.problems.items] == [False, False, False, False, True]
    assert view.events.items[0].title == "Lettre des urgences"
    assert view.events.count == 46


def test_an_unavailable_kind_is_an_error_and_nothing_else() -> None:
    view = view_record(
        replace(MORVAN_ROWS, problems=(), unavailable=frozenset({"problems"})), TODAY
    )

    assert view.problems.state == "error"
    assert view.treatments.state == "data"


def test_an_empty_record_has_empty_panes() -> None:
    view = view_record(RecordRows(patient=MORVAN), TODAY)

    states = (view.problems, view.treatments, view.series, view.events, view.documents, view.circle)
    assert {pane.state for pane in states} == {"empty"}
    assert view.allergies.title == "Allergies non renseignées"


@pytest.mark.parametrize(
    ("dosage", "words"),
    [
        (Dosage(text="1 comprimé le soir"), "DOSE 1 comprimé le soir"),
        (Dosage(text="DOSE 5 mg le matin"), "DOSE 5 mg le matin"),
        (Dosage(text="Dose : 5 mg"), "DOSE 5 mg"),
        (Dosage(text="Dosette du soir"), "DOSE Dosette du soir"),
        (
            Dosage(amount=Decimal("0.075"), amount_unit="mg", moments=("WAKE",)),
            "DOSE 75 microgrammes, au réveil",
        ),
        (
            Dosage(
                amount=Decimal("5"),
                amount_unit="mg",
                frequency=2,
                period=Decimal(1),
                period_unit="d",
                moments=("MORN", "EVE"),
            ),
            "DOSE 5 mg, 2 fois par jour, le matin et le soir",
        ),
        (Dosage(frequency=1, period=Decimal(8), period_unit="h"), "DOSE toutes les 8 heures"),
        (Dosage(frequency=1, period=Decimal(1), period_unit="wk"), "DOSE 1 fois par semaine"),
        (
            Dosage(amount=Decimal(1), amount_unit="g", as_needed=True, reason="douleur"),
            "DOSE 1 g, si besoin (douleur)",
        ),
        (Dosage(), "dose non précisée"),
    ],
)
def test_dosages(dosage: Dosage, words: str) -> None:
    assert dosage_words(dosage).replace(NB, " ") == words


@pytest.mark.requirement("B8.2")
def test_results_newest_at_the_right_with_unit_reference_and_reading() -> None:
    view = all_results(read_series(MORVAN_ROWS), TODAY)

    (renal,) = [table for table in view.tables if table.name == "Reins et ions"]
    assert [column.label for column in renal.columns][-2:] == ["02/09", "24/11"]
    assert renal.columns[0].year == "2025"
    row = next(row for row in renal.rows if row.name == "Créatinine")
    assert [cell.text for cell in row.cells if cell] == ["88", "90", "92", "101", "118"]
    assert (row.unit, row.reference.replace(NB, " ")) == ("µmol/L", "45 à 84")
    assert (row.reading, row.level) == ("↑ au-dessus", "caution")


def test_recorded_precision_is_kept() -> None:
    view = last_results(read_series(MORVAN_ROWS), TODAY)

    row = next(row for row in view.tables[0].rows if row.name == "Hémoglobine")
    assert [cell.text for cell in row.cells if cell] == ["12,60", "12,40", "12,10"]


def test_a_value_older_than_the_columns_is_told_with_its_date() -> None:
    view = last_results(read_series(MORVAN_ROWS), TODAY)

    row = next(row for row in view.tables[0].rows if row.name == "TSH")
    assert row.cells == (None, None, None)
    assert row.late.replace(NB, " ") == "2,10 mUI/L le 02/03/2024"


def test_what_the_summary_hides_is_counted_and_abnormal_stays() -> None:
    view = last_results(read_series(MORVAN_ROWS), TODAY, rows=3)

    assert view.hidden == 6
    assert {row.name for row in view.tables[0].rows} == {"Clairance (CKD‑EPI)", "Créatinine", "CRP"}


def test_comparators_are_words() -> None:
    low: dict[str, Any] = {
        "status": "final",
        "effectiveDateTime": "2026-11-24",
        "code": {"text": "Troponine"},
        "valueQuantity": {"value": Decimal(5), "comparator": "<", "code": "ng/L"},
    }
    view = all_results(read_series(RecordRows(patient={}, results=(low,))), TODAY)

    cell = view.tables[0].rows[0].cells[0]
    assert cell is not None
    assert cell.text.replace(NB, " ") == "inférieur à 5"


def test_blood_pressure_is_two_ends_and_a_chart() -> None:
    view = vital_signs(read_series(MORVAN_ROWS), TODAY)

    row = next(row for row in view.tables[0].rows if row.name == "Tension artérielle")
    assert [cell.text for cell in row.cells if cell] == ["132/74", "134/74", "162/88"]
    assert view.pressure is not None
    assert view.pressure.last == "162/88"
    assert not view.tables[0].has_references


def test_digits_of_a_program_are_shortened_and_said() -> None:
    value = {"value": Decimal("3.3042591710835056"), "code": "mg/dL"}
    row = {"status": "final", "effectiveDateTime": "2026-11-24", "valueQuantity": value}
    row["code"] = {"coding": [{"code": "2160-0"}]}

    view = all_results(read_series(RecordRows(patient={}, results=(row,))), TODAY)

    cell = view.tables[0].rows[0].cells[0]
    assert cell is not None
    assert (cell.text.replace(NB, " "), cell.full) == ("≈ 3,30", "3,3042591710835056")
