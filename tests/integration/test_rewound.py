"""A base that is used again is a new one: no row and no number of the test before."""

from __future__ import annotations

import asyncpg

from rewound import Standing
from running import Ground
from trusted import JEANNE, Screen, make_patient

TABLES = """SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""
NUMBERS = """SELECT sequencename, last_value FROM pg_sequences
    WHERE last_value IS NOT NULL AND sequencename NOT LIKE 'journal%'"""
HEAD = "SELECT * FROM audit_head"


async def contents(ground: Ground, database: str) -> tuple[dict[str, int], dict[str, int], dict]:
    """How many rows a table has, how far a sequence came, and the head of the audit."""
    connection = await asyncpg.connect(ground.superuser(database))
    try:
        names = [one["relname"] for one in await connection.fetch(TABLES)]
        rows = {one: await connection.fetchval(f"SELECT count(*) FROM ONLY {one}") for one in names}
        numbers = dict(await connection.fetch(NUMBERS))
        return rows, numbers, dict(await connection.fetchrow(HEAD))
    finally:
        await connection.close()


async def test_the_next_test_finds_what_a_new_base_has(
    standing: Standing, bare_screen: Screen, ground: Ground
) -> None:
    platform = standing.platform
    await make_patient(bare_screen, JEANNE)
    doctor = await bare_screen.person("dr.legoff")
    assert (await doctor.get(f"/patients/{JEANNE}")).status_code == 200
    filled, counted, _ = await contents(ground, platform.database)

    await standing.bare()

    new = await ground.new_database()
    try:
        rows, numbers, head = await contents(ground, new)
    finally:
        await ground.drop(new)
    assert filled["r_patient"] == 1
    assert filled["audit"] > 0
    assert counted["audit_n_seq"] > 0
    # What the process made at its start stands there for as long as it runs.
    own = {"data_key": 1, "journal_reader": 1}
    assert await contents(ground, platform.database) == (rows | own, numbers, head)
