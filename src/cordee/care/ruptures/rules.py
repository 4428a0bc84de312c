"""What is looked at after a stay, when, and by which question. Rule: B2.8.

A letter on the day of the discharge; a nurse within 48 hours where one was prescribed; a return to
the emergency department within 72 hours; a readmission within 30 days; where a planner was there, a
call at day 2 and a visit of the médecin traitant within 7 days (B5.7). An absence of 24 hours
without orientation is a clock of the passage itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from cordee.care.passages.arrivals import Stay
from cordee.fhir.indexing.asking import GOVERNED
from cordee.runtime.clock import PARIS, instant

LETTER, NURSE, RETURN, READMISSION = "letter", "nurse", "return", "readmission"
CALL, VISIT = "call", "visit"
FLAGGED: Final = {
    RETURN: "Retour aux urgences dans les 72 heures",
    READMISSION: "Réhospitalisation dans les 30 jours",
}
"""Rules that mark the record; the others ask somebody to act."""
LETTERS: Final = ("11490-0", "15507-7", "60280-5", "34112-3", "18842-5", "83981-1")
"""LOINC codes of documents that tell of a discharge (JDV_J07)."""
NURSING: Final = ("9632001", "soins-infirmiers")
_WITHIN: Final = {RETURN: timedelta(hours=72), READMISSION: timedelta(days=30)}
_NURSE_WITHIN: Final = timedelta(hours=48)
_CALL_WITHIN: Final = timedelta(days=2)
_VISIT_WITHIN: Final = timedelta(days=7)
_CLOSE: Final = timedelta(hours=1)
_AHEAD: Final = timedelta(days=1)
_OLD: Final = timedelta(days=3)
"""Stays that ended before are history that comes in, not something to act on."""
_HOME: Final = frozenset({"home", "alt-home", "snf", "long", ""})
_HERE: Final = frozenset({"arrived", "triaged", "in-progress", "onleave", "finished"})


@dataclass(frozen=True, slots=True)
class Vigil:
    """Something to look at: by which rule, of which stay, when."""

    rule: str
    focus: str
    patient: str
    place: str
    starts: datetime
    ends: datetime | None
    due: datetime


def vigils(stay: Stay, now: datetime) -> list[Vigil]:
    """What a stay gives to look at; nothing for one without a beginning.

    An end that lies ahead, as 9999 for one that is not known, is none yet.
    """
    starts, ends = moment_of(stay.start), moment_of(stay.end)
    ends = ends if ends is not None and ends <= now + _AHEAD else None
    if starts is None or stay.status not in _HERE or now - (ends or starts) > _OLD:
        return []
    again = RETURN if stay.kind == "EMER" else READMISSION
    found = [_vigil(stay, again, starts, ends, now)]
    if stay.status == "finished" and ends is not None and stay.disposition in _HOME:
        found.append(_vigil(stay, LETTER, starts, ends, _midnight(ends)))
        found.append(_vigil(stay, NURSE, starts, ends, ends + _NURSE_WITHIN))
        if stay.kind == "IMP":  # a planner is of a stay in hospital alone
            found.append(_vigil(stay, CALL, starts, ends, _midnight(ends + _CALL_WITHIN)))
            found.append(_vigil(stay, VISIT, starts, ends, _midnight(ends + _VISIT_WITHIN)))
    return found


def again_criteria(rule: str, patient: str, starts: datetime) -> str:
    """The search of the stays that a return or a readmission would follow."""
    kind = "EMER" if rule == RETURN else "IMP"
    since = starts - _WITHIN[rule] - timedelta(days=30)
    return (
        f"patient={patient}&class={kind}&status=finished&date=ge{instant(since)}"
        f"&date=le{instant(starts)}&_sort=-date&_count=20"
    )


def is_again(rule: str, starts: datetime, former_end: datetime) -> bool:
    """Whether a stay follows a former one too soon; the same hour is a move, not a return."""
    return _CLOSE < starts - former_end <= _WITHIN[rule]


def letter_criteria(patient: str, starts: datetime) -> str:
    """The search of letters that tell of a stay."""
    return (
        f"patient={patient}&type={','.join(LETTERS)}&status=current"
        f"&date=ge{instant(starts)}&_count=1"
    )


def prescription_criteria(patient: str, starts: datetime) -> str:
    """The search of nursing care that was prescribed in a stay."""
    return (
        f"patient={patient}&category={','.join(NURSING)}&status=active,completed"
        f"&authored=ge{instant(starts)}&_count=5"
    )


def visit_criteria(patient: str, ends: datetime) -> str:
    """The search of visits at home since a discharge."""
    return f"patient={patient}&class=HH&status=in-progress,finished&date=ge{instant(ends)}&_count=1"


def planner_criteria(focus: str) -> str:
    """The search of the planner of a stay."""
    return f"encounter={focus}&code={GOVERNED}|discharge&_include=Task:patient&_count=1"


def attended_criteria(patient: str, doctor: str, ends: datetime) -> dict[str, str]:
    """The searches, by type, of what shows that a doctor saw a person since a discharge."""
    since = f"patient={patient}&practitioner={doctor}&date=ge{instant(ends)}&_count=1"
    return {
        "Encounter": f"{since}&status=in-progress,finished",
        "Appointment": f"{since}&status=arrived,fulfilled,checked-in",
    }


def _vigil(stay: Stay, rule: str, starts: datetime, ends: datetime | None, due: datetime) -> Vigil:
    return Vigil(rule, stay.reference, stay.patient, stay.provider, starts, ends, due)


def _midnight(moment: datetime) -> datetime:
    """The end of a day in Paris."""
    day = moment.astimezone(PARIS).date() + timedelta(days=1)
    return datetime.combine(day, time(), PARIS)


def moment_of(text: str) -> datetime | None:
    """A moment with its offset, that of Paris where it says none; None for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=PARIS)
