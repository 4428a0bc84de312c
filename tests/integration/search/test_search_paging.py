"""Pages stay complete and ordered, also while others write."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from random import Random
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import search_questions
import search_region
from hypothesis import given
from hypothesis import strategies as st
from search_oracle import PARAMETERS, World, fold
from test_search_oracle import Search, examples, expected

import given as make

SORTS = {
    "Patient": ["birthdate", "family", "gender", "organization", "_id", "_lastUpdated"],
    "Observation": ["code", "status", "value-quantity", "subject", "date", "_id", "value-string"],
    "Encounter": ["date", "class", "status", "length", "_id"],
    "Condition": ["onset-date", "recorded-date", "clinical-status", "_id"],
}
CREATED = {"Observation": "date", "Encounter": "date"}  # where a missing date means the creation


async def pages(client: httpx.AsyncClient, url: str) -> list[dict[str, Any]]:
    """Matches of all pages."""
    out: list[dict[str, Any]] = []
    while url:
        answer = await client.get(url)
        assert answer.status_code == 200, (url, answer.text)
        body = answer.json()
        out += [entry["resource"] for entry in body.get("entry", ())]
        url = next((one["url"] for one in body["link"] if one["relation"] == "next"), "")
    return out


def worth(one: dict[str, Any], code: str, *, down: bool) -> Any:
    """What a resource is sorted by: the least value, or the greatest for a falling order."""
    kind = one["resourceType"]
    parameter = PARAMETERS[kind][code]
    values = parameter.values(one)
    match parameter.type:
        case "token":
            found = [value["code"].lower() for value in values if value["code"]][:1]
        case "string":
            found = [fold(value) for value in values]
        case "date" if code == CREATED.get(kind) or code == "_lastUpdated":
            found = [value[0] for value in values]
        case "date":
            found = [value[1] if down else value[0] for value in values]
        case "quantity":
            found = [
                float("-inf" if value.get("comparator", "") in {"<", "<="} else value["value"])
                if not down
                else float("inf" if value.get("comparator", "") in {">", ">="} else value["value"])
                for value in values
            ]
        case _:
            found = [value for value in values if isinstance(value, str)]
    if not found:
        return None
    return max(found) if down else min(found)


def follows(first: dict[str, Any], second: dict[str, Any], keys: list[str]) -> bool:
    """Whether two neighbours are in order."""
    for key in keys:
        code, down = key.lstrip("-"), key.startswith("-")
        one, other = worth(first, code, down=down), worth(second, code, down=down)
        if code == CREATED.get(first["resourceType"]) and None in {one, other}:
            return True
        if one == other:
            continue
        if one is None or other is None:
            return other is None
        return (one > other) == down
    return True


@st.composite
def sorted_searches(draw: st.DrawFn) -> tuple[Search, list[str]]:
    kind = draw(st.sampled_from(sorted(SORTS)))
    pairs = draw(st.lists(search_questions.criterion(kind, depth=1), max_size=1))
    codes = draw(st.lists(st.sampled_from(SORTS[kind]), min_size=1, max_size=3, unique=True))
    return (kind, pairs), [draw(st.sampled_from(["", "-"])) + code for code in codes]


@examples
@given(sorted_searches(), st.integers(1, 40))
async def test_pages_are_ordered_and_complete(
    client: httpx.AsyncClient, world: World, asked: tuple[Search, list[str]], count: int
) -> None:
    (kind, pairs), keys = asked
    url = f"{kind}?{urlencode([*pairs, ('_sort', ','.join(keys)), ('_count', str(max(count, 5)))])}"

    seen = await pages(client, url)

    assert sorted(one["id"] for one in seen) == expected(world, (kind, pairs)), url
    for first, second in pairwise(seen):
        assert follows(first, second, keys), (url, first["id"], second["id"])


@pytest.mark.parametrize(
    "sort", ["date", "-date", "_id", "-_lastUpdated", "code,-date", "value-quantity", "-subject"]
)
@pytest.mark.requirement("A4.1")
async def test_pages_stay_complete_while_others_write(
    client: httpx.AsyncClient, world: World, sort: str
) -> None:
    """What nobody touches is seen once; nothing is seen twice unless its sort value moved."""
    steady = {key.partition("/")[2] for key in world.resources if key.startswith("Observation/")}
    stop = asyncio.Event()
    dice = Random(sort)

    async def write() -> None:
        mine: list[str] = []
        while not stop.is_set():
            action = dice.random()
            changes = {"effectiveDateTime": dice.choice(search_region.MOMENTS)}
            if action < 0.5 or len(mine) < 3:
                made = await client.post("Observation", json=make.observation(**changes))
                mine.append(made.json()["id"])
            elif action < 0.75:
                key = dice.choice(mine)
                await client.put(f"Observation/{key}", json=make.observation(id=key, **changes))
            else:
                await client.delete(f"Observation/{mine.pop()}")
        for key in mine:
            await client.delete(f"Observation/{key}")

    writer = asyncio.create_task(write())
    try:
        seen = await pages(client, f"Observation?_sort={sort}&_count=7")
    finally:
        stop.set()
        await writer

    ids = [one["id"] for one in seen]
    untouched = [one for one in ids if one in steady]
    assert sorted(untouched) == sorted(steady)
    order = [one for one in seen if one["id"] in steady]
    for first, second in pairwise(order):
        assert follows(first, second, sort.split(","))


async def test_pages_of_a_search_over_types_stay_complete_while_others_write(
    client: httpx.AsyncClient, world: World
) -> None:
    stop = asyncio.Event()

    async def write() -> None:
        while not stop.is_set():
            made = await client.post("Patient", json=make.patient())
            await client.delete(f"Patient/{made.json()['id']}")

    writer = asyncio.create_task(write())
    try:
        seen = await pages(client, "?_sort=-_lastUpdated&_count=20")
    finally:
        stop.set()
        await writer

    keys = [f"{one['resourceType']}/{one['id']}" for one in seen]
    assert {key for key in keys if key in world.resources} == set(world.resources)
    assert len([key for key in keys if key in world.resources]) == len(world.resources)
