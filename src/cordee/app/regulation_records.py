"""A decision of regulation as resources of the record: encounter, decision, safety net. C1.7."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cordee.care.regulation.cases import Case
from cordee.care.regulation.deciding import Decision
from cordee.care.regulation.decisions import KINDS
from cordee.care.regulation.motives import label_of
from cordee.care.regulation.safety import net_of
from cordee.care.store import Resource, Write
from cordee.runtime.clock import instant, now

_ACT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_DECISION: Final = "https://cordee.example/CodeSystem/regulation-decision"
_ENCOUNTER: Final = "urn:uuid:6f0f7a52-2f1c-4d0e-9f6e-3c1f5d1c1574"
_PRIORITIES: Final = {"P0": "stat", "P1": "asap", "P2": "urgent"}


@dataclass(frozen=True, slots=True)
class By:
    """Who decides and at which centre, as resources refer to them."""

    who: Resource
    where: Resource


def lot_of(case: Case, decision: Decision, by: By, encounter: str = "") -> list[Write]:
    """What a decision writes at once; `encounter` is the id of that of the case where it has one.

    The first write is the encounter where it is made, else the decision.
    """
    told = [] if encounter else [Write(_encounter(case, decision, by), key=_ENCOUNTER)]
    reference = f"Encounter/{encounter}" if encounter else _ENCOUNTER
    told.append(Write(_request(case, decision, by, reference)))
    if KINDS[decision.code].sends_text:
        told.append(Write(_communication(case, by, reference)))
    return told


def is_expected(decision: Decision) -> bool:
    """Whether somebody is awaited in an emergency department by a decision."""
    return bool(decision.place)


def _encounter(case: Case, decision: Decision, by: By) -> dict[str, object]:
    """The encounter: by telephone, or that which makes a person expected at a department."""
    made: dict[str, object] = {
        "resourceType": "Encounter",
        "status": "planned",
        "class": {"system": _ACT, "code": "EMER", "display": "emergency"},
        "subject": _subject(case),
        "period": {"start": instant(now())},
        "serviceProvider": {"reference": decision.place} if decision.place else by.where,
        "reasonCode": [{"text": label_of(case.motive)}],
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{case.id}"}],
    }
    if is_expected(decision):
        made["hospitalization"] = {"origin": by.where}
        return made
    return made | {
        "status": "finished",
        "class": {"system": _ACT, "code": "VR", "display": "virtual"},
        "period": {"start": instant(case.opened), "end": instant(now())},
    }


def _request(case: Case, decision: Decision, by: By, encounter: str) -> dict[str, object]:
    kind = KINDS[decision.code]
    made: dict[str, object] = {
        "resourceType": "ServiceRequest",
        "status": "active" if is_expected(decision) else "completed",
        "intent": "order",
        "priority": _PRIORITIES.get(case.priority, "routine"),
        "code": {
            "coding": [{"system": _DECISION, "code": decision.code, "display": kind.name}],
            "text": kind.name,
        },
        "subject": _subject(case),
        "encounter": {"reference": encounter},
        "authoredOn": instant(now()),
        "requester": by.who,
        "reasonCode": [{"text": label_of(case.motive)}],
    }
    if decision.words:
        made["note"] = [{"text": decision.words}]
    if decision.place:
        made["performer"] = [{"reference": decision.place}]
    return made


def _communication(case: Case, by: By, encounter: str) -> dict[str, object]:
    words: Sequence[str] = net_of(case.motive)
    return {
        "resourceType": "Communication",
        "status": "completed",
        "subject": _subject(case),
        "encounter": {"reference": encounter},
        "sent": instant(now()),
        "sender": by.where,
        "recipient": [_subject(case)],
        "payload": [{"contentString": one} for one in words],
    }


def _subject(case: Case) -> Resource:
    return {"reference": f"Patient/{case.told.patient}"}
