"""Each route of the API is closed: without a token it answers 401, before anything is looked up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest

from cordee.access.guard import Guard
from cordee.api import fhir, searching
from cordee.api.fhir import FhirApi
from cordee.fhir.indexing.parameters import Registry
from cordee.fhir.interactions.kernel import Kernel
from cordee.identity.smart.bearers import Bearers
from cordee.identity.smart.signing import SigningKeys
from cordee.identity.smart.store import SmartStore
from cordee.identity.tokens import Tokens


class _Kernel:
    """Nothing but what the open pages need: any touch of data is an error."""

    registry = Registry.r4()
    base = "http://api/fhir"


def addresses() -> Iterator[tuple[str, str]]:
    """Method and address of every entry in the tables of the API."""
    tables = [(path, table) for path, table in fhir._SYSTEM_ROUTES.items()]
    tables += [("Patient", fhir._TYPE_ROUTES), ("Patient/1", fhir._INSTANCE_ROUTES)]
    tables += [(f"Patient/{path}", table) for path, table in fhir._BELOW_TYPE.items()]
    for parts, table in fhir._HISTORY_ROUTES.items():
        tables.append(("/".join(["Patient/1/_history", *["1"] * parts]), table))
    for (kind, name), table in searching.TYPE_OPERATIONS.items():
        tables.append((f"{kind}/{name}", table))
    for (kind, name), table in searching.INSTANCE_OPERATIONS.items():
        tables.append((f"{kind}/1/{name}", table))
    for kind in searching.COMPARTMENTS:
        tables.append((f"{kind}/1/Observation", {"GET": searching.search_compartment}))
        tables.append((f"{kind}/1/Observation/_search", {"POST": searching.search_compartment}))
    for path, table in tables:
        for method in {*table, *(["HEAD"] if "GET" in table else [])}:
            if path != "metadata":
                yield method, path


@pytest.fixture
async def stranger(tmp_path: Any) -> Any:
    store, keys = cast("SmartStore", None), SigningKeys(tmp_path)
    bearers = Bearers(store, keys, Tokens(tmp_path), _Kernel.base)
    api = FhirApi(cast("Kernel", _Kernel()), cast("Guard", None), bearers)
    transport = httpx.ASGITransport(cast("Any", api))
    async with httpx.AsyncClient(transport=transport, base_url="http://api/fhir/") as client:
        yield client


@pytest.mark.parametrize(("method", "path"), sorted(set(addresses())))
@pytest.mark.parametrize("header", [None, "Bearer ", "Bearer x.y.z", "Basic YTpi"])
async def test_without_a_valid_token_every_route_answers_401(
    stranger: httpx.AsyncClient, method: str, path: str, header: str | None
) -> None:
    headers = {"authorization": header} if header else {}

    answer = await stranger.request(method, path, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    if method != "HEAD":
        assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("path", ["nothing", "Patient/1/nothing/at/all", "$unknown", "Nobody/1"])
async def test_what_does_not_exist_is_closed_too(stranger: httpx.AsyncClient, path: str) -> None:
    assert (await stranger.get(path)).status_code == 401


async def test_the_capability_statement_is_open(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("metadata")

    assert answer.status_code == 200
    assert answer.json()["resourceType"] == "CapabilityStatement"
    assert (await stranger.get(".well-known/smart-configuration")).status_code in {200, 404}
