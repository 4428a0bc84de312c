"""What systems write as a moment is shown, whatever it is: one row stops no list."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cordee.care.requests.desk import Request
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import Asked, new_task
from cordee.web.requests.following import view_request
from cordee.web.workflow.telling import written_words

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-11-22T09:05:00Z", "10\u00a0h\u00a005"),
        ("2026-11-20", "20/11/2026"),
        ("2026", "2026"),
        ("9999-12-31T23:59:59-02:00", ""),
        ("hier", ""),
        ("", ""),
    ],
)
def test_a_moment_is_shown_as_precisely_as_it_was_written(text: str, words: str) -> None:
    assert written_words(text, NOW) == words


def test_a_request_that_does_not_say_when_it_was_made_is_shown() -> None:
    machine = machines()["dac-request"]
    task = new_task(Asked(machine.code, "Patient/1", "Organization/2", "Organization/3"), NOW)
    del task["authoredOn"]
    shown = view_request(Request(task | {"id": "4"}, machine, {}, {}, None), NOW)
    assert shown.asked == ""
