"""SearchParameters of one's own: taken up, indexed in the background, refused when unreadable."""

from __future__ import annotations

import asyncio

import pytest

from cordee.fhir.interactions.registering import keep_indexed, load_parameters
from cordee.fhir.search.query import read_query
from running import Platform

EXTENSION = "https://cordee.example/couleur"


def parameter(**changes: object) -> dict[str, object]:
    """A SearchParameter on an extension of Patient."""
    return {
        "resourceType": "SearchParameter", "id": "couleur", "url": f"{EXTENSION}/param",
        "name": "couleur", "status": "active", "description": "Couleur", "code": "couleur",
        "base": ["Patient"], "type": "token",
        "expression": f"Patient.extension('{EXTENSION}').value",
    } | changes  # fmt: skip


@pytest.mark.parametrize("expression", ["Patient.name(", "Patient..x"])
async def test_expression_that_cannot_be_read_is_refused(client, expression: str) -> None:
    answer = await client.put("SearchParameter/couleur", json=parameter(expression=expression))

    assert answer.status_code == 422
    assert "SearchParameter.expression" in str(answer.json())


async def test_rows_are_made_again_while_writes_go_on(platform: Platform, client) -> None:
    extension = [{"url": EXTENSION, "valueCode": "bleu"}]
    before = await client.post("Patient", json={"resourceType": "Patient", "extension": extension})
    unknown = await client.get("Patient", params={"couleur": "bleu"})

    await client.put("SearchParameter/couleur", json=parameter())
    await load_parameters(platform.parts.kernel)
    task = asyncio.create_task(keep_indexed(platform.parts.kernel))
    after = await client.post("Patient", json={"resourceType": "Patient", "extension": extension})
    try:
        async with asyncio.timeout(20):
            while (total := await count(client)) < 2:
                await asyncio.sleep(0.1)
    finally:
        task.cancel()

    assert unknown.status_code == 400
    assert total == 2
    versions = [await client.get(f"Patient/{one.json()['id']}") for one in (before, after)]
    assert [one.headers["etag"] for one in versions] == ['W/"1"', 'W/"1"']
    async with platform.parts.kernel.database.write.acquire() as connection:
        progress = await connection.fetchrow(
            "SELECT done, total, finished FROM reindex WHERE type = 103"
        )
    assert progress is not None
    assert progress["finished"] is not None
    assert progress["done"] >= progress["total"] - 1


async def count(client) -> int:
    """Patients that the new parameter finds."""
    answer = await client.get("Patient", params={"couleur": "bleu", "_summary": "count"})
    return answer.json()["total"]


async def test_retired_parameter_is_given_up(platform: Platform, client) -> None:
    await client.put("SearchParameter/couleur", json=parameter())
    await load_parameters(platform.parts.kernel)
    assert "couleur" in platform.parts.kernel.registry.of("Patient")

    await client.put("SearchParameter/couleur", json=parameter(status="retired"))
    await load_parameters(platform.parts.kernel)

    assert "couleur" not in platform.parts.kernel.registry.of("Patient")
    assert read_query("Patient", [("couleur", "bleu")]).criteria
