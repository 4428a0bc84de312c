"""What the department needs to know beside the stay: passages of the year, plan, transport asked.

A person who comes often is shown as such to those who care for her alone: it is read through the
guard, on the page of her stay, never on the board. Requirements C4.4, C4.9.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cordee.care.emergency.stay import MACHINE
from cordee.care.plans.vocabulary import KIND, PPCS
from cordee.care.store import Resource, Store
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import BASE
from cordee.identity.principal import Principal

OFTEN: Final = 4
"""Passages within twelve months from which somebody is said to come often (HAS: four or more)."""
_YEAR: Final = timedelta(days=365)
TRANSPORTS: Final = BASE + "transport-retour"
_NEEDS_ORDER: Final = frozenset({"vsl", "ambulance", "smur"})


@dataclass(frozen=True, slots=True)
class Habit:
    """How often somebody came within a year, and the plan that says what to do; "" for none."""

    passages: int
    plan: str

    @property
    def is_frequent(self) -> bool:
        """Whether the passages are many."""
        return self.passages >= OFTEN


async def habit(store: Store, principal: Principal, patient: str, now: datetime) -> Habit:
    """The habit of a patient (an id), as far as the principal may see."""
    since = (now - _YEAR).date().isoformat()
    came, plans = await asyncio.gather(
        store.search(
            principal, "Encounter",
            f"patient=Patient/{patient}&class=EMER&date=ge{since}"
            "&status=arrived,triaged,in-progress,onleave,finished&_count=100",
        ),
        store.search(
            principal, "CarePlan",
            f"patient=Patient/{patient}&status=active&category={KIND}|{PPCS}&_sort=-date&_count=1",
        ),
    )  # fmt: skip
    return Habit(len(came), str(plans[0]["id"]) if plans else "")


def transport_order(
    encounter: Resource, facts: Mapping[str, Any], doctor: str
) -> dict[str, Any] | None:
    """The request of a return transport that a decision makes; None where none is needed."""
    code = str(facts.get("transport", ""))
    if code not in _NEEDS_ORDER:
        return None
    label = machines()[MACHINE].facts["transport"].choices[code]
    made: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "category": [{"coding": [{"system": TRANSPORTS, "code": "retour"}]}],
        "code": {"coding": [{"system": TRANSPORTS, "code": code, "display": label}], "text": label},
        "subject": dict(encounter["subject"]),
        "encounter": {"reference": f"Encounter/{encounter['id']}"},
        "requester": {"reference": doctor},
    }
    if facts.get("departure"):
        made["occurrenceDateTime"] = str(facts["departure"])
    words = str(facts.get("destination", "")).strip()
    if words:
        made["note"] = [{"text": words}]
    return made
