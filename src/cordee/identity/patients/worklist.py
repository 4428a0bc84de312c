"""What the identity cell has to do, and the figures of its work. Rules: A1.7, A1.11."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.store.repository import version_of
from cordee.identity.ins.statuses import Attribute
from cordee.identity.matching.people import read_person
from cordee.identity.matching.scoring import score
from cordee.identity.patients.files import QUERIES, File, Files, file_of, need_cell
from cordee.identity.patients.fusing import REVERSIBLE
from cordee.identity.patients.qualifying import Qualifying
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.errors import NotFound, RuleBroken

MOST = 100
_OLD = timedelta(days=7)
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """A task about files, with what is known of each."""

    task: Row
    files: tuple[File, ...]
    proofs: tuple[tuple[Row, ...], ...]
    calls: tuple[tuple[Row, ...], ...]
    readers: tuple[int, ...]
    fusion: int | None


class Worklist:
    """The tasks of the cell."""

    def __init__(self, kernel: Kernel) -> None:
        """All parts of the kernel are open."""
        self._kernel = kernel
        self._files = Files(kernel)
        self._qualifying = Qualifying(kernel)

    async def tasks(self, principal: Principal, kind: str = "") -> tuple[Sequence[Row], int]:
        """Open tasks, what is due first, and how many there are in all."""
        need_cell(principal)
        async with self._kernel.database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["open_tasks"], kind, MOST)
        return rows, rows[0]["total"] if rows else 0

    async def files(self, principal: Principal, ids: Sequence[str]) -> dict[str, File]:
        """Identities of files that tasks are about, by id; traced."""
        need_cell(principal)
        async with self._kernel.database.transaction() as connection:
            rows = await connection.fetch(QUERIES["patients"], list(dict.fromkeys(ids)))
            found = {row["id"]: file_of(row) for row in rows}
            if found:
                pats = [one.pat for one in found.values()]
                await self._files.trace(connection, principal.user, pats, "identity worklist read")
        return found

    async def pair(self, principal: Principal, number: int) -> Pair:
        """One task with its files; raises `NotFound`."""
        need_cell(principal)
        async with self._kernel.database.transaction() as connection:
            task = await connection.fetchrow(QUERIES["task"], number)
            if task is None:
                raise NotFound("there is no such task")
            ids = [one for one in (task["first"], task["second"]) if one]
            files = [await self._files.get(connection, one) for one in ids]
            proofs = [tuple(await connection.fetch(QUERIES["proofs"], one)) for one in ids]
            calls = [tuple(await connection.fetch(QUERIES["calls"], one)) for one in ids]
            month = clock.now() - timedelta(days=30)
            readers = [
                len(await connection.fetch(QUERIES["readers"], one.pat, month, clock.now()))
                for one in files
            ]
            fusion = await connection.fetchval(QUERIES["open_fusion"], ids)
            pats = [one.pat for one in files]
            detail = f"identity task {number} read"
            await self._files.trace(connection, principal.user, pats, detail)
        return Pair(task, tuple(files), tuple(proofs), tuple(calls), tuple(readers), fusion)

    async def compare(self, principal: Principal, one: str, other: str) -> int:
        """A task about two files that somebody suspects; the one that is there, when there is one.

        Raises `NotFound` for a file that is not there, `RuleBroken` for one file alone.
        """
        need_cell(principal)
        if one == other:
            raise RuleBroken("Comparez avec un autre dossier.")
        first, second = sorted((one, other))
        async with self._kernel.database.transaction() as connection:
            files = [await self._files.get(connection, key) for key in (first, second)]
            match = score(*(read_person(file.patient) for file in files))
            due = clock.now() + _OLD
            made = await connection.fetchrow(
                QUERIES["add_task"], "duplicate", first, second, match.probability,
                list(match.sentences), due,
            )  # fmt: skip
            made = made or await connection.fetchrow(QUERIES["task_of"], first, second)
        return int(made["n"]) if made else 0

    async def keep_apart(self, principal: Principal, number: int, note: str) -> None:
        """Two people: both files bear `homonyme`, and the pair does not come back."""
        need_cell(principal)
        task = (await self.pair(principal, number)).task
        if task["kind"] != "duplicate":
            raise RuleBroken("Cette tâche ne porte pas sur deux dossiers.")
        said = note.strip() or "Deux personnes, vérifié par la cellule."
        for patient in (task["first"], task["second"]):
            await self._qualifying.mark(principal, patient, Attribute.HOMONYM, said)
        await self.end(principal, number, "apart", said)

    async def end(self, principal: Principal, number: int, outcome: str, note: str) -> None:
        """Says what became of a task."""
        need_cell(principal)
        async with self._kernel.database.write.acquire() as connection:
            await connection.execute(QUERIES["end_task"], number, principal.user, outcome, note)

    async def fusions(self, principal: Principal) -> Sequence[Row]:
        """Proposals that wait, and fusions that can still be undone."""
        need_cell(principal)
        async with self._kernel.database.write.acquire() as connection:
            return await connection.fetch(QUERIES["fusions"], clock.now() - REVERSIBLE, MOST)

    async def fusion(self, principal: Principal, number: int) -> tuple[Row, tuple[File, ...]]:
        """One proposal with its files; raises `NotFound`."""
        need_cell(principal)
        async with self._kernel.database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["fusion"], number)
        if row is None:
            raise NotFound("there is no such fusion")
        ids = [row["kept"], row["gone"]]
        files = await self.files(principal, ids)
        return row, tuple(files[one] for one in ids if one in files)

    async def months(self, principal: Principal) -> list[dict[str, Any]]:
        """Figures by month and structure, those of this month counted now."""
        need_cell(principal)
        month, old = clock.today().replace(day=1), clock.now() - _OLD
        async with self._kernel.database.write.acquire() as connection:
            await connection.execute(QUERIES["count_month"], month, old)
            rows = await connection.fetch(QUERIES["months"])
            ids = {row["structure"].removeprefix("Organization/") for row in rows}
            named = await connection.fetch(QUERIES["structure_names"], list(ids))
        names = {f"Organization/{one['id']}": _name(one) for one in named}
        return [dict(row) | {"name": names.get(row["structure"], "")} for row in rows]


def _name(row: Any) -> str:
    members = orjson.loads(version_of("Organization", row["id"], row).whole())
    return str(members.get("name", ""))
