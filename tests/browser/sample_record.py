"""Accounts and records behind the ports of the screen, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sample_morvan import MORVAN, MORVAN_ROWS, NAMES, PATIENTS

from cordee.care.record.ports import PatientPage, RecordRows, Resource
from cordee.care.record.query import PatientQuery, plain
from cordee.care.record.traits import read_traits
from cordee.runtime.french import PARIS
from cordee.web.ports import Account

NOW = datetime(2026, 11, 24, 7, 58, tzinfo=PARIS)

LE_GOFF = Account(
    "le-goff", "Dr Anne Le Goff", "médecin traitant", "MSP des Quatre-Vents, B", "P1",
    group="En ville et en EHPAD", principal="Practitioner/legoff",
)  # fmt: skip
ACCOUNTS = (
    LE_GOFF,
    Account("haddad", "Samira Haddad", "infirmière libérale", "tournée rurale, C", "P2",
            group="En ville et en EHPAD", principal="Practitioner/haddad"),
    Account("benali", "Dr Yacine Benali", "urgentiste", "CH de Belmont, B", "P4",
            group="À l’hôpital et à la régulation", principal="Practitioner/benali"),
    Account("perret", "Julie Perret", "analyste", "ARS, région", "P14", sees_records=False,
            group="Patients et région", principal="Practitioner/perret"),
)  # fmt: skip


class SampleAccounts:
    """Accounts of a demonstration."""

    def __init__(self) -> None:
        self.closed: set[str] = set()

    def demo_accounts(self) -> Sequence[Account]:
        return ACCOUNTS

    async def sign_in(self, user: str) -> Account | None:
        return self._named(user)

    async def resume(self, user: str, session: str, *, is_act: bool = True) -> Account | None:
        return None if session in self.closed else self._named(user)

    async def sign_out(self, user: str, session: str) -> None:
        self.closed.add(session)

    def _named(self, user: str) -> Account | None:
        return next((account for account in ACCOUNTS if account.user == user), None)


class SampleRecords:
    """Records in memory, with their changes."""

    def __init__(self) -> None:
        self.rows = {row["id"]: RecordRows(patient=row, names=NAMES) for row in PATIENTS}
        self.rows[MORVAN["id"]] = MORVAN_ROWS
        self.number = dict.fromkeys(self.rows, 1)
        self.opened: dict[Any, list[str]] = {}
        self.failure: Exception | None = None
        self._wake = asyncio.Condition()

    async def find_patients(
        self,
        principal: Any,
        query: PatientQuery,
        *,
        after: str | None = None,
        limit: int = 20,
    ) -> PatientPage:
        if self.failure:
            raise self.failure
        found = [row for row in PATIENTS if _matches(row, query)]
        start = int(after or 0)
        end = start + limit
        return PatientPage(tuple(found[start:end]), str(end) if end < len(found) else None)

    async def recent_patients(self, principal: Any, *, limit: int = 8) -> tuple[Resource, ...]:
        opened = reversed(self.opened.get(principal, []))
        return tuple(self.rows[one].patient for one in dict.fromkeys(opened))[:limit]

    async def open_record(
        self, principal: Any, patient_id: str, *, reason: str = "open"
    ) -> RecordRows | None:
        if self.failure:
            raise self.failure
        if patient_id not in self.rows:
            return None
        if reason == "open":
            self.opened.setdefault(principal, []).append(patient_id)
        return replace(self.rows[patient_id], change=str(self.number[patient_id]))

    async def last_visit(self, principal: Any, patient_id: str, before: datetime) -> None:
        return None

    async def changes(self, principal: Any, patient_id: str) -> AsyncIterator[str]:
        known = 0
        while patient_id in self.number:
            async with self._wake:
                while self.number[patient_id] == known:
                    await self._wake.wait()
                known = self.number[patient_id]
            yield str(known)

    async def write(self, patient_id: str, **kinds: tuple[Resource, ...]) -> None:
        """Put other rows into a record and tell those who look at it."""
        async with self._wake:
            self.rows[patient_id] = replace(self.rows[patient_id], **kinds)
            self.number[patient_id] += 1
            self._wake.notify_all()


def _matches(row: Resource, query: PatientQuery) -> bool:
    traits = read_traits(row)
    texts = (traits.birth_name, traits.used_name, traits.all_first_names)
    words = [word for text in texts for word in plain(text).replace("-", " ").split()]
    return (
        all(any(word.startswith(name) for word in words) for name in query.names)
        and traits.birth_date.startswith(query.birth_date or "")
        and traits.matricule.startswith(query.ins or "")
    )
