"""What is kept beside each Patient follows the journal: keys of the file, state of its identity.

One process at a time goes on from the last number that was followed, so that no write is missed;
files that share a key are compared at once, and likely duplicates become tasks. Rule: A1.7.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.store.scope import DELETED
from cordee.identity.ins.patient_reading import read_identity
from cordee.identity.matching.people import prepare, read_person
from cordee.identity.matching.scoring import score_prepared
from cordee.identity.matching.weights import french_weights
from cordee.identity.patients.files import QUERIES, File, Files, file_of
from cordee.identity.patients.fusing import AGENT, Fusing
from cordee.identity.patients.keys import LARGEST_BLOCK, LIKELY, file_keys
from cordee.identity.patients.light import LIGHT, is_light, is_under_pseudonym
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.errors import ProductError
from cordee.runtime.looping import turning

_WINDOW = 5000
_PART = 20
_IDLE_SECONDS = 0.5
_SEARCHES_KEPT = timedelta(days=1)
_WORKED_WITHIN = timedelta(days=7)


class Follower:
    """The loop of one process; several share the work by a lock."""

    def __init__(self, kernel: Kernel) -> None:
        """Nothing is read before `run`."""
        self._kernel = kernel
        self._files = Files(kernel)
        self._fusing = Fusing(kernel)

    async def run(self) -> None:
        """Follows until cancelled; a database that is away is waited for."""
        await turning(self.follow, "identities_not_followed", _IDLE_SECONDS)

    async def catch_up(self) -> None:
        """Follows all that is published now."""
        while await self.follow():
            pass

    async def follow(self) -> bool:
        """One part of the journal; whether there was one."""
        async with self._kernel.database.transaction() as connection:
            after = await connection.fetchval(QUERIES["progress"])
            if after is None:
                return False
            row = await connection.fetchrow(QUERIES["published"], after, _WINDOW)
            if row is None or not row["last"]:
                return False
            rids, same = list(row["rids"]), set[tuple[str, str]]()
            for start in range(0, len(rids), _PART):
                same |= await self._keep(connection, rids[start : start + _PART])
                await asyncio.sleep(0)
            await connection.execute(QUERIES["advance"], row["last"])
            before = clock.now() - _SEARCHES_KEPT
            await connection.execute(QUERIES["forget_searches"], before)
        await self._fusing.follow(after, row["last"])
        for pair in sorted(same):
            await self._link(pair)
        return True

    async def _link(self, pair: tuple[str, str]) -> None:
        """Links two files of one qualified INS, each to the other: one regional identity (A1.9)."""
        # Written by somebody else at this moment, or frozen: its next write brings it here again.
        with contextlib.suppress(ProductError):
            async with self._kernel.database.transaction() as connection:
                for one, other in (pair, pair[::-1]):
                    link = {"other": {"reference": f"Patient/{other}"}, "type": "seealso"}
                    file = await self._files.get(connection, one)
                    links = [*file.patient.get("link", ()), link]
                    if link not in links[:-1]:
                        made = file.patient | {"link": links}
                        await self._files.change(connection, file, lambda _, m=made: m, AGENT)

    async def _keep(self, connection: Connection, rids: Sequence[int]) -> set[tuple[str, str]]:
        """Keeps what these files say; pairs of them and others that bear one qualified INS."""
        rows = await connection.fetch(QUERIES["patients_by_row"], rids)
        files = _readable(rows)
        await connection.execute(QUERIES["forget_keys"], rids)
        keys = [
            (key, rid)
            for rid, file in files.items()
            if _is_in_use(file.patient)
            for key in file_keys(self._kernel.keys, read_person(file.patient))
        ]
        if keys:
            await connection.execute(QUERIES["keep_keys"], *map(list, zip(*keys, strict=True)))
        states = [_state(file, row["upd"]) for row in rows if (file := files.get(row["rid"]))]
        if states:
            await connection.execute(QUERIES["keep_files"], *map(list, zip(*states, strict=True)))
        return await self._compare(connection, files)

    async def _compare(
        self, connection: Connection, files: Mapping[int, File]
    ) -> set[tuple[str, str]]:
        """Makes a task of each pair that is likely one person; pairs of one qualified INS."""
        rows = await connection.fetch(QUERIES["neighbours"], list(files), LARGEST_BLOCK)
        others = {row["other"] for row in rows} - files.keys()
        known = dict(files)
        if others:
            found = await connection.fetch(QUERIES["patients_by_row"], list(others))
            known |= _readable(found)
        people = {rid: prepare(read_person(file.patient)) for rid, file in known.items()}
        weights = french_weights()
        pairs = {(min(a, b), max(a, b)) for row in rows if (a := row[0]) and (b := row[1])}
        tasks: list[tuple[Any, ...]] = []
        same: set[tuple[str, str]] = set()
        for a, b in sorted(pairs):
            if a not in known or b not in known or not _is_in_use(known[b].patient):
                continue
            if is_under_pseudonym(known[a].patient) or is_under_pseudonym(known[b].patient):
                continue
            match = score_prepared(people[a], people[b], weights)
            if match.probability >= LIKELY:
                first, second = sorted((known[a].id, known[b].id))
                due = clock.now() + _WORKED_WITHIN
                tasks.append(("duplicate", first, second, match.probability, match.sentences, due))
            if _is_one_region(known[a], known[b]):
                same.add((known[a].id, known[b].id))
        await self._add(connection, tasks)
        return same

    async def _add(self, connection: Connection, tasks: Sequence[tuple[Any, ...]]) -> None:
        if not tasks:
            return
        pairs = [task[1:3] for task in tasks]
        settled = await connection.fetch(
            QUERIES["are_one"], [one for one, _ in pairs], [two for _, two in pairs]
        )
        known = {tuple(row) for row in settled}
        for task in tasks:
            if task[1:3] not in known:
                await connection.fetchval(QUERIES["add_task"], *task[:4], list(task[4]), task[5])


def _readable(rows: Sequence[Any]) -> dict[int, File]:
    """Files by row id, without the deleted ones and those that no identity can be read from."""
    files: dict[int, File] = {}
    for row in rows:
        if row["lab"] & DELETED:
            continue
        try:
            file = file_of(row)
            prepare(read_person(file.patient))
            read_identity(file.patient)
        except (ProductError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            structlog.get_logger().warning("identity_not_read", row=row["rid"])
            continue
        files[row["rid"]] = file
    return files


def _is_one_region(a: File, b: File) -> bool:
    """Two qualified files of one matricule; never provisional ones."""
    one, two = a.identity, b.identity
    return one.may_send_matricule and two.may_send_matricule and one.ins == two.ins


def _is_in_use(patient: Mapping[str, Any]) -> bool:
    """A file that was replaced by another, or put out of use, is compared with nothing."""
    replaced = any(one.get("type") == "replaced-by" for one in patient.get("link", ()))
    return patient.get("active") is not False and not replaced


def _state(file: File, updated: Any) -> tuple[Any, ...]:
    identity = read_identity(file.patient)
    organization = file.patient.get("managingOrganization", {}).get("reference", "")
    marks = [LIGHT] if is_light(file.patient) else []
    attributes = " ".join([*sorted(identity.attributes), *marks])
    return (
        file.rid, file.id, file.version, identity.status.value, attributes, str(organization),
        updated, _is_in_use(file.patient),
    )  # fmt: skip
