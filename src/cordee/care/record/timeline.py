"""What happened, newest first: stays, visits, documents and reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cordee.care.record.concepts import code_of, first_text, label, person
from cordee.care.record.ports import RecordRows, Resource
from cordee.runtime.french import parse_moment

_HIDDEN = frozenset({"entered-in-error", "cancelled", "superseded"})


class EventKind(StrEnum):
    """What sort of thing happened."""

    ENCOUNTER = "encounter"
    DOCUMENT = "document"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Event:
    """One dated thing. `code` is the class of an encounter or the type of a document.

    `county` is the département of its structure, `recorded` when this version was written.
    """

    kind: EventKind
    identifier: str
    at: str
    until: str
    code: str
    title: str
    reasons: tuple[str, ...]
    place: str
    people: tuple[str, ...]
    status: str
    conclusion: str
    media: str
    county: str = ""
    recorded: str = ""

    @property
    def year(self) -> str:
        """The year it began, in the time of Paris."""
        moment, _ = parse_moment(self.at)
        return str(moment.year) if moment else ""


def read_events(rows: RecordRows) -> tuple[Event, ...]:
    """All events that carry a date, the newest first."""
    events = [_encounter(row, rows) for row in rows.encounters if _shown(row)]
    events += read_documents(rows)
    dated = [event for event in events if parse_moment(event.at)[0]]
    return tuple(sorted(dated, key=_order, reverse=True))


def read_documents(rows: RecordRows) -> tuple[Event, ...]:
    """Documents and reports, the newest first; those without a date come last."""
    events = [
        _report(row, rows)
        if row.get("resourceType") == "DiagnosticReport"
        else _document(row, rows)
        for row in rows.documents
        if _shown(row)
    ]
    return tuple(sorted(events, key=_order, reverse=True))


def _shown(row: Resource) -> bool:
    return str(row.get("status", "")) not in _HIDDEN


def _order(event: Event) -> tuple[str, str]:
    moment, precision = parse_moment(event.at)
    if moment is None:
        return "", ""
    text = moment.isoformat() if precision == "time" else f"{moment.isoformat()}T00:00"
    return text[:16], event.identifier


def _encounter(row: Resource, rows: RecordRows) -> Event:
    people = (person(p.get("individual"), rows.names) for p in row.get("participant", ()))
    place = person(row.get("serviceProvider"), rows.names)
    for stay in row.get("location", ()):
        place = place or person(stay.get("location"), rows.names)
    return Event(
        kind=EventKind.ENCOUNTER,
        identifier=str(row.get("id", "")),
        at=first_text(row, "period.start"),
        until=first_text(row, "period.end"),
        code=str(row.get("class", {}).get("code", "")),
        title=label(next(iter(row.get("type", ())), None)),
        reasons=_labels(row.get("reasonCode")),
        place=place,
        people=tuple(dict.fromkeys(name for name in people if name)),
        status=str(row.get("status", "")),
        conclusion=label(row.get("hospitalization", {}).get("dischargeDisposition")),
        media="",
        county=_county(row.get("serviceProvider"), rows),
        recorded=first_text(row, "meta.lastUpdated"),
    )


def _document(row: Resource, rows: RecordRows) -> Event:
    content = next(iter(row.get("content", ())), {}).get("attachment", {})
    authors = [person(author, rows.names) for author in row.get("author", ())]
    title = str(content.get("title") or row.get("description") or label(row.get("type")))
    return Event(
        kind=EventKind.DOCUMENT,
        identifier=str(row.get("id", "")),
        at=first_text(row, "date", "content.creation", "context.period.start"),
        until="",
        code=code_of(row.get("type")),
        title=title,
        reasons=(kind,) if (kind := label(row.get("type"))) and kind != title else (),
        place=person(row.get("custodian"), rows.names),
        people=tuple(dict.fromkeys(name for name in authors if name)),
        status=str(row.get("docStatus", "")),
        conclusion=str(row.get("description", "")) if content.get("title") else "",
        media=str(content.get("contentType", "")),
        county=_county(row.get("custodian"), rows),
        recorded=first_text(row, "meta.lastUpdated"),
    )


def _report(row: Resource, rows: RecordRows) -> Event:
    performers = [person(performer, rows.names) for performer in row.get("performer", ())]
    return Event(
        kind=EventKind.REPORT,
        identifier=str(row.get("id", "")),
        at=first_text(row, "effectiveDateTime", "effectivePeriod.start", "issued"),
        until="",
        code=code_of(row.get("code")),
        title=label(row.get("code")),
        reasons=(),
        place=next(iter(performers), ""),
        people=tuple(dict.fromkeys(name for name in performers[1:] if name)),
        status=str(row.get("status", "")),
        conclusion=str(row.get("conclusion", "")),
        media="",
        county=_county(next(iter(row.get("performer", ())), None), rows),
        recorded=first_text(row, "meta.lastUpdated"),
    )


def _county(reference: Mapping[str, Any] | None, rows: RecordRows) -> str:
    return rows.counties.get(str((reference or {}).get("reference", "")), "")


def _labels(concepts: list[Mapping[str, Any]] | None) -> tuple[str, ...]:
    return tuple(text for concept in concepts or () if (text := label(concept)))
