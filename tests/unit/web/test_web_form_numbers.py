"""A form that lost its number is a form of its own, never that of somebody else."""

from __future__ import annotations

from cordee.runtime.clock import now
from cordee.web.forms import Form, form_number
from cordee.web.passages.reading import read_sheet


def test_a_sheet_without_its_number_is_no_other_sheet() -> None:
    first, second = (read_sheet(Form({"numero": ""}), now()).number for _ in range(2))
    assert first != second


def test_a_number_is_kept_and_a_form_without_one_is_no_other_form() -> None:
    number = "0b3ad5f2-54b1-4a1f-9d6b-0c4b3d0f7d11"
    assert form_number(Form({"numero": number})) == number
    lost = [form_number(Form(values)) for values in ({}, {"numero": ""}, {"numero": "<b>"}) * 2]
    assert len(set(lost)) == len(lost)
