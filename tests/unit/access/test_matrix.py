"""The matrix as data: what is sourced is there, the rest is closed, the past is replayed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cordee.access.matrix import (
    Cell,
    Change,
    Right,
    State,
    catalogue,
    differences,
    in_force,
    read_versions,
    shipped_versions,
    with_changes,
)

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
DOCTOR, NURSE = "10", "60"


def row(**changes: str) -> dict[str, str]:
    told = {
        "version": "t-1", "effective": "2024-01-01", "profession": NURSE,
        "document": "category:synthese", "right": "read", "state": "open", "source": "test",
    }  # fmt: skip
    return told | changes


@pytest.mark.requirement("A3.1")
def test_shipped_matrix_has_a_cell_for_every_profession_category_and_right() -> None:
    (version,) = shipped_versions()
    names = catalogue()

    missing = [
        (profession, category, right)
        for profession in names.professions
        for category in names.categories
        for right in Right
        if (profession, f"category:{category}", right) not in version.cells
    ]

    assert (len(names.professions), len(names.categories), missing) == (31, 11, [])


@pytest.mark.requirement("A3.1")
def test_cells_without_a_source_are_to_complete_and_the_others_are_not() -> None:
    (version,) = shipped_versions()

    wrong = [
        cell
        for cell in version.cells.values()
        if bool(cell.source) == (cell.state == "to-complete")
    ]

    assert wrong == []


def test_every_document_type_has_a_category() -> None:
    names = catalogue()

    assert set(names.category_of.values()) == set(names.categories)
    assert names.category_of["ATTEST-RESID"] == "gestion"


def test_the_cell_of_a_type_wins_over_that_of_its_category() -> None:
    (version,) = shipped_versions()

    category = version.cell(DOCTOR, "ATTEST-HEBGT", "gestion", Right.READ)
    exact = version.cell(DOCTOR, "ATTEST-RESID", "gestion", Right.READ)

    assert (category and category.state, exact and exact.state) == (State.OPEN, State.CLOSED)


def test_an_unknown_profession_has_no_cell() -> None:
    (version,) = shipped_versions()

    assert version.cell("99", "60591-5", "synthese", Right.READ) is None


@pytest.mark.requirement("A3.1")
def test_a_past_decision_finds_the_version_of_its_time() -> None:
    opened = Cell(NURSE, "category:synthese", Right.READ, State.OPEN, "DPO")
    change = Change("local-1", datetime(2026, 6, 1, tzinfo=UTC), (opened,))
    versions = with_changes(shipped_versions(), [change])

    states = []
    for at in (datetime(2023, 1, 1, tzinfo=UTC), datetime(2026, 5, 31, tzinfo=UTC), NOW):
        version = in_force(versions, at)
        cell = version and version.cell(NURSE, "60591-5", "synthese", Right.READ)
        states.append((version and version.version, cell and cell.state))

    assert states == [(None, None), ("2023-1", "to-complete"), ("local-1", "open")]


def test_a_change_keeps_the_other_cells() -> None:
    opened = Cell(NURSE, "category:synthese", Right.READ, State.OPEN, "DPO")
    before, after = with_changes(shipped_versions(), [Change("local-1", NOW, (opened,))])

    pairs = differences(before, after)

    assert [(old and old.state, new and new.state) for old, new in pairs] == [
        ("to-complete", "open")
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"profession": "99"}, {"document": "category:other"}, {"document": "unknown"},
        {"right": "own"}, {"state": "maybe"}, {"effective": "soon"},
    ],
)  # fmt: skip
def test_a_row_that_makes_no_sense_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_versions([row(**wrong)])


def test_a_place_stands_once_in_a_version() -> None:
    with pytest.raises(ValueError, match="twice"):
        read_versions([row(), row(state="closed")])
