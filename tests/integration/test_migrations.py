"""The schema and its two roles: the application can write, but not rewrite, what happened."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import httpx
import pytest

import given
from cordee.app.wiring import Place, bring_up_to_date, open_parts
from cordee.runtime import migrate as migrating
from cordee.runtime.errors import Unavailable
from cordee.runtime.settings import read_settings
from running import Ground, Platform
from shared_data import ROOT

TRACES = ("journal", "journal_pub", "journal_head", "history", "audit")


async def as_application(platform: Platform) -> asyncpg.Connection:
    return await asyncpg.connect(platform.parts.place.url)


@pytest.fixture(scope="module", autouse=True)
async def traces(client: httpx.AsyncClient) -> None:
    made = (await client.post("Patient", json=given.patient())).json()
    await client.put(f"Patient/{made['id']}", json=made)
    await client.delete(f"Patient/{made['id']}")


@pytest.mark.parametrize("table", TRACES)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.requirement("A6.1")
async def test_application_cannot_change_what_happened(
    platform: Platform, table: str, statement: str
) -> None:
    column = {"audit": "actor", "journal_pub": "n", "journal_head": "n"}.get(table, "ver")
    connection = await as_application(platform)

    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement.format(table, column, column))
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM resource", "TRUNCATE resource", "DROP TABLE audit", "SET ROLE cordee_owner",
        "ALTER TABLE audit ADD x int", "CREATE TABLE mine (x int)", "DELETE FROM schema_version",
        "SET SESSION AUTHORIZATION cordee_super", "INSERT INTO schema_version VALUES (99, 99)",
        "CREATE OR REPLACE FUNCTION publish_journal(most int) RETURNS int8 LANGUAGE sql "
        "AS 'SELECT 1::int8'",
        "INSERT INTO journal_pub SELECT * FROM journal_pub", "ALTER SYSTEM SET fsync = off",
        "COPY audit TO PROGRAM 'cat'", "UPDATE journal_head SET n = 0",
    ],
)  # fmt: skip
@pytest.mark.requirement("A6.1")
async def test_application_cannot_go_around(platform: Platform, statement: str) -> None:
    connection = await as_application(platform)

    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_application_owns_nothing(platform: Platform) -> None:
    connection = await as_application(platform)

    try:
        owned = await connection.fetchval(
            "SELECT count(*) FROM pg_class WHERE relowner = 'cordee_app'::regrole"
        )
        functions = await connection.fetchval(
            "SELECT count(*) FROM pg_proc WHERE proowner = 'cordee_app'::regrole"
        )
        flags = await connection.fetchrow(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication "
            "FROM pg_roles WHERE rolname = 'cordee_app'"
        )
        memberships = await connection.fetchval(
            "SELECT count(*) FROM pg_auth_members WHERE member = 'cordee_app'::regrole"
        )
    finally:
        await connection.close()
    assert (owned, functions, memberships) == (0, 0, 0)
    assert not any(flags)


async def test_pools_are_the_applications(platform: Platform) -> None:
    for pool in (platform.parts.database.write, platform.parts.database.search):
        async with pool.acquire() as connection:
            assert await connection.fetchval("SELECT current_user") == "cordee_app"
            assert await connection.fetchval("SELECT session_user") == "cordee_app"


async def test_migrating_twice_changes_nothing(ground: Ground) -> None:
    name = await ground.new_database(template="template0")
    place = ground.place(name)

    first = await bring_up_to_date(place)
    again = await bring_up_to_date(place)

    assert first == again > 0
    connection = await asyncpg.connect(place.owner_url)
    versions = await connection.fetch("SELECT version FROM schema_version ORDER BY 1")
    await connection.close()
    await ground.drop(name)
    numbers = [number for number, _ in migrating._migrations()]
    assert [row["version"] for row in versions] == numbers
    assert numbers[-1] == first


async def test_a_migration_does_not_wait_for_a_table_in_use_for_long(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await ground.new_database()
    place = ground.place(name)
    locks = ((900, "LOCK TABLE audit IN ACCESS EXCLUSIVE MODE"),)
    monkeypatch.setattr(migrating, "_LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(migrating, "_migrations", lambda: iter(locks))
    reader = await asyncpg.connect(place.owner_url)

    async with reader.transaction():
        await reader.execute("SELECT FROM audit")
        await reader.execute("LOCK TABLE audit IN ACCESS SHARE MODE")
        with pytest.raises(Unavailable, match="in use"):
            await bring_up_to_date(place)
    assert await bring_up_to_date(place) == 900

    await reader.close()
    await ground.drop(name)


async def test_rows_of_an_earlier_extraction_are_noted_to_be_made_again(ground: Ground) -> None:
    """An installation of schema 2 with a row; one without any has nothing to be made again."""
    noted: list[str | None] = []
    for rows in (
        "",
        "INSERT INTO resource (type, method, lab, rid, ver, upd, ent, sd, sig, id, idx, has, refs,"
        " body) VALUES (96, 1, 0, 1, 1, now(), 1, now(), 0, 'old', '{}', '{}', '{}', '}}');",
    ):
        name = await ground.new_database(template="template0")
        connection = await asyncpg.connect(ground.place(name).owner_url)
        for file in ("0001_ground", "0002_write"):
            await connection.execute((ROOT / "migrations" / f"{file}.sql").read_text())
        await connection.execute("INSERT INTO schema_version VALUES (1, 1), (2, 1);" + rows)

        await bring_up_to_date(ground.place(name))

        noted.append(
            await connection.fetchval("SELECT value FROM installation WHERE key = 'extraction'")
        )
        await connection.close()
        await ground.drop(name)
    assert noted == [None, '"3"']


async def opened(place: Place, folder: Path) -> None:
    async with open_parts(read_settings({}, data=str(folder)), place, port=8100, pool=1):
        pass


async def test_empty_database_is_refused_until_it_is_migrated(
    ground: Ground, tmp_path: Path
) -> None:
    name = await ground.new_database(template="template0")

    with pytest.raises(Unavailable, match="cordee migrate"):
        await opened(ground.place(name), tmp_path)
    await ground.drop(name)


async def test_schema_of_a_later_release_is_refused_when_it_says_so(
    ground: Ground, tmp_path: Path
) -> None:
    name = await ground.new_database()
    connection = await asyncpg.connect(ground.place(name).owner_url)

    await connection.execute("INSERT INTO schema_version VALUES (900, 1)")
    await opened(ground.place(name), tmp_path)
    await connection.execute("UPDATE schema_version SET compatible = 900 WHERE version = 900")
    with pytest.raises(Unavailable, match="too old"):
        await opened(ground.place(name), tmp_path)

    await connection.close()
    await ground.drop(name)


async def test_each_write_and_read_is_in_the_trace(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    made = (await client.post("Patient", json=given.patient())).json()
    await client.get(f"Patient/{made['id']}")
    await client.get(f"Patient/{made['id']}/_history/1")
    await client.get(f"Patient/{made['id']}/_history")
    await client.get("Patient", params={"_id": made["id"]})
    await client.delete(f"Patient/{made['id']}")

    key = platform.parts.kernel.keys(f"Patient/{made['id']}")
    async with platform.parts.database.search.acquire() as connection:
        rows = await connection.fetch(
            "SELECT action, actor FROM audit WHERE pats @> ARRAY[$1::int8] ORDER BY n", key
        )

    actions = [row["action"].decode() for row in rows]
    assert actions[0] == "C"
    assert actions.count("R") >= 3
    assert "E" in actions or actions.count("R") >= 4
    assert actions[-1] == "D"
    assert {row["actor"] for row in rows} == {"test"}
