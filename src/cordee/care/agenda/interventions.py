"""An intervention around a patient as a FHIR Appointment: what is read of one, how one is made.

Recurring visits are as many Appointments of one series, so that each can be moved, missed or done.
Rule: GAP 3.0.0 (an appointment declared to the shared agenda); B1.7.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from cordee.care.store import Resource
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import RuleBroken

TYPE: Final = "https://cordee.example/CodeSystem/intervention"
SERIES: Final = "https://cordee.example/intervention-series"
BOOKED, DONE, MISSED, CANCELLED = "booked", "fulfilled", "noshow", "cancelled"
MOST: Final = 120
"""Visits of one series."""
LONGEST: Final = 24 * 60
_SHORTEST_REASON: Final = 3
_RUNNING: Final = frozenset({"proposed", "pending", "booked", "arrived", "checked-in", "waitlist"})


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of intervention; `needs_patient` where they have to be there for it."""

    label: str
    needs_patient: bool = True


TRANSPORT, OTHER = "transport", "autre"
SORTS: Final[Mapping[str, Sort]] = {
    "soins": Sort("Soins infirmiers"),
    "kine": Sort("Kinésithérapie, rééducation"),
    "aide": Sort("Aide à domicile"),
    "consultation": Sort("Consultation"),
    "teleconsultation": Sort("Téléconsultation"),
    "examen": Sort("Examen, analyse"),
    TRANSPORT: Sort("Transport"),
    "livraison": Sort("Livraison, matériel", needs_patient=False),
    "visite": Sort("Visite d’un proche"),
    "sortie": Sort("Sortie, promenade"),
    "animation": Sort("Animation, atelier", needs_patient=False),
    OTHER: Sort("Autre"),
}
OPEN_SORTS: Final = frozenset({"visite", "sortie", "animation"})
"""Sorts that say nothing of health: a family reads what they are (B7.7)."""


@dataclass(frozen=True, slots=True)
class Intervention:
    """One intervention; `people` are the names of who comes, `actors` their references."""

    id: str
    version: int
    patient: str
    sort: str
    words: str
    starts: datetime
    ends: datetime
    status: str
    people: tuple[str, ...]
    actors: tuple[str, ...]
    series: str
    reason: str

    @property
    def runs(self) -> bool:
        """Whether it is still to happen, or under way."""
        return self.status in _RUNNING


@dataclass(frozen=True, slots=True)
class Planned:
    """What somebody plans: who comes (a reference, or a name alone), when, for how long.

    `days` are the days of the week (Monday is 0) on which it comes again until `until`.
    """

    sort: str
    words: str
    actor: str
    name: str
    starts: datetime
    minutes: int
    days: frozenset[int] = frozenset()
    until: date | None = None


def read_intervention(resource: Resource, names: Mapping[str, str]) -> Intervention | None:
    """What an Appointment says; None for one without a moment or a patient."""
    starts, ends = _moment(resource.get("start")), _moment(resource.get("end"))
    actors = [one.get("actor") or {} for one in resource.get("participant", ())]
    references = [str(one.get("reference", "")) for one in actors]
    patient = next((one for one in references if one.startswith("Patient/")), "")
    if starts is None or not patient:
        return None
    others = [
        (reference, str(one.get("display", "")))
        for one, reference in zip(actors, references, strict=True)
        if not reference.startswith("Patient/")
    ]
    people = [names.get(reference) or shown for reference, shown in others]
    return Intervention(
        id=str(resource["id"]),
        version=int(resource["meta"]["versionId"]),
        patient=patient,
        sort=_sort(resource),
        words=str(resource.get("description", "")),
        starts=starts,
        ends=max(ends or starts, starts),
        status=str(resource.get("status", "")),
        people=tuple(filter(None, people)),
        actors=tuple(filter(None, (reference for reference, _ in others))),
        series=_series(resource),
        reason=str((resource.get("cancelationReason") or {}).get("text", "")),
    )


def moments(planned: Planned) -> list[tuple[datetime, datetime]]:
    """When it comes: once, or on the days of the week until a day, at the same hour of the clock.

    Raises `RuleBroken` for a series without an end, one that never comes, or one too long.
    """
    if not 0 < planned.minutes <= LONGEST:
        raise RuleBroken("Donnez une durée en minutes, 24 heures au plus.")
    lasting = timedelta(minutes=planned.minutes)
    if not planned.days:
        return [_span(planned.starts, lasting)]
    if planned.until is None:
        raise RuleBroken("Dites jusqu’à quel jour les passages reviennent.")
    first = planned.starts.astimezone(PARIS)
    found: list[tuple[datetime, datetime]] = []
    day = first.date()
    while day <= planned.until:
        if day.weekday() in planned.days:
            found.append(_span(datetime.combine(day, first.time(), PARIS), lasting))
        if len(found) > MOST:
            raise RuleBroken(f"Une série compte {MOST} passages au plus : rapprochez la fin.")
        day += timedelta(days=1)
    if not found:
        raise RuleBroken("Aucun passage ne tombe avant la fin de la série.")
    return found


def _span(starts: datetime, lasting: timedelta) -> tuple[datetime, datetime]:
    """From a moment, as long as it lasts, whatever the clocks do meanwhile."""
    return starts, starts.astimezone(UTC) + lasting


def new_appointments(patient: str, planned: Planned, series: str) -> list[dict[str, Any]]:
    """The Appointments of what is planned; `patient` is a reference. Raises as `moments`."""
    if planned.sort not in SORTS:
        raise RuleBroken("Choisissez une sorte d’intervention.")
    actor = {"display": planned.name} | ({"reference": planned.actor} if planned.actor else {})
    visits = moments(planned)
    made: list[dict[str, Any]] = []
    for starts, ends in visits:
        one: dict[str, Any] = {
            "resourceType": "Appointment",
            "status": BOOKED,
            "serviceType": [{"coding": [_coding(planned.sort)]}],
            "start": _text(starts),
            "end": _text(ends),
            "minutesDuration": planned.minutes,
            "participant": [
                {"actor": {"reference": patient}, "status": "accepted"},
                {"actor": actor, "status": "accepted"},
            ],
        }
        if planned.words:
            one["description"] = planned.words
        if len(visits) > 1:
            one["identifier"] = [{"system": SERIES, "value": series}]
        made.append(one)
    return made


def ended(resource: Resource, status: str, reason: str = "") -> dict[str, Any]:
    """An Appointment that was kept, missed or called off.

    Raises `RuleBroken` for one called off without a reason, or one that is over.
    """
    if resource.get("status") not in _RUNNING:
        raise RuleBroken("Cette intervention n’est plus prévue.")
    if status == CANCELLED and len(reason.strip()) < _SHORTEST_REASON:
        raise RuleBroken("Dites pourquoi l’intervention est annulée.")
    changed = {key: value for key, value in resource.items() if key != "cancelationReason"}
    changed["status"] = status
    if reason.strip():
        changed["cancelationReason"] = {"text": reason.strip()}
    return changed


def moved(resource: Resource, starts: datetime) -> dict[str, Any]:
    """An Appointment at another moment, as long as it was; raises `RuleBroken` for one over."""
    if resource.get("status") not in _RUNNING:
        raise RuleBroken("Cette intervention n’est plus prévue.")
    before, end = _moment(resource.get("start")), _moment(resource.get("end"))
    lasting = end - before if before and end else timedelta(0)
    return {**resource, "start": _text(starts), "end": _text(_span(starts, lasting)[1])}


def in_order(found: Collection[Intervention]) -> Sequence[Intervention]:
    """By moment, then by who comes."""
    return sorted(found, key=lambda one: (one.starts, one.people, one.id))


def _coding(sort: str) -> dict[str, str]:
    return {"system": TYPE, "code": sort, "display": SORTS[sort].label}


def _sort(resource: Resource) -> str:
    codes = [
        str(coding.get("code", ""))
        for concept in resource.get("serviceType", ())
        for coding in concept.get("coding", ())
        if coding.get("system") == TYPE
    ]
    return next((one for one in codes if one in SORTS), OTHER)


def _series(resource: Resource) -> str:
    identifiers = resource.get("identifier", ())
    return next((str(one["value"]) for one in identifiers if one.get("system") == SERIES), "")


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _text(moment: datetime) -> str:
    return moment.astimezone(PARIS).isoformat(timespec="seconds")
