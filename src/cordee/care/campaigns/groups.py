"""Groups at risk: a rule that is sized on pseudonyms, and whose names only care sees. Rule: G2.6.

Who steers shares a rule with the size that was told of it. A treating physician finds their own
patients with it in their own files: the guard reads, the trail notes, nobody else learns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from cordee.care.campaigns.register import QUERIES
from cordee.care.campaigns.targeting import Targeting, sort_name
from cordee.care.prevention.actions import key_of
from cordee.care.store import Resource
from cordee.identity.principal import STEERING, Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken

LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class RiskGroup:
    """A rule under a title: `words` say it in French, `band` is its size as it was told."""

    id: str
    title: str
    why: str
    rule: Mapping[str, Any]
    words: str
    band: str
    shared: datetime
    closed: datetime | None


class RiskGroups:
    """The groups at risk of one installation."""

    def __init__(self, database: Database, targeting: Targeting) -> None:
        """`targeting` finds persons through the guard."""
        self._database = database
        self._targeting = targeting

    async def all(self, *, closed: bool = False) -> list[RiskGroup]:
        """The groups that are shared, the newest first."""
        async with self._database.steady.acquire() as connection:
            return [_group(row) for row in await connection.fetch(QUERIES["groups"], closed)]

    async def one(self, number: str) -> RiskGroup:
        """A group; raises `NotFound`."""
        async with self._database.steady.acquire() as connection:
            row = await connection.fetchrow(QUERIES["group"], key_of(number))
        if row is None:
            raise NotFound("there is no such group")
        return _group(row)

    async def share(self, principal: Principal, group: RiskGroup) -> str:
        """Shares a group with those who care; the same form sent again is one."""
        _steering(principal)
        if not 0 < len(group.title) <= LONGEST or len(group.why) > LONGEST:
            raise RuleBroken("Donnez un titre, et dites pourquoi en peu de mots.")
        values = (
            UUID(group.id), group.title, group.why, orjson.dumps(group.rule).decode(),
            group.words, group.band, group.shared, principal.user,
        )  # fmt: skip
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["add_group"], *values)
        return group.id

    async def close(self, principal: Principal, number: str, at: datetime) -> None:
        """Takes a group back; raises `NotFound` where it is not shared."""
        _steering(principal)
        async with self._database.write.acquire() as connection:
            if await connection.fetchval(QUERIES["close_group"], key_of(number), at) is None:
                raise NotFound("there is no such group")

    async def own(self, principal: Principal, group: RiskGroup) -> list[Resource]:
        """One's own patients who are in a group, by name; `AccessDenied` for who has none."""
        if group.closed is not None:
            return []
        found = await self._targeting.matching(principal, group.rule, {})
        return sorted((one for some in found.values() for one in some), key=sort_name)


def _group(row: Mapping[str, Any]) -> RiskGroup:
    return RiskGroup(
        str(row["id"]), row["title"], row["why"], orjson.loads(row["rule"]), row["words"],
        row["band"], row["shared"], row["closed"],
    )  # fmt: skip


def _steering(principal: Principal) -> None:
    if STEERING not in principal.functions:
        raise AccessDenied("groups at risk are shared by who steers the region")
