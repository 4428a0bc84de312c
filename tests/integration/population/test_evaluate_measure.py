"""`Measure/$evaluate-measure`: what the file of the page tells, for systems and who steers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from populated import populated
from running import Ground
from trusted import Screen

PATH = "Measure/diabete/$evaluate-measure"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with populated(ground) as running:
        yield running


@pytest.fixture
async def system(screen: Screen) -> httpx.AsyncClient:
    return await screen.platform.client("system/MeasureReport.rs")


def said(answer: httpx.Response) -> str:
    return answer.json()["issue"][0]["diagnostics"]


def told(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return answer.json() | {"date": ""}


@pytest.mark.requirement("G1.7", "G2.1")
async def test_a_system_reads_what_the_page_publishes(
    screen: Screen, system: httpx.AsyncClient
) -> None:
    julie = await screen.person("julie.perret")
    file = (await julie.get("/population/diabete/mesure.json?niveau=commune")).json()
    published = file["entry"][1]["resource"]
    report = told(await system.get(f"{PATH}?level=commune"))
    # The same but the address of the installation, which the page takes from the browser.
    for one in (published, report):
        one["date"], one["measure"] = "", one["measure"].rpartition("/")[2]
    assert report == published
    assert report["type"] == "summary"
    counts = [
        one["count"]
        for row in report["group"][0]["stratifier"][0]["stratum"]
        for one in row.get("population", ())
    ]
    assert min(counts) >= 11

    period = report["period"]
    whole = {"periodStart": period["start"], "periodEnd": period["end"], "reportType": "population"}
    by_month = {"periodStart": period["start"][:7], "periodEnd": period["end"][:7]}
    base = system.base_url.join("/population/diabete")
    first = told(await system.get(PATH))
    for asked in (whole, by_month):
        assert told(await system.get(PATH, params=asked)) == first
    canonical = {"measure": f"{base}|1", **whole}
    assert told(await system.get("Measure/$evaluate-measure", params=canonical)) == first
    rows = [{"name": name, "valueDate": value} for name, value in by_month.items()]
    posted = {"resourceType": "Parameters", "parameter": rows}
    assert told(await system.post(PATH, json=posted)) == first
    as_xml = await system.get(f"{PATH}?_format=xml")
    assert as_xml.text.lstrip().startswith(("<?xml", "<MeasureReport"))


@pytest.mark.requirement("G1.7")
async def test_each_evaluation_is_in_the_register_and_in_the_trail(
    screen: Screen, system: httpx.AsyncClient
) -> None:
    told(await system.get(f"{PATH}?level=departement"))
    async with screen.platform.parts.database.write.acquire() as connection:
        read = await connection.fetchrow(
            "SELECT name, what, asked FROM population_reading ORDER BY number DESC LIMIT 1"
        )
        line = await connection.fetchval("SELECT detail FROM audit ORDER BY n DESC LIMIT 1")
    assert read["what"] == "answer"
    assert '"departement"' in read["asked"]
    assert "measure diabete by departement" in line


@pytest.mark.requirement("G1.7")
async def test_who_may_evaluate(screen: Screen) -> None:
    platform = screen.platform
    person = {"structure": "Organization/x", "practitioner": "Practitioner/x"}
    steering = await platform.client("user/*.rs", functions=frozenset({"steering"}), **person)
    assert (await steering.get(PATH)).status_code == 200
    doctor = await platform.client("user/*.rs", **person)
    other = await platform.client("system/Patient.rs")
    narrow = await platform.client("system/MeasureReport.rs?status=complete")
    nobody = await platform.client(None)
    for caller, status in ((doctor, 403), (other, 403), (narrow, 403), (nobody, 401)):
        assert (await caller.get(PATH)).status_code == status
        assert (await caller.get("Measure/$evaluate-measure")).status_code == status


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("periodStart=2020-01-01", "this measure is told for 20"),
        ("periodEnd=2199-12-31", "a month that is over"),
        ("periodEnd=2026-02-30", "a FHIR date"),
        ("periodEnd=soon", "a FHIR date"),
        ("level=rue", "level: one of"),
        ("source=nobody", "no source here"),
        ("reportType=subject", "never of a person"),
        ("subject=Patient/1", "subject: this parameter"),
        ("lastReceivedOn=2026-01-01", "lastReceivedOn"),
    ],
)
async def test_what_cannot_be_told_is_refused_with_why(
    system: httpx.AsyncClient, asked: str, why: str
) -> None:
    answer = await system.get(f"{PATH}?{asked}")
    assert answer.status_code == 400
    assert why in said(answer)


async def test_unknown_measures_and_bodies_are_refused(system: httpx.AsyncClient) -> None:
    assert (await system.get("Measure/nothing/$evaluate-measure")).status_code == 404
    other = await system.get("Measure/$evaluate-measure?measure=http://else.where/x")
    assert "a canonical address" in said(other)
    wrong = await system.post(PATH, json={"resourceType": "Patient"})
    assert "a Parameters resource is expected" in said(wrong)
    assert (await system.delete(PATH)).status_code == 405
