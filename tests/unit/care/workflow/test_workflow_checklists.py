"""The checklist of a Task: what is mandatory, what settles a line, a clock that a fact sets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cordee.care.workflow.checklists import DONE, VOID, Check, checks_of, still_open, with_checks
from cordee.care.workflow.courses import due_of
from cordee.care.workflow.judging import Actor, judge
from cordee.care.workflow.machines import MachineBroken, machines, read_machine
from cordee.care.workflow.tasks import Asked, Wanted, moved_task, new_task, with_facts
from cordee.runtime.errors import RuleBroken

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
HOSPITAL = "Organization/chu"
MACHINE = machines()["discharge"]
FACTS = {"leaves-at": "2026-11-27T13:00:00.000Z", "destination": "smr"}


def _planned(**facts: object) -> dict[str, object]:
    task = new_task(
        Asked("discharge", "Patient/p", HOSPITAL, HOSPITAL, encounter="Encounter/e"), AT
    )
    return moved_task(task, MACHINE, Wanted("plan", FACTS | facts), AT)


@pytest.mark.requirement("B5.2")
def test_lines_are_mandatory_by_destination_and_needs() -> None:
    assert [one.label for one in still_open(MACHINE, _planned())] == [
        "Lettre de liaison", "Transport",
    ]  # fmt: skip
    labels = {one.label for one in still_open(MACHINE, _planned(**{"need-physio": True}))}
    assert "Kinésithérapeute" in labels
    home = {one.label for one in still_open(MACHINE, _planned(destination="home"))}
    assert {"Ordonnances", "Aidant appelé"} <= home


@pytest.mark.requirement("B5.2")
def test_a_line_without_object_has_a_reason_and_the_letter_is_always_due() -> None:
    task = with_checks(
        _planned(), MACHINE, {"transport": Check(VOID), "letter": Check(VOID, "", "inutile")}
    )
    assert len(still_open(MACHINE, task)) == 2
    told = {"transport": Check(VOID, "Marion", "Vient de la commune"), "letter": Check(DONE)}
    task = with_checks(task, MACHINE, told)
    assert still_open(MACHINE, task) == []
    assert checks_of(task)["transport"] == told["transport"]


@pytest.mark.requirement("B5.3")
def test_ready_is_refused_to_everybody_with_a_line_open_and_forced_with_a_reason() -> None:
    before = _planned()
    for actor in (Actor(None), Actor(frozenset({HOSPITAL}))):
        with pytest.raises(RuleBroken, match=r"attend : Lettre de liaison, Transport\."):
            judge(before, moved_task(before, MACHINE, Wanted("ready"), AT), actor)
    forced = moved_task(before, MACHINE, Wanted("force", reason="Lit pris ce soir"), AT)
    step = judge(before, forced, Actor(frozenset({HOSPITAL})))
    assert step is not None
    assert step.move == "force"
    ready = with_checks(before, MACHINE, {"letter": Check(DONE), "transport": Check(DONE)})
    step = judge(
        ready,
        moved_task(ready, MACHINE, Wanted("force", reason="Lit pris ce soir"), AT),
        Actor(None),
    )
    assert step is not None
    assert step.move == "ready"  # nothing was open: nothing was forced


def test_a_clock_rings_at_the_moment_that_a_fact_names_else_after_its_time() -> None:
    (clock,) = MACHINE.states["prepared"].clocks
    assert due_of(clock, _planned(), AT) == datetime(2026, 11, 27, 13, 0, tzinfo=UTC)
    odd = with_facts(_planned(), MACHINE, {"leaves-at": ""}, AT)
    assert due_of(clock, odd, AT) == datetime(2026, 11, 29, 9, tzinfo=UTC)


def test_a_clock_names_a_fact_that_is_a_day_and_a_line_one_that_is_there() -> None:
    text = """
code = "x"
title = "X"
source = []
[start]
state = "a"
by = ["system"]
[facts.why]
label = "Motif"
missing = "Dites."
[checklist.one]
label = "Une"
when = { nothing = ["true"] }
[states.a]
label = "A"
status = "requested"
turn = "owner"
clocks = [{ name = "c", within = "1 days", after = "why", label = "C", tell = ["owner"] }]
[states.b]
label = "B"
status = "completed"
turn = "nobody"
[[moves]]
code = "go"
label = "Aller"
from = ["a"]
to = "b"
by = ["owner"]
"""
    with pytest.raises(MachineBroken) as raised:
        read_machine(text, "x.toml")
    assert "why is no day nor moment" in str(raised.value)
    assert "line one: there is no fact nothing" in str(raised.value)
