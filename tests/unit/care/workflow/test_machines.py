"""Declared machines hold together, and nothing but what they declare is let through."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies

from cordee.care.workflow.judging import Actor, judge
from cordee.care.workflow.machines import Machine, MachineBroken, machines, read_machine
from cordee.care.workflow.tasks import Asked, Wanted, moved_task, new_task, state_of
from cordee.runtime.errors import ProductError

SOUND = """
code = "loan"
title = "Prêt"
source = ["B0"]
[start]
state = "asked"
by = ["requester"]
[facts.day]
label = "Jour"
missing = "Dites quel jour."
[states.asked]
label = "Demandé"
status = "requested"
turn = "owner"
clocks = [{ name = "answer", within = "2 days", label = "Répondre", tell = ["owner"] }]
[states.lent]
label = "Prêté"
status = "completed"
turn = "nobody"
[[moves]]
code = "lend"
label = "Prêter"
from = ["asked"]
to = "lent"
by = ["owner"]
needs = ["day"]
"""


def test_a_sound_machine_is_read() -> None:
    assert read_machine(SOUND, "loan.toml").is_final("lent")


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ('to = "lent"', 'to = "lost"', "no state lost"),
        ('from = ["asked"]', 'from = ["lent"]', "never reached"),
        ('by = ["owner"]', "by = []", "nobody may make it"),
        ('by = ["owner"]', 'by = ["king"]', "king"),
        ('needs = ["day"]', 'needs = ["night"]', "no fact night"),
        ('turn = "nobody"', 'turn = "owner"', "nobody's turn in a final state"),
        ('within = "2 days"', 'within = "soon"', "a duration is written as"),
        ('tell = ["owner"]', 'move = "lend"', "the system cannot make lend"),
        ('tell = ["owner"]', "tell = []", "tells somebody or makes a move"),
        ('status = "requested"', 'status = "wished"', "wished"),
        ('title = "Prêt"', 'titel = "Prêt"', "titel"),
        ('code = "loan"', 'code = "loan', "toml|TOML|Illegal|line"),
        ('source = ["B0"]', 'source = ["B0"]\nwins = "lent"', "go together"),
    ],
)
def test_a_machine_that_does_not_hold_is_refused(wrong: str, right: str, said: str) -> None:
    assert wrong in SOUND
    text = SOUND.replace(wrong, right, 1)
    with pytest.raises(MachineBroken, match=said):
        read_machine(text, "loan.toml")


def _facts(machine: Machine) -> dict[str, Any]:
    """A value for each fact."""
    values = {
        "text": "noté", "flag": True, "date": "2026-12-01", "moment": "2026-12-01T10:00:00Z",
        "number": 3, "reference": "Patient/p",
    }  # fmt: skip
    return {
        name: next(iter(fact.choices)) if fact.choices else values[fact.kind]
        for name, fact in machine.facts.items()
    }


@given(strategies.data())
def test_what_is_let_through_is_declared(data: strategies.DataObject) -> None:
    """Of any two states, by anybody, with or without facts: a write passes where a move leads."""
    machine = machines()[data.draw(strategies.sampled_from(sorted(machines())))]
    states = strategies.sampled_from(sorted(machine.states))
    left, entered = data.draw(states), data.draw(states)
    owner, requester, other = "Organization/a", "Organization/b", "Organization/c"
    who = data.draw(strategies.sampled_from([owner, requester, other, None]))
    has_facts, has_reason = data.draw(strategies.booleans()), data.draw(strategies.booleans())
    before = _in_state(machine, left, owner, requester, {})
    facts = _facts(machine) if has_facts else {}
    after = _in_state(machine, entered, owner, requester, facts)
    if has_reason:
        after["statusReason"] = {"text": "Pas de place"}
    actor = Actor(None if who is None else frozenset({who}))

    named = {"owner": owner, "requester": requester}
    if left == entered:
        final = machine.is_final(left)
        expected = who is None or (not final and who in {owner, requester})
    else:
        expected = any(
            left in one.source
            and one.to == entered
            and (who is None or "anyone" in one.by or who in [named.get(p) for p in one.by])
            and (has_facts or not one.needs)
            and (has_reason or not one.reasons)
            and not one.hands_over
            for one in machine.moves
        )
    try:
        step = judge(before, after, actor)
    except ProductError as refused:
        assert not expected, refused.message
        assert refused.message.endswith((".", "!"))
    else:
        assert expected
        assert step is not None
        assert (step.before, step.after) == (left, entered)


def _in_state(
    machine: Machine, state: str, owner: str, requester: str, facts: dict[str, Any]
) -> dict[str, Any]:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    task = new_task(Asked(machine.code, "Patient/p", owner, requester, facts=facts), at)
    coding = task["businessStatus"]["coding"][0] | {"code": state}
    return task | {
        "status": machine.states[state].status, "businessStatus": {"coding": [coding]},
    }  # fmt: skip


def test_a_move_writes_what_its_state_says() -> None:
    machine = machines()["dac-request"]
    at = datetime(2026, 11, 22, tzinfo=UTC)
    task = new_task(Asked("dac-request", "Patient/p", "Organization/a", "Organization/b"), at)
    moved = moved_task(task, machine, Wanted("reject", reason="Hors territoire"), at)
    assert (moved["status"], state_of(moved)) == ("rejected", "out-of-scope")
    assert moved["statusReason"] == {"text": "Hors territoire"}
    assert "meta" not in moved
