"""Problems and allergies of one record, in the order they are read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cordee.care.record.concepts import code_of, codes, first_text, label, note, person
from cordee.care.record.ports import RecordRows, Resource

_GONE = frozenset({"entered-in-error"})
_OVER = frozenset({"inactive", "remission", "resolved"})
# SNOMED CT and HL7 codes that say that an allergy is known to be absent
_NO_ALLERGY = frozenset(
    {"716186003", "160244002", "409137002", "428607008", "428197003", "no-known-allergies"}
)


class AllergyTitle(StrEnum):
    """The four titles, and only these (NHS CUI PAB-0064 to 0072)."""

    KNOWN = "known"
    NONE = "none"
    UNRECORDED = "unrecorded"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Problem:
    """One Condition; dates as recorded, statuses as codes."""

    name: str
    since: str
    until: str
    clinical: str
    verification: str
    severity: str
    author: str
    recorded: str
    note: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class Allergy:
    """One AllergyIntolerance that is not refuted."""

    substance: str
    reactions: tuple[str, ...]
    category: str
    criticality: str
    severity: str
    verification: str
    since: str
    recorded: str
    author: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class Allergies:
    """What is known of the allergies: one of four titles, and the entries behind it."""

    title: AllergyTitle
    entries: tuple[Allergy, ...] = ()
    past: tuple[Allergy, ...] = ()
    said_on: str = ""
    said_by: str = ""


def read_problems(rows: RecordRows) -> tuple[Problem, ...]:
    """Problems, the active ones first, each part from the newest to the oldest."""
    problems = [
        _problem(row, rows)
        for row in rows.problems
        if code_of(row.get("verificationStatus")) not in _GONE | {"refuted"}
    ]
    problems.sort(key=lambda problem: problem.since or problem.recorded, reverse=True)
    return tuple(sorted(problems, key=lambda problem: problem.is_over))


def read_allergies(rows: RecordRows) -> Allergies:
    """Give the allergies and their title; « none known » needs a statement that says so."""
    if "allergies" in rows.unavailable:
        return Allergies(AllergyTitle.UNAVAILABLE)
    stated = [
        row
        for row in rows.allergies
        if code_of(row.get("verificationStatus")) not in _GONE | {"refuted"}
    ]
    entries = [_allergy(row, rows) for row in stated if not codes(row.get("code")) & _NO_ALLERGY]
    past = tuple(entry for entry in entries if entry.is_over)
    rank = {"high": 0, "unable-to-assess": 1}
    live = sorted(
        (entry for entry in entries if not entry.is_over),
        key=lambda entry: (rank.get(entry.criticality, 2), entry.substance),
    )
    if live:
        return Allergies(AllergyTitle.KNOWN, tuple(live), past)
    absent = [row for row in stated if codes(row.get("code")) & _NO_ALLERGY]
    if not absent:
        return Allergies(AllergyTitle.UNRECORDED, (), past)
    last = max(absent, key=_recorded)
    author = person(last.get("asserter") or last.get("recorder"), rows.names)
    return Allergies(AllergyTitle.NONE, (), past, _recorded(last), author)


def _problem(row: Resource, rows: RecordRows) -> Problem:
    clinical = code_of(row.get("clinicalStatus"))
    return Problem(
        name=label(row.get("code")) or note(row),
        since=first_text(row, "onsetDateTime", "onsetPeriod.start", "onsetString"),
        until=first_text(row, "abatementDateTime", "abatementPeriod.end", "abatementString"),
        clinical=clinical,
        verification=code_of(row.get("verificationStatus")),
        severity=label(row.get("severity")),
        author=person(row.get("asserter") or row.get("recorder"), rows.names),
        recorded=str(row.get("recordedDate", "")),
        note=note(row),
        is_over=clinical in _OVER,
    )


def _allergy(row: Resource, rows: RecordRows) -> Allergy:
    reactions = row.get("reaction", ())
    shown = (label(sign) for reaction in reactions for sign in reaction.get("manifestation", ()))
    severities = [str(reaction.get("severity", "")) for reaction in reactions]
    return Allergy(
        substance=label(row.get("code")),
        reactions=tuple(dict.fromkeys(text for text in shown if text)),
        category=next(iter(row.get("category", ())), ""),
        criticality=str(row.get("criticality", "")),
        severity=next((s for s in ("severe", "moderate", "mild") if s in severities), ""),
        verification=code_of(row.get("verificationStatus")),
        since=first_text(row, "onsetDateTime", "onsetPeriod.start", "onsetString"),
        recorded=_recorded(row),
        author=person(row.get("asserter") or row.get("recorder"), rows.names),
        is_over=code_of(row.get("clinicalStatus")) in _OVER,
    )


def _recorded(row: Resource) -> str:
    return first_text(row, "recordedDate", "lastOccurrence", "meta.lastUpdated")
