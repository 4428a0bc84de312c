"""Events read off what was written: the same whatever wrote it, a screen or a system at /fhir.

Each has a source of its own, so that it is told once however often its resource is written again.
What lies long back is no news: an import of years tells nobody. Rule: B2.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cordee.care.documents.tile import moment_of
from cordee.care.notifications.outbox import Event, is_coded

Resource = Mapping[str, Any]
NEWS: Final = timedelta(hours=72)
"""How long after it happened something may still be told."""
DEPOSITED: Final = timedelta(days=7)
_PRESENT: Final = frozenset({"arrived", "triaged", "in-progress", "onleave"})
_OVER: Final = frozenset({"finished"})
_EMERGENCY: Final = frozenset({"EMER"})
_STAY: Final = frozenset({"IMP", "ACUTE", "NONAC"})
_DONE: Final = frozenset({"final", "amended", "corrected"})
_CRITICAL: Final = frozenset({"HH", "LL", "AA", "HU", "LU"})
_IS_URGENT: Final = ("is-emergency", "isEmergency")
_NOTE: Final = "cdl-document-reference"
_EMERGENCY_LETTERS: Final = frozenset({"15507-7", "34878-9"})
"""LOINC of what an emergency department writes of a passage."""
_REMOTE: Final = frozenset({"telemonitoring", "telesurveillance", "tlsv"})


@dataclass(frozen=True, slots=True)
class Written:
    """One write: what it made, what stood before, and when it was published.

    `now` and `before` are None where nothing was, or is no more.
    """

    type: str
    id: str
    now: Resource | None
    before: Resource | None
    at: datetime

    @property
    def reference(self) -> str:
        """Where it lies."""
        return f"{self.type}/{self.id}"


def derive(written: Written) -> list[Event]:
    """What a write tells, of what is news; nothing for a deletion."""
    reader = _READERS.get(written.type)
    if reader is None or written.now is None:
        return []
    longest = DEPOSITED if written.type == "DocumentReference" else NEWS
    return [one for one in reader(written, written.now) if one.at >= written.at - longest]


def subject_of(resource: Resource) -> str:
    """The patient that a resource is about, as `Patient/id`; "" for none of ours."""
    for name in ("subject", "patient"):
        reference = _reference(resource.get(name))
        if reference.startswith("Patient/"):
            return reference
    return ""


def _encounter(written: Written, now: Resource) -> Iterator[Event]:
    code = str((now.get("class") or {}).get("code", ""))
    if code in _EMERGENCY:
        yield from _emergency(written, now)
    elif code in _STAY:
        yield from _stay(written, now)


def _emergency(written: Written, now: Resource) -> Iterator[Event]:
    status = now.get("status")
    if status == "planned":
        yield _of_stay(written, now, "ehpad-departure", "departure", "start")
    elif status in _PRESENT:
        yield _of_stay(written, now, "emergency-arrival", "arrival", "start")
    elif status in _OVER:
        yield _of_stay(written, now, "emergency-arrival", "arrival", "start")
        yield _of_stay(written, now, "orientation", "orientation", "end")


def _stay(written: Written, now: Resource) -> Iterator[Event]:
    status, before = now.get("status"), written.before
    if status in _PRESENT:
        yield _of_stay(written, now, "admission", "admission", "start")
        place = _reference(now.get("serviceProvider"))
        was = _reference((before or {}).get("serviceProvider"))
        if before is not None and was and place != was:
            moved = f"transfer/{place}"
            yield _of_stay(written, now, "transfer", moved, "")
    elif status in _OVER:
        yield _of_stay(written, now, "discharge", "discharge", "end")


def _of_stay(written: Written, now: Resource, kind: str, what: str, bound: str) -> Event:
    period = now.get("period") or {}
    at = moment_of(period.get(bound)) if bound else None
    origin = _reference((now.get("hospitalization") or {}).get("origin"))
    detail = {"sender": origin} if origin.startswith("Organization/") else {}
    disposition = _code((now.get("hospitalization") or {}).get("dischargeDisposition"))
    if is_coded(disposition) and bound == "end":
        detail["disposition"] = disposition
    place = _reference(now.get("serviceProvider"))
    return Event(
        kind, at or written.at, f"{written.reference}/{what}", subject_of(now),
        place=place if place.startswith("Organization/") else "",
        focus=written.reference, detail=detail, written=written.at,
    )  # fmt: skip


def _patient(written: Written, now: Resource) -> Iterator[Event]:
    is_dead = bool(now.get("deceasedBoolean") or now.get("deceasedDateTime"))
    before = written.before or {}
    was_dead = bool(before.get("deceasedBoolean") or before.get("deceasedDateTime"))
    if is_dead and not was_dead and written.before is not None:
        at = moment_of(now.get("deceasedDateTime")) or written.at
        yield Event(
            "death", at, f"{written.reference}/death", written.reference,
            focus=written.reference, written=written.at,
        )  # fmt: skip


def _document(written: Written, now: Resource) -> Iterator[Event]:
    if now.get("status") != "current" or written.before is not None:
        return
    profiles = (now.get("meta") or {}).get("profile") or ()
    kind = "document"
    if any(_NOTE in one for one in profiles):
        kind = "liaison-note"
    elif any(
        one.get("code") in _EMERGENCY_LETTERS for one in (now.get("type") or {}).get("coding") or ()
    ):
        kind = "emergency-letter"
    urgent = kind == "liaison-note" and any(
        str(one.get("url", "")).endswith(_IS_URGENT) and one.get("valueBoolean") is True
        for one in now.get("extension") or ()
    )
    yield Event(
        kind, moment_of(now.get("date")) or written.at, written.reference, subject_of(now), urgent,
        _organization(now.get("custodian")), written.reference, written=written.at,
    )  # fmt: skip


def _report(written: Written, now: Resource) -> Iterator[Event]:
    if now.get("status") not in _DONE or (written.before or {}).get("status") in _DONE:
        return
    at = moment_of(now.get("issued")) or moment_of(now.get("effectiveDateTime")) or written.at
    yield Event(
        "result", at, f"{written.reference}/final", subject_of(now),
        place=_organizations(now.get("performer")), focus=written.reference, written=written.at,
    )  # fmt: skip


def _observation(written: Written, now: Resource) -> Iterator[Event]:
    codes = {
        coding.get("code")
        for concept in now.get("interpretation") or ()
        for coding in concept.get("coding") or ()
    }
    if now.get("status") not in _DONE or not codes & _CRITICAL:
        return
    at = moment_of(now.get("issued")) or moment_of(now.get("effectiveDateTime")) or written.at
    yield Event(
        "critical-result", at, f"{written.reference}/critical", subject_of(now),
        place=_organizations(now.get("performer")), focus=written.reference, written=written.at,
    )  # fmt: skip


def _appointment(written: Written, now: Resource) -> Iterator[Event]:
    if now.get("status") != "noshow":
        return
    actors = [_reference(one.get("actor")) for one in now.get("participant") or ()]
    patient = next((one for one in actors if one.startswith("Patient/")), "")
    yield Event(
        "missed-appointment", moment_of(now.get("start")) or written.at,
        f"{written.reference}/noshow", patient, focus=written.reference, written=written.at,
        to=tuple(one for one in actors if one.startswith("Practitioner/")),
    )  # fmt: skip


def _flag(written: Written, now: Resource) -> Iterator[Event]:
    codes = {
        str(coding.get("code", "")).casefold()
        for concept in now.get("category") or ()
        for coding in concept.get("coding") or ()
    }
    if now.get("status") != "active" or not codes & _REMOTE:
        return
    at = moment_of((now.get("period") or {}).get("start")) or written.at
    yield Event(
        "telemonitoring-alert", at, f"{written.reference}/active", subject_of(now),
        focus=written.reference, written=written.at,
    )  # fmt: skip


_READERS: Final[dict[str, Callable[[Written, Resource], Iterator[Event]]]] = {
    "Encounter": _encounter,
    "Patient": _patient,
    "DocumentReference": _document,
    "DiagnosticReport": _report,
    "Observation": _observation,
    "Appointment": _appointment,
    "Flag": _flag,
}


def _reference(value: Any) -> str:
    """Where a reference leads, without the version that it may name."""
    return str((value or {}).get("reference", "")).partition("/_history/")[0]


def _organization(value: Any) -> str:
    reference = _reference(value)
    return reference if reference.startswith("Organization/") else ""


def _organizations(values: Any) -> str:
    return next((one for one in map(_organization, values or ()) if one), "")


def _code(concept: Any) -> str:
    codings = (concept or {}).get("coding") or ()
    return next((str(one["code"]) for one in codings if one.get("code")), "")
