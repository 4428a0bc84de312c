"""Slots of unscheduled care as Schedule and Slot: made, taken, freed, withdrawn. Rule: B6.2.

Shapes: fr-core-schedule, fr-core-slot; the label of the SAS says that a slot is a CPTS's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from cordee.care.agenda.interventions import TYPE
from cordee.care.store import Resource
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import RuleBroken

KIND: Final = "https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau"
SERVICE: Final = "https://cordee.example/CodeSystem/unscheduled"
UNSCHEDULED: Final = "snp"
_EXTENSION: Final = "https://cordee.example/fhir/StructureDefinition/slot-"
OUTCOME: Final = f"{_EXTENSION}outcome"
_OPENED, _CHANGED = f"{_EXTENSION}opened", f"{_EXTENSION}changed"
FREE, BUSY, WITHDRAWN = "free", "busy", "busy-unavailable"
MOST: Final = 120
"""Slots of one publication."""
_CONSULTATION: Final = {"system": TYPE, "code": "consultation", "display": "Consultation"}
_LONGEST, _IN_A_ROW = 240, 12


@dataclass(frozen=True, slots=True)
class Community:
    """A CPTS as slots name it: its service and its structure, as references."""

    service: str
    structure: str
    name: str


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot; `outcome` is what became of who took it: "", "fulfilled" or "noshow".

    `opened` is when it was published, `changed` when it was last taken, freed or withdrawn.
    """

    id: str
    version: int
    service: str
    member: str
    name: str
    starts: datetime
    ends: datetime
    status: str
    outcome: str
    opened: datetime | None = None
    changed: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was offered and not withdrawn."""
        return self.status in {FREE, BUSY}


@dataclass(frozen=True, slots=True)
class Offer:
    """What a member publishes: the first slot, how many follow it, and the days they come back.

    `days` are days of the week (Monday is 0); without any there is that day alone.
    """

    starts: datetime
    minutes: int
    row: int = 1
    days: frozenset[int] = frozenset()
    until: date | None = None


def moments(offer: Offer, now: datetime) -> list[tuple[datetime, datetime]]:
    """When the slots of an offer begin and end, at the same hour of the clock each day.

    Raises `RuleBroken` for what is past, has no end, never comes, or is too much.
    """
    if not 0 < offer.minutes <= _LONGEST:
        raise RuleBroken("Donnez une durée de 1 à 240 minutes.", expression=("duree",))
    if not 0 < offer.row <= _IN_A_ROW:
        raise RuleBroken("Donnez de 1 à 12 créneaux à la suite.", expression=("suite",))
    first = offer.starts.astimezone(PARIS)
    found: list[tuple[datetime, datetime]] = []
    for day in _days(offer, first.date()):
        start = datetime.combine(day, first.time(), PARIS).astimezone(UTC)
        for _each in range(offer.row):
            end = start + timedelta(minutes=offer.minutes)
            found.append((start, end))
            start = end
        if len(found) > MOST:
            raise RuleBroken(
                f"{MOST} créneaux au plus à la fois : rapprochez la fin.", expression=("jusqu",)
            )
    if not found:
        raise RuleBroken("Aucun jour ne tombe avant la fin.", expression=("jusqu",))
    if found[0][0] <= now:
        raise RuleBroken("Ce moment est passé.", expression=("jour",))
    return found


def _days(offer: Offer, first: date) -> list[date]:
    if not offer.days:
        return [first]
    if offer.until is None:
        raise RuleBroken("Dites jusqu’à quel jour ils reviennent.", expression=("jusqu",))
    span = min((offer.until - first).days, 366)
    days = [first + timedelta(days=one) for one in range(span + 1)]
    return [one for one in days if one.weekday() in offer.days]


def schedule_id(community: Community, member: str) -> str:
    """The id of the Schedule of a member in a CPTS: always the same."""
    return str(uuid5(NAMESPACE_URL, f"snp/{community.service}/{member}"))


def new_schedule(community: Community, member: str, name: str) -> dict[str, Any]:
    """The Schedule of a member; `member` is a reference."""
    return {
        "resourceType": "Schedule",
        "id": schedule_id(community, member),
        "active": True,
        "serviceType": [_service()],
        "actor": [
            {"reference": community.service, "display": community.name},
            {"reference": member, "display": name},
        ],
    }


def new_slot(schedule: str, moment: tuple[datetime, datetime], now: datetime) -> dict[str, Any]:
    """A free Slot of a Schedule (an id), that bears when it was published: proof for the bonus."""
    return {
        "resourceType": "Slot",
        "extension": [{"url": _OPENED, "valueDateTime": _text(now)}],
        "meta": {"security": [{"system": KIND, "code": "CPTS"}]},
        "serviceType": [_service()],
        "schedule": {"reference": f"Schedule/{schedule}"},
        "status": FREE,
        "start": _text(moment[0]),
        "end": _text(moment[1]),
    }


def standing(slot: Resource, status: str, now: datetime, outcome: str = "") -> dict[str, Any]:
    """A Slot that is free, taken or withdrawn, since when, with what became of who took it.

    What became of somebody does not change since when the slot is taken.
    """
    dropped = {OUTCOME} if slot.get("status") == status else {OUTCOME, _CHANGED}
    kept = [one for one in slot.get("extension", ()) if one.get("url") not in dropped]
    kept += [{"url": OUTCOME, "valueCode": outcome}] if outcome else []
    if _CHANGED in dropped:
        kept.append({"url": _CHANGED, "valueDateTime": _text(now)})
    made = {key: value for key, value in slot.items() if key != "extension"}
    return made | {"status": status} | ({"extension": kept} if kept else {})


def read_slots(rows: Sequence[Resource]) -> list[Slot]:
    """The slots of a search that included their schedules, by moment then member."""
    schedules = {f"Schedule/{one['id']}": one for one in rows if one["resourceType"] == "Schedule"}
    found: list[Slot] = []
    for one in rows:
        schedule = schedules.get(str((one.get("schedule") or {}).get("reference", "")))
        if one["resourceType"] != "Slot" or schedule is None:
            continue
        actors = {str(actor.get("reference", "")): actor for actor in schedule.get("actor", ())}
        member = next((key for key in actors if key.startswith("Practitioner/")), "")
        service = next((key for key in actors if key.startswith("HealthcareService/")), "")
        found.append(
            Slot(
                str(one["id"]), int(one["meta"]["versionId"]), service, member,
                str(actors.get(member, {}).get("display", "")),
                datetime.fromisoformat(str(one["start"])), datetime.fromisoformat(str(one["end"])),
                str(one.get("status", "")), _outcome(one), _stamp(one, _OPENED),
                _stamp(one, _CHANGED),
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (one.starts, one.name))


def new_appointment(patient: str, slot: Slot, words: str, now: datetime) -> dict[str, Any]:
    """The Appointment that takes a slot for a patient: a reference, "" where nobody is found."""
    made: dict[str, Any] = {
        "resourceType": "Appointment",
        "status": "booked",
        "serviceType": [{"coding": [_CONSULTATION]}, _service()],
        "slot": [{"reference": f"Slot/{slot.id}"}],
        "start": _text(slot.starts),
        "end": _text(slot.ends),
        "minutesDuration": int((slot.ends - slot.starts).total_seconds() // 60),
        "created": _text(now),
        "participant": [
            *([{"actor": {"reference": patient}, "status": "accepted"}] if patient else []),
            {"actor": {"reference": slot.member, "display": slot.name}, "status": "accepted"},
        ],
    }
    return made | ({"description": words} if words else {})


def is_unscheduled(resource: Mapping[str, Any]) -> bool:
    """Whether an Appointment took a slot of unscheduled care, or a place of a vaccination day."""
    return bool(_services(resource))


def is_opened(slot: Mapping[str, Any]) -> bool:
    """Whether a Slot is one of unscheduled care, no place of a vaccination day."""
    return UNSCHEDULED in _services(slot)


def _services(resource: Mapping[str, Any]) -> set[str]:
    return {
        str(coding.get("code"))
        for concept in resource.get("serviceType", ())
        for coding in concept.get("coding", ())
        if coding.get("system") == SERVICE
    }


def _outcome(slot: Resource) -> str:
    extensions = slot.get("extension", ())
    return next((str(one["valueCode"]) for one in extensions if one.get("url") == OUTCOME), "")


def _stamp(slot: Resource, url: str) -> datetime | None:
    extensions = slot.get("extension", ())
    told = next((str(one["valueDateTime"]) for one in extensions if one.get("url") == url), "")
    return datetime.fromisoformat(told) if told else None


def _service() -> dict[str, Any]:
    coding = {"system": SERVICE, "code": UNSCHEDULED, "display": "Soins non programmés"}
    return {"coding": [coding]}


def _text(moment: datetime) -> str:
    return moment.astimezone(PARIS).isoformat(timespec="seconds")
