"""A line of the trail as its patient may look into it: who, why then, and a word to the DPO."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cordee.access.consulting import own_record
from cordee.access.glasses import need
from cordee.access.registers import contests, grants, notices
from cordee.access.registers.contests import Contest
from cordee.access.registers.grants import Reviewed
from cordee.access.registers.notices import Notice, What
from cordee.identity.principal import DPO, Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.access.registers")
_MOST = 200
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One line; `acted` says as what its agent acted then, None where that was not yet kept."""

    n: int
    at: datetime
    agent: str
    action: str
    detail: str
    acted: Principal | None


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around a patient's trail: broken glasses, and what was contested by line."""

    glasses: tuple[Reviewed, ...]
    contests: dict[int, Contest]


class Contesting:
    """Contests of one installation."""

    def __init__(self, database: Database, keys: Callable[[str], int]) -> None:
        """`keys` hashes entities as the index does."""
        self._database = database
        self._keys = keys

    async def line(self, principal: Principal, number: int) -> TrailLine:
        """A line of the signed-in patient's trail; raises `NotFound` for another's."""
        patient = own_record(principal)
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(
                _QUERIES["trail_line"], number, self._keys(f"Patient/{patient}")
            )
        if row is None:
            raise NotFound("no such line")
        return read_line(row)

    async def around(self, principal: Principal) -> Around:
        """Broken glasses and contests of the signed-in patient."""
        patient = own_record(principal)
        async with self._database.write.acquire() as connection:
            glasses = await grants.glasses_for(connection, patient)
            said = await contests.contests_of(connection, patient)
        return Around(glasses, {one.line: one for one in said})

    async def contest(self, principal: Principal, number: int, words: str, at: datetime) -> None:
        """Keeps the signed-in patient's word on a line of theirs; raises what `line` raises."""
        await self.line(principal, number)
        async with self._database.write.acquire() as connection:
            await contests.contest(
                connection, own_record(principal), number, principal.user,
                words=words[:_LONGEST], at=at,
            )  # fmt: skip

    async def waiting(self, principal: Principal) -> tuple[Contest, ...]:
        """What waits for an answer, the oldest first; for the DPO."""
        need(principal, DPO)
        async with self._database.write.acquire() as connection:
            return await contests.open_contests(connection, _MOST)

    async def answer(
        self, principal: Principal, number: UUID, *, justified: bool, words: str, at: datetime
    ) -> None:
        """Keeps the DPO's answer and tells the patient, in one transaction."""
        need(principal, DPO)
        async with self._database.transaction() as connection:
            patient = await contests.answer_contest(
                connection, number, principal.user, justified=justified, words=words, at=at
            )
            notice = Notice(f"Patient/{patient}", What.CONTEST_ANSWERED, patient, str(number))
            await notices.tell(connection, notice, at)


def read_line(row: Mapping[str, Any]) -> TrailLine:
    """A line of the trail, with as what its agent acted where that is kept."""
    acted = None
    if row["role"] is not None:
        acted = Principal(
            row["actor"], row["name"], row["role"], row["structure"], row["practitioner"], (),
            level=row["level"], delegated_by=row["delegated_by"], client=row["client"],
            profession=row["profession"], functions=frozenset(row["functions"]),
        )  # fmt: skip
    return TrailLine(row["n"], row["at"], row["actor"], row["action"], row["detail"], acted)
