"""The buttons of an effector at any moment, and what their slots prove."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.care.openings.evidence import Proof, proofs, totals
from cordee.care.openings.presets import MINUTES, offer_of, presets
from cordee.care.slots.publishing import Slot, moments, new_slot, read_slots, standing
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import RuleBroken

NOW = datetime(2026, 11, 23, 14, 7, 12, tzinfo=PARIS)
MOMENTS = st.datetimes(
    datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)  # noqa: DTZ001 -- hypothesis adds it
)  # fmt: skip


@pytest.mark.requirement("C3.8")
@given(MOMENTS, st.sampled_from(MINUTES))
def test_each_button_can_be_pressed_at_any_moment(now: datetime, minutes: int) -> None:
    for one in presets(now):
        spans = moments(offer_of(one.key, minutes, now), now)

        assert len(spans) == one.count
        assert spans[0][0] == one.starts > now
        assert one.starts - now < timedelta(hours=24)
        assert one.starts.minute % 5 == 0


@pytest.mark.requirement("C3.8")
def test_the_buttons_of_an_afternoon() -> None:
    assert [one.key for one in presets(NOW)] == [
        "1-dans-30", "1-dans-60", "2-dans-60", "3-a-2026-11-23T16:00", "3-a-2026-11-23T17:00",
        "3-a-2026-11-23T18:00",
    ]  # fmt: skip
    late = NOW.replace(hour=20, minute=30)
    assert [one.key for one in presets(late)[3:]] == [
        f"3-a-2026-11-24T{hour}:00" for hour in ("08", "09", "10")
    ]


@pytest.mark.parametrize(
    ("key", "minutes"),
    [("", 15), ("9-dans-30", 15), ("3-a-2026-13-40T99:99", 15), ("1-dans-30", 0), ("x", 15)],
)
def test_what_no_button_sends_is_refused(key: str, minutes: int) -> None:
    with pytest.raises(RuleBroken):
        offer_of(key, minutes, NOW)


def _slot(after: timedelta, *steps: tuple[str, str]) -> Slot:
    """A slot opened an hour before its start, that then went through (status, outcome)."""
    start = NOW + after
    made = new_slot("s", (start, start + timedelta(minutes=30)), start - timedelta(hours=1))
    for n, (status, outcome) in enumerate(steps):
        made = standing(made, status, start + timedelta(minutes=n), outcome)
    actors = [{"reference": "HealthcareService/c"}, {"reference": "Practitioner/p"}]
    schedule = {"resourceType": "Schedule", "id": "s", "actor": actors}
    return read_slots([made | {"id": "x", "meta": {"versionId": "1"}}, schedule])[0]


@pytest.mark.requirement("C3.8")
def test_the_proof_says_when_each_slot_was_opened_and_what_became_of_it() -> None:
    slots = [
        _slot(timedelta(hours=-5), ("busy", ""), ("busy", "fulfilled")),
        _slot(timedelta(hours=-4), ("busy", ""), ("busy", "noshow")),
        _slot(timedelta(hours=-3), ("busy", ""), ("free", "")),
        _slot(timedelta(hours=-2), ("busy-unavailable", "")),
        _slot(timedelta(hours=2)),
    ]

    lines: list[Proof] = proofs(slots, NOW)

    assert [one.state for one in lines] == ["free", "withdrawn", "untaken", "taken", "taken"]
    assert {one.lead for one in lines} == {timedelta(hours=1)}
    told = totals(lines)
    assert (told.offered, told.taken, told.done, told.missed, told.withdrawn) == (4, 2, 1, 1, 1)
    assert told.hours == 2
    # What became of somebody does not change when the slot was taken.
    assert slots[0].changed == slots[0].starts
