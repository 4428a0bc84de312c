"""What the region of the demonstration opens in the matrix."""

from __future__ import annotations

import pytest

from cordee.access.matrix import Change, Right, State, catalogue, shipped_versions, with_changes
from cordee.app.region.accounts import DEMO_ACCOUNTS
from cordee.app.region.documents import KINDS
from cordee.app.region.habilitations import OPENED, cells

CODES = [one["coding"][0]["code"] for one in KINDS.values()]


@pytest.mark.requirement("A3.1")
def test_no_cell_that_a_source_filled_is_changed() -> None:
    shipped = shipped_versions()[-1].cells

    assert cells()
    assert all(catalogue().holds(one.place) for one in cells())
    assert {shipped[one.place].state for one in cells() if one.place in shipped} <= {
        State.TO_COMPLETE
    }


@pytest.mark.parametrize("profession", sorted(OPENED))
def test_the_personas_read_what_their_work_needs(profession: str) -> None:
    last = shipped_versions()[-1]
    matrix = with_changes([last], [Change("local", last.effective, cells())])[-1]
    kinds = catalogue()

    readable = [
        code
        for code in CODES
        if (category := kinds.category_of.get(code))
        and (cell := matrix.cell(profession, code, category, Right.READ))
        and cell.state is State.OPEN
    ]

    assert readable
    assert any(one.profession == profession for one in DEMO_ACCOUNTS)


def test_each_document_of_the_region_is_of_the_catalogue_or_known_not_to_be() -> None:
    unknown = {code for code in CODES if code not in catalogue().documents}

    assert unknown == set()
