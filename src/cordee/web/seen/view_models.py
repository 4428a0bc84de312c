"""Lines of the trail as the patient reads them: by day, who, what, why; repeats told once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from cordee.access.identifying import REVIEWED
from cordee.care.record.ports import Access
from cordee.runtime.french import PARIS, clock, weekday
from cordee.web.language import gettext as _
from cordee.web.seen.exceptional import Exceptional, Exceptionals

_TOGETHER = timedelta(hours=1)
_THINGS = {
    "Observation": _("un résultat ou une mesure"),
    "DiagnosticReport": _("un compte rendu d’examen"),
    "DocumentReference": _("un document"),
    "Condition": _("un problème de santé"),
    "AllergyIntolerance": _("une allergie"),
    "MedicationRequest": _("une prescription"),
    "MedicationStatement": _("un traitement"),
    "Encounter": _("une venue"),
    "Patient": _("votre identité"),
    "CareTeam": _("votre cercle de soins"),
    "Immunization": _("un vaccin"),
}
_PROGRAMS = {"system": _("accès technique"), "import": _("reprise de données")}
_VERBS = {
    "C": _("A ajouté %s."),
    "R": _("A lu %s."),
    "U": _("A modifié %s."),
    "D": _("A supprimé %s."),
    "E": _("A cherché %s dans votre dossier."),
}

_TOLD = {
    "record ": _("A ouvert votre dossier."),
    "patient search on screen": _("A vu votre nom dans une recherche de patients."),
    "access reviewed": _("A relu un accès exceptionnel à votre dossier."),
    "identity shown": _("A vu votre identité."),
    "identity search": _("A cherché votre identité."),
    "identity fusion": _("A réuni deux dossiers qui portent votre identité."),
    "identity ": _("A vérifié ou changé votre identité."),
    "breach people ": _("A préparé votre information sur un incident de sécurité."),
    "rights request": _("A lu votre demande pour y répondre."),
    "rights limited ": _("A gelé votre dossier à votre demande."),
    "rights lifted ": _("A rouvert votre dossier après vérification."),
    "everything ": _("A copié votre dossier."),
    "refused ": _("A demandé votre dossier : il ne lui a pas été ouvert."),
    "recent patients": _("A vu votre nom dans la liste de ses derniers dossiers."),
    "accesses read": _("A lu la liste de qui a vu le dossier."),
    "glass ": _("A ouvert un accès exceptionnel à votre dossier."),
    "consultation refused ": _("A refusé l’accès pour une consultation."),
    "consultation ": _("A donné l’accord pour une consultation."),
    "cart ": _("A préparé une téléconsultation, ou noté votre réponse."),
    "family read": _("A lu la page que vous ouvrez à vos proches."),
    "mandate list": _("A vu votre nom dans la liste des personnes accompagnées."),
    "mandate named ": _("A nommé un proche."),
    "mandate invited ": _("A nommé un proche."),
    "mandate changed ": _("A changé ce qui est ouvert à un proche."),
    "mandate taken ": _("A accepté d’agir pour vous."),
    "mandate ended ": _("A mis fin à l’accès d’un proche."),
    "space ": _("A ouvert ou fermé votre espace."),
    "visibility ": _("A changé qui voit un élément du dossier."),
}
"""By the beginning of a line's detail, the longest first where one begins like another."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One row: when, who, what, why."""

    at: str
    until: str
    who: str
    about: str
    what: str
    why: str
    is_outside: bool
    number: int = 0
    is_own: bool = False
    exceptional: Exceptional | None = None
    anchors: bool = False  # the first row of its broken glass


@dataclass(frozen=True, slots=True)
class Day:
    """One day of rows, under its title."""

    key: str
    title: str
    rows: tuple[Seen, ...]


@dataclass(slots=True)
class _Visit:
    """Accesses of one person for one reason, within an hour of each other; the newest first."""

    last: Access
    first: Access
    what: str


def days_of(
    accesses: Iterable[Access], exceptionals: Exceptionals | None = None
) -> tuple[Day, ...]:
    """Rows by day in Paris, the newest first, with the motive of what a broken glass opened."""
    visits = _visits(list(accesses))
    grouped = groupby(visits, key=lambda one: _local(one.last).date())
    return tuple(
        Day(
            day.isoformat(),
            f"{weekday(day).capitalize()} {day.year}",
            tuple(_row(one, exceptionals) for one in of_day),
        )
        for day, of_day in grouped
    )


def shown(accesses: Sequence[Access], which: str) -> list[Access]:
    """Those of the patient's team, those of others, or all of them."""
    keep: dict[str, Callable[[Access], bool]] = {
        "equipe": lambda one: one.is_in_circle or one.is_near or one.is_own,
        "hors": _is_outside,
    }
    return [one for one in accesses if keep.get(which, lambda _: True)(one)]


def _is_outside(access: Access) -> bool:
    near = access.is_near or access.is_in_circle
    expected = near or access.is_own or access.detail == REVIEWED
    return bool(access.name) and not expected


def row_of(access: Access) -> Seen:
    """One access alone."""
    return _row(_Visit(access, access, _what(access)), None)


def _visits(accesses: Sequence[Access]) -> list[_Visit]:
    """Joins what one person did again and again; the order stays that of the last time."""
    found: list[_Visit] = []
    open_visits: dict[tuple[str, str, str], _Visit] = {}
    for one in accesses:
        what = _what(one)
        key = (one.name, one.role, what)
        known = open_visits.get(key)
        same_day = known is not None and _local(known.first).date() == _local(one).date()
        if known is not None and same_day and known.first.at - one.at <= _TOGETHER:
            known.first = one
            continue
        visit = open_visits[key] = _Visit(one, one, what)
        found.append(visit)
    return found


def _row(visit: _Visit, exceptionals: Exceptionals | None) -> Seen:
    access = visit.last
    exceptional = exceptionals.of(access.agent, access.at) if exceptionals else None
    start, end = clock(_local(visit.first)), clock(_local(access))
    return Seen(
        at=start,
        until=end if end != start else "",
        who=_("Vous") if access.is_own else access.name or _("Un logiciel relié"),
        about=_about(access),
        what=visit.what,
        why=_why(access) if exceptional is None else exceptional.outcome,
        is_outside=_is_outside(access),
        number=access.number,
        is_own=access.is_own,
        exceptional=exceptional,
        anchors=bool(exceptionals and exceptional and exceptionals.is_first(exceptional.key)),
    )


def _about(access: Access) -> str:
    if access.is_own:
        return ""
    if not access.name:
        return _PROGRAMS.get(access.role, access.role)
    return ", ".join(part for part in (access.role, access.structure) if part)


def _what(access: Access) -> str:
    for start, words in _TOLD.items():
        if access.detail.startswith(start):
            return words
    thing = _THINGS.get(access.type, _("un élément du dossier"))
    return _VERBS.get(access.action, _VERBS["R"]) % thing


def _why(access: Access) -> str:
    if access.is_own:
        return _("C’est votre dossier.")
    if access.detail == REVIEWED:
        return _("Raison : protège vos données, et relit chaque accès exceptionnel.")
    if access.is_near:
        return _("Raison : agit pour vous, dans ce qui lui est ouvert.")
    if access.is_in_circle:
        return _("Raison : fait partie de votre cercle de soins.")
    if not access.name:
        return _("Raison : échange entre logiciels autorisés.")
    return _("Cette personne n’est pas dans votre cercle de soins aujourd’hui.")


def _local(access: Access) -> datetime:
    return access.at.astimezone(PARIS)
