"""Planned acts: what, how often, by whom, from when to when; each time done, or not and why. Pure.

An act is a ServiceRequest (intent `plan`), each time a Procedure whose id is that of the act and
its moment: the same press twice is one. Rule: B1.8; decision 0060.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from cordee.care.store import Resource
from cordee.care.workflow.tasks import party
from cordee.runtime.clock import PARIS, instant
from cordee.runtime.errors import RuleBroken

CATEGORY: Final = "https://cordee.example/fhir/CodeSystem/planned-act"
CODE: Final = "planned-act"
MOMENTS: Final = {"MORN": "Matin", "NOON": "Midi", "EVE": "Soir", "NIGHT": "Nuit"}
_ENDS: Final = {"MORN": time(12), "NOON": time(15), "EVE": time(21), "NIGHT": time(23, 59)}
DAYS: Final = {
    "mon": "Lundi", "tue": "Mardi", "wed": "Mercredi", "thu": "Jeudi", "fri": "Vendredi",
    "sat": "Samedi", "sun": "Dimanche",
}  # fmt: skip
REASONS: Final = (
    "Personne absente", "Refus de la personne", "Personne hospitalisée", "Matériel manquant",
    "Temps insuffisant", "État de la personne",
)  # fmt: skip
_BACK: Final = timedelta(days=14)
_SHORTEST: Final = 5


@dataclass(frozen=True, slots=True)
class Act:
    """A planned act: references for who, FHIR codes for when; `link` is its prescription."""

    key: str
    text: str
    patient: str
    responsible: str
    author: str
    days: tuple[str, ...]
    moments: tuple[str, ...]
    start: str
    end: str
    link: str
    status: str
    version: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One time of an act: its day, moment, what became of it, "" while nothing is said."""

    day: date
    moment: str
    state: str = ""
    reason: str = ""
    who: str = ""

    @property
    def code(self) -> str:
        """The name of the time, as it stands in a form."""
        return f"{self.day.isoformat()}.{self.moment}"

    def is_past(self, now: datetime) -> bool:
        """Whether it should have been done."""
        return datetime.combine(self.day, _ENDS[self.moment], PARIS) < now


def read_act(resource: Resource) -> Act:
    """An act of its ServiceRequest."""
    repeat: Mapping[str, Any] = (resource.get("occurrenceTiming") or {}).get("repeat") or {}
    bounds: Mapping[str, Any] = repeat.get("boundsPeriod") or {}
    performer: Mapping[str, Any] = next(iter(resource.get("performer", ())), {})
    link: Mapping[str, Any] = next(iter(resource.get("basedOn", ())), {})
    return Act(
        str(resource["id"]),
        str((resource.get("code") or {}).get("text", "")),
        party(resource, "subject"),
        str(performer.get("reference", "")),
        party(resource, "requester"),
        tuple(one for one in repeat.get("dayOfWeek", ()) if one in DAYS) or tuple(DAYS),
        tuple(one for one in repeat.get("when", ()) if one in MOMENTS),
        str(bounds.get("start", ""))[:10],
        str(bounds.get("end", ""))[:10],
        str(link.get("reference", "")),
        str(resource.get("status", "")),
        int((resource.get("meta") or {}).get("versionId", 1)),
    )


def new_act(act: Act, at: datetime) -> dict[str, Any]:
    """The ServiceRequest of an act; raises `RuleBroken` for what is missing."""
    if not act.text.strip():
        raise RuleBroken("Dites quel est l’acte.")
    if not act.moments or not set(act.moments) <= set(MOMENTS):
        raise RuleBroken("Dites à quels moments de la journée.")
    if not act.days or not set(act.days) <= set(DAYS):
        raise RuleBroken("Dites quels jours.")
    if not act.responsible.startswith(("Practitioner/", "Organization/")):
        raise RuleBroken("Dites qui est responsable de l’acte.")
    start, end = _day(act.start, "Dites quand l’acte commence."), None
    if act.end:
        end = _day(act.end, "La date de fin n’est pas lisible.")
    if end is not None and end < start:
        raise RuleBroken("La fin vient après le début.")
    bounds = {"start": start.isoformat()} | ({"end": end.isoformat()} if end else {})
    made: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "plan",
        "category": [{"coding": [{"system": CATEGORY, "code": CODE, "display": "Acte planifié"}]}],
        "code": {"text": act.text.strip()},
        "subject": {"reference": act.patient},
        "requester": {"reference": act.author},
        "performer": [{"reference": act.responsible}],
        "authoredOn": instant(at),
        "occurrenceTiming": {
            "repeat": {
                "boundsPeriod": bounds, "frequency": len(act.moments), "period": 1,
                "periodUnit": "d", "dayOfWeek": list(act.days), "when": list(act.moments),
            }
        },
    }  # fmt: skip
    if act.link:
        made["basedOn"] = [{"reference": act.link}]
    return made


def slots(act: Act, day: date) -> list[Slot]:
    """The times of an act on a day, in their order."""
    begun = not act.start or day.isoformat() >= act.start
    runs = begun and (not act.end or day.isoformat() <= act.end)
    if not runs or list(DAYS)[day.weekday()] not in act.days:
        return []
    return [Slot(day, one) for one in MOMENTS if one in act.moments]


def last_slots(act: Act, now: datetime, count: int) -> list[Slot]:
    """The last times that should have been done, the latest first; of two weeks at most."""
    found: list[Slot] = []
    today = now.astimezone(PARIS).date()
    for one in _backwards(act, today):
        if one.is_past(now):
            found.append(one)
        if len(found) == count:
            break
    return found


def slot_of(act: Act, code: str, today: date) -> Slot:
    """The time that a form names; raises `RuleBroken` for one that is none, or lies ahead."""
    text, _, moment = code.partition(".")
    day = _day(text, "Ce moment n’est pas prévu.")
    if day > today:
        raise RuleBroken("Ce moment n’est pas encore venu.")
    found = next((one for one in slots(act, day) if one.moment == moment), None)
    if found is None:
        raise RuleBroken("Ce moment n’est pas prévu.")
    return found


def key_of(act: str, slot: Slot) -> str:
    """The id of the Procedure of a time of an act."""
    return str(uuid5(NAMESPACE_URL, f"https://cordee.example/act/{act}/{slot.code}"))


def new_procedure(
    act: Act, slot: Slot, who: str, at: datetime, *, reason: str | None = None
) -> dict[str, Any]:
    """What became of a time: done, or not with its `reason`; a short one raises `RuleBroken`."""
    made: dict[str, Any] = {
        "resourceType": "Procedure",
        "id": key_of(act.key, slot),
        "basedOn": [{"reference": f"ServiceRequest/{act.key}"}],
        "status": "completed" if reason is None else "not-done",
        "code": {"text": act.text},
        "subject": {"reference": act.patient},
        "performedDateTime": instant(at) if slot.day == at.date() else slot.day.isoformat(),
        "performer": [{"actor": {"reference": who}}],
    }
    if reason is not None:
        if len(reason.strip()) < _SHORTEST:
            raise RuleBroken("Dites pourquoi l’acte n’est pas fait, en 5 lettres au moins.")
        made["statusReason"] = {"text": reason.strip()[:300]}
    return made


def told(act: Act, slot: Slot, found: Mapping[str, Resource]) -> Slot:
    """The time with what became of it."""
    procedure = found.get(key_of(act.key, slot))
    if procedure is None:
        return slot
    performer: Mapping[str, Any] = next(iter(procedure.get("performer", ())), {})
    return Slot(
        slot.day, slot.moment, str(procedure.get("status", "")),
        str((procedure.get("statusReason") or {}).get("text", "")),
        str((performer.get("actor") or {}).get("reference", "")),
    )  # fmt: skip


def last_told(act: Act, now: datetime, found: Mapping[str, Resource]) -> list[Slot]:
    """The last two times that are past, or of which somebody said something; the latest first."""
    times = {one.code: one for one in last_slots(act, now, 2)}
    times |= {one.code: one for one in slots(act, now.astimezone(PARIS).date())}
    known = [told(act, one, found) for one in times.values()]
    known = [one for one in known if one.state or one.is_past(now)]
    return sorted(known, key=_place, reverse=True)[:2]


def _place(slot: Slot) -> tuple[date, int]:
    return slot.day, list(MOMENTS).index(slot.moment)


def is_missed(slot: Slot, now: datetime) -> bool:
    """Whether a time was not done: said so, or past and nobody said anything."""
    return slot.state == "not-done" or (not slot.state and slot.is_past(now))


def missed_twice(last: Sequence[Slot], now: datetime) -> bool:
    """Whether the last two times were missed; the latest comes first."""
    return len(last) >= 2 and all(is_missed(one, now) for one in last[:2])  # noqa: PLR2004 -- twice


def _backwards(act: Act, today: date) -> Iterator[Slot]:
    day = today
    while day >= today - _BACK:
        yield from reversed(slots(act, day))
        day -= timedelta(days=1)


def _day(text: str, sentence: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise RuleBroken(sentence) from error
