"""The score of a night as it is read: all of it for the trainer, one's own for a trainee. C1.13."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from cordee.care.regulation.centres import Centre
from cordee.care.regulation.sealing import Box
from cordee.care.training import night
from cordee.care.training.nights import QUERIES, Night, Nights, Seat, is_trainer
from cordee.care.training.scores import Done, Result, Total, by_agent, judge, total_of
from cordee.identity.principal import Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound


@dataclass(frozen=True, slots=True)
class Score:
    """A night judged; `of_agents` by person, `total` of what who reads may see."""

    night: Night
    results: Sequence[Result]
    of_agents: Sequence[tuple[Seat, Total]]
    total: Total
    names: Mapping[str, str]


class Results:
    """The scores of all centres of an installation."""

    def __init__(self, database: Database, box: Box) -> None:
        """`box` opens what was told of the cases."""
        self._database = database
        self._box = box
        self.nights = Nights(database)

    async def score(self, principal: Principal, centre: Centre, number: UUID) -> Score:
        """The score of a night that was ended; a trainer reads it while it runs too.

        Raises `NotFound` for who did not sit in it, and before its end for who did.
        """
        found = await self.nights.night(principal, centre, number)
        seats = await self.nights.seats(number)
        is_own = not is_trainer(principal)
        if is_own:
            seats = [one for one in seats if one.agent == principal.user]
        if is_own and (not seats or not found.is_over):
            raise NotFound("there is no such score")
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["result"], number)
        results = [self._judged(row, found.roles) for row in rows]
        if is_own:
            mine = {principal.user}
            results = [one for one in results if mine & {one.taker, one.decider}]
        people = [(one, by_agent(results, one.agent)) for one in seats]
        total = people[0][1] if is_own else total_of(results)
        return Score(found, results, people, total, {one.agent: one.name for one in seats})

    async def one(self, principal: Principal, centre: Centre, of: tuple[UUID, int]) -> Result:
        """One call of a night, as `score`; raises `NotFound` for one that is not theirs."""
        number, n = of
        score = await self.score(principal, centre, number)
        found = next((one for one in score.results if one.told.n == n), None)
        if found is None:
            raise NotFound("there is no such call")
        return found

    def _judged(self, row: Mapping[str, Any], roles: str) -> Result:
        told = night.from_data(orjson.loads(row["told"]))
        if row["case"] is None:
            done = Done(row["rung"], row["answered"], row["agent"] or "")
            return judge(told, done, roles)
        content = self._box.open("case", str(row["case"]), row["content"])
        stamps: list[tuple[str, str, datetime]] = list(
            zip(row["kinds"] or (), row["agents"] or (), row["moments"] or (), strict=True)
        )
        done = Done(
            row["rung"], row["answered"], row["agent"] or "", row["case"], row["priority"],
            row["motive"], row["state"], content.get("answers", {}), stamps,
        )  # fmt: skip
        return judge(told, done, roles)
