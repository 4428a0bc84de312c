"""What a record says was taken before a stay, and what came back with it. Rule: B7.9."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final

from cordee.care.homes.comparing import Medicine
from cordee.care.record.concepts import codes
from cordee.care.record.ports import RecordRows, Resource
from cordee.care.record.treatments import Dosage, read_treatments
from cordee.runtime.clock import PARIS

Words = Callable[[Dosage], str]
_SAID: Final = ("authoredOn", "dateAsserted", "effectiveDateTime")


def both_lists(
    rows: RecordRows, left: datetime | None, stay: str, words: Words
) -> tuple[list[Medicine], list[Medicine]]:
    """The current treatments from before somebody left, and those of the stay or since.

    `left` is the moment of leaving, None where nobody knows: then all was before, but what names
    the stay (an Encounter).
    """
    stays = {stay} | _stays_since(rows, left)
    before: list[Medicine] = []
    after: list[Medicine] = []
    for row in rows.treatments:
        for one in read_treatments(dataclasses.replace(rows, treatments=(row,))):
            if one.is_current:
                dose = ", ".join(words(part) for part in one.dosages)
                concept = row.get("medicationCodeableConcept")
                medicine = Medicine(one.name, dose, codes(concept), one.risk, _reference(row))
                (after if _is_after(row, left, stays - {""}) else before).append(medicine)
    return (_by_name(before), _by_name(after))


def documents_since(rows: RecordRows, left: datetime | None) -> list[Resource]:
    """The documents that came since somebody left."""
    if left is None:
        return []
    return [one for one in rows.documents if _is_since(str(one.get("date", "")), left)]


def _by_name(found: Sequence[Medicine]) -> list[Medicine]:
    return sorted(found, key=lambda one: one.name.casefold())


def _is_after(row: Resource, left: datetime | None, stays: set[str]) -> bool:
    stay: dict[str, Any] = row.get("encounter") or row.get("context") or {}
    if str(stay.get("reference", "")) in stays:
        return True
    said = next((str(row[one]) for one in _SAID if row.get(one)), "")
    return left is not None and _is_since(said, left)


def _stays_since(rows: RecordRows, left: datetime | None) -> set[str]:
    """Hospital stays that began since somebody left: one in emergency may lead to others."""
    if left is None:
        return set()
    return {
        f"Encounter/{one['id']}"
        for one in rows.encounters
        if (one.get("class") or {}).get("code") in {"EMER", "IMP", "ACUTE", "NONAC", "SS"}
        and _is_since(str((one.get("period") or {}).get("start", "")), left)
    }


def _is_since(text: str, left: datetime) -> bool:
    """Whether a moment is not before another; a day alone counts where it is a later one."""
    try:
        if len(text) == len("2026-11-22"):
            return date.fromisoformat(text) > left.astimezone(PARIS).date()
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    return moment.tzinfo is not None and moment >= left


def _reference(row: Resource) -> str:
    return f"{row['resourceType']}/{row['id']}" if row.get("id") else ""
