"""How a floor is shown: lines of the queue, cases that wait, the figures above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cordee.care.regulation.afar import ELSEWHERE
from cordee.care.regulation.cases import Stamp
from cordee.care.regulation.centres import Centre, Position
from cordee.care.regulation.decisions import KINDS, STATUSES
from cordee.care.regulation.desk import Brief, Line, View
from cordee.care.regulation.motives import label_of
from cordee.care.regulation.osnp import ATTENDING, OUTCOMES
from cordee.care.regulation.queue import Band, band, is_ageing, order
from cordee.care.regulation.ringing import PRO
from cordee.care.regulation.states import NAMES, Move, State
from cordee.care.regulation.strip import Strip
from cordee.runtime import french
from cordee.web.language import gettext as _

NO_NAMES: Final[Mapping[str, str]] = {}
WAYS: Final = {
    "": _("Français, au téléphone"),
    "deaf": _("Sourd ou muet : 114, texte en direct"),
    "interpreter": _("Interprète à joindre"),
}
TEXTS: Final = {
    "waiting": _("part"),
    "sent": _("envoyé"),
    "refused": _("non remis"),
    "landline": _("numéro fixe : pas de SMS"),
}
_STAMPS: Final = {
    "open": _("Dossier ouvert"),
    "ring": _("Appel reçu"),
    "answer": _("Décroché"),
    "called-back": _("Rappelé"),
    "abandoned": _("Appel abandonné"),
    "ended": _("Appel terminé"),
    "leaving": _("Part vers un autre centre"),
    "gone": _("Pris par un autre centre"),
    "received": _("Reçu d’un autre centre"),
    "returned": _("Revenu dans la file"),
    "given-back": _("Rendu au centre d’origine"),
    "hub-rs-eda": _("Partagé par le Hub Santé"),
    "hub-rs-eda-maj": _("Mis à jour par le Hub Santé"),
    "hub-rs-dr": _("Moyen demandé par le Hub Santé"),
    "hub-rs-rr": _("Réponse à une demande de moyen"),
    "hub-rs-ri": _("Moyens d’un autre centre"),
    "hub-rs-sr": _("Moyen d’un autre centre, nouvel état"),
    "hub-rs-error": _("Message refusé par l’autre centre"),
    "request:asked": _("Moyen demandé au centre d’origine"),
    "request:accepted": _("Moyen accordé par le centre d’origine"),
    "request:refused": _("Moyen refusé par le centre d’origine"),
    "request:unreachable": _("Centre d’origine hors d’atteinte : moyen d’ici, téléphonez-lui"),
    "line:notice": _("Annonce de l’enregistrement entendue"),
    "line:answered": _("En ligne"),
    "line:refused": _("Ne répond pas"),
    "line:transferred": _("Appel transféré"),
    "line:joined": _("Entre en conférence"),
    "line:left": _("Quitte la conférence"),
    "text:caller": _("Écrit par l’appelant"),
    "text:taker": _("Écrit au poste"),
    "relay:114": _("Échange passé au 114"),
    "reflex": _("Réflexe P0"),
    "asked": _("Question posée"),
    "told": _("Complété"),
    "correction": _("Heure vraie précisée"),
    "patient": _("Personne retrouvée"),
    "named": _("Personne désignée par qui appelle"),
    "joined": _("Le téléphone a sonné : suite de l’appel depuis le dossier"),
    "paper-decision": _("Décidé, d’après la fiche papier"),
    "osnp:slot": _("Rendez-vous trouvé"),
    "osnp:told": _("Personne prévenue du rendez-vous"),
    "osnp:cancelled": _("Rendez-vous annulé"),
    "osnp:moved": _("Rendez-vous déplacé par l’éditeur"),
    "osnp:feedback": _("Retour de l’effecteur"),
    "paper": _("Saisi d’après la fiche papier"),
    Move.QUALIFY: _("Qualifié"),
    Move.FORWARD: _("Transmis au régulateur"),
    Move.CLOSE: _("Clos"),
    Move.DUPLICATE: _("Doublon"),
    Move.ERROR: _("Erreur"),
    Move.FALSE_CALL: _("Faux appel"),
}


@dataclass(frozen=True, slots=True)
class LineView:
    """One call: who waits for how long, in words too."""

    line: Line
    wait: Band
    motive: str
    note: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case of the regulator's list."""

    case: Brief
    wait: Band | None
    motive: str
    state: str
    commune: str
    is_ageing: bool


@dataclass(frozen=True, slots=True)
class MissedView:
    """Calls of one number that nobody took."""

    first: str
    others: str
    number: str
    count: int
    wait: Band


def view_lines(view: View, centre: Centre, at: datetime) -> tuple[list[LineView], list[LineView]]:
    """The calls on the line, then those that wait, in the order of the floor."""
    live: list[LineView] = []
    waits: list[LineView] = []
    for one in view.calls:
        is_live = one.state == "answered"
        since = one.answered if is_live and one.answered else one.since
        shown = LineView(
            one, band(since, at, centre.parameters), label_of(one.motive), _note(one), is_live
        )
        (live if is_live else waits).append(shown)
    return live, waits


def _note(one: Line) -> str:
    parts = [one.number]
    if one.hops:
        parts.append(_("venu du centre voisin"))
    if one.state == "leaving":
        parts.append(_("part vers un autre centre"))
    if one.line.startswith(PRO):
        parts.append(_("professionnel, depuis un dossier"))
    if one.way:
        parts.append(WAYS[one.way])
    return ", ".join(parts)


def view_missed(
    view: View, numbers: Mapping[str, str], centre: Centre, at: datetime
) -> list[MissedView]:
    """The numbers to call back, the longest wait first."""
    return [
        MissedView(
            one.ids[0], ",".join(one.ids[1:]), numbers.get(one.ids[0], ""), len(one.ids),
            band(one.first, at, centre.parameters),
        )
        for one in view.missed
    ]  # fmt: skip


def view_cases(
    cases: Sequence[Brief], communes: Mapping[str, str], centre: Centre, at: datetime
) -> list[CaseView]:
    """The cases that wait for a physician first, by priority then wait; then the others."""
    shown = [
        CaseView(
            one,
            band(one.awaiting or one.opened, at, centre.parameters) if _waits(one) else None,
            label_of(one.motive), NAMES[State(one.state)], communes.get(one.commune, ""),
            _waits(one) and is_ageing(one.priority, one.awaiting, at, centre.parameters),
        )
        for one in cases
    ]  # fmt: skip
    return sorted(
        shown,
        key=lambda one: (
            one.wait is None,
            order(one.case.priority, one.case.awaiting or one.case.opened),
        ),
    )


def _waits(one: Brief) -> bool:
    return one.state == State.AWAITING


@dataclass(frozen=True, slots=True)
class StripView:
    """The overflow of a floor in words."""

    colour: str
    level: str
    index: str
    moves: str
    waits: str


def view_strip(strip: Strip) -> StripView:
    """The gauge and what moves; a proposal that waits is said first."""
    colours = (_("vert"), _("orange"), _("rouge"))
    moves = [
        *([_("%(n)s confiés") % {"n": strip.moved}] if strip.moved else []),
        *([_("%(n)s reçus d’un voisin") % {"n": strip.received}] if strip.received else []),
    ]
    waits = _("Une proposition de délestage attend votre réponse") if strip.proposals else ""
    if strip.asked and not waits:
        waits = _("Une proposition attend la réponse d’un voisin")
    return StripView(
        _("non mesurée") if strip.colour is None else colours[strip.colour],
        "" if strip.colour is None else ("settled", "caution", "critical")[strip.colour],
        "" if strip.colour is None else french.number(round(100 * strip.index)),
        ", ".join(moves) or (_("délestage en cours") if strip.running else _("aucun délestage")),
        waits,
    )  # fmt: skip


def stamp_words(one: Stamp, names: Mapping[str, str] = NO_NAMES) -> str:
    """What a stamp says; `names` are those of the centres, by id."""
    kind, _colon, code = one.kind.partition(":")
    if kind == ELSEWHERE:
        return _elsewhere(one, code, names)
    if kind == "line" and one.content.get("who"):
        return f"{_STAMPS.get(one.kind, one.kind)} : {one.content['who']}"
    if kind == "decision":
        decided = KINDS.get(code)
        said = _("Décision : %s") % (decided.name if decided else code)
        own = one.content.get("own", "")
        where = _("au titre de la garde mutualisée, par %s") % names.get(own, own)
        return f"{said}, {where}" if own else said
    if kind == "vehicle":
        who = one.content.get("name") or one.content.get("kind", "")
        return f"{who} : {STATUSES.get(code, code)}"
    found = {**ATTENDING, **OUTCOMES} if kind == "osnp" else {}
    said = found.get(code) or _STAMPS.get(one.kind, one.kind)
    if kind not in {"request", "hub-rs-error"}:
        return said
    more = [one.content.get(name) for name in ("name", "kind", "words")]
    return f"{said} : {', '.join(str(each) for each in more if each)}"


def _elsewhere(one: Stamp, kind: str, names: Mapping[str, str]) -> str:
    """What another centre did for a case, and who there."""
    centre = str(one.content.get("centre", ""))
    said = stamp_words(replace(one, kind=kind, content={**one.content, "own": ""}), names)
    who = ", ".join(filter(None, (names.get(centre, centre), one.content.get("by"))))
    return f"{said} ({who})"


def roles(positions: Sequence[Position]) -> list[tuple[str, str, str, bool]]:
    """Name, role, state and whether free, of who is at a position."""
    return [
        (
            one.name, one.role,
            _("en pause") if one.is_paused else _("en ligne") if one.busy else _("libre"),
            not one.is_paused and one.busy is None,
        )
        for one in positions
    ]  # fmt: skip
