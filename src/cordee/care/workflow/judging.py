"""Whether a Task may become what is written: pure, and the only place that says so.

Each refusal is a French sentence for who tried, with what is possible instead. Rules: the machines;
card B, conventions (409 or 422 for an illegal transition).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cordee.care.store import Resource
from cordee.care.workflow.checklists import still_open
from cordee.care.workflow.machines import OWN_WORDS, Fact, Machine, Move, Party
from cordee.care.workflow.tasks import facts_of, group_of, machine_of, party, reason_of, state_of
from cordee.fhir.indexing.asking import governed_by
from cordee.runtime.errors import AccessDenied, Conflict, ProductError, RuleBroken

_FIXED: Final = {
    "for": "la personne",
    "requester": "le demandeur",
    "focus": "l’objet",
    "owner": "le destinataire",
}
_SHORTEST: Final = 5


@dataclass(frozen=True, slots=True)
class Actor:
    """Who writes: `names` are the person and their structure; None for what the platform does.

    `adopts` for an import: what was begun elsewhere is taken up in the state in which it comes.
    """

    names: frozenset[str] | None
    adopts: bool = False

    def is_party(self, who: Iterable[Party], task: Resource) -> bool:
        """Whether a move is theirs to make."""
        if self.names is None:
            return True
        named = {"owner": party(task, "owner"), "requester": party(task, "requester")}
        return any(one == "anyone" or named.get(one, "") in self.names - {""} for one in who)


@dataclass(frozen=True, slots=True)
class Step:
    """What a write is: a new Task (`move` is ""), a move, or words in the same state."""

    machine: Machine
    before: str
    after: str
    move: str

    @property
    def enters(self) -> bool:
        """Whether a state begins."""
        return self.before != self.after


def judge(before: Resource | None, after: Resource, actor: Actor) -> Step | None:
    """What a write of a Task is, None where no machine governs it.

    Raises `Conflict` for a way that does not lead from there, `AccessDenied` for a move that is
    another's, `RuleBroken` for what is missing.
    """
    machine = _machine(before, after)
    if machine is None:
        return None
    state = state_of(after)
    if state not in machine.states:
        raise RuleBroken(f"{machine.title} : cet état n’existe pas.")
    if after.get("status") != machine.states[state].status:
        raise RuleBroken(
            f"{machine.title} : dans l’état « {machine.states[state].label} », Task.status est "
            f"{machine.states[state].status}.",
            expression=("Task.status",),
        )
    if before is None:
        return _started(machine, after, actor)
    _need_same(machine, before, after, state)
    if state == state_of(before):
        return _worded(machine, before, actor)
    return _moved(machine, before, after, actor)


def possible(task: Resource, actor: Actor) -> list[Move]:
    """The moves that this actor can make now, given what they need."""
    machine = machine_of(task)
    if machine is None:
        return []
    return [one for one in machine.moves_from(state_of(task)) if actor.is_party(one.by, task)]


def _machine(before: Resource | None, after: Resource) -> Machine | None:
    machine = machine_of(after)
    if machine is None and governed_by(after) is not None:
        raise RuleBroken("Ce suivi n’existe pas ici.", expression=("Task.code",))
    if before is not None and governed_by(before) != governed_by(after):
        raise RuleBroken("Le suivi d’une demande ne change pas.", expression=("Task.code",))
    return machine


def _started(machine: Machine, after: Resource, actor: Actor) -> Step:
    start, state = machine.start, state_of(after)
    if state != start.state and not actor.adopts:
        raise Conflict(
            f"{machine.title} : une demande commence par « {machine.states[start.state].label} »."
        )
    for role in ("for", "owner", "requester"):
        if not party(after, role):
            raise RuleBroken(f"{machine.title} : Task.{role} manque.", expression=(f"Task.{role}",))
    if actor.adopts:
        return Step(machine, "", state, "")
    if not actor.is_party(start.by, after):
        raise AccessDenied(f"{machine.title} : faites la demande en votre nom.")
    _need_facts(machine, start.needs, after)
    return Step(machine, "", start.state, "")


def _worded(machine: Machine, before: Resource, actor: Actor) -> Step:
    """Words in the same state: by who takes part, while something is still to be done."""
    state = state_of(before)
    if actor.names is not None and machine.is_final(state):
        label = machine.states[state].label
        raise Conflict(f"{machine.title} : « {label} », plus rien ne s’y écrit.")
    if not actor.is_party(("owner", "requester"), before):
        raise AccessDenied(f"{machine.title} : seuls le demandeur et le destinataire y écrivent.")
    return Step(machine, state, state, "")


def _moved(machine: Machine, before: Resource, after: Resource, actor: Actor) -> Step:
    left, entered = state_of(before), state_of(after)
    ways = [one for one in machine.moves_from(left) if one.to == entered]
    if not ways:
        raise Conflict(_no_way(machine, left, entered))
    problem: ProductError | None = None
    for way in ways:
        try:
            _check(machine, way, (before, after), actor)
        except ProductError as error:
            problem = problem or error
        else:
            return Step(machine, left, entered, way.code)
    assert problem is not None  # noqa: S101 -- there was at least one way
    raise problem


def _check(machine: Machine, move: Move, tasks: tuple[Resource, Resource], actor: Actor) -> None:
    before, after = tasks
    if not actor.is_party(move.by, before):
        turn = {
            "owner": "au destinataire",
            "requester": "au demandeur",
            "system": "à la plateforme",
        }
        whose = " ou ".join(turn[one] for one in move.by if one in turn)
        raise AccessDenied(f"{machine.title} : « {move.label} » revient {whose}.")
    if not move.hands_over and party(before, "owner") != party(after, "owner"):
        raise RuleBroken(f"« {move.label} » ne change pas le destinataire.")
    if move.hands_over and party(before, "owner") == party(after, "owner"):
        raise RuleBroken(f"« {move.label} » : dites à qui.", expression=("Task.owner",))
    _need_facts(machine, move.needs, after)
    _need_reason(move, after)
    missing = still_open(machine, after) if move.checks else []
    if missing:
        labels = ", ".join(one.label for one in missing)
        raise RuleBroken(f"« {move.label} » attend : {labels}.", expression=("Task.input",))


def _need_facts(machine: Machine, needs: Iterable[str], task: Resource) -> None:
    carried = facts_of(task)
    for name in needs:
        fact = machine.facts[name]
        if name not in carried or carried[name] in ("", None):
            raise RuleBroken(fact.missing, expression=("Task.input",))
    for name, value in carried.items():
        _need_known(machine.facts.get(name), value)


def _need_known(fact: Fact | None, value: object) -> None:
    if fact is not None and fact.choices and value not in fact.choices:
        labels = ", ".join(fact.choices.values())
        raise RuleBroken(f"{fact.label} : choisissez parmi {labels}.", expression=("Task.input",))


def _need_reason(move: Move, task: Resource) -> None:
    if not move.reasons:
        return
    reason = reason_of(task).strip()
    where = ("Task.statusReason",)
    if len(reason) < _SHORTEST:
        raise RuleBroken(
            f"« {move.label} » : dites pourquoi, en 5 lettres au moins.", expression=where
        )
    listed = [one for one in move.reasons if one != OWN_WORDS]
    if OWN_WORDS not in move.reasons and reason not in listed:
        raise RuleBroken(f"« {move.label} » : choisissez {', '.join(listed)}.", expression=where)


def _need_same(machine: Machine, before: Resource, after: Resource, state: str) -> None:
    """Who and what a Task is about stays; its owner changes by a move only."""
    same_state = state == state_of(before)
    for role, words in _FIXED.items():
        if role == "owner" and not same_state:
            continue
        if party(before, role) != party(after, role):
            raise RuleBroken(
                f"{machine.title} : {words} ne change pas.", expression=(f"Task.{role}",)
            )
    if group_of(before) != group_of(after):
        raise RuleBroken(f"{machine.title} : le lot ne change pas.")


def _no_way(machine: Machine, left: str, entered: str) -> str:
    here, there = machine.states[left].label, machine.states[entered].label
    ways = ", ".join(f"« {one.label} »" for one in machine.moves_from(left))
    then = f"Possible maintenant : {ways}." if ways else "Plus rien n’est à faire."
    return f"{machine.title} : de « {here} », on ne passe pas à « {there} ». {then}"
