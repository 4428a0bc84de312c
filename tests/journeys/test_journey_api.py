"""Who is not in a patient's circle meets no trace of them through the API."""

from __future__ import annotations

import httpx
import pytest
from demonstration import Region

HERS = "yvonne-morvan"


@pytest.mark.parametrize(
    "path",
    [
        f"Patient/{HERS}",
        f"Patient/{HERS}/_history",
        f"Patient/{HERS}/_history/1",
        f"Patient/{HERS}/$everything",
    ],
)
async def test_reading_her_answers_that_nothing_is_here(region: Region, path: str) -> None:
    async with region.person("dr.roux") as roux, region.person("dr.legoff") as hers:
        mine = await hers.get(path)
        answer = await roux.get(path)

    assert mine.status_code == 200
    assert answer.status_code == 404
    assert "Morvan" not in answer.text


@pytest.mark.parametrize(
    "query",
    [
        f"Patient?_id={HERS}",
        "Patient?family=Morvan&given=Yvonne",
        f"Observation?patient={HERS}",
        f"Observation?patient.family=Morvan&subject={HERS}",
        f"Patient?_has:Observation:patient:status=final&_id={HERS}",
        f"Condition?patient={HERS}&_include=Condition:patient",
        f"Patient?_id={HERS}&_revinclude=Observation:patient",
        f"Patient/{HERS}/Condition",
        f"Observation/$lastn?patient={HERS}&max=1",
    ],
)
async def test_no_search_shows_or_counts_her(region: Region, query: str) -> None:
    async with region.person("dr.roux") as roux, region.person("dr.legoff") as hers:
        assert _entries(await hers.get(query)) > 0
        answer = await roux.get(query)
        counted = await roux.get(query + ("&" if "?" in query else "?") + "_summary=count")

    assert _entries(answer) == 0
    assert HERS not in _names(answer)
    if counted.status_code == 200:
        assert counted.json().get("total", 0) == 0


async def test_what_leads_to_her_does_not_bring_her(region: Region) -> None:
    doctor = "anne-le-goff"
    included = (
        f"Practitioner?_id={doctor}&_revinclude=Patient:general-practitioner",
        f"Practitioner?_id={doctor}&_revinclude=Encounter:practitioner"
        "&_include:iterate=Encounter:patient",
    )
    async with region.person("dr.roux") as roux, region.person("dr.legoff") as hers:
        mine = [_names(await hers.get(query)) for query in included]
        others = [_names(await roux.get(query)) for query in included]

    assert all(HERS in names for names in mine)
    assert not any(HERS in names for names in others)


async def test_the_history_of_the_type_leaves_her_out(region: Region) -> None:
    async with region.system() as system:
        patient = (await system.get(f"Patient/{HERS}")).json()
        await system.put(f"Patient/{HERS}", json=patient | {"active": True})
    async with region.person("dr.roux") as roux, region.person("dr.legoff") as hers:
        mine = await hers.get("Patient/_history?_count=50")
        others = await roux.get("Patient/_history?_count=1000")

    assert HERS in _names(mine)
    assert others.status_code == 200
    assert HERS not in _names(others)


async def test_nobody_writes_into_a_record_that_is_not_theirs_to_see(region: Region) -> None:
    async with region.person("dr.legoff") as hers:
        patient = (await hers.get(f"Patient/{HERS}")).json()
    async with region.person("dr.roux") as roux:
        answer = await roux.put(f"Patient/{HERS}", json=patient | {"active": False})
        removed = await roux.delete(f"Patient/{HERS}")
    async with region.person("dr.legoff") as hers:
        after = (await hers.get(f"Patient/{HERS}")).json()

    assert answer.status_code == 422  # nobody makes a file without a search before it: A1.1
    assert removed.status_code in {204, 403, 404}  # 204: as for an id that nothing has
    assert after["meta"]["versionId"] == patient["meta"]["versionId"]


async def test_nobody_lets_themselves_into_a_record(region: Region) -> None:
    subject = {"reference": f"Patient/{HERS}"}
    encounter = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": subject,
        "serviceProvider": {"reference": "Organization/cabinet-roux"},
    }
    team = {
        "resourceType": "CareTeam",
        "subject": subject,
        "participant": [{"member": {"reference": "Practitioner/bernard-roux"}}],
    }
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"resource": team, "request": {"method": "POST", "url": "CareTeam"}}],
    }
    async with region.person("dr.roux") as roux:
        known = [
            await roux.post("Encounter", json=encounter),
            await roux.post("CareTeam", json=team),
            await roux.put("CareTeam/mine", json=team | {"id": "mine"}),
            await roux.post("", json=bundle),
        ]
        nobody = {"reference": "Patient/there-is-nobody"}
        unknown = await roux.post("Encounter", json=encounter | {"subject": nobody})
        after = await roux.get(f"Patient/{HERS}")

    assert [answer.status_code for answer in known] == [422] * 4
    assert after.status_code == 404
    # A reference does not tell whether there is somebody.
    said = known[0].text.replace(HERS, "there-is-nobody")
    assert said == unknown.text


def _entries(answer: httpx.Response) -> int:
    assert answer.status_code == 200, answer.text
    return len(answer.json().get("entry", ()))


def _names(answer: httpx.Response) -> str:
    """Full addresses of the entries, and the text of the patients among them."""
    assert answer.status_code == 200, answer.text
    return " ".join(
        f"{one.get('fullUrl', '')} {one.get('request', {}).get('url', '')}"
        for one in answer.json().get("entry", ())
    )
