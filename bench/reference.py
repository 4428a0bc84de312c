"""The same SQL straight through the driver: what the server is measured against."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg

from bench.client import Figures


async def driver(
    pool: asyncpg.Pool,
    make: Callable[[int], tuple[str, Sequence[Any]]],
    *,
    clients: int,
    seconds: float,
    then: tuple[str, Sequence[Any]] | None = None,
) -> Figures:
    """Figures of `clients` connections that run the statements of `make(n)` and nothing else.

    `then` follows each of them: the line in the audit trail that the server writes for a search.
    """
    figures = Figures()
    counter = iter(range(10_000_000))
    started = time.perf_counter()
    ends = started + seconds

    async def one() -> None:
        async with pool.acquire() as connection:
            for number in counter:
                begun = time.perf_counter()
                if begun >= ends:
                    return
                sql, values = make(number)
                await connection.fetch(sql, *values)
                if then is not None:
                    await connection.execute(then[0], *then[1])
                figures.latencies.append(time.perf_counter() - begun)

    await asyncio.gather(*(one() for _ in range(clients)))
    figures.seconds = time.perf_counter() - started
    return figures
