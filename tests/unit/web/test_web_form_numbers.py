"""A form that lost its number is a form of its own, never that of somebody else."""

from __future__ import annotations

from cordee.runtime.clock import now
from cordee.web.forms import Form
from cordee.web.passages.reading import read_sheet
from cordee.web.requests import asking


def test_a_sheet_without_its_number_is_no_other_sheet() -> None:
    first, second = (read_sheet(Form({"numero": ""}), now()).number for _ in range(2))
    assert first != second


def test_a_request_without_its_number_is_no_other_request() -> None:
    assert asking._uuid("") != asking._uuid("")
