"""Figures of documents by structure and month, for who steers and for the DPO. Rule: A3.10.

A count below `FEW` is not told, nor a share made of it: few people could be recognised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

import orjson

from cordee.fhir.store.repository import version_of
from cordee.identity.principal import DPO, STEERING, Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Database, search_errors
from cordee.runtime.errors import AccessDenied
from cordee.runtime.queries import load_queries

FEW: Final = 5
MONTHS: Final = 12
_READERS: Final = frozenset({STEERING, DPO})
_QUERIES = load_queries("cordee.access.figures")


@dataclass(frozen=True, slots=True)
class Activity:
    """One structure in one month; a count is None where it is too small to be told."""

    month: date
    structure: str
    stays: int | None
    taken: int | None
    sent: int | None
    opened: int | None
    people: int | None

    @property
    def sent_share(self) -> float | None:
        """Deposits in the DMP for a stay; None without stays, or where one is not told."""
        return _share(self.sent, self.stays)

    @property
    def opened_share(self) -> float | None:
        """Documents opened for a stay; None without stays, or where one is not told."""
        return _share(self.opened, self.stays)


@dataclass(frozen=True, slots=True)
class Count:
    """How often something happened in a structure: `of` says what sort of thing `code` is."""

    month: date
    structure: str
    of: str
    code: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """One month: activity, refusals by code, broken glasses by service."""

    month: date
    activity: tuple[Activity, ...]
    refusals: tuple[Count, ...]
    glasses: tuple[Count, ...]


class DocumentFigures:
    """The figures of one installation."""

    def __init__(self, database: Database) -> None:
        """Counts are made when they are asked for."""
        self._database = database

    async def month(self, principal: Principal, month: date) -> Figures:
        """The figures of a month; raises `AccessDenied` but for who steers and the DPO."""
        if not principal.functions & _READERS:
            raise AccessDenied("only who steers and the DPO read these figures")
        span = (_start(month), _start(following(month)))
        with search_errors():
            async with self._database.search.acquire() as connection:
                activity = await connection.fetch(_QUERIES["activity"], *span)
                refusals = await connection.fetch(_QUERIES["refusals"], *span)
                glasses = await connection.fetch(_QUERIES["glasses"], *span)
                ids = {row["structure"].partition("/")[2] for row in [*refusals, *glasses]}
                rows = await connection.fetch(_QUERIES["names"], sorted(ids))
        names = {f"Organization/{row['id']}": name_of(row) for row in rows}
        return Figures(
            month,
            tuple(_activity(month, row) for row in activity),
            tuple(_count(month, row, row["of"], row["code"], names) for row in refusals),
            tuple(_count(month, row, "glass", row["role"], names) for row in glasses),
        )


def months(today: date) -> list[date]:
    """The months that can be asked for, the present one first."""
    found = [today.replace(day=1)]
    while len(found) < MONTHS:
        last = found[-1]
        found.append(date(last.year - (last.month == 1), (last.month - 2) % 12 + 1, 1))
    return found


def following(month: date) -> date:
    """The first day of the next month."""
    return date(month.year + (month.month == 12), month.month % 12 + 1, 1)  # noqa: PLR2004 -- December


def told(count: int) -> int | None:
    """A count as it may be told: nothing is 0, few is None."""
    return count if count == 0 or count >= FEW else None


def _activity(month: date, row: Mapping[str, Any]) -> Activity:
    return Activity(
        month, name_of(row), told(row["stays"]), told(row["taken"]), told(row["sent"]),
        told(row["opened"]), told(row["people"]),
    )  # fmt: skip


def _count(
    month: date, row: Mapping[str, Any], of: str, code: str, names: Mapping[str, str]
) -> Count:
    structure = str(row["structure"])
    name = names.get(structure, structure.removeprefix("Organization/"))
    return Count(month, name, of, code, told(row["n"]))


def _share(part: int | None, whole: int | None) -> float | None:
    return part / whole if part is not None and whole else None


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS)


def name_of(row: Any) -> str:
    """The name of a structure, of its row."""
    members = orjson.loads(version_of("Organization", row["id"], row).json())
    return str(members.get("name") or row["id"])
