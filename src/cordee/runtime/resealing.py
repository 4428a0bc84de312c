"""Sealed columns beside the bodies: counted by key, opened, sealed anew by the newest data key.

What waits says so by the name of its key, which stands at its head: a run that was broken off goes
on. The owner of the tables runs it, block by block, while others read and write; a row that
somebody holds is left for the next round. Decision 0104.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString

from cordee.runtime.database import Connection
from cordee.runtime.envelopes import KeyMissing, Ring, SealBroken, opened

Place = Callable[[Mapping[str, Any]], str]
_BLOCKS, _MOST_ROWS, _MOST_BYTES = 256, 500, 8 * 1024 * 1024
_SIZE: Final = "SELECT pg_relation_size($1::text::regclass) / current_setting('block_size')::int8"


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table with sealed columns.

    `columns` gives what each is bound to, from `names` of its row; the table is `x` in both.
    """

    name: LiteralString
    columns: tuple[tuple[LiteralString, Place], ...]
    names: LiteralString
    number: LiteralString = ""
    """The column with the number of the data key, where there is one."""
    joined: LiteralString = ""
    """What `names` need beside the table."""

    @property
    def source(self) -> LiteralString:
        """The table, and what is joined to it."""
        return f"{self.name} x {self.joined}"

    @property
    def waits(self) -> LiteralString:
        """Condition on a row that the data key named $1 did not seal."""
        found: list[LiteralString] = [
            f"substring(x.{one} FROM 2 FOR 8) <> $1::bytea" for one, _ in self.columns
        ]
        return "(" + " OR ".join(found) + ")"

    @property
    def size(self) -> LiteralString:
        """Bytes of the sealed columns of a row."""
        return " + ".join(f"coalesce(octet_length(x.{one}), 0)" for one, _ in self.columns)

    @property
    def read(self) -> LiteralString:
        """The place of a row in its table, what its texts are bound to, and the texts."""
        return ", ".join(["x.ctid AS at", self.names, *[f"x.{one}" for one, _ in self.columns]])


async def count_by_key(
    connection: Connection, tables: Sequence[SealedTable]
) -> Mapping[bytes, int]:
    """How many texts each data key seals, by its name."""
    found: dict[bytes, int] = {}
    for table in tables:
        for column, _ in table.columns:
            rows = await connection.fetch(
                f"SELECT substring({column} FROM 2 FOR 8) AS name, count(*) AS n FROM {table.name}"
                f" WHERE {column} IS NOT NULL GROUP BY 1"
            )
            for row in rows:
                found[row["name"]] = found.get(row["name"], 0) + row["n"]
    return found


async def count_waiting(
    connection: Connection, tables: Sequence[SealedTable], ring: Ring
) -> Mapping[str, int]:
    """How many rows of each table wait for the newest data key; those of which none waits aside."""
    found: dict[str, int] = {}
    for table in tables:
        query = f"SELECT count(*) FROM {table.name} x WHERE {table.waits}"
        if waiting := await connection.fetchval(query, ring.current.name):
            found[table.name] = waiting
    return found


async def check_tables(
    connection: Connection, tables: Sequence[SealedTable]
) -> tuple[int, list[str]]:
    """How many texts open, and the places of those that do not."""
    whole, broken = 0, list[str]()
    async with connection.transaction(readonly=True):
        for table in tables:
            query = f"SELECT {table.read} FROM {table.source}"
            async for row in connection.cursor(query, prefetch=20):
                for column, place in table.columns:
                    if row[column] is None:
                        continue
                    try:
                        opened(bytes(row[column]), place(row))
                        whole += 1
                    except (SealBroken, KeyMissing):
                        broken.append(place(row))
    return whole, broken


class TableResealer:
    """One run: texts that wait are sealed by the newest data key, as they were packed."""

    def __init__(self, connection: Connection, ring: Ring, step: Callable[[int], None]) -> None:
        """`step` is told how many rows are done after each transaction."""
        self._connection = connection
        self._ring = ring
        self._step = step
        self.broken: dict[tuple[str, tuple[int, int]], str] = {}
        """What does not open: its row, and its place. It stays as it is."""

    async def run(self, tables: Sequence[SealedTable]) -> int:
        """Goes over the tables once; how many rows were sealed. Another round may find more."""
        done = 0
        for table in tables:
            async for rows in self._batches(table):
                made = await self._seal(table, rows)
                done += made
                self._step(made)
        return done

    async def _batches(self, table: SealedTable) -> AsyncIterator[list[tuple[int, int]]]:
        """Rows that wait, by where they lie, as many as are held in memory at once.

        What is sealed anew lies elsewhere and waits no more, so the blocks of the beginning are
        gone over once, whatever the table's indexes.
        """
        query = (
            f"SELECT x.ctid AS at, {table.size} AS size FROM {table.name} x"
            f" WHERE x.ctid >= $2::tid AND x.ctid < $3::tid AND {table.waits}"
        )
        blocks: int = await self._connection.fetchval(_SIZE, table.name) or 0
        for first in range(0, blocks, _BLOCKS):
            batch: list[tuple[int, int]] = []
            total = 0
            for row in await self._connection.fetch(
                query, self._ring.current.name, (first, 0), (first + _BLOCKS, 0)
            ):
                if batch and (total + row["size"] > _MOST_BYTES or len(batch) >= _MOST_ROWS):
                    yield batch
                    batch, total = [], 0
                batch.append(row["at"])
                total += row["size"]
            if batch:
                yield batch

    async def _seal(self, table: SealedTable, rows: Sequence[tuple[int, int]]) -> int:
        told = ", ".join(f"{one} = ${n}" for n, (one, _) in enumerate(table.columns, 2))
        number = f", {table.number} = {self._ring.current.number}" if table.number else ""
        async with self._connection.transaction():
            # A stamp is sealed anew by the owner who says so, and is changed by nobody.
            await self._connection.execute("SET LOCAL cordee.reseals = 'on'")
            found = await self._connection.fetch(
                f"SELECT {table.read} FROM {table.source} WHERE x.ctid = ANY ($2::tid[])"
                f" AND {table.waits} FOR NO KEY UPDATE OF x SKIP LOCKED",
                self._ring.current.name, list(rows),
            )  # fmt: skip
            made = [values for row in found if (values := self._anew(table, row))]
            await self._connection.executemany(
                f"UPDATE {table.name} SET {told}{number} WHERE ctid = $1::tid", made
            )
        return len(made)

    def _anew(self, table: SealedTable, row: Mapping[str, Any]) -> tuple[Any, ...] | None:
        texts: list[bytes | None] = []
        for column, place in table.columns:
            if row[column] is None:
                texts.append(None)
                continue
            try:
                texts.append(self._ring.seal_again(bytes(row[column]), place(row))[1])
            except (SealBroken, KeyMissing):
                self.broken[table.name, row["at"]] = place(row)
                return None
        return row["at"], *texts
