"""A region that an earlier release made opens, without the work of whom it does not know."""

from __future__ import annotations

import asyncpg

from cordee.app.demo_content import MARK, begin_work_of_all
from running import Platform


async def test_a_region_without_the_people_of_today_opens(platform: Platform) -> None:
    connection = await asyncpg.connect(platform.parts.place.owner_url)
    try:
        await connection.execute(
            "INSERT INTO installation (key, value) VALUES ($1, $2)", MARK, '"earlier"'
        )
    finally:
        await connection.close()
    await begin_work_of_all(platform.parts)
    client = await platform.client()
    assert (await client.get("Patient?_summary=count")).json()["total"] == 0
