"""When something is due, in the time of offices and of the clock."""

from __future__ import annotations

from datetime import datetime

import pytest

from cordee.care.workflow.durations import parse_duration
from cordee.runtime.clock import PARIS


def _paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.requirement("B4.2")
@pytest.mark.parametrize(
    ("within", "start", "due"),
    [
        ("24 working hours", "2026-11-23T09:00", "2026-11-25T15:00"),
        ("9 working hours", "2026-11-23T10:00", "2026-11-24T10:00"),
        ("4 working hours", "2026-11-20T17:00", "2026-11-23T12:00"),  # over a weekend
        ("4 working hours", "2026-11-21T03:00", "2026-11-23T13:00"),  # asked on a Saturday night
        ("1 working hour", "2026-12-24T17:30", "2026-12-28T09:30"),  # over Christmas
        ("5 working days", "2026-05-11T10:00", "2026-05-19T10:00"),  # over Ascension Day
        ("2 working days", "2026-05-22T10:00", "2026-05-27T10:00"),  # over Whit Monday
        ("48 hours", "2026-11-20T17:00", "2026-11-22T17:00"),
        ("1 day", "2026-03-28T10:00", "2026-03-29T10:00"),  # summer time begins in the night
        ("2 hours", "2026-10-25T02:30", "2026-10-25T03:30"),  # 02:30 comes twice
        ("30 minutes", "2026-11-20T23:50", "2026-11-21T00:20"),
    ],
)
def test_what_is_due_when(within: str, start: str, due: str) -> None:
    assert parse_duration(within).due(_paris(start)) == _paris(due)


@pytest.mark.parametrize("text", ["", "soon", "0 days", "2 weeks", "working hours", "-1 days"])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a duration is written as"):
        parse_duration(text)
