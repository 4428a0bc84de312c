"""The tile of a record: documents, those since the last visit here, the last of an emergency.

Rule: A3.9; from what its reader may see, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from cordee.access.matrix import catalogue
from cordee.care.record.ports import RecordRows, Resource
from cordee.runtime.clock import PARIS
from cordee.runtime.french import parse_moment

MOST: Final = 300
"""How many of the latest documents a record reads: from there on a count says « or more »."""
_OUT_OF_USE: Final = frozenset({"superseded", "entered-in-error"})
_NO_VISIT: Final = frozenset({"planned", "cancelled", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class Tile:
    """Counts of documents in use; `since` is the end of the last visit here, None without one.

    `emergency` is the day of the last report of an emergency department.
    """

    count: int
    is_whole: bool
    new: int
    since: datetime | None
    emergency: date | None


def read_tile(rows: RecordRows, structure: str, now: datetime) -> Tile:
    """The tile of a record for somebody of a structure."""
    found = [row for row in rows.documents if is_document(row)]
    since = last_visit(rows.encounters, structure, now)
    dates = [moment_of(row.get("date")) for row in found]
    emergencies = [
        moment for row, moment in zip(found, dates, strict=True) if moment and is_emergency(row)
    ]
    new = sum(moment is not None and since is not None and moment > since for moment in dates)
    last = max(emergencies, default=None)
    return Tile(
        count=sum(row.get("status") not in _OUT_OF_USE for row in found),
        is_whole=len(found) < MOST,
        new=new,
        since=since,
        emergency=last.astimezone(PARIS).date() if last else None,
    )


def is_document(row: Resource) -> bool:
    """Whether a row is a document in use, of the class of the DMP."""
    in_use = row.get("status") not in _OUT_OF_USE
    return row.get("resourceType") == "DocumentReference" and in_use


def last_visit(encounters: Iterable[Resource], structure: str, now: datetime) -> datetime | None:
    """When the last visit to a structure that is over ended."""
    ends = list(_ends(encounters, structure))
    return max((one for one in ends if one <= now), default=None)


def _ends(encounters: Iterable[Resource], structure: str) -> Iterator[datetime]:
    for row in encounters:
        provider = (row.get("serviceProvider") or {}).get("reference", "")
        if not structure or provider != structure or row.get("status") in _NO_VISIT:
            continue
        period = row.get("period") or {}
        end = moment_of(period.get("end"))
        if end is None and row.get("status") == "finished":
            end = moment_of(period.get("start"))
        if end is not None:
            yield end


def is_emergency(row: Resource) -> bool:
    """Whether a document is the report of a visit to an emergency department."""
    known = catalogue().documents
    codes = (one.get("code", "") for one in (row.get("type") or {}).get("coding", ()))
    return any("urgences" in known.get(code, "").casefold() for code in codes)


def moment_of(text: object) -> datetime | None:
    """The moment of a FHIR date or instant; a day counts from its start in Paris."""
    moment, _ = parse_moment(str(text or ""))
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time(), PARIS) if moment else None
