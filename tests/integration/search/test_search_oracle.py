"""Any search of the real server finds what the oracle finds."""

from __future__ import annotations

import os
from urllib.parse import urlencode

import httpx
import pytest
import search_questions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from search_oracle import World

EXAMPLES = os.environ.get("CORDEE_EXAMPLES")
examples = settings(
    max_examples=int(EXAMPLES or 120),
    derandomize=EXAMPLES is None,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
Search = tuple[str, list[tuple[str, str]]]


async def found(client: httpx.AsyncClient, search: Search, **more: str) -> list[str]:
    kind, pairs = search
    url = f"{kind}?{urlencode([*pairs, *more.items()])}"
    answer = await client.get(url)
    assert answer.status_code == 200, (url, answer.text)
    return [entry["resource"]["id"] for entry in answer.json().get("entry", ())]


def expected(world: World, search: Search) -> list[str]:
    return sorted(one["id"] for one in world.search(*search))


async def agree(client: httpx.AsyncClient, world: World, search: Search) -> None:
    assert sorted(await found(client, search, _count="1000", _total="none")) == expected(
        world, search
    ), search


@examples
@given(search_questions.searches(frozenset({"date"})))
async def test_dates(client: httpx.AsyncClient, world: World, search: Search) -> None:
    await agree(client, world, search)


@examples
@given(search_questions.searches(frozenset({"token"})))
async def test_tokens(client: httpx.AsyncClient, world: World, search: Search) -> None:
    await agree(client, world, search)


@examples
@given(
    st.lists(
        search_questions.criterion("Observation", kinds=frozenset({"quantity", "composite"})),
        min_size=1,
        max_size=2,
    )
)
async def test_quantities_and_composites(
    client: httpx.AsyncClient, world: World, pairs: list[tuple[str, str]]
) -> None:
    await agree(client, world, ("Observation", pairs))


@examples
@given(
    st.lists(
        search_questions.criterion("RiskAssessment", depth=0, kinds=frozenset({"number"})),
        min_size=1,
        max_size=2,
    )
)
async def test_numbers(
    client: httpx.AsyncClient, world: World, pairs: list[tuple[str, str]]
) -> None:
    await agree(client, world, ("RiskAssessment", pairs))


@examples
@given(
    st.lists(
        search_questions.criterion("Patient", kinds=frozenset({"string"})), min_size=1, max_size=2
    )
)
async def test_strings(
    client: httpx.AsyncClient, world: World, pairs: list[tuple[str, str]]
) -> None:
    await agree(client, world, ("Patient", pairs))


@examples
@given(search_questions.searches(frozenset({"reference"})))
async def test_references_and_chains(
    client: httpx.AsyncClient, world: World, search: Search
) -> None:
    await agree(client, world, search)


@examples
@given(search_questions.searches())
@pytest.mark.requirement("A4.1")
async def test_everything_together(client: httpx.AsyncClient, world: World, search: Search) -> None:
    await agree(client, world, search)


@examples
@given(search_questions.searches())
async def test_totals_are_what_is_found(
    client: httpx.AsyncClient, world: World, search: Search
) -> None:
    kind, pairs = search

    counts = [
        (await client.get(f"{kind}?{urlencode([*pairs, *more])}")).json()["total"]
        for more in (
            [("_count", "3")],
            [("_summary", "count")],
            [("_count", "0")],
            [("_total", "accurate")],
        )
    ]

    assert set(counts) == {len(expected(world, search))}, search
