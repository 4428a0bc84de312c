"""What a page holds: order, inclusions, totals, summaries, links."""

from __future__ import annotations

import contextlib
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import search_cases
from search_loading import load

LENIENT = {"prefer": "handling=lenient"}


@pytest.fixture(scope="module")
async def known(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await load(client, search_cases.resources())
    return client


async def page(client: httpx.AsyncClient, url: str, **headers: str) -> dict:
    answer = await client.get(url, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(bundle: dict, mode: str = "match") -> list[str]:
    return [e["resource"]["id"] for e in bundle.get("entry", ()) if e["search"]["mode"] == mode]


def link(bundle: dict, relation: str) -> str:
    return next(one["url"] for one in bundle["link"] if one["relation"] == relation)


async def test_several_sort_keys_with_missing_values_last(known: httpx.AsyncClient) -> None:
    up = await page(known, "Patient?_sort=family,-birthdate")
    down = await page(known, "Patient?_sort=-birthdate,_id")

    assert ids(up) == ["noel", "noella", "nobody"]
    assert ids(down) == ["noel", "noella", "nobody"]


async def test_sort_by_token_quantity_reference_and_update(known: httpx.AsyncClient) -> None:
    assert ids(await page(known, "Observation?_sort=code")) == [
        "bird-1",
        "cow-1",
        "fish-1",
        "owl-1",
    ]
    assert ids(await page(known, "Observation?_sort=-value-quantity"))[:2] == ["owl-1", "fish-1"]
    assert ids(await page(known, "Observation?_sort=subject,_id&subject:missing=false")) == [
        "fish-1", "owl-1", "bird-1",
    ]  # fmt: skip
    assert len(ids(await page(known, "Observation?_sort=-_lastUpdated"))) == 4


@pytest.mark.requirement("A4.1")
async def test_inclusions(known: httpx.AsyncClient) -> None:
    forward = await page(
        known, "Observation?code=owl&_include=Observation:patient&_include=Observation:performer"
    )
    typed = await page(known, "Observation?code=owl&_include=Observation:performer:Practitioner")
    back = await page(
        known, "Patient?_id=noel&_revinclude=Observation:patient&_revinclude=RiskAssessment:subject"
    )
    every = await page(known, "Observation?code=owl&_include=Observation:*")
    star = await page(known, "Observation?code=owl&_include=*")

    assert sorted(ids(forward, "include")) == ["doctor", "noel"]
    assert ids(typed, "include") == ["doctor"]
    assert sorted(ids(back, "include")) == ["fish-1", "owl-1", "risk"]
    assert (
        sorted(ids(every, "include")) == sorted(ids(star, "include")) == ["doctor", "noel", "stay"]
    )


async def test_inclusions_are_followed_on(known: httpx.AsyncClient) -> None:
    bundle = await page(
        known,
        "Observation?code=owl&_include=Observation:patient&_include:iterate=Patient:organization"
        "&_include:iterate=Organization:partof",
    )

    assert sorted(ids(bundle, "include")) == ["leaf", "middle", "noel", "top"]


async def test_inclusion_does_not_repeat_a_match(known: httpx.AsyncClient) -> None:
    bundle = await page(known, "Organization?_include=Organization:partof")

    assert sorted(ids(bundle)) == ["aside", "leaf", "middle", "top"]
    assert ids(bundle, "include") == []


async def test_unknown_criteria_and_inclusions_are_ignored_where_that_is_asked(
    known: httpx.AsyncClient,
) -> None:
    bundle = await page(known, "Patient?nothing=1&_id=noel&_include=Patient:nothing", **LENIENT)

    assert ids(bundle) == ["noel"]
    notes = [e["resource"] for e in bundle["entry"] if e["search"]["mode"] == "outcome"]
    assert len(notes[0]["issue"]) == 2
    assert "nothing" not in link(bundle, "self").split("_include")[0]


async def test_a_criterion_that_only_some_types_know_narrows_those(
    known: httpx.AsyncClient,
) -> None:
    url = "?_type=Patient,Organization&gender=male&_count=2"
    strict = await known.get(url)
    first = await page(known, url, **LENIENT)

    assert strict.status_code == 400
    assert first["total"] == 5
    assert "gender=male" in link(first, "self")
    later = await page(known, link(first, "next"), **LENIENT)
    last = await page(known, link(later, "next"), **LENIENT)
    assert sorted(ids(first) + ids(later) + ids(last)) == [
        "aside", "leaf", "middle", "noel", "top",
    ]  # fmt: skip


async def test_totals(known: httpx.AsyncClient) -> None:
    first = await page(known, "Observation?_count=1")
    second = await page(known, link(first, "next"))

    assert first["total"] == second["total"] == 4
    assert "total" not in await page(known, "Observation?_total=none")
    assert "total" not in await page(
        known, link(await page(known, "Observation?_count=1&_total=none"), "next")
    )
    assert (await page(known, "Observation?_total=estimate"))["total"] == 4
    assert (await page(known, "Observation?_total=accurate&code=owl"))["total"] == 1


@pytest.mark.parametrize("asked", ["_summary=count", "_count=0"])
async def test_counting_only(known: httpx.AsyncClient, asked: str) -> None:
    bundle = await page(known, f"Observation?patient=noel&{asked}")

    assert bundle["total"] == 2
    assert "entry" not in bundle
    assert [one["relation"] for one in bundle["link"]] == ["self"]


async def test_summaries(known: httpx.AsyncClient) -> None:
    def only(bundle: dict) -> dict:
        return bundle["entry"][0]["resource"]

    short = only(await page(known, "Patient?_id=noel&_summary=true"))
    narrative = only(await page(known, "Patient?_id=noel&_summary=text"))
    plain = only(await page(known, "Patient?_id=noel&_summary=data"))

    assert "text" not in short
    assert "name" in short
    assert set(narrative) == {"resourceType", "id", "meta", "text"}
    assert "text" not in plain
    assert all(one["meta"]["tag"][-1]["code"] == "SUBSETTED" for one in (short, narrative, plain))


async def test_elements(known: httpx.AsyncClient) -> None:
    bundle = await page(
        known,
        "Observation?code=owl&_elements=subject,Patient.birthDate,nothing&_include=Observation:patient",
    )
    resources = {one["resource"]["resourceType"]: one["resource"] for one in bundle["entry"]}

    assert set(resources["Observation"]) == {
        "resourceType",
        "id",
        "meta",
        "status",
        "code",
        "subject",
    }
    assert set(resources["Patient"]) == {"resourceType", "id", "meta", "birthDate"}


async def test_links_keep_what_was_asked(known: httpx.AsyncClient) -> None:
    first = await page(
        known,
        "Observation?code:not=cow&_count=1&_sort=-date&_include=Observation:patient&_total=accurate",
    )
    asked = parse_qsl(urlsplit(link(first, "self")).query)
    following = parse_qsl(urlsplit(link(first, "next")).query)

    assert asked == [("code:not", "cow"), ("_count", "1"), ("_sort", "-date"),
                     ("_include", "Observation:patient"), ("_total", "accurate")]  # fmt: skip
    assert following[:-1] == asked
    assert following[-1][0] == "_cursor"


async def test_pages_of_a_search_by_form(known: httpx.AsyncClient) -> None:
    seen: list[str] = []
    answer = await known.post(
        "Observation/_search", data={"code": "owl,fish,bird", "_count": "1", "_sort": "code"}
    )
    bundle = answer.json()
    seen += ids(bundle)
    while any(one["relation"] == "next" for one in bundle["link"]):
        bundle = await page(known, link(bundle, "next"))
        seen += ids(bundle)

    assert seen == ["bird-1", "fish-1", "owl-1"]


async def test_search_over_all_types_is_newest_first(known: httpx.AsyncClient) -> None:
    await known.put("Organization/aside", json={"resourceType": "Organization", "id": "aside", "name": "Structure aside",
                    "active": False, "partOf": {"reference": "Organization/top"}})  # fmt: skip
    seen: list[str] = []
    moments: list[str] = []
    bundle = await page(known, "?_sort=-_lastUpdated&_count=4")
    while True:
        seen += ids(bundle)
        moments += [entry["resource"]["meta"]["lastUpdated"] for entry in bundle["entry"]]
        if len(bundle["link"]) == 1:
            break
        bundle = await page(known, link(bundle, "next"))

    assert seen[0] == "aside"
    assert moments == sorted(moments, reverse=True)
    assert sorted(seen) == sorted(one["id"] for one in search_cases.resources())
    assert bundle["total"] == len(seen)


@pytest.mark.requirement("A4.1")
async def test_everything_of_a_patient(known: httpx.AsyncClient) -> None:
    bundle = await page(known, "Patient/noel/$everything")
    some = await page(known, "Patient/noel/$everything?_type=Observation&_count=1")
    more = await page(known, link(some, "next"))

    assert {"noel", "owl-1", "fish-1", "stay", "risk", "mr", "said"} <= set(ids(bundle))
    assert {"doctor", "leaf", "middle"} <= set(ids(bundle, "include"))
    assert "noella" not in ids(bundle) + ids(bundle, "include")
    assert sorted(ids(some) + ids(more)) == ["fish-1", "owl-1"]


async def test_last_of_each_code(known: httpx.AsyncClient) -> None:
    bundle = await page(known, "Observation/$lastn?patient=noel")

    assert ids(bundle) == ["owl-1", "fish-1"]


async def test_a_search_that_takes_too_long_is_refused(ground) -> None:
    from running import platform_on

    async with platform_on(ground) as own:
        client = await own.client()
        await load(client, [{"resourceType": "Patient", "id": f"p{n}"} for n in range(200)])
        pool = own.parts.database.search
        async with contextlib.AsyncExitStack() as held:
            for _ in range(4):
                connection = await held.enter_async_context(pool.acquire())
                await connection.execute("SET statement_timeout = '1ms'")

        answer = await client.get("Patient?_content=never&_text=never&_sort=name,-birthdate")

    assert answer.status_code == 403
    assert answer.json()["issue"][0]["code"] == "too-costly"
