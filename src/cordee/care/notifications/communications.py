"""Notifications as FHIR Communications, rendered when asked for: none is stored. Decision 0050."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from cordee.care.notifications.inbox import Item
from cordee.care.notifications.kinds import KINDS
from cordee.care.notifications.states import State
from cordee.runtime.clock import instant

STATE: Final = "https://cordee.example/StructureDefinition/notification-state"
RULE: Final = "https://cordee.example/StructureDefinition/notification-rule"
PREFIX: Final = "notification-"
_STATUSES: Final = {
    State.ISSUED: "in-progress",
    State.DELIVERED: "in-progress",
    State.UNREAD: "in-progress",
    State.READ: "completed",
    State.ACKNOWLEDGED: "completed",
    State.FAILED: "not-done",
}


def rendered(item: Item) -> dict[str, Any]:
    """One notification as its reader may see it now."""
    made: dict[str, Any] = {
        "resourceType": "Communication",
        "id": f"{PREFIX}{item.n}",
        "meta": {"lastUpdated": instant(item.changed)},
        "extension": [
            {"url": STATE, "valueCode": item.state.value},
            {"url": RULE, "valueCode": item.rule},
        ],
        "status": _STATUSES[item.state],
        "priority": "urgent" if item.urgent else "routine",
        "sent": instant(item.made),
    }
    if item.kind in KINDS:
        made["category"] = [{"coding": KINDS[item.kind].codings}]
    if item.patient_reference:
        made["subject"] = {"reference": item.patient_reference}
    if item.focus_reference:
        made["about"] = [{"reference": item.focus_reference}]
    if item.state in {State.READ, State.ACKNOWLEDGED}:
        made["received"] = instant(item.changed)
    return made


def bundle(items: Sequence[Item], base: str) -> dict[str, Any]:
    """Notifications as a searchset, the newest first."""
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [
            {
                "fullUrl": f"{base}/Communication/{PREFIX}{one.n}",
                "resource": rendered(one),
                "search": {"mode": "match"},
            }
            for one in items
        ],
    }
