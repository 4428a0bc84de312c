"""What the pages of agendas say: days, moments, who comes, what cannot both be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from cordee.care.agenda.conflicts import OVERLAP, SHARED_TRANSPORT, TWO_PLACES, Conflict
from cordee.care.agenda.desk import Span
from cordee.care.agenda.interventions import CANCELLED, DONE, MISSED, OTHER, SORTS, Intervention
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.web.language import gettext as _

STATES: Final[Mapping[str, tuple[str, str]]] = {
    "proposed": (_("proposé"), ""), "pending": (_("à confirmer"), "caution"),
    "waitlist": (_("sur liste d’attente"), "caution"), "booked": ("", ""),
    "arrived": (_("arrivé"), ""), "checked-in": (_("arrivé"), ""),
    DONE: (_("fait"), "settled"), MISSED: (_("manqué"), "critical"),
    CANCELLED: (_("annulé"), ""), "entered-in-error": (_("noté par erreur"), ""),
}  # fmt: skip
_CONFLICTS: Final = {
    OVERLAP: _("Deux passages au même moment"),
    SHARED_TRANSPORT: _("Deux transports qui pourraient n’en faire qu’un"),
    TWO_PLACES: _("Attendu à deux endroits au même moment"),
}
_PARTS: Final = (
    (_("nuit"), 0, 7), (_("matin"), 7, 12), (_("après-midi"), 12, 18), (_("soir"), 18, 24),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Visit:
    """One intervention in words; `person` is whose it is, where several patients are shown."""

    number: str
    anchor: str
    hours: str
    label: str
    words: str
    people: str
    state: str
    level: str
    reason: str
    is_over: bool
    is_series: bool
    is_in_conflict: bool
    may_change: bool
    day: str
    hour: str
    href: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """The visits of one day."""

    title: str
    short: str
    iso: str
    is_today: bool
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class ConflictView:
    """Two interventions that a person should look at."""

    title: str
    when: str
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days, the table of them by part of the day, and the weeks around."""

    title: str
    days: tuple[Day, ...]
    table: tuple[tuple[str, tuple[tuple[Visit, ...], ...]], ...]
    before: str
    after: str
    count: int


def label_of(one: Intervention) -> str:
    """The sort of an intervention; its own words for one of no sort."""
    return one.words if one.sort == OTHER and one.words else _(SORTS[one.sort].label)


def week_of(text: str, today: date) -> Span:
    """The week, Monday to Sunday, of a day of the address; of today for what is no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today
    if not 1900 <= day.year <= 2100:  # noqa: PLR2004 -- what a person can mean
        day = today
    first = day - timedelta(days=day.weekday())
    return Span(first, first + timedelta(days=6))


def view_week(
    found: Sequence[Intervention],
    conflicts: Iterable[Conflict],
    span: Span,
    today: date,
    people: Mapping[str, str] | None = None,
) -> Week:
    """A week in words; `people` are the patients by reference, where several are shown."""
    marked = {each.id for one in conflicts for each in (one.one, one.other)}
    days = [span.first + timedelta(days=i) for i in range(7)]
    visits = {
        day: tuple(
            _visit(one, marked, people or {})
            for one in found
            if one.starts.astimezone(PARIS).date() == day
        )
        for day in days
    }
    hours = {one.id: one.starts.astimezone(PARIS).hour for one in found}
    table = tuple(
        (label, tuple(
            tuple(one for one in visits[day] if first <= hours[one.number] < last) for day in days
        ))
        for label, first, last in _PARTS
    )  # fmt: skip
    return Week(
        title=_("Semaine du %(first)s au %(last)s")
        % {"first": french.short_date(span.first), "last": french.short_date(span.last)},
        days=tuple(
            Day(_long(day), _short(day), day.isoformat(), day == today, visits[day]) for day in days
        ),
        table=tuple(row for row in table if any(row[1])),
        before=(span.first - timedelta(days=7)).isoformat(),
        after=(span.first + timedelta(days=7)).isoformat(),
        count=sum(map(len, visits.values())),
    )


def view_conflicts(
    conflicts: Iterable[Conflict], people: Mapping[str, str] | None = None
) -> list[ConflictView]:
    """What cannot both be, in words."""
    return [
        ConflictView(
            _CONFLICTS[one.kind],
            french.short_date(one.one.starts.astimezone(PARIS).date()),
            _line(one.one, people or {}),
            _line(one.other, people or {}),
        )
        for one in conflicts
    ]


def visit_rows(
    found: Iterable[Intervention], people: Mapping[str, str] | None = None
) -> list[list[str]]:
    """Lines for a spreadsheet."""
    return [
        [
            french.short_date(one.starts.astimezone(PARIS).date()), _hours(one),
            *([people.get(one.patient, "")] if people is not None else []),
            _(SORTS[one.sort].label), ", ".join(one.people), one.words,
            STATES.get(one.status, ("", ""))[0] or _("prévu"), one.reason,
        ]
        for one in found
    ]  # fmt: skip


def _visit(one: Intervention, marked: set[str], people: Mapping[str, str]) -> Visit:
    local = one.starts.astimezone(PARIS)
    state, level = STATES.get(one.status, ("", ""))
    return Visit(
        number=one.id,
        anchor=f"i-{one.id}",
        hours=_hours(one),
        label=label_of(one),
        words=one.words if one.words != label_of(one) else "",
        people=", ".join(one.people) or _("personne nommée"),
        state=_(state) if state else "",
        level=level,
        reason=one.reason,
        is_over=not one.runs,
        is_series=bool(one.series),
        is_in_conflict=one.id in marked,
        may_change=one.runs,
        day=local.date().isoformat(),
        hour=f"{local:%H:%M}",
        href=f"/patients/{one.patient.removeprefix('Patient/')}/agenda?semaine={local.date()}",
        person=people.get(one.patient, ""),
    )


def _line(one: Intervention, people: Mapping[str, str]) -> str:
    who = people.get(one.patient, "") or ", ".join(one.people)
    return f"{_hours(one)}, {label_of(one)}" + (f", {who}" if who else "")


def _hours(one: Intervention) -> str:
    first, last = one.starts.astimezone(PARIS), one.ends.astimezone(PARIS)
    return _hour(first) if last <= first else f"{_hour(first)} – {_hour(last)}"


def _hour(moment: datetime) -> str:
    return f"{moment:%H} h {moment:%M}".replace(" ", french.NO_BREAK)


def _long(day: date) -> str:
    return f"{french.DAYS[day.weekday()]} {day.day} {french.MONTHS[day.month - 1]}".capitalize()


def _short(day: date) -> str:
    return f"{french.DAYS[day.weekday()][:3]}. {day.day}"
