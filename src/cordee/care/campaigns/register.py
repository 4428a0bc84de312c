"""The campaigns of a region: made, submitted to territories, launched, closed with their report.

Who steers makes and moves them and never sees a name; a territory says its word by who steers for
it. Every gesture is a step of the history. Rules: G3.1, G3.2, G3.8, G3.9, G3.10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from cordee.care.campaigns.campaign import (
    AGREED,
    CAPITALISED,
    DECLINED,
    INSTRUCTED,
    LONGEST,
    MOST_BUDGET,
    OPEN,
    VALIDATED,
    Campaign,
    Territory,
    Told,
    after_words,
    campaign_of,
    check,
    moved,
)
from cordee.care.campaigns.kits import Kit, file_of, kit_of, kit_of_file, shipped
from cordee.care.prevention.actions import key_of
from cordee.identity.principal import STEERING, Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.campaigns")
MOST: Final = 200
DRAFTING: Final = "indicateurs"
"""Who made a campaign that an indicator drafted."""
_SHORTEST: Final = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the history of a campaign."""

    at: datetime
    by: str
    what: str
    words: str


@dataclass(frozen=True, slots=True)
class Draft:
    """Why an indicator drafts a campaign: `alert` names it once for ever."""

    kit: Kit
    alert: str
    why: Mapping[str, Any]
    told: Told


class Register:
    """The campaigns of one installation."""

    def __init__(self, database: Database, territories: Mapping[str, str]) -> None:
        """`territories` are the départements of the region by code, with their names."""
        self._database = database
        self.territories = territories

    async def all(self) -> list[Campaign]:
        """All campaigns, those under way first; nothing in them is about one person."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["campaigns"], MOST)
            return await _campaigns(connection, rows)

    async def one(self, number: str) -> Campaign:
        """A campaign; raises `NotFound`."""
        async with self._database.steady.acquire() as connection:
            found = await _campaigns(
                connection, await connection.fetch(QUERIES["campaign"], key_of(number))
            )
        if not found:
            raise NotFound("there is no such campaign")
        return found[0]

    async def steps(self, campaign: Campaign) -> list[Step]:
        """The history of a campaign, the newest first."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["steps"], UUID(campaign.id))
        return [Step(row["at"], row["by"], row["what"], row["words"]) for row in rows]

    async def kits(self) -> dict[str, Kit]:
        """All kits by code: those that are shipped, those taken up and made here above them."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["kits"])
        added = [kit_of(orjson.loads(row["content"]), "kit") for row in reversed(rows)]
        return {**shipped(), **{one.code: one for one in added}}

    async def take_up(self, principal: Principal, body: bytes, number: str, at: datetime) -> Kit:
        """Takes up the kit of another region; raises `InvalidRequest` with what is wrong."""
        _steering(principal)
        kit = kit_of_file(body)
        await self._keep_kit(number, kit, "file", principal.user, at)
        return kit

    async def add(
        self, principal: Principal, kit: str, told: Told, number: str, at: datetime
    ) -> str:
        """The id of a new campaign; the same form sent again gives the same.

        Raises `ResourceInvalid` with each problem.
        """
        _steering(principal)
        chosen = (await self.kits()).get(kit)
        if chosen is None:
            raise RuleBroken("Choisissez un kit.", expression=("kit",))
        check(told, self.territories)
        await self._insert(Draft(chosen, "", {}, told), number, principal.user, at)
        return number

    async def draft(self, draft: Draft, number: str, at: datetime) -> bool:
        """Keeps a draft of an alert as an idea, once; it goes nowhere by itself. Rule: G3.8."""
        return await self._insert(draft, number, DRAFTING, at)

    async def change(
        self, principal: Principal, campaign: Campaign, told: Told, version: int
    ) -> None:
        """Changes an idea; raises `ResourceInvalid`, `Conflict` where it was changed since."""
        _steering(principal)
        if campaign.state != "idea":
            raise Conflict("Une campagne soumise aux territoires ne change plus.")
        check(told, self.territories)
        values = (
            UUID(campaign.id), version, told.title, told.objective, told.owner, told.basis,
            list(told.channels), told.starts, told.ends, told.budget,
        )  # fmt: skip
        async with self._database.write.acquire() as connection:
            if await connection.fetchval(QUERIES["change"], *values) is None:
                raise Conflict("Quelqu’un a changé cette campagne entre-temps : relisez-la.")

    async def move(self, principal: Principal, campaign: Campaign, move: str, at: datetime) -> None:
        """Makes a move; raises `Conflict` with what is possible instead."""
        _steering(principal)
        async with self._held(campaign) as (connection, current):
            after = moved(current, move)
            if after == CAPITALISED and (current.spent is None or not current.lesson):
                raise RuleBroken("Écrivez d’abord la dépense et la leçon.", expression=("lesson",))
            await connection.execute(QUERIES["move"], UUID(campaign.id), after)
            await _step(connection, campaign, (at, principal.user, move, ""))

    async def say(
        self, principal: Principal, campaign: Campaign, word: tuple[str, str, str], at: datetime
    ) -> None:
        """The word of a territory (code, word, motive).

        One may decline at any time before the end; the others go on. Raises `RuleBroken`.
        """
        _steering(principal)
        code, said, motive = word
        if said == DECLINED and len(motive) < _SHORTEST:
            raise RuleBroken("Dites pourquoi ce territoire décline.", expression=("motif",))
        async with self._held(campaign) as (connection, current):
            _need_word(current, said)
            values = (UUID(campaign.id), code, said, motive[:LONGEST], at, principal.user)
            if await connection.fetchval(QUERIES["say"], *values) is None:
                raise Conflict("Ce territoire l’a déjà dit, ou n’est pas de cette campagne.")
            words = f"{self.territories.get(code, code)} {motive}".strip()
            await _step(connection, campaign, (at, principal.user, said, words))
            if current.state == INSTRUCTED:
                after = after_words(await _territories(connection, UUID(campaign.id)))
                await connection.execute(QUERIES["move"], UUID(campaign.id), after)

    async def account(
        self, principal: Principal, campaign: Campaign, spent: int | None, lesson: str
    ) -> None:
        """Writes what was spent (cents) and what was learnt, while the report is being made."""
        _steering(principal)
        if spent is None or not 0 <= spent <= MOST_BUDGET:
            raise RuleBroken("Donnez la dépense en euros.", expression=("spent",))
        if len(lesson) > 5 * LONGEST:
            raise RuleBroken(f"{5 * LONGEST} caractères au plus.", expression=("lesson",))
        values = (UUID(campaign.id), campaign.version, spent, lesson)
        async with self._database.write.acquire() as connection:
            if await connection.fetchval(QUERIES["account"], *values) is None:
                raise Conflict("Le bilan n’est pas ouvert, ou quelqu’un l’a changé entre-temps.")

    async def keep_report(self, campaign: Campaign, report: Mapping[str, Any]) -> None:
        """Keeps the report of a campaign for ever; what was kept first stays."""
        body = orjson.dumps(report).decode()
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["report"], UUID(campaign.id), body)

    async def keep_kit(
        self, principal: Principal, campaign: Campaign, number: str, at: datetime
    ) -> None:
        """Puts the kit of a capitalised campaign in the library, as it was used."""
        _steering(principal)
        if campaign.state != CAPITALISED:
            raise Conflict("Un kit se publie quand le bilan est fait.")
        await self._keep_kit(number, campaign.kit, "campaign", principal.user, at)

    async def _keep_kit(self, number: str, kit: Kit, origin: str, by: str, at: datetime) -> None:
        values = (UUID(number), file_of(kit).decode(), origin, at, by)
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["add_kit"], *values)

    async def _insert(self, draft: Draft, number: str, by: str, at: datetime) -> bool:
        told, key = draft.told, UUID(number)
        why = orjson.dumps(draft.why).decode() if draft.why else None
        values = (
            key, draft.kit.code, file_of(draft.kit).decode(), told.title, told.objective,
            told.owner, told.basis, list(told.channels), told.starts, told.ends, told.budget,
            why, draft.alert or None, at, by,
        )  # fmt: skip
        async with self._database.transaction() as connection:
            if await connection.fetchval(QUERIES["add"], *values) is None:
                return False
            for code in told.territories:
                await connection.execute(QUERIES["add_territory"], key, code)
            await connection.execute(QUERIES["step"], key, at, by, "made", "")
        return True

    def _held(self, campaign: Campaign) -> _Held:
        return _Held(self._database, campaign)


class _Held:
    """A campaign as it stands, held in a transaction."""

    def __init__(self, database: Database, campaign: Campaign) -> None:
        self._transaction = database.transaction()
        self._key = UUID(campaign.id)

    async def __aenter__(self) -> tuple[Connection, Campaign]:
        connection = await self._transaction.__aenter__()
        await connection.fetchval(QUERIES["hold"], self._key)
        rows = await connection.fetch(QUERIES["campaign"], self._key)
        return connection, (await _campaigns(connection, rows))[0]

    async def __aexit__(self, *told: Any) -> None:
        await self._transaction.__aexit__(*told)


async def _campaigns(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Campaign]:
    keys = [row["id"] for row in rows]
    spoken = await connection.fetch(QUERIES["territories"], keys) if keys else []
    by_campaign: dict[Any, list[Territory]] = {}
    for one in spoken:
        by_campaign.setdefault(one["campaign"], []).append(_territory(one))
    return [campaign_of(row, by_campaign.get(row["id"], [])) for row in rows]


async def _territories(connection: Connection, key: UUID) -> list[Territory]:
    return [_territory(row) for row in await connection.fetch(QUERIES["territories"], [key])]


def _territory(row: Mapping[str, Any]) -> Territory:
    return Territory(row["code"], row["word"], row["motive"], row["at"], row["by"] or "")


async def _step(
    connection: Connection, campaign: Campaign, told: tuple[datetime, str, str, str]
) -> None:
    await connection.execute(QUERIES["step"], UUID(campaign.id), *told)


def _need_word(campaign: Campaign, said: str) -> None:
    """Returns when a territory may say this now; raises `Conflict` or `RuleBroken`."""
    if said not in {AGREED, DECLINED}:
        raise RuleBroken("Un territoire valide ou décline.")
    may = {INSTRUCTED} if said == AGREED else {INSTRUCTED, VALIDATED, *OPEN}
    if campaign.state not in may:
        raise Conflict("Les territoires ne se prononcent plus, ou pas encore.")
    if campaign.state != INSTRUCTED and len(campaign.active) == 1:
        raise Conflict("C’est le dernier territoire : closez plutôt la campagne.")


def _steering(principal: Principal) -> None:
    if STEERING not in principal.functions:
        raise AccessDenied("campaigns are made by who steers the region")
