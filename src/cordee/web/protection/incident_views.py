"""Incidents and the patients they concern in the words of who answers for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cordee.access.incidents.declaring import Concerned, Done, Incident
from cordee.care.record.traits import read_traits
from cordee.runtime import french
from cordee.web.language import gettext as _
from cordee.web.protection.views import moment

_HOUR = timedelta(hours=1)
_SOON = timedelta(hours=12)

_WAYS = {
    "team": _("équipe de soins"),
    "circle": _("cercle de soins"),
    "attending": _("médecin traitant"),
    "author": _("auteur d’un document"),
    "glass": _("accès exceptionnel"),
    "consultation": _("accord pour une consultation"),
    "everything": _("logiciel ouvert à tous les dossiers"),
}
STEPS = {
    Done.NOTIFIED: _("CNIL notifiée"),
    Done.TOLD: _("Personnes informées"),
    Done.CLOSED: _("Incident clos"),
}


@dataclass(frozen=True, slots=True)
class StepRow:
    """What was done, or is left to do; `at` is empty for what is left."""

    kind: str
    title: str
    at: str
    by: str
    words: str


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident."""

    key: str
    agent: str
    starts: str
    ends: str
    found: str
    due: str
    what: str
    clock: str
    level: str
    readable: int | None
    read: int | None
    whole: bool
    counted: str
    seconds: str
    steps: tuple[StepRow, ...]


@dataclass(frozen=True, slots=True)
class ConcernedRow:
    """One patient of an incident."""

    patient: str
    family: str
    given: str
    born: str
    ways: str
    lines: int
    first: str
    last: str


def incident_row(one: Incident, now: datetime) -> IncidentRow:
    """An incident in words, with the clock of its 72 hours."""
    said, counted = one.said, one.counted
    return IncidentRow(
        str(one.id), said.agent, moment(said.starts), moment(said.ends), moment(said.found),
        moment(one.due), said.what, *_clock(one, now),
        counted.readable if counted else None, counted.read if counted else None,
        counted.whole if counted else False, moment(counted.at) if counted else "",
        french.number(round(counted.seconds, 1)) if counted else "", _steps(one),
    )  # fmt: skip


def concerned_row(one: Concerned) -> ConcernedRow:
    """A patient in words; without a name when the record is gone."""
    traits = read_traits(one.body) if one.body else None
    return ConcernedRow(
        one.patient,
        traits.birth_name if traits else _("dossier supprimé"),
        traits.first_names[0] if traits and traits.first_names else "",
        french.short_date(traits.birth_date) if traits else "",
        ", ".join(_WAYS.get(way, way) for way in one.ways),
        one.lines,
        moment(one.first) if one.first else "",
        moment(one.last) if one.last else "",
    )


def _steps(one: Incident) -> tuple[StepRow, ...]:
    done = {kind: one.steps.get(kind) for kind in Done}
    return tuple(
        StepRow(kind, STEPS[kind], moment(it[0]) if it else "", it[1] if it else "",
                it[2] if it else "")
        for kind, it in done.items()
    )  # fmt: skip


def _clock(one: Incident, now: datetime) -> tuple[str, str]:
    """The words of the 72 hours and their level."""
    told = one.steps.get(Done.NOTIFIED)
    if told:
        late = told[0] > one.due
        return (_("notifié hors délai"), "critical") if late else (_("notifié"), "settled")
    left = one.due - now
    if left <= timedelta():
        return _("en retard de %s h") % (-left // _HOUR), "critical"
    return _("reste %s h") % (left // _HOUR), "caution" if left <= _SOON else ""
