"""What a search for contained resources found: containers, or contained resources themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from cordee.fhir.model.definitions import type_name
from cordee.fhir.search.compile.statement import MOST_INCLUDED
from cordee.fhir.search.cursor import Cursor
from cordee.fhir.search.query import Query
from cordee.fhir.store.repository import Version, version_of
from cordee.fhir.store.scope import CONTAINED

_MATCH, _INCLUDED, _TOTAL = range(3)


@dataclass(slots=True, frozen=True)
class ContainedVersion(Version):
    """A contained resource as its container had it: its own id, no version of its own."""

    @property
    def own_id(self) -> str:
        """The id that it has in its container."""
        return self.id.partition("#")[2]

    def json(self) -> bytes:
        """The resource as it stands in its container, its members in the order of ours."""
        start = f'{{"resourceType":"{self.type}","id":"{self.own_id}"'.encode()
        if self.body.startswith(b"}"):
            return start + self.body[1:]
        return start + b',"meta":{' + self.body[1:]

    @property
    def place(self) -> str:
        """Address of the container, and the id in it."""
        return self.id


@dataclass(slots=True)
class Gathered:
    """Rows of the statement, taken apart."""

    matches: list[Version]
    included: list[Version]
    total: int | None
    next: Cursor | None
    cut: bool
    patients: set[int | None]
    """Whose resources they are."""


def gathered(rows: Sequence[asyncpg.Record], query: Query) -> Gathered:
    """One page of matches, what it includes, the total and where the next page starts."""
    matches = [row for row in rows if row["part"] == _MATCH]
    included = [row for row in rows if row["part"] == _INCLUDED]
    totals = [row["place"] for row in rows if row["part"] == _TOTAL]
    total = query.cursor.total if query.cursor is not None else next(iter(totals), None)
    page = matches[: query.count]
    following = None
    if len(matches) > len(page):
        following = Cursor(tuple(page[-1]["sorts"]), total, False)
    return Gathered(
        [_version(row) for row in page],
        [_version(row) for row in included[:MOST_INCLUDED]],
        total,
        following,
        len(included) > MOST_INCLUDED,
        {row["pat"] for row in [*page, *included[:MOST_INCLUDED]]},
    )


def _version(row: asyncpg.Record) -> Version:
    found = version_of(type_name(row["type"]), row["id"], row)
    if row["lab"] < CONTAINED:
        return found
    return ContainedVersion(
        found.type, found.id, found.version, found.updated, False, found.method, found.body
    )
