"""Requests of persons in words, with their legal clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cordee.access.rights.requesting import Act, Channel, Right, RightsRequest
from cordee.runtime import french
from cordee.web.language import gettext as _

RIGHTS = {
    Right.ACCESS: _("Recevoir une copie de mes données"),
    Right.PORTABILITY: _("Emporter mon dossier ailleurs"),
    Right.RECTIFICATION: _("Faire corriger une erreur"),
    Right.LIMITATION: _("Geler mon dossier pendant une vérification"),
    Right.ERASURE: _("Faire effacer des données"),
    Right.OPPOSITION: _("M’opposer à un usage de mes données"),
}
NAMES = {
    Right.ACCESS: _("accès"),
    Right.PORTABILITY: _("portabilité"),
    Right.RECTIFICATION: _("rectification"),
    Right.LIMITATION: _("limitation"),
    Right.ERASURE: _("effacement"),
    Right.OPPOSITION: _("opposition"),
}
CHANNELS = {
    Channel.ONLINE: _("en ligne"),
    Channel.LETTER: _("par courrier"),
    Channel.DESK: _("au guichet"),
}
ACTS = {
    Act.IDENTITY: _("Identité vérifiée"),
    Act.EXTENDED: _("Délai prolongé de deux mois"),
    Act.LIMITED: _("Traitement limité : dossier fermé et gelé"),
    Act.LIFTED: _("Limitation levée"),
    Act.ANSWERED: _("Réponse donnée"),
    Act.REFUSED: _("Demande refusée"),
    Act.EXPORTED: _("Copie du dossier remise"),
}
_DAY = timedelta(days=1)
_SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class StepRow:
    """What was done."""

    title: str
    at: str
    by: str
    words: str


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request."""

    key: str
    right: str
    name: str
    channel: str
    at: str
    due: str
    clock: str
    level: str
    words: str
    steps: tuple[StepRow, ...]
    is_open: bool
    has_copy: bool
    patient: str


def request_row(one: RightsRequest, now: datetime) -> RequestRow:
    """A request in words."""
    steps = tuple(StepRow(ACTS[step.act], _day(step.at), step.by, step.words) for step in one.steps)
    copy = one.right in {Right.ACCESS, Right.PORTABILITY} and bool(one.step(Act.IDENTITY))
    return RequestRow(
        str(one.id), RIGHTS[one.right], NAMES[one.right], CHANNELS[one.channel], _day(one.at),
        _day(one.due), *_clock(one, now), one.words, steps, one.ended is None, copy, one.patient,
    )  # fmt: skip


def _day(at: datetime) -> str:
    return french.short_date(at.astimezone(french.PARIS))


def _clock(one: RightsRequest, now: datetime) -> tuple[str, str]:
    if one.ended:
        late = one.ended.at > one.due
        if late:
            return _("close hors délai"), "critical"
        return (_("refusée") if one.ended.act is Act.REFUSED else _("répondue")), "settled"
    left = one.due - now
    if left <= timedelta():
        return _("en retard de %s j") % (-left // _DAY), "critical"
    return _("reste %s j") % (left // _DAY), "caution" if left <= _SOON else ""
