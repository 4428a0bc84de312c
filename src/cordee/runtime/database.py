"""PostgreSQL through asyncpg: pools that keep no session state, one transaction helper."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import asyncpg

from cordee.runtime.errors import TooCostly, Unavailable
from cordee.runtime.leasing import Lender

SEARCH_SECONDS = 5
Connection = asyncpg.Connection
AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What is raised when the database is away or refuses."""


@dataclass(frozen=True, slots=True)
class Database:
    """Three pools: `write` for statements by key, the others for searches under a time bound.

    `search` plans each statement for its values; `steady` plans once, for statements whose way
    through the indexes is the same whatever the values.
    """

    write: Lender
    search: Lender
    steady: Lender

    async def close(self) -> None:
        """Closes all pools."""
        await self.steady.close()
        await self.search.close()
        await self.write.close()

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """One transaction on the write pool; rolled back when the block raises."""
        async with self.write.acquire() as connection, connection.transaction():
            yield connection


async def open_database(
    url: str, *, role: str | None = None, write_size: int = 8, search_size: int = 8
) -> Database:
    """Pools on `url`, as `role` when given; `Unavailable` when nobody answers."""
    common = {"application_name": "cordee", "jit": "off", "timezone": "UTC"}
    if role:
        common["role"] = role
    bounded = common | {"statement_timeout": f"{SEARCH_SECONDS}s"}
    try:
        write = await _lender(url, write_size, common)
        custom = bounded | {"plan_cache_mode": "force_custom_plan"}
        search = await _lender(url, search_size, custom)
        generic = bounded | {"plan_cache_mode": "force_generic_plan"}
        steady = await _lender(url, search_size, generic)
    except AWAY as error:
        raise Unavailable(f"the database does not answer: {error}") from error
    return Database(write, search, steady)


@contextlib.asynccontextmanager
async def single_connection(url: str, **settings: str) -> AsyncIterator[Connection]:
    """One connection outside of the pools, for what the owner does; `settings` of its session."""
    told = {"application_name": "cordee"} | settings
    try:
        connection = await asyncpg.connect(url, server_settings=told)
    except AWAY as error:
        raise Unavailable(f"the database does not answer: {error}") from error
    try:
        yield connection
    finally:
        await connection.close()


async def _lender(url: str, size: int, settings: dict[str, str]) -> Lender:
    async def connect() -> Connection:
        return await asyncpg.connect(
            url,
            server_settings=settings,
            statement_cache_size=500,
            max_cached_statement_lifetime=0,
            command_timeout=120,
        )

    lender = Lender(connect, most=size)
    async with lender.acquire():
        pass  # who answers is known from the start
    return lender


def is_outage(error: Exception) -> bool:
    """Whether an error says that the database is away, ending or starting; it comes back."""
    # The driver says InternalClientError when the server dies under a statement.
    if isinstance(error, (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)):
        return not isinstance(error, ValueError)  # a value that cannot be sent is a bug of ours
    if isinstance(error, asyncpg.InternalClientError):
        return True  # the driver's words for a connection that was cut in mid-statement
    state = getattr(error, "sqlstate", None) or ""
    return isinstance(error, asyncpg.PostgresError) and state.startswith(("08", "53", "57P"))


@contextlib.contextmanager
def search_errors() -> Iterator[None]:
    """Turns a search that passed its time bound into `TooCostly`."""
    try:
        yield
    except asyncpg.QueryCanceledError as error:
        raise TooCostly(
            f"the search takes more than {SEARCH_SECONDS} s; add a patient, a code or a date"
        ) from error
