"""The indicators of a CPTS for its yearly dialogue with the CPAM and the agency. Rule: B6.7.

Computed when it is asked for. What counts people is told without small counts, nor what would give
them away (`care.activity.hiding`); members, places and days are no people who are cared for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from cordee.care.activity.hiding import hidden, number
from cordee.care.activity.periods import Period
from cordee.care.cpts.membership import Belonging, Membership
from cordee.care.cpts.rotation import QUERIES
from cordee.care.slots.desk import Slots
from cordee.care.slots.publishing import BUSY, Community, Slot
from cordee.care.slots.shares import DONE, MISSED
from cordee.identity.principal import Principal
from cordee.runtime.database import Database

_FULL: Final = 500
"""Slots that one search gives: where a month has as many, it is counted in part."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One indicator: a count, a delay or a share in percent; all None where it is not told."""

    code: str
    count: int | None = None
    delay: timedelta | None = None
    percent: int | None = None
    is_hidden: bool = False
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Dossier:
    """The figures of one CPTS in a period, in the order in which they are told."""

    place: Belonging
    period: Period
    figures: tuple[Figure, ...]


class Dossiers:
    """The dossiers of one installation: each CPTS's for its members."""

    def __init__(self, database: Database, slots: Slots, membership: Membership) -> None:
        """`slots` counts what became of unscheduled care, for a member."""
        self._database = database
        self._slots = slots
        self.membership = membership

    async def of(
        self, principal: Principal, structure: str, period: Period, now: datetime
    ) -> Dossier:
        """The dossier of a CPTS; raises `AccessDenied` for who is no member of it."""
        place = await self.membership.need(principal, structure)
        members = await self.membership.members(principal, structure)
        first, last = period.bounds
        async with self._database.steady.acquire() as connection:
            searches = await connection.fetchrow(QUERIES["searches"], structure, first, last)
            boards = await connection.fetchrow(
                QUERIES["boards"], structure, first, last, period.first, period.last
            )
        assert searches is not None  # noqa: S101 -- a count has one row
        assert boards is not None  # noqa: S101 -- a count has one row
        slots, is_cut = await self._year(principal, place, period, now)
        figures = (
            Figure("membres", len(members)),
            Figure("membres-soins", sum(one.cares for one in members.values())),
            *_searches(searches),
            *_slots(slots, is_cut=is_cut),
            *_boards(boards),
        )
        return Dossier(place, period, figures)

    async def _year(
        self, principal: Principal, place: Belonging, period: Period, now: datetime
    ) -> tuple[list[Slot], bool]:
        """The slots of a period that have begun, month by month, and whether some are missing."""
        found: list[Slot] = []
        is_cut = False
        communities = [
            one
            for one in await self._slots.memberships(principal)
            if one.structure == place.structure
        ]
        for first, last in _months(period, now.date()):
            some = await self._between(principal, communities, (first, last), now)
            is_cut = is_cut or len(some) >= _FULL
            found += some
        return found, is_cut

    async def _between(
        self,
        principal: Principal,
        communities: list[Community],
        days: tuple[date, date],
        now: datetime,
    ) -> list[Slot]:
        first, last = Period("", *days).bounds
        return await self._slots.between(principal, communities, first, min(last, now))


def _searches(row: Mapping[str, Any]) -> list[Figure]:
    counts = {
        "mt-trouve": int(row["found"]), "mt-attente": int(row["waiting"]),
        "mt-autre": int(row["otherwise"]),
    }  # fmt: skip
    table = hidden(counts)
    told = {one.code: one.count for one in table.cells}
    found = told.get("mt-trouve", 0)
    median = row["median"]
    delay = timedelta(seconds=float(median)) if median is not None and found else None
    return [
        _people("mt-demandes", table.total),
        *(_people(code, told.get(code, 0)) for code in counts),
        Figure("mt-delai", delay=delay, is_hidden=found is None),
    ]


def _slots(slots: list[Slot], *, is_cut: bool) -> list[Figure]:
    """Places are no people; who came and who did not are."""
    offered = [one for one in slots if one.is_open]
    outcomes = [one.outcome for one in offered if one.status == BUSY]
    counts = {
        "snp-venus": outcomes.count(DONE), "snp-absents": outcomes.count(MISSED),
        "snp-sans-suite": sum(one not in {DONE, MISSED} for one in outcomes),
    }  # fmt: skip
    table = hidden(counts)
    told = {one.code: one.count for one in table.cells}
    share = None
    if offered and table.total is not None:
        share = round(100 * table.total / len(offered))
    return [
        Figure("snp-publies", len(offered), is_cut=is_cut),
        _people("snp-pris", table.total, is_cut=is_cut),
        *(_people(code, told.get(code, 0), is_cut=is_cut) for code in counts),
        Figure(
            "snp-remplissage", percent=share, is_hidden=table.total is None, is_cut=is_cut
        ),
    ]  # fmt: skip


def _boards(row: Mapping[str, Any]) -> list[Figure]:
    return [
        Figure("prevention-actions", row["actions"]),
        Figure("prevention-vises", row["planned"]),
        _people("prevention-venus", number(row["reached"])),
        Figure("vaccination-journees", row["days"]),
        Figure("vaccination-places", row["places"]),
        Figure("crises", row["crises"]),
        Figure("crises-jours", row["shared_days"]),
        Figure("offres", row["offers"]),
        Figure("offres-pourvues", row["filled"]),
        Figure("formations", row["trainings"]),
        Figure("formations-inscrits", row["registered"]),
    ]


def _people(code: str, count: int | None, *, is_cut: bool = False) -> Figure:
    return Figure(code, count, is_hidden=count is None, is_cut=is_cut)


def _months(period: Period, today: date) -> list[tuple[date, date]]:
    found: list[tuple[date, date]] = []
    day = period.first
    while day < period.last and day <= today:
        following = (day + timedelta(days=31)).replace(day=1)
        found.append((day, min(following, period.last)))
        day = following
    return found
