"""French words of mandates: kinds, parts, powers, states, and their history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cordee.access.facts import Power
from cordee.access.mandates.kinds import Mandate, MandateKind
from cordee.access.mandates.parts import (
    DRUGS,
    EVERYTHING,
    FAMILY_AGENDA,
    FAMILY_EVENTS,
    FAMILY_NEWS,
    HEALTH,
    MESSAGES,
    PLAN,
    RESULTS,
    VISITS,
)
from cordee.access.mandates.register import Event
from cordee.access.matrix import catalogue
from cordee.runtime import french
from cordee.web.language import gettext as _

KINDS: Final = {
    MandateKind.CARER: _("Aidant, proche"),
    MandateKind.TRUSTED: _("Personne de confiance"),
    MandateKind.PARENT: _("Autorité parentale"),
    MandateKind.GUARDIAN: _("Tutelle"),
    MandateKind.CURATOR: _("Curatelle"),
    MandateKind.PROTECTION: _("Mandat de protection future"),
    MandateKind.FAMILY: _("Habilitation familiale"),
}
PARTS: Final = {
    FAMILY_AGENDA: _("En résidence : sorties et visites, sans rien de la santé"),
    FAMILY_NEWS: _("En résidence : nouvelles de la vie quotidienne"),
    FAMILY_EVENTS: _("En résidence : chutes et passages à l’hôpital"),
    VISITS: _("Rendez-vous et passages à l’hôpital"),
    PLAN: _("Plan de soins et cercle de soins"),
    MESSAGES: _("Messages"),
    HEALTH: _("Problèmes de santé et allergies"),
    DRUGS: _("Traitements et vaccins"),
    RESULTS: _("Résultats et mesures"),
}
ALL: Final = _("Tout le dossier")
POWERS: Final = {
    Power.MASK: _("Voir ce que la personne a caché aux professionnels"),
    Power.MANAGE: _("Nommer ou retirer des proches"),
}
PROOFS: Final = {
    "livret de famille": _("Livret de famille"),
    "acte de naissance": _("Extrait d’acte de naissance"),
    "jugement": _("Jugement"),
    "mandat notarié": _("Mandat notarié"),
    "ordonnance": _("Ordonnance du juge"),
}
_EVENTS: Final = {
    "named": _("%(name)s : accès donné (%(kind)s)"),
    "changed": _("%(name)s : ce qui est ouvert a changé"),
    "taken": _("%(name)s : a accepté"),
    "withdrawn": _("%(name)s : accès retiré"),
    "given-back": _("%(name)s : a rendu son accès"),
    "recorded": _("%(name)s : fin enregistrée"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One mandate in words; `action` is what may be done about it: "inviter", "retirer" or ""."""

    number: str
    name: str
    kind: str
    opens: str
    until: str
    state: str
    level: str
    waits: bool
    lives: bool
    may_end: bool


@dataclass(frozen=True, slots=True)
class Past:
    """One line of the history."""

    at: str
    text: str


def documents() -> dict[str, str]:
    """Categories of documents by code."""
    return dict(catalogue().categories)


def opened(parts: Iterable[str]) -> str:
    """What a mandate opens, in a line."""
    given = set(parts)
    if EVERYTHING in given:
        return ALL
    named = [text for code, text in PARTS.items() if code in given]
    papers = [text for code, text in documents().items() if code in given]
    if papers:
        named.append(_("Documents : %s") % ", ".join(papers).lower())
    return ", ".join(named)


def row_of(mandate: Mandate, at: datetime, *, may_end: bool) -> Row:
    """One mandate as a list shows it."""
    over = _("terminé le %s") % french.short_date(_day(mandate.ended)) if mandate.ended else ""
    if not over and mandate.ends is not None and mandate.ends <= at:
        over = _("arrivé à sa fin le %s") % french.short_date(_day(mandate.ends))
    waits = mandate.waits(at)
    state = over or (_("attend sa réponse") if waits else _("en cours"))
    if not over and not waits and mandate.starts > at:
        state = _("à partir du %s") % french.short_date(_day(mandate.starts))
    return Row(
        number=str(mandate.id),
        name=mandate.name,
        kind=", ".join(filter(None, (KINDS[mandate.kind], mandate.bond))),
        opens=opened(mandate.parts),
        until=_("jusqu’au %s") % french.short_date(_day(mandate.ends)) if mandate.ends else "",
        state=state,
        level="" if over else "caution" if waits else "settled",
        waits=waits,
        lives=mandate.lives(at),
        may_end=may_end and not over,
    )


def past_of(events: Iterable[Event]) -> tuple[Past, ...]:
    """The history in words."""
    return tuple(
        Past(
            f"{french.short_date(_day(one.at))} {french.clock(_day(one.at))}",
            _EVENTS[one.what] % {"name": one.name, "kind": KINDS[MandateKind(one.kind)].lower()},
        )
        for one in events
    )


def _day(moment: datetime) -> datetime:
    return moment.astimezone(french.PARIS)
