"""What a tie to a patient opens on /fhir: each row by its labels, its author, the matrix, the level.

One patient, `p`: a home keeps the record, `gp` is the médecin traitant, `nurse` works in the home,
`member` is of the circle alone, `other` is nobody to them.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

import given
from cordee.access.glass import Breaker, break_glass
from cordee.access.matrix import Cell, Right, State
from cordee.access.registers import consultations, grants
from cordee.access.registers.consultations import Asker
from cordee.access.registers.matrices import Office, propose, settle
from cordee.access.registers.statements import Said, Speaker, Word, say_consent
from cordee.runtime.clock import now
from running import Platform

HOME, ELSEWHERE = "Organization/ties-home", "Organization/ties-elsewhere"
LABEL = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
GP, NURSE, MEMBER, OTHER, AUTHOR = (
    f"Practitioner/ties-{one}" for one in ("gp", "nurse", "member", "other", "author")
)
REPORT, TELE, PSYCHIATRY = "11488-4", "75496-0", "68599-0"
WEIGHT = {"n": "", "r": "R", "v": "V", "own": "V"}


@pytest.fixture(scope="module", autouse=True)
async def places(client: httpx.AsyncClient) -> None:
    for reference in (HOME, ELSEWHERE, GP, NURSE, MEMBER, OTHER, AUTHOR):
        kind, _, key = reference.partition("/")
        named = {"name": key} if kind == "Organization" else {"name": [{"family": key}]}
        made = await client.put(reference, json={"resourceType": kind, "id": key} | named)
        assert made.status_code == 201, made.text


@pytest.fixture
async def patient(client: httpx.AsyncClient) -> str:
    """The id of a new patient with one row of each label, and its circle."""
    p = uuid4().hex
    about = {"reference": f"Patient/{p}"}
    await put(client, given.patient(
        id=p, managingOrganization={"reference": HOME}, generalPractitioner=[{"reference": GP}],
    ))  # fmt: skip
    await put(client, {
        "resourceType": "CareTeam", "id": f"team-{p}", "status": "active", "subject": about,
        "participant": [{"member": {"reference": MEMBER}}],
    })  # fmt: skip
    for key, label in WEIGHT.items():
        more: dict[str, Any] = {"performer": [{"reference": HOME}]} if key == "own" else {}
        if label:
            more["meta"] = {"security": [{"system": LABEL, "code": label}]}
        await put(client, given.observation(f"Patient/{p}", id=f"{key}-{p}", **more))
    return p


async def put(client: httpx.AsyncClient, resource: dict[str, Any]) -> None:
    place = f"{resource['resourceType']}/{resource['id']}"
    made = await client.put(place, json=resource)
    assert made.status_code in {200, 201}, made.text


def document(p: str, code: str, *labels: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference", "id": uuid4().hex, "status": "current",
        "subject": {"reference": f"Patient/{p}"},
        "type": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "content": [{"attachment": {"contentType": "text/plain", "data": "eA=="}}],
    } | ({"securityLabel": [{"coding": [{"code": one}]} for one in labels]} if labels else {}) | more  # fmt: skip


async def person(
    platform: Platform, who: str, structure: str = ELSEWHERE, **more: Any
) -> httpx.AsyncClient:
    said = {"user": f"u-{uuid4().hex}", "structure": structure, "practitioner": who} | more
    return await platform.client("user/*.cruds", **said)


async def seen(client: httpx.AsyncClient, p: str) -> set[str]:
    """Keys of the weights that somebody sees, the same by every way of asking."""
    ways = []
    read = {k for k in WEIGHT if (await client.get(f"Observation/{k}-{p}")).status_code == 200}
    for url in (
        f"Observation?patient=Patient/{p}",
        f"Observation?patient=Patient/{p}&code=29463-7",
        f"Observation?code=29463-7&patient.birthdate=1980-02-29&subject=Patient/{p}",
        f"Observation?patient=Patient/{p}&value-quantity=gt1",
        f"Patient?_id={p}&_revinclude=Observation:subject",
        f"Patient/{p}/$everything",
    ):
        answer = await client.get(url)
        entries = answer.json().get("entry", []) if answer.status_code == 200 else []
        ids = {one["resource"]["id"] for one in entries}
        ways.append({k for k in WEIGHT if f"{k}-{p}" in ids})
    history = await client.get("Observation/_history?_count=500")
    urls = {one["request"]["url"].split("/_history")[0] for one in history.json().get("entry", [])}
    ways.append({k for k in WEIGHT if f"Observation/{k}-{p}" in urls})
    total = (await client.get(f"Observation?patient=Patient/{p}&_summary=count")).json()["total"]
    assert total == len(read)
    assert all(way == read for way in ways), (read, ways)
    return read


@pytest.mark.requirement("A3.3")
@pytest.mark.requirement("A3.5")
async def test_each_tie_opens_its_labels(platform: Platform, patient: str) -> None:
    found = {
        name: await seen(await person(platform, who, structure), patient)
        for name, who, structure in (
            ("attending", GP, ELSEWHERE), ("team", NURSE, HOME), ("circle", MEMBER, ELSEWHERE),
            ("nobody", OTHER, ELSEWHERE),
        )
    }  # fmt: skip

    assert found == {
        "attending": {"n", "r", "v", "own"}, "team": {"n", "r", "own"}, "circle": {"n"},
        "nobody": set(),
    }  # fmt: skip


@pytest.mark.requirement("A2.7")
async def test_a_delegate_does_not_see_what_is_very_restricted(
    platform: Platform, patient: str
) -> None:
    """The token of the kernel names no delegation: the guard is asked itself."""
    from dataclasses import replace

    from cordee.identity.principal import Principal

    doctor = Principal("gp", "Dr", "doctor", HOME, GP, ("user/*.rs",), level=2, profession="10")
    delegate = replace(doctor, user="secretary", delegated_by="gp")
    guard = platform.parts.guard

    ties = (await guard.scope(doctor)).ties, (await guard.scope(delegate)).ties

    assert ties[0] is not None
    assert ties[1] is not None
    assert ties[0].very
    assert ties[0].own
    assert not ties[1].very
    assert not ties[1].own


@pytest.mark.requirement("A3.5")
async def test_a_masked_document_is_absent_but_for_its_author_and_who_was_allowed(
    platform: Platform, client: httpx.AsyncClient, patient: str
) -> None:
    masked = document(patient, REPORT, "MASQUE_PS", author=[{"reference": AUTHOR}])
    await put(client, masked)
    people = {
        "author": await person(platform, AUTHOR), "attending": await person(platform, GP),
        "team": await person(platform, NURSE, HOME),
        "patient": await person(platform, f"Patient/{patient}", role="patient"),
    }  # fmt: skip
    url = f"DocumentReference/{masked['id']}"

    before = {name: (await one.get(url)).status_code for name, one in people.items()}
    word = Word(Said.ATTENDING_SEES_MASKED)
    async with platform.parts.database.write.acquire() as connection:
        await say_consent(
            connection, patient, word, Speaker("p", now()), platform.parts.kernel.keys
        )
    platform.parts.guard.forget()
    after = {name: (await one.get(url)).status_code for name, one in people.items()}
    found = (await people["attending"].get(f"DocumentReference?patient={patient}")).json()
    absent = (await people["team"].get(f"DocumentReference?patient={patient}")).json()

    assert before == {"author": 200, "attending": 404, "team": 404, "patient": 200}
    assert after == before | {"attending": 200}
    assert (found["total"], absent["total"]) == (1, 0)


@pytest.mark.requirement("A3.1")
async def test_the_matrix_is_in_the_statement(
    platform: Platform, client: httpx.AsyncClient, patient: str
) -> None:
    for code in (REPORT, TELE, PSYCHIATRY, "99999-9"):
        await put(client, document(patient, code))
    doctor = await person(platform, GP, profession="10")
    nurse = await person(platform, NURSE, HOME, profession="60")
    nobody = await person(platform, NURSE, HOME, profession="")
    found = {}
    for name, one in (("doctor", doctor), ("nurse", nurse), ("nobody", nobody)):
        answer = (await one.get(f"DocumentReference?patient=Patient/{patient}")).json()
        codes = {e["resource"]["type"]["coding"][0]["code"] for e in answer.get("entry", [])}
        whole = (await one.get(f"Patient/{patient}/$everything")).json()
        kinds = [e["resource"] for e in whole["entry"]]
        assert {
            r["type"]["coding"][0]["code"]
            for r in kinds
            if r["resourceType"] == "DocumentReference"
        } == codes
        assert answer["total"] == len(codes)
        found[name] = codes

    assert found["doctor"] == {REPORT, TELE, PSYCHIATRY}
    assert found["nurse"] == set()  # no cell of hers is open yet: to be completed
    assert found["nobody"] == set()
    await open_reports_to_nurses(platform)
    opened = (await nurse.get(f"DocumentReference?patient=Patient/{patient}")).json()
    codes = {one["resource"]["type"]["coding"][0]["code"] for one in opened["entry"]}
    assert codes == {REPORT}


async def open_reports_to_nurses(platform: Platform) -> None:
    """A change of the matrix by two persons, in force at once."""
    cell = Cell("60", "category:compte-rendu", Right.READ, State.OPEN, "here")
    soon = now() + timedelta(milliseconds=300)
    async with platform.parts.database.write.acquire() as connection:
        number = await propose(
            connection, Office("o", "dpo"), [cell], effective=soon, motive="Ouverture aux IDE"
        )
        await settle(connection, number, Office("a", "administrator"), accepted=True, at=now())
    await asyncio.sleep(0.4)
    platform.parts.guard.forget()


@pytest.mark.requirement("A2.2")
async def test_documents_ask_for_two_factors(
    platform: Platform, client: httpx.AsyncClient, patient: str
) -> None:
    report = document(patient, REPORT)
    await put(client, report)
    weak = await person(platform, GP, level=1)

    answers = [
        await weak.get(url)
        for url in (f"DocumentReference/{report['id']}", f"DocumentReference?patient={patient}")
    ]
    whole = (await weak.get(f"Patient/{patient}/$everything")).json()

    assert [one.status_code for one in answers] == [403, 403]
    assert "insufficient_user_authentication" in answers[0].headers["www-authenticate"]
    kinds = {one["resource"]["resourceType"] for one in whole["entry"]}
    assert "DocumentReference" not in kinds
    assert "Observation" in kinds


@pytest.mark.requirement("A3.4")
async def test_a_broken_glass_opens_all_until_it_is_closed(
    platform: Platform, patient: str
) -> None:
    keys, guard = platform.parts.kernel.keys, platform.parts.guard
    doctor = await person(platform, OTHER, user=f"er-{patient}")
    breaker = Breaker(f"er-{patient}", "emergency", OTHER, ELSEWHERE, patient)
    grant = break_glass(breaker, "vital", "Arrêt cardiaque au domicile", opposed=False, at=now())
    found = [await seen(doctor, patient)]
    async with platform.parts.database.write.acquire() as connection:
        number = await grants.open_glass(connection, grant, keys)
        guard.forget()
        found.append(await seen(doctor, patient))
        # Opposition to sharing is not opposition to emergency access.
        await say(platform, patient, Said.SHARING_OPPOSED)
        found.append(await seen(doctor, patient))
        await say(platform, patient, Said.SHARING_OPPOSED, holds=False)
        await say(platform, patient, Said.EMERGENCY_OPPOSED)
        found.append(await seen(doctor, patient))
        await say(platform, patient, Said.EMERGENCY_OPPOSED, holds=False)
        await say(platform, patient, Said.BLOCKED, target=OTHER)
        found.append(await seen(doctor, patient))
        await say(platform, patient, Said.BLOCKED, target=OTHER, holds=False)
        await grants.close_glass(connection, number, "er", now() + timedelta(milliseconds=1))
    guard.forget()
    found.append(await seen(doctor, patient))

    everything = set(WEIGHT)
    assert found == [set(), everything, everything, set(), set(), set()]


async def say(platform: Platform, patient: str, what: Said, **more: Any) -> None:
    async with platform.parts.database.write.acquire() as connection:
        await say_consent(
            connection, patient, Word(what, **more), Speaker("p", now()),
            platform.parts.kernel.keys,
        )  # fmt: skip
    platform.parts.guard.forget()


@pytest.mark.requirement("A3.3")
async def test_consent_for_one_consultation_opens_what_is_not_very_restricted(
    platform: Platform, patient: str
) -> None:
    keys = platform.parts.kernel.keys
    doctor = await person(platform, OTHER, user=f"c-{patient}")
    asker = Asker(f"c-{patient}", OTHER, ELSEWHERE, "session", patient)
    async with platform.parts.database.write.acquire() as connection:
        number = await consultations.ask(connection, asker, now())
        await consultations.answer(connection, keys, number, "p", accepted=True, at=now())
        platform.parts.guard.forget()
        found = [await seen(doctor, patient)]
        await say(platform, patient, Said.SHARING_OPPOSED)
        found.append(await seen(doctor, patient))

    assert found == [{"n", "r"}, set()]


@pytest.mark.requirement("A3.3")
async def test_opposition_and_block_close_the_circle_until_taken_back(
    platform: Platform, client: httpx.AsyncClient, patient: str
) -> None:
    gp, nurse = await person(platform, GP), await person(platform, NURSE, HOME)
    member = await person(platform, MEMBER)
    own = await person(platform, f"Patient/{patient}", role="patient")

    async def counts() -> list[int]:
        platform.parts.guard.forget()
        return [len(await seen(one, patient)) for one in (gp, nurse, member, own)]

    found = {"before": await counts()}
    await say(platform, patient, Said.SHARING_OPPOSED)
    found["opposed"] = await counts()
    # What is written meanwhile opens nothing either.
    await put(client, {
        "resourceType": "Encounter", "id": f"e-{patient}", "status": "finished",
        "class": {"code": "AMB"}, "subject": {"reference": f"Patient/{patient}"},
        "serviceProvider": {"reference": HOME},
    })  # fmt: skip
    found["written"] = await counts()
    await say(platform, patient, Said.SHARING_OPPOSED, holds=False)
    found["back"] = await counts()
    await say(platform, patient, Said.BLOCKED, target=MEMBER)
    await say(platform, patient, Said.BLOCKED, target=GP)
    await say(platform, patient, Said.BLOCKED, target=HOME)
    found["blocked"] = await counts()
    for target in (MEMBER, GP, HOME):
        await say(platform, patient, Said.BLOCKED, target=target, holds=False)
    found["unblocked"] = await counts()

    open_to_all = [4, 3, 1, 4]
    assert found == {
        "before": open_to_all, "opposed": [0, 0, 0, 4], "written": [0, 0, 0, 4],
        "back": open_to_all, "blocked": [4, 0, 0, 4], "unblocked": open_to_all,
    }  # fmt: skip


@pytest.mark.requirement("A3.3")
async def test_nobody_of_the_circle_makes_themselves_the_attending(
    platform: Platform, client: httpx.AsyncClient, patient: str
) -> None:
    member = await person(platform, MEMBER)
    mine = (await member.get(f"Patient/{patient}")).json()
    phone = mine | {"telecom": [{"system": "phone", "value": "0600000000"}]}
    taken = mine | {"generalPractitioner": [{"reference": MEMBER}]}

    answers = [
        await member.put(f"Patient/{patient}", json=phone),
        await member.put(f"Patient/{patient}", json=taken),
        await member.post(
            "", json=given.bundle("transaction", given.entry("PUT", f"Patient/{patient}", taken))
        ),
        await member.patch(
            f"Patient/{patient}",
            json=[{"op": "replace", "path": "/generalPractitioner/0/reference", "value": MEMBER}],
            headers={"content-type": "application/json-patch+json"},
        ),
    ]

    assert [one.status_code for one in answers] == [200, 422, 422, 422]
    assert await seen(member, patient) == {"n"}


async def test_what_speaks_of_patients_and_names_none_is_closed_to_persons(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    raw = {"resourceType": "Binary", "contentType": "text/plain", "data": "eA=="}
    made = [
        (await client.post(one["resourceType"], json=one)).headers["location"]
        for one in (raw, given.observation())
    ]
    doctor = await person(platform, GP)
    places = [one.split("/fhir/")[1].split("/_history")[0] for one in made]

    assert [(await doctor.get(one)).status_code for one in places] == [404, 404]
    assert [(await client.get(one)).status_code for one in places] == [200, 200]
    assert (await doctor.get(HOME)).status_code == 200


@pytest.mark.requirement("A2.5")
@pytest.mark.requirement("A2.7")
async def test_every_line_of_the_trail_says_as_what_somebody_acted(
    platform: Platform, patient: str
) -> None:
    user = f"who-{patient}"
    doctor = await person(platform, GP, user=user, name="Dr Qui", role="médecin")
    await doctor.get(f"Observation/n-{patient}")
    await doctor.get(f"Observation?patient={patient}")
    await doctor.get(f"Observation/n-{patient}/_history")
    await doctor.get(f"Patient/{patient}/$everything")
    await doctor.post("Observation", json=given.observation(f"Patient/{patient}"))

    async with platform.parts.database.write.acquire() as connection:
        lines = await connection.fetch(
            "SELECT a.action::text, w.name, w.role, w.profession, w.structure, w.practitioner"
            " FROM audit a LEFT JOIN acting w ON w.id = a.acting WHERE a.actor = $1", user
        )  # fmt: skip

    assert len(lines) >= 5
    assert {tuple(line)[1:] for line in lines} == {
        ("Dr Qui", "médecin", "10", ELSEWHERE, GP)
    }  # fmt: skip
