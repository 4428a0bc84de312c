"""The screen's `RecordReader` on the guarded records."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from cordee.access.records import Records, Sought
from cordee.care.circle.territory import county_of
from cordee.care.record.ports import (
    KINDS,
    Access,
    PatientPage,
    RecordRows,
    Resource,
    decode_resource,
)
from cordee.care.record.query import PatientQuery
from cordee.web.ports import Accounts

_NEAR = ("RelatedPerson/", "Person/")


class GuardedRecords:
    """Reads records for the screen."""

    def __init__(self, records: Records, accounts: Accounts) -> None:
        """`records` decides and traces; `accounts` name who acted."""
        self._records = records
        self._accounts = accounts

    async def find_patients(
        self, principal: Any, query: PatientQuery, *, after: str | None = None, limit: int = 20
    ) -> PatientPage:
        """One page; `after` is a place in the list, opaque to the screen."""
        sought = Sought(query.names, query.birth_date, query.ins)
        rows = await self._records.find(principal, sought, after=_place(after), limit=limit + 1)
        page = rows[:limit]
        more = len(rows) > limit
        following = f"{page[-1].place[1]}:{page[-1].place[0]}" if more else None
        return PatientPage(tuple(decode_resource(row.body) for row in page), following)

    async def recent_patients(self, principal: Any, *, limit: int = 8) -> tuple[Resource, ...]:
        """The last ones opened."""
        return tuple(decode_resource(body) for body in await self._records.recent(principal, limit))

    async def open_record(
        self, principal: Any, patient_id: str, *, reason: str = "open"
    ) -> RecordRows | None:
        """All rows, or None when the record is not visible."""
        rows = await self._records.open(principal, patient_id, reason)
        if not rows:
            return None
        kinds: dict[str, list[Resource]] = {kind: [] for kind in KINDS}
        names: dict[str, str] = {}
        counties: dict[str, str] = {}
        patient: Resource = {}
        change = ""
        for kind, reference, body in rows:
            if kind == "change":
                change = reference
            elif kind == "patient":
                patient = decode_resource(body)
            elif kind == "names":
                named = decode_resource(body)
                names[reference] = _display(named)
                if reference.startswith("Organization/"):
                    counties[reference] = county_of(named)
            else:
                kinds[kind].append(decode_resource(body))
        return RecordRows(
            patient=patient,
            problems=tuple(kinds["problems"]),
            allergies=tuple(kinds["allergies"]),
            treatments=tuple(kinds["treatments"]),
            results=tuple(kinds["results"]),
            encounters=tuple(kinds["encounters"]),
            documents=tuple(kinds["documents"]),
            care_team=tuple(kinds["care_team"]),
            plans=tuple(kinds["plans"]),
            appointments=tuple(kinds["appointments"]),
            names=names,
            counties=counties,
            change=change,
        )

    async def accesses(
        self, principal: Any, *, before: int | None = None, limit: int = 200
    ) -> tuple[Access, ...]:
        """Who came to the principal's own record."""
        lines, circle = await self._records.accesses(principal, before=before, limit=limit)
        known = await self._accounts.known({line.agent for line in lines})
        found: list[Access] = []
        for line in lines:
            account = known.get(line.agent)
            is_near = line.entity.startswith(_NEAR)
            found.append(
                Access(
                    number=line.n,
                    at=line.at,
                    name=account.name if account else "",
                    role=line.role if is_near else account.role if account else line.agent,
                    structure=account.structure if account else "",
                    is_own=line.agent == principal.user,
                    is_in_circle=bool(account) and self._records.is_in(circle, account.principal),
                    action=line.action,
                    type=line.type or "",
                    detail=line.detail,
                    agent=line.agent,
                    is_near=is_near,
                )
            )
        return tuple(found)

    async def last_visit(
        self, principal: Any, patient_id: str, before: datetime
    ) -> datetime | None:
        """The last opening before a moment."""
        return await self._records.last_visit(principal, patient_id, before)

    async def changes(self, principal: Any, patient_id: str) -> AsyncIterator[str]:
        """The change number now, then at each write."""
        async for number in self._records.changes(principal, patient_id):
            yield str(number)


def _place(after: str | None) -> tuple[str, int] | None:
    if not after:
        return None
    number, _, family = after.partition(":")
    return (family, int(number)) if number.isdecimal() else None


def _display(resource: Mapping[str, Any]) -> str:
    name = resource.get("name")
    if isinstance(name, str):
        return name
    first = name[0] if name else {}
    if first.get("text"):
        return first["text"]
    words = [*first.get("prefix", ()), *first.get("given", ())[:1], first.get("family", "")]
    return " ".join(word for word in words if word)
