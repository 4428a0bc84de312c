"""Geometry of the small charts."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.runtime.french import PARIS
from cordee.web.charts import SPARK_HEIGHT, SPARK_WIDTH, pressure_bars, pressure_rules, spark

START = datetime(2026, 1, 1, tzinfo=PARIS)


def dated(*values: str) -> list[tuple[datetime, Decimal]]:
    return [(START + timedelta(days=10 * i), Decimal(v)) for i, v in enumerate(values)]


def test_one_value_makes_no_line() -> None:
    assert spark(dated("4.5")) is None


@pytest.mark.requirement("B8.2")
def test_time_runs_to_the_right_and_more_is_higher() -> None:
    line = spark(dated("4.0", "5.0", "6.0"))

    assert line is not None
    assert [dot.x for dot in line.dots] == [4.0, 48.0, 92.0]
    assert line.dots[0].y > line.dots[1].y > line.dots[2].y
    assert line.path == "M4.0 20.0 L48.0 12.0 L92.0 4.0"
    assert line.band is None


def test_unequal_times_are_unequally_spaced() -> None:
    points = [(START, Decimal(1)), (START + timedelta(days=1), Decimal(2))]

    line = spark([*points, (START + timedelta(days=10), Decimal(3))])

    assert line is not None
    assert line.dots[1].x < 15


def test_the_normal_range_is_a_band_that_holds_normal_values() -> None:
    line = spark(dated("4.0", "4.2"), Decimal("3.5"), Decimal("5.1"))

    assert line is not None
    assert line.band is not None
    for dot in line.dots:
        assert line.band.y <= dot.y <= line.band.y + line.band.height


@given(
    st.lists(st.decimals(-1000, 1000, places=2), min_size=2, max_size=12),
    st.one_of(st.none(), st.decimals(-1000, 0, places=1)),
    st.one_of(st.none(), st.decimals(1, 1000, places=1)),
)
def test_every_point_stays_in_the_frame(
    values: list[Decimal], low: Decimal | None, high: Decimal | None
) -> None:
    line = spark(dated(*map(str, values)), low, high)

    assert line is not None
    assert all(0 <= dot.x <= SPARK_WIDTH and 0 <= dot.y <= SPARK_HEIGHT for dot in line.dots)


def test_pressures_stand_on_a_fixed_scale() -> None:
    (bar,) = pressure_bars([(Decimal(160), Decimal(80), "24/11")])
    heights = {rule.label: rule.y for rule in pressure_rules()}

    assert (bar.top, bar.bottom) == (heights[160], heights[80])
    assert pressure_bars([]) == ()
    (high,) = pressure_bars([(Decimal(260), Decimal(20), "")])
    assert (high.top, high.bottom) == (heights[200], heights[40])
