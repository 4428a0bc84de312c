from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.fhir.path.unit_atoms import ARBITRARY, CUSTOMARY, METRIC
from cordee.fhir.path.units import canonical, unit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("1", "g"), ("1000", "mg")),
        (("1", "mmol/L"), ("1000", "umol/L")),
        (("1", "mg/dL"), ("10", "mg/L")),
        (("5", "10*9/L"), ("5", "10*3/uL")),
        (("1", "[IU]/L"), ("1000", "m[iU]/L")),
        (("50", "%"), ("0.5", "1")),
        (("760", "mm[Hg]"), ("101.32472", "kPa")),
        (("37", "Cel"), ("98.6", "[degF]")),
        (("1", "a"), ("12", "mo")),
        (("1", "wk"), ("7", "d")),
        (("1", "h"), ("60", "min")),
        (("1", "m/s2"), ("100", "cm.s-2")),
        (("3", "{score}"), ("3", "1")),
        (("72", "{beats}/min"), ("72", "/min")),
        (("90", "mL/min/{1.73_m2}"), ("0.09", "L/min")),
        (("1", "kg/(24.h)"), ("1000", "g/d")),
        (("70", "kg/m2"), ("0.007", "kg/cm2")),
    ],
)
def test_two_ways_of_saying_one_amount_are_equal(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    first, second = (canonical(Decimal(value), code) for value, code in (one, other))

    assert first is not None
    assert second is not None
    assert first[1] == second[1]
    assert float(first[0]) == pytest.approx(float(second[0]), rel=1e-9)


@pytest.mark.parametrize("code", ["", "mcg", "mg/", "(mg", "mg/0", "Xg", "kmin", "g" * 100, "m99"])
def test_what_is_no_ucum_code_has_no_canonical_form(code: str) -> None:
    assert canonical(Decimal(1), code) is None


def test_moles_and_arbitrary_units_stay_apart() -> None:
    codes = ["mol", "1", "[iU]", "[CFU]", "g"]
    assert len({canonical(Decimal(1), code)[1] for code in codes}) == len(codes)  # pyright: ignore[reportOptionalSubscript] - all known


def test_every_atom_of_the_table_can_be_read() -> None:
    assert [atom for atom in [*METRIC, *CUSTOMARY, *ARBITRARY] if unit(atom) is None] == []


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    found = canonical(Decimal(1), text)
    assert found is None or found[0].is_finite()
