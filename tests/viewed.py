"""Views of SQL on FHIR for the tests: what is asked of the API, and a lake that can answer."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

import given
from cordee.app.population import home_of
from cordee.fhir.store.journal import publish
from cordee.population.lake.place import Loader, Loading
from cordee.population.lake.pseudonyms import Custody
from running import Platform

RUN, EXPORT = "ViewDefinition/$run", "ViewDefinition/$export"


def view(*columns: tuple[str, str], resource: str = "Observation", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ViewDefinition", "name": "essai", "status": "active", "resource": resource,
        "select": [{"column": [{"name": name, "path": path} for name, path in columns]}],
    } | more  # fmt: skip


WEIGHTS = view(
    ("person", "subject.getReferenceKey(Patient)"), ("kg", "value.ofType(Quantity).value")
)


def asking(definition: dict[str, Any], *resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    told: list[dict[str, Any]] = [{"name": "viewResource", "resource": definition}]
    told += [{"name": "resource", "resource": one} for one in resources]
    told += [{"name": f"_{name}", "valueString": str(value)} for name, value in more.items()]
    return {"resourceType": "Parameters", "parameter": told}


def exporting(*views: tuple[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    told: list[dict[str, Any]] = [
        {
            "name": "view",
            "part": [
                {"name": "name", "valueString": name},
                {"name": "viewResource", "resource": definition},
            ],
        }
        for name, definition in views
    ]
    told += [{"name": name, "valueString": value} for name, value in more.items()]
    return {"resourceType": "Parameters", "parameter": told}


def said(answer: httpx.Response) -> str:
    return answer.json()["issue"][0]["diagnostics"]


async def lake_with_weights(platform: Platform, client: httpx.AsyncClient) -> str:
    """A person with two weights, taken into the lake of the platform; their id."""
    one = (await client.post("Patient", json=given.patient())).json()["id"]
    for value in (70.5, 71.5):
        made = given.observation(f"Patient/{one}")
        made["valueQuantity"]["value"] = value
        assert (await client.post("Observation", json=made)).status_code == 201
    database = platform.parts.database
    async with asyncio.timeout(20), database.write.acquire() as connection:
        while await connection.fetchval("SELECT count(*) FROM journal"):
            await publish(database)
            await asyncio.sleep(0.01)
    place = home_of(platform.parts.settings).lake
    custody = Custody(platform.parts.settings.warehouse.keys)
    await Loader(platform.parts.kernel, place, custody, Loading(lambda code: code)).refresh()
    return one
