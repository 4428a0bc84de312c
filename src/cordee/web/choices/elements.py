"""The elements of a patient's own record as a list: what each is, when, whether it is hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cordee.access.previewing import Seen
from cordee.access.registers.statements import Visibility
from cordee.care.record.concepts import first_text, label, person
from cordee.care.record.ports import RecordRows, Resource
from cordee.runtime import french
from cordee.web.language import gettext as _

MOST_RESULTS = 60
_DATES = (
    "date", "effectiveDateTime", "effectivePeriod.start", "issued", "authoredOn", "onsetDateTime",
    "recordedDate", "dateAsserted",
)  # fmt: skip
_OVER = frozenset({"entered-in-error", "cancelled", "superseded"})


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its reference, what it is, its day, who wrote it."""

    reference: str
    title: str
    day: str
    author: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Elements of one kind under their title."""

    key: str
    title: str
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One element in a preview: whether the viewer would see it, and why."""

    element: Element
    is_seen: bool
    why: str


def groups_of(rows: RecordRows, visibilities: Mapping[str, Visibility]) -> tuple[Group, ...]:
    """Everything that can be hidden, the newest first in each group."""
    kinds: tuple[tuple[str, str, Iterable[Resource]], ...] = (
        ("documents", _("Documents et comptes rendus"), rows.documents),
        ("problemes", _("Problèmes de santé"), rows.problems),
        ("allergies", _("Allergies"), rows.allergies),
        ("traitements", _("Traitements"), rows.treatments),
        ("resultats", _("Derniers résultats et mesures"), rows.results[:MOST_RESULTS]),
    )
    made = (
        Group(key, title, tuple(element_of(one, rows, visibilities) for one in held if _kept(one)))
        for key, title, held in kinds
    )
    return tuple(group for group in made if group.elements)


def element_of(
    resource: Resource, rows: RecordRows, visibilities: Mapping[str, Visibility]
) -> Element:
    """One resource in words."""
    reference = f"{resource.get('resourceType')}/{resource.get('id')}"
    hidden = visibilities.get(reference, Visibility()).masked
    return Element(
        reference, _title(resource), french.short_date(first_text(resource, *_DATES)),
        _author(resource, rows), hidden,
    )  # fmt: skip


def shown_of(
    seen: Iterable[Seen], rows: RecordRows, visibilities: Mapping[str, Visibility]
) -> tuple[Shown, ...]:
    """A preview in words."""
    return tuple(
        Shown(
            element_of(one.resource, rows, visibilities), one.decision.permitted,
            "" if one.decision.permitted else one.decision.sentence,
        )
        for one in seen
    )  # fmt: skip


def _kept(resource: Resource) -> bool:
    return str(resource.get("status", "")) not in _OVER


def _title(resource: Resource) -> str:
    content = next(iter(resource.get("content", ())), {}).get("attachment", {})
    found = content.get("title") or resource.get("description")
    for name in ("code", "medicationCodeableConcept", "type"):
        found = found or label(resource.get(name))
    return str(found or _("Élément sans titre"))


def _author(resource: Resource, rows: RecordRows) -> str:
    for name in ("author", "performer", "requester", "recorder", "asserter"):
        value = resource.get(name)
        for one in value if isinstance(value, list) else [value]:
            if one and (found := person(one, rows.names)):
                return found
    return ""
