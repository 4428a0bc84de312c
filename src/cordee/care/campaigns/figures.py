"""What those who steer read of a campaign: counts told once a day, the same for everybody.

Persons are counted by where they ended; each figure is a union of such ends, so that no subtraction
of two of them leaves a person (the door of disclosure sees to it). Rules: G3.7, G3.10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from cordee.care.campaigns.campaign import CAPITALISED, CLOSING, OPEN, Campaign
from cordee.care.campaigns.ports import Count, Tallies
from cordee.care.campaigns.register import QUERIES
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Database
from cordee.runtime.errors import Conflict

_CAME: Final = ("done", "positive", "linked")
STAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "targeted": ("listed", "excluded", "invited", "reached", "booked", *_CAME),
    "invited": ("invited", "reached", "booked", *_CAME),
    "reached": ("reached", "booked", *_CAME),
    "booked": ("booked", *_CAME),
    "done": _CAME,
    "positive": ("positive", "linked"),
    "linked": ("linked",),
}
"""Each stage as the ends that it holds: who goes further is in all before."""
LABELS: Final[Mapping[str, str]] = {
    "targeted": "Repérés par leur médecin", "invited": "Invités", "reached": "Message lu",
    "booked": "Rendez-vous pris, ou venus", "done": "Acte fait", "positive": "Résultat à suivre",
    "linked": "Suite donnée",
}  # fmt: skip
SPLITS: Final = ("sex", "band", "quintile")
VARIANT: Final = "variant"
"""The wording of the invitation: compared once the campaign is over, so that nobody stops early."""
SPLIT: Final = ("invited", "done")
"""Stages that are split: what was offered and what was done say whether it was fair."""
Told = Mapping[str, Any] | None
"""A count `n` and the `day` on which it was told; None where it never was."""
REGION: Final = "region"


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told as of a day: by territory, and by split and label, for each stage."""

    day: date
    areas: Mapping[str, Mapping[str, Told]]
    splits: Mapping[str, Mapping[str, Mapping[str, Told]]]

    def of(self, area: str, stage: str) -> int | None:
        """A count, None where it is not told."""
        found = self.areas.get(area, {}).get(stage)
        return found["n"] if found else None


class Dashboard:
    """The figures of the campaigns of one installation."""

    def __init__(self, database: Database, tallies: Tallies) -> None:
        """`tallies` is the door of disclosure."""
        self._database = database
        self._tallies = tallies

    async def told(self, campaign: Campaign, at: datetime) -> Figures:
        """The figures of the day, counted by who asks first; raises `Conflict` before a launch."""
        if campaign.state not in {*OPEN, CLOSING, CAPITALISED}:
            raise Conflict("Cette campagne n’est pas lancée : rien n’est compté.")
        day, key = at.astimezone(PARIS).date(), UUID(campaign.id)
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["figures"], key)
        is_over = campaign.state == CAPITALISED and rows
        if not is_over and (not rows or rows[0]["day"] < day):
            body = await self._counted(
                campaign, day, [orjson.loads(one["content"]) for one in rows]
            )
            async with self._database.write.acquire() as connection:
                await connection.execute(QUERIES["add_figures"], key, day, body)
                rows = await connection.fetch(QUERIES["figures"], key)
        return _figures(rows[0]["day"], orjson.loads(rows[0]["content"]))

    async def report(self, campaign: Campaign, at: datetime) -> dict[str, Any]:
        """The closing report as plain JSON: figures, money, cost of what came out, the lesson."""
        figures = await self.told(campaign, at)
        spent = campaign.spent
        costs = {
            stage: None if spent is None or not count else round(spent / count)
            for stage in ("invited", "done", "positive", "linked")
            for count in (figures.of(REGION, stage),)
        }
        return {
            "day": figures.day.isoformat(), "areas": figures.areas, "splits": figures.splits,
            "budget": campaign.told.budget, "spent": spent, "costs": costs,
            "lesson": campaign.lesson, "declined": [
                {"code": one.code, "motive": one.motive}
                for one in campaign.territories if one.word == "declined"
            ],
        }  # fmt: skip

    async def _counted(self, campaign: Campaign, day: date, before: Sequence[Any]) -> str:
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["counts"], UUID(campaign.id))
        counts = [
            Count(
                row["territory"], row["sex"], row["band"], str(row["quintile"]), row["variant"],
                row["status"], row["n"],
            )
            for row in rows
        ]  # fmt: skip
        splits = SPLITS if campaign.is_open else (*SPLITS, VARIANT)
        told = await self._tallies.told((campaign.id, day, splits), counts, before)
        return orjson.dumps(told).decode()


def of_report(report: Mapping[str, Any]) -> Figures:
    """The figures that a report holds."""
    return _figures(date.fromisoformat(report["day"]), report)


def _figures(day: date, body: Mapping[str, Any]) -> Figures:
    return Figures(day, body["areas"], body["splits"])
