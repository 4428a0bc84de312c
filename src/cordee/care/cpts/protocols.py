"""Multi-professional protocols as data, and as FHIR PlanDefinitions. Rule: B6.4."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

import msgspec

from cordee.care.workflow.tasks import BASE
from cordee.runtime.resources import data_folder

ROLES: Final = BASE + "role-protocole"
_TYPE: Final = "http://terminology.hl7.org/CodeSystem/plan-definition-type"
_DAYS: Final = {"unit": "j", "system": "http://unitsofmeasure.org", "code": "d"}


class ProtocolBroken(ValueError):
    """A file of `protocols/` does not hold together."""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that a role does so many days after the beginning."""

    code: str
    title: str
    text: str
    role: str
    day: int


class Protocol(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One protocol."""

    code: str
    version: str
    title: str
    purpose: str
    source: str
    triggers: tuple[str, ...]
    roles: dict[str, str]
    steps: tuple[Step, ...]

    @property
    def canonical(self) -> str:
        """The address that plans name."""
        return f"https://cordee.example/fhir/PlanDefinition/{self.code}|{self.version}"


@cache
def protocols() -> Mapping[str, Protocol]:
    """All protocols by code; raises `ProtocolBroken` for a file that does not hold together."""
    found: dict[str, Protocol] = {}
    for file in sorted(data_folder("protocols").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            one = read_protocol(file.read_text(encoding="utf-8"), file.name)
            found[one.code] = one
    return found


def read_protocol(text: str, name: str) -> Protocol:
    """A protocol of the text of a file; raises `ProtocolBroken` with all that is wrong."""
    try:
        one = msgspec.convert(tomllib.loads(text), Protocol)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ProtocolBroken(f"{name}: {error}") from error
    problems = list(_problems(one))
    if problems:
        raise ProtocolBroken(f"{name}: " + "; ".join(problems))
    return one


def plan_definition(protocol: Protocol) -> dict[str, Any]:
    """The PlanDefinition of a protocol, under its code as id."""
    url, _, version = protocol.canonical.partition("|")
    return {
        "resourceType": "PlanDefinition",
        "id": protocol.code,
        "url": url,
        "version": version,
        "name": "".join(one.capitalize() for one in protocol.code.split("-")),
        "title": protocol.title,
        "type": {"coding": [{"system": _TYPE, "code": "clinical-protocol"}]},
        "status": "active",
        "publisher": "Cordée",
        "purpose": protocol.purpose,
        "relatedArtifact": [{"type": "justification", "display": protocol.source}],
        "action": [
            {
                "title": protocol.title,
                "trigger": [{"type": "named-event", "name": one} for one in protocol.triggers],
                "action": [_action(protocol, one) for one in protocol.steps],
            }
        ],
    }


def _action(protocol: Protocol, step: Step) -> dict[str, Any]:
    label = protocol.roles[step.role]
    role = {"coding": [{"system": ROLES, "code": step.role, "display": label}], "text": label}
    return {
        "prefix": step.code,
        "title": step.title,
        "description": step.text,
        "participant": [{"type": "practitioner", "role": role}],
        "timingDuration": {"value": step.day, **_DAYS},
    }


def _problems(one: Protocol) -> Iterable[str]:
    codes = [step.code for step in one.steps]
    yield from (f"two steps are called {code}" for code in set(codes) if codes.count(code) > 1)
    yield from (
        f"step {step.code}: there is no role {step.role}"
        for step in one.steps
        if step.role not in one.roles
    )
    if not one.steps or not one.triggers:
        yield "it has steps and triggers"
