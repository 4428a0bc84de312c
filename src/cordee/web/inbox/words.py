"""A notification in the words of who reads it: what, where, since when, and where to go on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from cordee.care.notifications import rules
from cordee.care.notifications.inbox import Item
from cordee.care.notifications.kinds import KINDS
from cordee.care.notifications.states import OPEN, State
from cordee.care.notifications.states import WORDS as STATE_WORDS
from cordee.care.passages.sheet import MACHINE as PASSAGE
from cordee.care.record.traits import read_traits
from cordee.runtime.clock import PARIS
from cordee.web.documents.words import type_label
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe

_PARTS = {PASSAGE: "urgences", "discharge": "sorties", "reconciliation": "conciliations"}
_THREAD: Final = re.compile(r"[0-9a-f-]{36}")

Resource = Mapping[str, Any]
CLOSED: Final = _("Évènement qui ne vous est plus ouvert")
FOLLOWED: Final = _("Vous l’avez demandé : un abonnement le dit.")
_DISPOSITIONS: Final = {
    "home": _("retour à domicile"),
    "hosp": _("hospitalisation"),
    "other-hcf": _("autre établissement"),
    "long": _("retour en EHPAD ou en long séjour"),
    "snf": _("soins de suite"),
    "rehab": _("réadaptation"),
    "exp": _("décès"),
    "aadvice": _("sortie contre avis médical"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One notification as a row; `person` is None for what is closed, or of nobody."""

    number: int
    title: str
    lines: tuple[str, ...]
    at: str
    made: str
    is_urgent: bool
    is_unread: bool
    is_closed: bool
    state: str
    state_word: str
    why: str
    person: Person | None
    href: str
    link: str


def told(item: Item, today: date) -> Told:
    """A notification in words."""
    person = describe(read_traits(item.patient), today) if item.patient else None
    href, link = _way(item)
    kind = KINDS.get(item.kind)
    return Told(
        number=item.n,
        title=kind.label if kind and not item.is_closed else CLOSED,
        lines=() if item.is_closed else tuple(_lines(item)),
        at=local(item.at),
        made=local(item.made),
        is_urgent=item.urgent,
        is_unread=item.state in OPEN,
        is_closed=item.is_closed,
        state=item.state.value,
        state_word=STATE_WORDS[item.state],
        why=rules.WORDS.get(item.rule, FOLLOWED),
        person=person,
        href=href,
        link=link,
    )


def local(moment: datetime) -> str:
    """A moment as the filters of templates take it."""
    return moment.astimezone(PARIS).isoformat()


def state_of(text: str) -> State | None:
    """A state by what a form says; None for none of them."""
    return {"lu": State.READ, "non-lu": State.UNREAD, "accuser": State.ACKNOWLEDGED}.get(text)


def _lines(item: Item) -> list[str]:
    found = [str(item.place.get("name", ""))]
    reader = _READERS.get(str(item.focus.get("resourceType", "")))
    if reader is not None:
        found += reader(item.focus)
    if item.kind == "escalation" and item.detail.get("kind") in KINDS:
        found.append(
            _("%(kind)s : personne ne l’a lu") % {"kind": KINDS[item.detail["kind"]].label}
        )
    disposition = _DISPOSITIONS.get(item.detail.get("disposition", ""))
    if disposition and disposition not in found:
        found.append(disposition)
    return [one for one in found if one]


def _encounter(focus: Resource) -> list[str]:
    reasons = [str(one.get("text", "")) for one in focus.get("reasonCode") or ()]
    disposition = _text((focus.get("hospitalization") or {}).get("dischargeDisposition"))
    return [*reasons, disposition]


def _document(focus: Resource) -> list[str]:
    codings = (focus.get("type") or {}).get("coding") or ()
    label = next((type_label(str(one["code"])) for one in codings if one.get("code")), "")
    content = next(iter(focus.get("content") or ()), {})
    title = str((content.get("attachment") or {}).get("title", ""))
    return [label or str(focus.get("description", "")), title if title != label else ""]


def _report(focus: Resource) -> list[str]:
    return [_text(focus.get("code")), str(focus.get("conclusion", ""))]


def _observation(focus: Resource) -> list[str]:
    quantity = focus.get("valueQuantity") or {}
    value = f"{quantity['value']} {quantity.get('unit', '')}".strip() if "value" in quantity else ""
    return [" ".join(one for one in (_text(focus.get("code")), value.replace(".", ",")) if one)]


def _appointment(focus: Resource) -> list[str]:
    return [str(focus.get("description", ""))]


def _flag(focus: Resource) -> list[str]:
    return [_text(focus.get("code"))]


_READERS: Final = {
    "Encounter": _encounter,
    "DocumentReference": _document,
    "DiagnosticReport": _report,
    "Observation": _observation,
    "Appointment": _appointment,
    "Flag": _flag,
}


def _text(concept: Any) -> str:
    if not concept:
        return ""
    codings = concept.get("coding") or ()
    displays = [str(one["display"]) for one in codings if one.get("display")]
    return str(concept.get("text", "")) or next(iter(displays), "")


def _way(item: Item) -> tuple[str, str]:
    """Where to go on, and what the way is called."""
    path = item.detail.get("path", "")
    if path.startswith("/") and not path.startswith("//"):
        return path, _("Ouvrir")
    if item.kind == "to-phone":
        return "/a-prevenir", _("Voir qui prévenir")
    if _THREAD.fullmatch(item.detail.get("thread", "")):
        return f"/messagerie/{item.detail['thread']}", _("Lire les messages")
    if not item.patient_reference:
        return "", ""
    return _within(item)


def _within(item: Item) -> tuple[str, str]:
    """Where in the record of a person."""
    record = f"/patients/{item.patient_reference.partition('/')[2]}"
    kind, _sep, key = item.focus_reference.partition("/")
    if kind == "DocumentReference":
        return f"{record}/documents/{key}", _("Lire le document")
    if kind == "Task" and item.kind in {"task", "rupture"}:
        part = _PARTS.get(item.detail.get("machine", ""), "demandes")
        return f"{record}/{part}/{key}", _("Voir ce qui est à faire")
    if kind in {"Observation", "DiagnosticReport"}:
        return f"{record}/resultats", _("Voir les résultats")
    return record, _("Ouvrir le dossier")
