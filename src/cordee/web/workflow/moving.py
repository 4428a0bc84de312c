"""The moves of a Task as forms made from its machine, and what was sent of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cordee.care.store import Resource
from cordee.care.workflow.desk import moves_of
from cordee.care.workflow.machines import OWN_WORDS, Fact, Machine, Move
from cordee.care.workflow.tasks import Wanted, facts_of, machine_of
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS, instant
from cordee.runtime.errors import RuleBroken
from cordee.web.forms import Form
from cordee.web.language import gettext as _

MOVE: Final = "geste"
REASON: Final = "motif"
_KINDS: Final = {"moment": "datetime-local", "date": "date", "number": "number"}
_GRAVE: Final = frozenset({"cancelled", "rejected", "failed"})


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field of a move: `kind` is `select`, `flag`, `area` or a type of input."""

    name: str
    label: str
    kind: str
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    needed: bool = True


@dataclass(frozen=True, slots=True)
class MoveView:
    """One move: its label, what it asks for; `grave` when it ends something."""

    code: str
    label: str
    fields: tuple[FieldView, ...]
    grave: bool
    is_open: bool


def move_views(
    principal: Principal, task: Resource, now: datetime, form: Form | None = None
) -> list[MoveView]:
    """The moves that somebody can make now; the one that was sent stands open, as it was typed."""
    machine = machine_of(task)
    if machine is None:
        return []
    sent = form or Form()
    return [
        MoveView(
            one.code,
            _(one.label),
            _fields(machine, one, _Given(sent, facts_of(task), now)),
            machine.states[one.to].status in _GRAVE,
            sent[MOVE] == one.code,
        )
        for one in moves_of(principal, task)
    ]


def read_wanted(machine: Machine, form: Form) -> Wanted:
    """The move that was sent, with its facts.

    Raises `RuleBroken` for a move that is not there, and for what cannot be read.
    """
    move = machine.move(form[MOVE])
    if move is None:
        raise RuleBroken("Choisissez ce que vous voulez faire.")
    facts = {
        name: fact_value(machine.facts[name], form[field_name(move.code, name)])
        for name in (*move.needs, *move.takes)
    }
    reason = form[field_name(move.code, REASON)] if move.reasons else ""
    given = {name: value for name, value in facts.items() if value not in ("", None)}
    return Wanted(move.code, given, reason)


def field_name(move: str, fact: str) -> str:
    """The name of a field: each move has its own, so that two on a page do not meet."""
    return f"{move}-{fact}"


@dataclass(frozen=True, slots=True)
class _Given:
    """What fields are filled with: what was typed, what the Task carries, the present moment."""

    form: Form
    carried: dict[str, Any]
    now: datetime

    def text(self, move: Move, name: str, fact: Fact) -> str:
        typed = self.form[field_name(move.code, name)]
        if typed or self.form[MOVE] == move.code:
            return typed
        if fact.kind == "moment":
            return self.now.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")
        return str(self.carried.get(name, ""))


def _fields(machine: Machine, move: Move, given: _Given) -> tuple[FieldView, ...]:
    found = [
        fact_field(
            move.code, name, machine.facts[name], given.text(move, name, machine.facts[name])
        )
        for name in (*move.needs, *move.takes)
    ]
    if move.reasons:
        found.append(_reason(move, given.form))
    return tuple(found)


def fact_field(move: str, name: str, fact: Fact, value: str) -> FieldView:
    """The field of a fact; `move` is the form that it is of."""
    kind = "select" if fact.choices else _KINDS.get(fact.kind, fact.kind)
    if fact.kind == "text":
        kind = "area"
    choices = tuple((code, _(text)) for code, text in fact.choices.items())
    return FieldView(field_name(move, name), _(fact.label), kind, value, choices)


def _reason(move: Move, form: Form) -> FieldView:
    listed = [one for one in move.reasons if one != OWN_WORDS]
    name = field_name(move.code, REASON)
    if OWN_WORDS in move.reasons:
        choices = tuple((one, _(one)) for one in listed)
        return FieldView(name, _("Motif"), "words", form[name], choices)
    choices = tuple((one, _(one)) for one in listed)
    return FieldView(name, _("Motif"), "select", form[name], choices)


def fact_value(fact: Fact, typed: str) -> Any:
    """What was typed of a fact, None for nothing; raises `RuleBroken` where it cannot be read."""
    if not typed:
        return None
    try:
        if fact.kind == "moment":
            return instant(datetime.fromisoformat(typed).replace(tzinfo=PARIS).astimezone(UTC))
        if fact.kind == "number":
            return int(typed)
    except ValueError as error:
        raise RuleBroken(fact.missing) from error
    if fact.kind == "flag":
        return typed == "oui"
    return typed
