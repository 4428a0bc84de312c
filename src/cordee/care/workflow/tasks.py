"""An instance of a machine as a FHIR Task: what is read of one, and how one is made and moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cordee.care.store import Resource
from cordee.care.workflow.machines import Fact, Machine, machines
from cordee.fhir.indexing.asking import GOVERNED, governed_by
from cordee.runtime.clock import instant
from cordee.runtime.errors import RuleBroken

BASE: Final = "https://cordee.example/fhir/CodeSystem/"
MACHINE, STATE, FACT, GROUP = (
    GOVERNED,
    BASE + "workflow-state",
    BASE + "fact",
    BASE + "lot",
)
_VALUE: Final = {
    "text": "valueString", "code": "valueCode", "flag": "valueBoolean", "date": "valueDate",
    "moment": "valueDateTime", "number": "valueInteger", "reference": "valueReference",
}  # fmt: skip
Facts = Mapping[str, Any]
"""Values by the name of a fact; a reference as `Type/id`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks whom for what, about whom; references are `Type/id`.

    `group` names the requests of which one wins. `version` is that of the machine's Task.
    """

    machine: str
    patient: str
    owner: str
    requester: str
    focus: str = ""
    encounter: str = ""
    group: str = ""
    text: str = ""
    facts: Facts = field(default_factory=dict)


def machine_of(task: Resource | None) -> Machine | None:
    """The machine that a Task follows, None where it follows none that is here."""
    return machines().get(governed_by(task or {}) or "")


def state_of(task: Resource) -> str:
    """The state of a Task, "" where it says none."""
    return _code(task.get("businessStatus"), STATE)


def facts_of(task: Resource) -> dict[str, Any]:
    """What a Task carries, by the name of the fact."""
    found: dict[str, Any] = {}
    for one in task.get("input", ()):
        name = _code(one.get("type"), FACT)
        value = next((one[key] for key in _VALUE.values() if key in one), None)
        if name and value is not None:
            found[name] = value.get("reference", "") if isinstance(value, dict) else value
    return found


def reason_of(task: Resource) -> str:
    """The motive of the last move, "" where none was asked."""
    return str((task.get("statusReason") or {}).get("text", ""))


def party(task: Resource, role: str) -> str:
    """The reference of `owner`, `requester`, `for` or `focus`."""
    return str((task.get(role) or {}).get("reference", ""))


def group_of(task: Resource) -> str:
    """The lot that a Task belongs to, "" for none."""
    identifier = task.get("groupIdentifier") or {}
    return str(identifier.get("value", "")) if identifier.get("system") == GROUP else ""


def new_task(asked: Asked, at: datetime) -> dict[str, Any]:
    """A Task at the start of its machine."""
    machine = machines()[asked.machine]
    task: dict[str, Any] = {
        "resourceType": "Task",
        "status": machine.states[machine.start.state].status,
        "intent": "order",
        "code": _concept(MACHINE, machine.code, machine.title),
        "businessStatus": _state(machine, machine.start.state),
        "for": {"reference": asked.patient},
        "authoredOn": instant(at),
        "lastModified": instant(at),
        "requester": {"reference": asked.requester},
        "owner": {"reference": asked.owner},
    }
    if asked.focus:
        task["focus"] = {"reference": asked.focus}
    if asked.encounter:
        task["encounter"] = {"reference": asked.encounter}
    if asked.group:
        task["groupIdentifier"] = {"system": GROUP, "value": asked.group}
    if asked.text:
        task["description"] = asked.text
    _put_facts(machine, task, asked.facts)
    return task


@dataclass(frozen=True, slots=True)
class Wanted:
    """A move that somebody wants to make: with what facts, why, and to whom it hands over."""

    move: str
    facts: Facts = field(default_factory=dict)
    reason: str = ""
    owner: str = ""
    encounter: str = ""


def moved_task(task: Resource, machine: Machine, wanted: Wanted, at: datetime) -> dict[str, Any]:
    """The Task after a move; whether it may be made is judged when it is written.

    Raises `RuleBroken` for a move that the machine does not know.
    """
    move = machine.move(wanted.move)
    if move is None:
        raise RuleBroken(f"{machine.title} : ce geste n’existe pas.")
    moved = {key: value for key, value in task.items() if key not in {"meta", "statusReason"}}
    moved["status"] = machine.states[move.to].status
    moved["businessStatus"] = _state(machine, move.to)
    moved["lastModified"] = instant(at)
    if wanted.reason:
        moved["statusReason"] = {"text": wanted.reason}
    if wanted.encounter:
        moved["encounter"] = {"reference": wanted.encounter}
    if wanted.owner:
        moved["owner"] = {"reference": wanted.owner}
    _put_facts(machine, moved, wanted.facts)
    return moved


def with_facts(task: Resource, machine: Machine, facts: Facts, at: datetime) -> dict[str, Any]:
    """The Task with other facts, in the state that it is in."""
    after = {key: value for key, value in task.items() if key != "meta"}
    after["lastModified"] = instant(at)
    _put_facts(machine, after, facts)
    return after


def named_of(task: Resource, name: str) -> tuple[str, str]:
    """Whom a fact refers to: the reference and the name that stands beside it; "" for none."""
    for one in task.get("input", ()):
        if _code(one.get("type"), FACT) == name:
            given: Mapping[str, Any] = one.get("valueReference") or {}
            return str(given.get("reference", "")), str(given.get("display", ""))
    return "", ""


def _put_facts(machine: Machine, task: dict[str, Any], facts: Facts) -> None:
    kept = [one for one in task.get("input", ()) if _code(one.get("type"), FACT) not in facts]
    for name, value in facts.items():
        if value not in (None, ""):
            kept.append(_input(name, machine.facts[name], value))
    if kept:
        task["input"] = kept
    else:
        task.pop("input", None)


def _input(name: str, fact: Fact, value: Any) -> dict[str, Any]:
    given = {"reference": value} if fact.kind == "reference" and isinstance(value, str) else value
    return {"type": _concept(FACT, name, fact.label), _VALUE[fact.kind]: given}


def _state(machine: Machine, state: str) -> dict[str, Any]:
    return _concept(STATE, state, machine.states[state].label)


def _concept(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def _code(concept: Any, system: str) -> str:
    codings = (concept or {}).get("coding", ())
    return next((str(one.get("code", "")) for one in codings if one.get("system") == system), "")
