"""State machines read from `workflows/*.toml`, checked so that what is declared can be obeyed.

An instance is a FHIR Task; the form of a file is told in `workflows/README.md`. Decision 0056.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, Literal

import msgspec

from cordee.care.workflow.durations import Duration, parse_duration
from cordee.runtime.resources import data_folder

Party = Literal["owner", "requester", "system", "anyone"]
Turn = Literal["owner", "requester", "nobody", "rest"]
Kind = Literal["text", "code", "flag", "date", "moment", "number", "reference"]
Status = Literal[
    "draft", "requested", "received", "accepted", "rejected", "ready", "cancelled",
    "in-progress", "on-hold", "failed", "completed", "entered-in-error",
]  # fmt: skip
OWN_WORDS = "*"
"""As a reason: one that the person writes."""


class MachineBroken(ValueError):
    """A file of `workflows/` does not hold together."""


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that a Task carries as `input`; `missing` is said where it is needed."""

    label: str
    missing: str
    kind: Kind = "text"
    choices: dict[str, str] = {}


_NO_FACT: Final = Fact("", "")


class Clock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is due in a state: who is told when it is late, or the move that is then made.

    `after` is a fact, a day or a moment, from which `within` counts, or which is the moment itself
    without `within`. Where the Task does not say it, `otherwise`, or `within`, counts from when
    the state begins.
    """

    name: str
    label: str
    within: str = ""
    after: str = ""
    otherwise: str = ""
    tell: tuple[Literal["owner", "requester"], ...] = ()
    move: str = ""

    @property
    def duration(self) -> Duration:
        """How long it may take from when the state begins."""
        return parse_duration(self.otherwise or self.within)


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A state: its label, the status of the Task in it, whose turn it is, what is due.

    The turn is `rest` where all are content to wait for a clock.
    """

    label: str
    status: Status
    turn: Turn
    clocks: tuple[Clock, ...] = ()


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a checklist: mandatory always, or where a fact has one of these values.

    A `firm` line is never without object.
    """

    label: str
    always: bool = False
    when: dict[str, tuple[str, ...]] = {}
    firm: bool = False


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a Task begins."""

    state: str
    by: tuple[Party, ...]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way from a state to another, and who may take it with what."""

    code: str
    label: str
    source: tuple[str, ...] = msgspec.field(name="from")
    to: str = ""
    by: tuple[Party, ...] = ()
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    hands_over: bool = False
    checks: bool = False  # refused while a mandatory line of the checklist is open


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One state machine."""

    code: str
    title: str
    source: tuple[str, ...]
    start: Start
    states: dict[str, State]
    moves: tuple[Move, ...]
    facts: dict[str, Fact] = {}
    wins: str = ""
    closes: str = ""
    loses: str = ""
    checklist: dict[str, Line] = {}

    def moves_from(self, state: str) -> tuple[Move, ...]:
        """Ways out of a state, in the order of the file."""
        return tuple(one for one in self.moves if state in one.source)

    def move(self, code: str) -> Move | None:
        """The move of that code."""
        return next((one for one in self.moves if one.code == code), None)

    def gives_up(self, state: str) -> bool:
        """Whether who won a lot leaves it to the others by entering a state."""
        return self.states[state].status in {"rejected", "cancelled", "failed"}

    def is_final(self, state: str) -> bool:
        """Whether nothing leads out of a state."""
        return not self.moves_from(state)


@cache
def machines() -> Mapping[str, Machine]:
    """All machines by code; raises `MachineBroken` for a file that does not hold together."""
    found: dict[str, Machine] = {}
    for file in sorted(data_folder("workflows").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            machine = read_machine(file.read_text(encoding="utf-8"), file.name)
            if f"{machine.code}.toml" != file.name:
                raise MachineBroken(f"{file.name}: holds the machine {machine.code}")
            found[machine.code] = machine
    return found


def read_machine(text: str, name: str) -> Machine:
    """A machine of the text of a file; raises `MachineBroken` with all that is wrong."""
    try:
        machine = msgspec.convert(tomllib.loads(text), Machine)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise MachineBroken(f"{name}: {error}") from error
    problems = list(_problems(machine))
    if problems:
        raise MachineBroken(f"{name}: " + "; ".join(problems))
    return machine


def _problems(machine: Machine) -> Iterable[str]:
    states, facts = machine.states, machine.facts
    if machine.start.state not in states:
        yield f"start: there is no state {machine.start.state}"
    yield from _unknown_facts("start", (*machine.start.needs, *machine.start.takes), facts)
    yield from _group_problems(machine)
    codes = [one.code for one in machine.moves]
    yield from (f"two moves are called {one}" for one in set(codes) if codes.count(one) > 1)
    for move in machine.moves:
        yield from _move_problems(machine, move)
    for code, state in states.items():
        yield from _state_problems(machine, code, state)
    yield from (f"state {one} is never reached" for one in states if one not in _reached(machine))
    for name, line in machine.checklist.items():
        yield from _unknown_facts(f"line {name}", line.when, facts)
    for name, fact in facts.items():
        if (fact.kind == "code") != bool(fact.choices):
            yield f"fact {name}: choices belong to a code, and to nothing else"


def _unknown_facts(where: str, needs: Iterable[str], facts: Mapping[str, Fact]) -> Iterable[str]:
    return (f"{where}: there is no fact {one}" for one in needs if one not in facts)


def _group_problems(machine: Machine) -> Iterable[str]:
    if bool(machine.wins) != bool(machine.loses):
        yield "wins and loses go together"
    for name in (machine.wins, machine.closes):
        if name and name not in machine.states:
            yield f"wins, closes: there is no state {name}"
    loses = machine.move(machine.loses) if machine.loses else None
    if machine.loses and (loses is None or "system" not in loses.by):
        yield f"loses: there is no move {machine.loses} that the system makes"


def _move_problems(machine: Machine, move: Move) -> Iterable[str]:
    for state in (*move.source, move.to):
        if state not in machine.states:
            yield f"move {move.code}: there is no state {state or '(none)'}"
    if not move.by:
        yield f"move {move.code}: nobody may make it"
    yield from _unknown_facts(f"move {move.code}", (*move.needs, *move.takes), machine.facts)


def _state_problems(machine: Machine, code: str, state: State) -> Iterable[str]:
    final = machine.is_final(code)
    waits = state.turn == "nobody" and all(one.move for one in state.clocks)
    if final != (state.turn == "nobody") and not (waits and state.clocks):
        yield f"state {code}: it is nobody's turn in a final state, or where the platform moves"
    if not final and not state.clocks:
        yield f"state {code}: it has no clock"
    for clock in state.clocks:
        try:
            parse_duration(clock.otherwise or clock.within)
            parse_duration(clock.within or clock.otherwise)
        except ValueError as error:
            yield f"state {code}, clock {clock.name}: {error}"
        if clock.after and machine.facts.get(clock.after, _NO_FACT).kind not in {"date", "moment"}:
            yield f"state {code}, clock {clock.name}: {clock.after} is no day nor moment"
        if bool(clock.tell) == bool(clock.move):
            yield f"state {code}, clock {clock.name}: it tells somebody or makes a move"
        move = machine.move(clock.move) if clock.move else None
        if clock.move and (move is None or code not in move.source or "system" not in move.by):
            yield f"state {code}, clock {clock.name}: the system cannot make {clock.move} here"


def _reached(machine: Machine) -> set[str]:
    found = {machine.start.state}
    while True:
        more = {one.to for one in machine.moves if found & set(one.source)} - found
        if not more:
            return found
        found |= more
