"""Whom a patient may keep out: who is around them, by reference and name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cordee.care.record.ports import RecordRows

_KINDS = ("Practitioner/", "Organization/")


def people_of(rows: RecordRows, without: Iterable[str]) -> dict[str, str]:
    """Names of professionals and structures of a record by reference, in the order of names."""
    left_out = set(without)
    found = {
        reference: rows.names[reference]
        for reference in _named(rows)
        if reference in rows.names and reference not in left_out
    }
    return dict(sorted(found.items(), key=lambda pair: pair[1].casefold()))


def name_of(reference: str, rows: RecordRows) -> str:
    """The name of somebody, their reference where the record does not name them any more."""
    return rows.names.get(reference, reference)


def _named(rows: RecordRows) -> Iterator[str]:
    held = (rows.patient, *rows.care_team, *rows.encounters, *rows.documents, *rows.treatments)
    for resource in held:
        yield from _references(resource)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        reference = value.get("reference", "")
        if isinstance(reference, str) and reference.startswith(_KINDS):
            yield reference
        for one in value.values():
            yield from _references(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _references(one)
