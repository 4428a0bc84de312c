"""The checklist of a Task: lines that its machine declares, each with status, owner and words.

A line is a `Task.input` whose value is its status, so that who reads FHIR sees the same; a line
that nobody has touched is not there, and is to do. Requirement B5.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cordee.care.store import Resource
from cordee.care.workflow.machines import Line, Machine
from cordee.care.workflow.tasks import BASE, facts_of

CHECK: Final = BASE + "check"
STATUS: Final = BASE + "check-status"
OPEN, DOING, DONE, VOID = "todo", "doing", "done", "void"
LABELS: Final = {
    OPEN: "À faire", DOING: "En cours", DONE: "Prêt", VOID: "Sans objet",
}  # fmt: skip
_OWNER: Final = "https://cordee.example/fhir/StructureDefinition/check-owner"
_AT: Final = "https://cordee.example/fhir/StructureDefinition/check-at"
_BY: Final = "https://cordee.example/fhir/StructureDefinition/check-by"
_SHORTEST: Final = 5


@dataclass(frozen=True, slots=True)
class Check:
    """What is said of a line: status, who answers for it, words, when and by whom (a user)."""

    status: str = OPEN
    owner: str = ""
    note: str = ""
    at: str = ""
    by: str = ""


def checks_of(task: Resource) -> dict[str, Check]:
    """What is said of the lines of a Task, by the code of the line."""
    found: dict[str, Check] = {}
    for one in task.get("input", ()):
        name = _coded(one.get("type"), CHECK)
        if name:
            value = one.get("valueCodeableConcept") or {}
            told = {str(e.get("url", "")): e for e in one.get("extension", ())}
            found[name] = Check(
                _coded(value, STATUS) or OPEN,
                str(told.get(_OWNER, {}).get("valueString", "")),
                str(value.get("text", "")),
                str(told.get(_AT, {}).get("valueDateTime", "")),
                str(told.get(_BY, {}).get("valueString", "")),
            )
    return found


def with_checks(task: Resource, machine: Machine, checks: Mapping[str, Check]) -> dict[str, Any]:
    """The Task with these lines; the others stay."""
    kept = [one for one in task.get("input", ()) if _coded(one.get("type"), CHECK) not in checks]
    kept += [_input(name, machine.checklist[name], one) for name, one in checks.items()]
    changed = {key: value for key, value in task.items() if key != "meta"}
    if kept:
        changed["input"] = kept
    return changed


def is_mandatory(line: Line, facts: Mapping[str, Any]) -> bool:
    """Whether a line has to be ready, for what the Task says."""
    return line.always or any(
        str(facts.get(name, "")).lower() in values for name, values in line.when.items()
    )


def is_settled(line: Line, check: Check) -> bool:
    """Whether a line is ready, or without object with the reason that this asks for."""
    if check.status == VOID:
        return not line.firm and len(check.note.strip()) >= _SHORTEST
    return check.status == DONE


def still_open(machine: Machine, task: Resource) -> list[Line]:
    """The mandatory lines that are not ready, in the order of the machine."""
    facts, checks = facts_of(task), checks_of(task)
    return [
        line
        for name, line in machine.checklist.items()
        if is_mandatory(line, facts) and not is_settled(line, checks.get(name, Check()))
    ]


def _input(name: str, line: Line, check: Check) -> dict[str, Any]:
    label = LABELS.get(check.status, check.status)
    value: dict[str, Any] = {"coding": [{"system": STATUS, "code": check.status, "display": label}]}
    if check.note:
        value["text"] = check.note
    told = [
        {"url": url, key: text}
        for url, key, text in (
            (_OWNER, "valueString", check.owner), (_AT, "valueDateTime", check.at),
            (_BY, "valueString", check.by),
        )
        if text
    ]  # fmt: skip
    made: dict[str, Any] = {"extension": told} if told else {}
    kind = {"coding": [{"system": CHECK, "code": name, "display": line.label}]}
    return made | {"type": kind, "valueCodeableConcept": value}


def _coded(concept: Any, system: str) -> str:
    codings = (concept or {}).get("coding", ())
    return next((str(one.get("code", "")) for one in codings if one.get("system") == system), "")
