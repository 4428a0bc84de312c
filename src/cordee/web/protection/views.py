"""Broken glasses and contests in the words of who reviews them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cordee.access.codes import SENTENCES, Code
from cordee.access.glass import Grant
from cordee.access.registers.contests import Contest
from cordee.access.registers.grants import Kept
from cordee.runtime import french
from cordee.web.glass.words import CATEGORIES
from cordee.web.language import gettext as _
from cordee.web.ports import Account

_SOON = timedelta(hours=12)
_HOUR = timedelta(hours=1)

_DONE = {
    "record open": _("Dossier ouvert"),
    "record refresh": _("Dossier mis à jour à l’écran"),
    "record why": _("Raison de l’accès demandée"),
    "identity search": _("Identité cherchée"),
    "identity fusion": _("Dossiers réunis"),
    "everything ": _("Dossier copié"),
    "identity shown": _("Identité affichée"),
    "glass ": _("Accès exceptionnel ouvert"),
    "recent patients": _("Nom vu dans la liste des derniers dossiers"),
}


@dataclass(frozen=True, slots=True)
class GlassRow:
    """One broken glass in the queue."""

    key: str
    who: str
    opened: str
    category: str
    motive: str
    clock: str
    level: str
    state: str


@dataclass(frozen=True, slots=True)
class ContestRow:
    """One contest that waits."""

    key: str
    said: str
    words: str
    who: str
    access: str


def glass_row(kept: Kept, known: Mapping[str, Account], now: datetime) -> GlassRow:
    """One grant in words, with the clock of its review."""
    grant = kept.grant
    return GlassRow(
        str(kept.id), name_of(grant.breaker.agent, known), moment(grant.opened),
        CATEGORIES[grant.category], grant.motive, *_clock(grant, now), _state(grant, now),
    )  # fmt: skip


def contest_row(contest: Contest, known: Mapping[str, Account]) -> ContestRow:
    """One contest in words."""
    return ContestRow(
        str(contest.id), moment(contest.at), contest.words, name_of(contest.agent, known),
        moment(contest.seen_at) if contest.seen_at else "",
    )  # fmt: skip


def name_of(agent: str, known: Mapping[str, Account]) -> str:
    """Who a login is, with role and structure."""
    who = known.get(agent)
    return f"{who.name}, {who.role}, {who.structure}" if who else agent


def moment(at: datetime) -> str:
    """A day and an hour in Paris."""
    local = at.astimezone(french.PARIS)
    return f"{french.short_date(local)} {french.clock(local)}"


def done(detail: str) -> str:
    """What a line of the trail says in words; the line itself where it is not one of ours."""
    return next((words for start, words in _DONE.items() if detail.startswith(start)), detail)


def sentence(code: str) -> str:
    """The sentence of a code of the trail; the code itself when it is none of ours."""
    return SENTENCES[Code(code)] if code in set(Code) else code


def _clock(grant: Grant, now: datetime) -> tuple[str, str]:
    left = grant.review_due - now
    if left <= timedelta():
        return _("en retard de %s h") % (-left // _HOUR), "critical"
    return _("reste %s h") % (left // _HOUR), "caution" if left <= _SOON else ""


def _state(grant: Grant, now: datetime) -> str:
    return _("en cours") if now < grant.last else _("terminé")
