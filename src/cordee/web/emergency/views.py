"""The rows of the board in words: who, where, how grave, since when, what is next. C4.1."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from cordee.care.emergency.capacity import Place
from cordee.care.emergency.desk import Stay
from cordee.care.emergency.likeness import resemblances
from cordee.care.emergency.stay import MACHINE
from cordee.care.record.traits import homonyms, read_traits
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe
from cordee.web.workflow.telling import DueView, due_view, fact_words, moment_words

TARGET: Final = timedelta(minutes=90)
"""Within which a doctor has seen who waits; the board says who waits longer."""
_GRAVE: Final = frozenset({"4", "5"})
_LEVELS: Final = {"ready": "settled", "decided": "settled"}
_P90: Final = 0.9


@dataclass(frozen=True, slots=True)
class Row:
    """One person on the board; `waiting` is since when, `may_be` who was expected and looks alike.

    `step` is the state in words; `plan` what is intended.
    """

    person: Person
    href: str
    box: str
    ccmu: str
    waiting: str
    since: str
    motive: str
    story: str
    sender: str
    received: str
    step: str
    step_level: str
    doctor: str
    plan: str
    level: str
    due: DueView | None
    may_be: str = ""
    may_be_href: str = ""
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """The line of figures above the board."""

    coming: int
    next_at: str
    here: int
    unseen: int
    p90: str
    p90_level: str
    boxes: str
    boxes_note: str
    beds: str
    beds_note: str
    beds_level: str


def board_rows(stays: Sequence[Stay], now: datetime) -> tuple[list[Row], list[Row]]:
    """Who is expected, by hour; who is here, the gravest and longest waiting first."""
    close = homonyms([read_traits(one.patient) for one in stays])
    alike = resemblances(stays)
    coming: list[tuple[datetime, Row]] = []
    here: list[tuple[tuple[int, datetime], Row]] = []
    for one in stays:
        row = _row(one, now, close)
        if one.standing.is_expected:
            coming.append((one.standing.start or now, row))
            continue
        other = alike.get(one.standing.key)
        if other is not None:
            name = describe(read_traits(other.patient), now.date()).title
            row = replace(row, may_be=name, may_be_href=href_of(other))
        here.append(((-_gravity(one.standing.ccmu), one.standing.start or now), row))
    coming.sort(key=lambda pair: pair[0])
    here.sort(key=lambda pair: pair[0])
    return [row for _at, row in coming], [row for _order, row in here]


def figures(stays: Sequence[Stay], own: Place | None, now: datetime) -> Figures:
    """The figures of a board."""
    coming = [one for one in stays if one.standing.is_expected]
    here = [one for one in stays if not one.standing.is_expected]
    unseen = [one for one in here if one.state == "waiting"]
    waits = [now - one.standing.start for one in unseen if one.standing.start]
    wait = p90(waits)
    starts = [one.standing.start for one in coming if one.standing.start]
    nearest = min(starts, default=None)
    boxes, note = _boxes(here, own, now)
    beds, beds_note, beds_level = _beds(own, now)
    return Figures(
        len(coming),
        _("prochain : %s") % french.clock(nearest.astimezone(PARIS)) if nearest else "",
        len(here), len(unseen),
        lasting(wait) if wait is not None else _("personne n’attend"),
        "caution" if wait is not None and wait > TARGET else "",
        boxes, note, beds, beds_note, beds_level,
    )  # fmt: skip


def p90(waits: Sequence[timedelta]) -> timedelta | None:
    """The wait that nine in ten do not exceed (nearest rank); None for nobody."""
    if not waits:
        return None
    return sorted(waits)[math.ceil(_P90 * len(waits)) - 1]


def lasting(span: timedelta) -> str:
    """A wait as it is read aloud: 52 min, 1 h 52."""
    minutes = max(0, int(span.total_seconds()) // 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02}" if hours else f"{rest} min"


def href_of(stay: Stay) -> str:
    """The page of a stay."""
    patient = stay.standing.patient.removeprefix("Patient/")
    return f"/patients/{patient}/passage/{stay.standing.key}"


def step_of(stay: Stay) -> str:
    """The step of a stay in words."""
    return _(machines()[MACHINE].states[stay.state].label)


def plan_of(stay: Stay, now: datetime) -> str:
    """What is intended for somebody: the orientation, or what is awaited."""
    machine, facts = machines()[MACHINE], facts_of(stay.task or {})
    if stay.state in {"decided", "gone"}:
        parts = [fact_words(machine.facts["orientation"], facts.get("orientation", ""), now)]
        parts += [str(facts["destination"])] if facts.get("destination") else []
        if facts.get("departure"):
            at = fact_words(machine.facts["departure"], facts["departure"], now)
            parts.append(_("départ %s") % at)
        return ", ".join(parts)
    return str(facts.get("awaited", "")) if stay.state == "results" else ""


def _row(stay: Stay, now: datetime, close: frozenset[str]) -> Row:
    traits, standing = read_traits(stay.patient), stay.standing
    person = describe(traits, now.date(), is_homonym=traits.patient_id in close)
    late = _is_late(stay, now)
    told = facts_of(stay.passage) if stay.passage else {}
    level = "critical" if standing.ccmu in _GRAVE else "caution" if late else ""
    wait = now - standing.start if standing.start else None
    return Row(
        person, href_of(stay), standing.box or ("" if standing.is_expected else _("Attente")),
        standing.ccmu, lasting(wait) if wait is not None and wait > timedelta(0) else "",
        moment_words(standing.start, now) if standing.start else _("heure non connue"),
        standing.motive or _("motif non dit"), str(told.get("story", "")), standing.source,
        _received(stay),
        step_of(stay), "caution" if late else _LEVELS.get(stay.state, ""),
        standing.doctor, plan_of(stay, now), level,
        due_view(machines()[MACHINE], stay.state, stay.due, now) if stay.task else None,
        is_late=late,
    )  # fmt: skip


def _is_late(stay: Stay, now: datetime) -> bool:
    start = stay.standing.start
    if stay.standing.is_expected:
        return start is not None and now - start > timedelta(hours=3)
    return stay.state == "waiting" and start is not None and now - start > TARGET


def _received(stay: Stay) -> str:
    told = [_("fiche de la structure")] if stay.passage else []
    if stay.papers:
        told.append(_("%s document(s)") % stay.papers)
    return ", ".join(told) or _("rien reçu")


def _gravity(ccmu: str) -> int:
    return int(ccmu) if ccmu.isdecimal() else 0


def _boxes(here: Sequence[Stay], own: Place | None, now: datetime) -> tuple[str, str]:
    """How many boxes are taken of how many, from the board itself."""
    taken = len({one.standing.box.casefold() for one in here if one.standing.box})
    declared = own.units.get("box") if own else None
    if declared is None:
        return french.number(taken), _("occupés ; nombre de box non déclaré")
    sauv = own.units.get("sauv") if own else None
    note = ""
    if sauv is not None:
        note = _("déchocage libre") if sauv.free else _("déchocage occupé")
        note = _("%s, à vérifier") % note if sauv.is_old(now) else note
    return _("%(taken)s sur %(all)s") % {"taken": taken, "all": declared.placed}, note


def _beds(own: Place | None, now: datetime) -> tuple[str, str, str]:
    """How many beds are free behind the department, and how old that is."""
    units: Mapping[str, object] = own.units if own else {}
    behind = [own.units[one] for one in units if one not in {"box", "sauv"}] if own else []
    if not behind:
        return "–", _("aucun lit déclaré"), "caution"
    oldest = min(one.at for one in behind)
    free = sum(one.free for one in behind)
    note = _("déclaré il y a %s") % lasting(now - oldest)
    is_old = any(one.is_old(now) for one in behind)
    return (
        french.number(free),
        _("%s, à vérifier") % note if is_old else note,
        ("caution" if is_old or not free else ""),
    )
