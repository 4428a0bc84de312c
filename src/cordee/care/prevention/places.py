"""The places of a day of vaccination as FHIR: Schedule, Slot, Appointment. Rule: B6.6."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from cordee.care.agenda.interventions import TYPE
from cordee.care.slots.publishing import FREE, SERVICE, Slot
from cordee.runtime.clock import PARIS

_CARE: Final = {"system": TYPE, "code": "consultation", "display": "Consultation"}


def new_row(schedule: str, vaccinator: str, name: str) -> dict[str, Any]:
    """The Schedule of a vaccinator that day."""
    return {
        "resourceType": "Schedule",
        "id": schedule,
        "active": True,
        "serviceType": [_service()],
        "actor": [{"reference": vaccinator, "display": name}],
    }


def new_place(schedule: str, starts: datetime, span: timedelta) -> dict[str, Any]:
    """A free place."""
    return {
        "resourceType": "Slot",
        "serviceType": [_service()],
        "schedule": {"reference": f"Schedule/{schedule}"},
        "status": FREE,
        "start": _text(starts),
        "end": _text(starts + span),
    }


def new_booking(patient: str, place: Slot, title: str, now: datetime) -> dict[str, Any]:
    """The Appointment that takes a place for a patient (a reference)."""
    return {
        "resourceType": "Appointment",
        "status": "booked",
        "serviceType": [{"coding": [_CARE]}, _service()],
        "description": title,
        "slot": [{"reference": f"Slot/{place.id}"}],
        "start": _text(place.starts),
        "end": _text(place.ends),
        "minutesDuration": int((place.ends - place.starts).total_seconds() // 60),
        "created": _text(now),
        "participant": [
            {"actor": {"reference": patient}, "status": "accepted"},
            {"actor": {"reference": place.member, "display": place.name}, "status": "accepted"},
        ],
    }


def _service() -> dict[str, Any]:
    coding = {"system": SERVICE, "code": "vaccination", "display": "Journée de vaccination"}
    return {"coding": [coding]}


def _text(moment: datetime) -> str:
    return moment.astimezone(PARIS).isoformat(timespec="seconds")
