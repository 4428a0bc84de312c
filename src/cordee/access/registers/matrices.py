"""Changes of the matrix: one person proposes, another in the other office decides, all is kept.

That two persons in two offices are needed, and that no change reaches back, are constraints of
the tables. Rule: A3.1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from cordee.access.matrix import (
    Cell,
    Change,
    Matrix,
    catalogue,
    read_cell,
    shipped_versions,
    with_changes,
)
from cordee.runtime.constraints import table_rules
from cordee.runtime.database import Connection
from cordee.runtime.errors import InvalidRequest, NotFound
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.access.registers")


@dataclass(frozen=True, slots=True)
class Office:
    """Who speaks, and in which office: `dpo` or `administrator`."""

    user: str
    role: str


async def propose(
    connection: Connection,
    by: Office,
    cells: Iterable[Cell],
    *,
    effective: datetime,
    motive: str,
) -> int:
    """The number of the proposal; raises `InvalidRequest` for a place that the matrix lacks."""
    proposed = tuple(cells)
    for cell in proposed:
        if not catalogue().holds(cell.place):
            raise InvalidRequest(f"no such place in the matrix: {'/'.join(cell.place)}")
    text = json.dumps([asdict(cell) for cell in proposed])
    with table_rules({"": "a change needs an office, a motive in words and a cell"}):
        rows = await connection.fetch(
            _QUERIES["propose"], effective, by.user, by.role, motive, text
        )
    return rows[0]["n"]


async def settle(
    connection: Connection, number: int, by: Office, *, accepted: bool, at: datetime
) -> None:
    """Accepts or refuses a proposal.

    Raises `NotFound`; `RuleBroken` when it is decided already, by the same person or office, or
    too late for its date.
    """
    with table_rules(_REASONS):
        found = await connection.fetchval(
            _QUERIES["decide_proposal"], number, by.user, by.role, accepted, at
        )
    if found is None:
        raise NotFound("no such change of the matrix")


async def versions(connection: Connection) -> tuple[Matrix, ...]:
    """All versions of the matrix, shipped and changed here, the oldest first."""
    rows = await connection.fetch(_QUERIES["accepted_changes"])
    changes = [
        Change(f"local-{row['n']}", row["effective"], _cells(json.loads(row["cells"])))
        for row in rows
    ]
    return with_changes(shipped_versions(), changes)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed change and what became of it; `accepted` is None while it waits."""

    number: int
    at: datetime
    effective: datetime
    proposed_by: str
    proposed_role: str
    motive: str
    cells: tuple[Cell, ...]
    decided_at: datetime | None
    decided_by: str | None
    accepted: bool | None


async def proposals(connection: Connection) -> tuple[Proposal, ...]:
    """All proposals, the newest first."""
    rows = await connection.fetch(_QUERIES["proposals"])
    return tuple(
        Proposal(
            row["n"], row["at"], row["effective"], row["proposed_by"], row["proposed_role"],
            row["motive"], _cells(json.loads(row["cells"])), row["decided_at"],
            row["decided_by"], row["accepted"],
        )
        for row in rows
    )  # fmt: skip


_REASONS = {
    "": "a change is decided by the DPO or an administrator",
    "matrix_verdict_pkey": "this change has been decided",
    "two_persons": "a change needs two persons, the DPO and an administrator",
    "not_backwards": "the date of this change has passed; propose it anew",
}


def _cells(rows: list[Mapping[str, Any]]) -> tuple[Cell, ...]:
    return tuple(read_cell(row) for row in rows)
