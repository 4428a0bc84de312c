"""The workbench of the DPO: broken glasses to review, contests to answer, replay, indicators.

Every look at a patient's identity is traced like any other. Rule: A3.4, A3.10, A3.11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from cordee.access.contesting import TrailLine, read_line
from cordee.access.explaining import Explained, Explaining
from cordee.access.glasses import need
from cordee.access.identifying import REVIEWED, identity_of
from cordee.access.registers import grants
from cordee.access.registers.grants import Reviewed
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.store.repository import version_of
from cordee.identity.principal import DPO, Principal
from cordee.runtime.database import Database, search_errors
from cordee.runtime.errors import NotFound, TooCostly
from cordee.runtime.queries import load_queries

PERIOD: Final = timedelta(days=30)
_EPOCH_MILLISECONDS: Final = 1_577_836_800_000
_QUERIES = load_queries("cordee.access.registers")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of what was done under a grant."""

    n: int
    at: datetime
    action: str
    detail: str


@dataclass(frozen=True, slots=True)
class Case:
    """A grant to review: whose record, and what was done under it."""

    reviewed: Reviewed
    patient: Mapping[str, Any] | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Glasses:
    """Broken glasses of one structure."""

    structure: str
    opened: int
    reviewed: int
    justified: int
    late: int


@dataclass(frozen=True, slots=True)
class Indicators:
    """What is counted over thirty days; `use` is None where it took too long to count."""

    since: datetime
    glasses: tuple[Glasses, ...]
    refusals: tuple[tuple[str, int], ...]
    use: Mapping[str, int] | None


class Protecting:
    """What only the DPO does."""

    def __init__(self, database: Database, explaining: Explaining, keys: KeyMaker) -> None:
        """`keys` hashes entities as the index does."""
        self._database = database
        self._explaining = explaining
        self._keys = keys

    async def case(self, principal: Principal, number: UUID) -> Case:
        """A grant with whose record it opened and what was done; raises `NotFound`."""
        need(principal, DPO)
        async with self._database.write.acquire() as connection:
            found = await grants.one_glass(connection, number)
            breaker = found.kept.grant.breaker
            key = self._keys(f"Patient/{breaker.patient}")
            patient = await identity_of(
                connection, self._keys, principal, breaker.patient, REVIEWED
            )
            moment = timedelta(seconds=1)
            rows = await connection.fetch(
                _QUERIES["grant_reads"], breaker.agent, key,
                found.kept.grant.opened - moment, found.kept.grant.last,
            )  # fmt: skip
        steps = tuple(Step(one["n"], one["at"], one["action"], one["detail"]) for one in rows)
        return Case(found, patient, steps)

    async def replay(
        self, principal: Principal, number: int, known: Callable[[TrailLine], Principal | None]
    ) -> tuple[TrailLine, Explained | None]:
        """A line of the trail with the decision of then; `known` says who an agent is.

        Raises `NotFound` for a line that is not there or is about no patient, or several.
        """
        need(principal, DPO)
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(_QUERIES["any_line"], number)
        if row is None or len(row["pats"]) != 1 or row["patient"] is None:
            raise NotFound("no line of the trail about one patient has this number")
        line = read_line(row)
        person = line.acted or known(line)
        if person is None or person.is_system:
            return line, None
        return line, await self._explaining.replayed(person, row["patient"], line.at)

    async def indicators(self, principal: Principal, at: datetime) -> Indicators:
        """What thirty days count up to."""
        need(principal, DPO)
        since = at - PERIOD
        async with self._database.write.acquire() as connection:
            glasses = await connection.fetch(_QUERIES["glass_counts"], since)
            refusals = await connection.fetch(_QUERIES["refusal_counts"], since)
        return Indicators(
            since,
            tuple(Glasses(**dict(row)) for row in glasses),
            tuple((row["code"], row["count"]) for row in refusals),
            await self._use(since),
        )

    async def structures(self, references: Iterable[str]) -> dict[str, str]:
        """Names of structures by reference."""
        wanted = sorted({one.partition("/")[2] for one in references if one})
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(_QUERIES["structure_names"], wanted)
        bodies = [orjson.loads(version_of("Organization", row["id"], row).json()) for row in rows]
        return {f"Organization/{one['id']}": str(one.get("name", "")) for one in bodies}

    async def _use(self, since: datetime) -> Mapping[str, int] | None:
        # The first row id of a moment: milliseconds since 2020 above 22 bits.
        first = max(0, int(since.timestamp() * 1000) - _EPOCH_MILLISECONDS) << 22
        try:
            with search_errors():
                async with self._database.search.acquire() as connection:
                    row = await connection.fetchrow(_QUERIES["use_counts"], since, first)
        except TooCostly:
            return None
        return dict(row) if row else None
