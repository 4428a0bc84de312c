"""A letter of the overflow goes through the Hub unharmed; a forged one is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from cordee.care.overflow.ports import Letter
from cordee.formats.hub.envelope import Addressing, Envelope, make, read, write
from cordee.gateways.samu.letters import KIND, is_letter, letter_of, written
from cordee.runtime.errors import InvalidRequest

A, B = "fr.health.samuA", "fr.health.samuB"
CENTRES = {A: "samu-a", B: "samu-b"}
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LETTER = Letter("samu-a", "samu-b", "offer", uuid4(), uuid4(), uuid4(), NOW, {"priority": "P2"})


def carried(letter: Letter, **more: Any) -> Envelope:
    told = Addressing("fr.health.samuA_1", A, B, NOW, NOW + timedelta(minutes=5))
    return read(write(make(told, KIND, written(letter) | more)))


@pytest.mark.requirement("C2.7")
@pytest.mark.parametrize("letter", [LETTER, replace(LETTER, transfer=None, call=None, since=None)])
def test_a_letter_comes_out_as_it_went_in(letter: Letter) -> None:
    assert is_letter(carried(letter))
    assert letter_of(carried(letter), CENTRES) == letter


@pytest.mark.parametrize(
    "more",
    [
        {"sender": "samu-c"}, {"recipient": "samu-a"}, {"episode": "x"}, {"since": "hier"},
        {"detail": 3}, {"transfer": 12},
    ],
)  # fmt: skip
def test_what_is_no_letter_of_its_sender_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        letter_of(carried(LETTER, **more), CENTRES)
