"""What the record page says: domain values of one record in French words, pane by pane."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from cordee.care.agenda.interventions import read_intervention
from cordee.care.record.circle import Member, read_circle
from cordee.care.record.clinical import (
    Allergies,
    AllergyTitle,
    Problem,
    read_allergies,
    read_problems,
)
from cordee.care.record.concepts import person
from cordee.care.record.ports import RecordRows
from cordee.care.record.results import Series, read_series
from cordee.care.record.ties import read_ties
from cordee.care.record.timeline import Event, EventKind, read_documents, read_events
from cordee.care.record.traits import read_traits
from cordee.care.record.treatments import Treatment, read_treatments
from cordee.runtime import french
from cordee.web.agenda.views import label_of
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe
from cordee.web.record import words
from cordee.web.record.dosages import dosage_words
from cordee.web.record.tie_views import TieRow, tie_row

log = logging.getLogger(__name__)
NEXT = 10
"""Appointments to come that the summary shows. Rule: B1.1."""
T = TypeVar("T")
_BROKEN_DATA = (AttributeError, KeyError, TypeError, ValueError, IndexError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class Pane(Generic[T]):
    """One pane: `data`, `empty` or `error`; one that fails never takes the page."""

    state: str
    items: Sequence[T] = ()

    @property
    def count(self) -> int:
        """How many items the pane holds."""
        return len(self.items)


@dataclass(frozen=True, slots=True)
class AllergyView:
    """The allergy title of the banner, its sign, what follows it, and the entries."""

    state: str
    title: str
    sign: str
    summary: str
    entries: tuple[AllergyRow, ...]
    past: int


@dataclass(frozen=True, slots=True)
class AllergyRow:
    """One allergy: substance, what it did, how grave."""

    substance: str
    detail: str
    risk: str
    level: str
    recorded: str


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """One problem: name, since when, in what state."""

    name: str
    detail: str
    since: str
    state: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class TreatmentRow:
    """One treatment; the name is never cut."""

    name: str
    doses: tuple[str, ...]
    reason: str
    since: str
    until: str
    author: str
    state: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing that happened."""

    identifier: str
    at: str
    day: str
    hour: str
    year: str
    title: str
    lines: tuple[str, ...]
    state: str
    kind: str
    media: str
    full_day: str
    author: str
    place: str = ""
    county: str = ""
    recorded: str = ""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One running plan."""

    number: str
    title: str
    state: str
    since: str


@dataclass(frozen=True, slots=True)
class ComingRow:
    """One appointment to come: its day for the address, when in words, what, with whom."""

    iso: str
    when: str
    label: str
    people: str


@dataclass(frozen=True, slots=True)
class RecordView:
    """The whole record in words."""

    person: Person
    allergies: AllergyView
    risks: tuple[tuple[str, str], ...]
    general_practitioner: str
    problems: Pane[ProblemRow]
    treatments: Pane[TreatmentRow]
    series: Pane[Series]
    events: Pane[EventRow]
    documents: Pane[EventRow]
    circle: Pane[Member]
    ties: Pane[TieRow]
    plans: Pane[PlanRow]
    coming: Pane[ComingRow]
    change: str

    @property
    def current_treatments(self) -> tuple[TreatmentRow, ...]:
        """The treatments that are taken now."""
        return tuple(row for row in self.treatments.items if row.is_current)


def view_record(rows: RecordRows, today: date) -> RecordView:
    """Give the words of a record; a pane whose rows are missing or unreadable says so alone."""
    traits = read_traits(rows.patient)
    treatments = _pane("treatments", rows, read_treatments)
    practitioner = next(iter(rows.patient.get("generalPractitioner", ())), None)
    return RecordView(
        person=describe(traits, today),
        allergies=_allergies(rows),
        risks=_risks(treatments.items),
        general_practitioner=person(practitioner, rows.names),
        problems=_pane("problems", rows, lambda r: [problem_row(p) for p in read_problems(r)]),
        treatments=Pane(treatments.state, [treatment_row(t) for t in treatments.items]),
        series=_pane("results", rows, read_series),
        events=_pane(
            "encounters", rows, lambda r: [event_row(e) for e in read_events(r)], "documents"
        ),
        documents=_pane("documents", rows, lambda r: [event_row(e) for e in read_documents(r)]),
        circle=_pane("care_team", rows, read_circle),
        ties=_pane("care_team", rows, lambda r: [tie_row(t) for t in read_ties(r)], "encounters"),
        plans=_pane("plans", rows, _plans),
        coming=_pane("appointments", rows, _coming),
        change=rows.change,
    )


def problem_row(problem: Problem) -> ProblemRow:
    """Give the words of one problem."""
    state = words.CLINICAL.get(problem.clinical, "")
    doubt = words.VERIFICATION.get(problem.verification, "")
    since = french.short_date(problem.since) or problem.since
    until = french.short_date(problem.until)
    span = _("%(since)s à %(until)s") % {"since": since, "until": until} if until else since
    detail = " ".join(part for part in (problem.severity, problem.note) if part)
    return ProblemRow(
        name=problem.name or _("problème sans intitulé"),
        detail=detail if detail != problem.name else "",
        since=span,
        state=", ".join(part for part in (state, doubt) if part),
        is_over=problem.is_over,
    )


def treatment_row(treatment: Treatment) -> TreatmentRow:
    """Give the words of one treatment."""
    doses = tuple(dosage_words(dosage) for dosage in treatment.dosages)
    return TreatmentRow(
        name=treatment.name or _("médicament sans nom"),
        doses=doses or (_("dose non précisée"),),
        reason=treatment.reason,
        since=french.short_date(treatment.since),
        until=french.short_date(treatment.until),
        author=treatment.author,
        state=words.TREATMENT_STATUS.get(treatment.status, treatment.status),
        is_current=treatment.is_current,
    )


def event_row(event: Event) -> EventRow:
    """Give the words of one event of the timeline, or of one document."""
    kind = words.ENCOUNTER_CLASSES.get(event.code, "") if event.kind is EventKind.ENCOUNTER else ""
    title = event.title or kind or _("Sans titre")
    lines = [kind if kind and kind.casefold() not in title.casefold() else ""]
    author = french.bound(", ".join(filter(None, (event.place, *event.people))))
    lines += [", ".join(event.reasons), author]
    lines += [_span(event), event.conclusion]
    table = words.ENCOUNTER_STATUS if event.kind is EventKind.ENCOUNTER else words.DOCUMENT_STATUS
    return EventRow(
        identifier=f"{event.kind}-{event.identifier}",
        at=event.at,
        day=french.day_month(event.at),
        hour=french.clock(event.at),
        year=event.year,
        title=title,
        lines=tuple(french.bound(line) for line in lines if line and line != title),
        state=table.get(event.status, ""),
        kind=str(event.kind),
        media=words.MEDIA.get(event.media.partition(";")[0].strip(), ""),
        full_day=french.short_date(event.at),
        author=author,
        place=event.place,
        county=event.county,
        recorded=event.recorded,
    )


def _plans(rows: RecordRows) -> list[PlanRow]:
    """Plans that run, or wait for their review."""
    found: list[PlanRow] = []
    for one in rows.plans:
        state = words.PLAN_STATUS.get(str(one.get("status", "")))
        if state is not None:
            since = (one.get("period") or {}).get("start") or one.get("created")
            title = str(one.get("title") or _("Plan sans titre"))
            found.append(PlanRow(str(one["id"]), title, state, french.short_date(since)))
    return found


def _coming(rows: RecordRows) -> list[ComingRow]:
    """The next appointments that still stand."""
    found = [read_intervention(one, rows.names) for one in rows.appointments]
    running = [one for one in found if one is not None and one.runs]
    return [
        ComingRow(
            one.starts.astimezone(french.PARIS).date().isoformat(),
            f"{french.day_month(one.starts.isoformat())} {french.clock(one.starts.isoformat())}",
            label_of(one),
            ", ".join(one.people),
        )
        for one in running[:NEXT]
    ]


def _span(event: Event) -> str:
    start, _start = french.parse_moment(event.at)
    end, _end = french.parse_moment(event.until)
    if (
        start is None
        or end is None
        or french.short_date(event.at) == french.short_date(event.until)
    ):
        return ""
    values = {"start": french.short_date(event.at), "end": french.short_date(event.until)}
    return _("du %(start)s au %(end)s") % values


def _pane(
    kind: str, rows: RecordRows, build: Callable[[RecordRows], Sequence[T]], *also: str
) -> Pane[T]:
    if rows.unavailable & {kind, *also}:
        return Pane("error")
    try:
        items = build(rows)
    except _BROKEN_DATA as error:
        log.warning("pane_failed kind=%s error=%s", kind, type(error).__name__)
        return Pane("error")
    return Pane("data" if items else "empty", items)


def _allergies(rows: RecordRows) -> AllergyView:
    pane = _pane("allergies", rows, lambda r: [read_allergies(r)])
    found = pane.items[0] if pane.items else Allergies(AllergyTitle.UNAVAILABLE)
    title, sign = words.ALLERGY_TITLES[found.title]
    entries = tuple(
        AllergyRow(
            substance=entry.substance or _("substance non précisée"),
            detail=", ".join(filter(None, (*entry.reactions, words.SEVERITY.get(entry.severity)))),
            risk=words.CRITICALITY.get(entry.criticality, ""),
            level="critical" if entry.criticality == "high" else "",
            recorded=french.short_date(entry.since or entry.recorded),
        )
        for entry in found.entries
    )
    return AllergyView(
        str(found.title), title, sign, _allergy_summary(found), entries, len(found.past)
    )


def _allergy_summary(found: Allergies) -> str:
    if found.title is AllergyTitle.KNOWN:
        shown = (
            entry.substance + (f" ({', '.join(entry.reactions)})" if entry.reactions else "")
            for entry in found.entries
        )
        return ", ".join(shown)
    if found.title is AllergyTitle.NONE and found.said_on:
        day = _("dit le %s") % french.short_date(found.said_on)
        return (
            _("%(day)s par %(who)s") % {"day": day, "who": found.said_by} if found.said_by else day
        )
    return ""


def _risks(treatments: Sequence[Treatment]) -> tuple[tuple[str, str], ...]:
    named: dict[str, list[str]] = {}
    for treatment in treatments:
        if treatment.is_current and treatment.risk:
            named.setdefault(treatment.risk, []).append(treatment.name)
    return tuple((words.RISKS[risk], ", ".join(names)) for risk, names in named.items())
