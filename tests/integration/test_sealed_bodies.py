"""Bodies at rest: sealed in every table, opened on every way out, bound to their place."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson
import pytest

import given
from running import Ground, Platform

WORDS = ("Zzyzxfamille", "278037512345678", "zzyzx@courrier.exemple", "rue Zzyzxville")
LOCAL = "sought-77"
"""What searches ask for: their words are in the trail, which is not sealed."""
SECRET = "Zzyzxsecretdudocument"
RESTRICTED = [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]
PDF = base64.b64encode(SECRET.encode() * 4).decode()


def person(**changes: Any) -> dict[str, Any]:
    """A Patient whose words are found nowhere else."""
    return given.patient(
        identifier=[
            {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": WORDS[1]},
            {"system": "urn:oid:1.2.250.1.999.2", "value": LOCAL},
        ],
        name=[{"family": WORDS[0], "given": ["Yzzyx"]}],
        telecom=[{"system": "email", "value": WORDS[2]}],
        address=[{"line": [WORDS[3]], "city": "Brest"}],
        **changes,
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """One resource of each kind that is sealed, by name: type, id, a word of its body."""

    things: dict[str, tuple[str, str, str]]


@pytest.fixture(scope="module")
async def kept(client: httpx.AsyncClient) -> Kept:
    made = {}

    async def put(name: str, word: str, resource: dict[str, Any]) -> str:
        answer = await client.put(
            f"{resource['resourceType']}/{name}", json=resource | {"id": name}
        )
        assert answer.status_code in {200, 201}, answer.text
        made[name] = (resource["resourceType"], name, word)
        return name

    await put("patient", WORDS[2], person())
    subject = {"reference": "Patient/patient"}
    await put("related", WORDS[2], {
        "resourceType": "RelatedPerson", "patient": subject,
        "telecom": [{"system": "email", "value": WORDS[2]}],
    })  # fmt: skip
    await put("person", WORDS[0], {"resourceType": "Person", "name": [{"family": WORDS[0]}]})
    await put("cover", WORDS[1], {
        "resourceType": "Coverage", "status": "active", "beneficiary": subject,
        "payor": [subject], "subscriberId": WORDS[1],
    })  # fmt: skip
    await put("binary", PDF, {
        "resourceType": "Binary", "contentType": "application/pdf", "data": PDF,
    })  # fmt: skip
    await put("letter", PDF, {
        "resourceType": "DocumentReference", "status": "current", "subject": subject,
        "content": [{"attachment": {"contentType": "application/pdf", "data": PDF}}],
    })  # fmt: skip
    note = given.observation(
        subject["reference"], note=[{"text": SECRET}], meta={"security": RESTRICTED}
    )
    await put("psychiatry", SECRET, note)
    await put("holder", WORDS[0], given.observation(
        contained=[{"resourceType": "Patient", "id": "in", "name": [{"family": WORDS[0]}]}],
        subject={"reference": "#in"},
    ))  # fmt: skip
    return Kept(made)


@pytest.fixture(scope="module")
async def owner(platform: Platform) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(platform.parts.place.owner_url)
    yield connection
    await connection.close()


NAMES = ("patient", "related", "person", "cover", "binary", "letter", "psychiatry", "holder")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.requirement("A6.2")
async def test_the_stored_body_holds_nothing_of_it(
    kept: Kept, owner: asyncpg.Connection, client: httpx.AsyncClient, name: str
) -> None:
    _, key, word = kept.things[name]
    row = await owner.fetchrow("SELECT dict, body FROM resource WHERE id = $1", key)

    assert row is not None
    assert row["dict"] > 0
    assert word.encode() not in row["body"]
    assert b'"' + word.encode()[:6] not in row["body"]


@pytest.mark.requirement("A6.2")
async def test_nothing_is_found_in_the_files_of_the_tables(
    kept: Kept, platform: Platform, ground: Ground, client: httpx.AsyncClient
) -> None:
    changed = person(id="patient", gender="male")
    assert (await client.put("Patient/patient", json=changed)).status_code == 200
    boss = await asyncpg.connect(ground.superuser(platform.database))
    try:
        await boss.execute("CHECKPOINT")
        folder = Path(await boss.fetchval("SHOW data_directory"))
        paths = await boss.fetch(
            "SELECT pg_relation_filepath(c.oid) AS path, c.relname FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 't')"
            " AND (c.relname LIKE 'r\\_%' OR c.relname = 'history' OR n.nspname = 'pg_toast')"
        )
    finally:
        await boss.close()
    log = b"".join(one.read_bytes() for one in (_home(ground, folder) / "pg_wal").glob("0*"))
    read = 0
    for row in paths:
        for part in _home(ground, folder).glob(f"{row['path']}*"):
            text = part.read_bytes()
            read += len(text)
            for word in (WORDS[1], WORDS[2], SECRET, PDF[:40]):
                assert word.encode() not in text, (row["relname"], word)
    assert read > 0
    assert log
    for word in (WORDS[1], SECRET, PDF[:40]):
        assert word.encode() not in log, word


def _home(ground: Ground, shown: Path) -> Path:
    """The data folder as this process reaches it: the server may know it as its own cwd."""
    return shown if (shown / "PG_VERSION").exists() else ground.data / "postgres"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "way",
    [
        "{kind}/{key}", "{kind}/{key}/_history/1", "{kind}/{key}/_history", "{kind}/_history",
        "_history", "{kind}?_id={key}", "{kind}?_id={key}&_total=accurate",
        "{kind}?_id={key}&_include=*", "{kind}?_lastUpdated=gt2020&_count=50",
        "{kind}?_id={key}&_contained=both",
    ],
)  # fmt: skip
@pytest.mark.requirement("A6.2")
async def test_every_way_of_reading_opens_it(
    kept: Kept, client: httpx.AsyncClient, name: str, way: str
) -> None:
    kind, key, word = kept.things[name]

    answer = await client.get(way.format(kind=kind, key=key))

    assert answer.status_code == 200, answer.text
    assert word in answer.text
    orjson.loads(answer.content)


@pytest.mark.parametrize(
    ("way", "word"),
    [
        ("Patient/patient/$everything", SECRET), ("Patient/patient/$everything", PDF),
        ("Observation?subject=Patient/patient&_include=Observation:subject", WORDS[2]),
        ("Patient?_id=patient&_revinclude=Observation:subject", SECRET),
        ("Patient?_id=patient&_elements=telecom", WORDS[2]),
        ("Patient?_id=patient&_summary=true", WORDS[2]),
        ("Patient?identifier=" + LOCAL, WORDS[2]),
        ("Observation?subject:Patient.identifier=" + LOCAL, SECRET),
        ("Patient?_has:Observation:subject:status=final&_sort=gender", WORDS[2]),
        ("Patient?_contained=true", WORDS[0]),
        ("Observation/$lastn?patient=patient", SECRET),
    ],
)  # fmt: skip
@pytest.mark.requirement("A6.2")
async def test_operations_and_searches_open_it(
    kept: Kept, client: httpx.AsyncClient, way: str, word: str
) -> None:
    answer = await client.get(way)

    assert answer.status_code == 200, answer.text
    assert word in answer.text


@pytest.mark.requirement("A6.2")
async def test_transactions_patches_and_matches_open_it(
    kept: Kept, client: httpx.AsyncClient
) -> None:
    read = await client.post(
        "", json=given.bundle("transaction", given.entry("GET", "Patient/patient"))
    )
    assert WORDS[2] in read.text
    patch = [{"op": "replace", "path": "/birthDate", "value": "1981-03-04"}]
    patched = await client.patch(
        "Patient/patient", content=orjson.dumps(patch),
        headers={"content-type": "application/json-patch+json"},
    )  # fmt: skip
    assert patched.status_code == 200, patched.text
    assert WORDS[2] in patched.text
    asked = {
        "resourceType": "Parameters",
        "parameter": [{"name": "resource", "resource": person(birthDate="1981-03-04")}],
    }
    matched = await client.post("Patient/$match", json=asked)
    assert matched.status_code == 200, matched.text
    assert WORDS[0] in matched.text


@pytest.mark.requirement("A6.2")
async def test_versions_that_were_guessed_wrong_are_sealed_right(client: httpx.AsyncClient) -> None:
    """PUT without a version, deletion and return, one transaction for many."""
    for gender in ("female", "male"):
        await client.put("Patient/again", json=person(id="again", gender=gender))
    await client.delete("Patient/again")
    back = await client.put("Patient/again", json=person(id="again", gender="other"))
    assert back.json()["meta"]["versionId"] == "4"
    many = [
        given.entry("PUT", f"Patient/{key}", person(id=key, gender="unknown"))
        for key in ("again", "again-too")
    ]
    assert (await client.post("", json=given.bundle("transaction", *many))).status_code == 200

    history = (await client.get("Patient/again/_history")).json()
    shown = [one.get("resource", {}).get("gender") for one in history["entry"]]

    assert shown == ["unknown", "other", None, "male", "female"]
    assert (await client.get("Patient/again-too")).json()["gender"] == "unknown"


@pytest.mark.requirement("A6.2")
async def test_many_who_write_one_resource_at_once_all_succeed(client: httpx.AsyncClient) -> None:
    async def put(number: int) -> httpx.Response:
        one = person(id="busy", birthDate=f"19{number:02}-01-01")
        return await client.put("Patient/busy", json=one)

    answers = await asyncio.gather(*(put(number) for number in range(12)))

    assert sorted(one.status_code for one in answers) == [200] * 11 + [201]
    history = (await client.get("Patient/busy/_history")).json()["entry"]
    versions = {one["resource"]["meta"]["versionId"] for one in history}
    assert versions == {str(number) for number in range(1, 13)}
    assert len({one["resource"]["birthDate"] for one in history}) == 12


@pytest.mark.requirement("A6.2")
async def test_a_body_in_the_place_of_another_is_refused(
    kept: Kept, client: httpx.AsyncClient, owner: asyncpg.Connection,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for key in ("swap-1", "swap-2"):
        await client.put(f"Patient/{key}", json=person(id=key))
    await owner.execute(
        "UPDATE resource r SET body = o.body FROM resource o"
        " WHERE r.id = 'swap-1' AND o.id = 'swap-2'"
    )

    read = await client.get("Patient/swap-1")
    searched = await client.get("Patient?_id=swap-1")

    for answer in (read, searched):
        assert answer.status_code == 500
        assert "Patient/swap-1/1" in answer.text
        assert "was not sealed for this place" in answer.text
        assert not any(word in answer.text for word in WORDS)
    logged = capsys.readouterr()
    assert not any(word in logged.out + logged.err for word in WORDS)
    await owner.execute("UPDATE resource SET body = '\\x7d7d', dict = 0 WHERE id = 'swap-1'")


@pytest.mark.requirement("A6.2")
async def test_an_older_version_cannot_be_put_back(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    for gender in ("female", "male"):
        await client.put("Patient/back", json=person(id="back", gender=gender))
    await owner.execute(
        "UPDATE resource r SET body = h.body FROM history h WHERE r.id = 'back' AND h.rid = r.rid"
    )

    answer = await client.get("Patient/back")

    assert answer.status_code == 500
    await owner.execute("UPDATE resource SET body = '\\x7d7d', dict = 0 WHERE id = 'back'")


@pytest.mark.requirement("A6.2")
async def test_what_is_not_sealed_stays_as_it_was(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    made = (await client.post("Practitioner", json={"resourceType": "Practitioner"})).json()
    plain = (await client.post("Observation", json=given.observation())).json()

    rows = await owner.fetch(
        "SELECT dict FROM resource WHERE id = ANY ($1)", [made["id"], plain["id"]]
    )

    assert [row["dict"] for row in rows] == [0, 0]


@pytest.mark.requirement("A6.2")
async def test_the_application_adds_no_key(platform: Platform) -> None:
    connection = await asyncpg.connect(platform.parts.place.url)
    try:
        await connection.execute("SELECT first_data_key('x', 'y', 'z')")
        assert await connection.fetchval("SELECT count(*) FROM data_key") == 1
        for statement in (
            "INSERT INTO data_key (number, name, wrapped, wrapping) VALUES (9, 'a', 'b', 'c')",
            "UPDATE data_key SET wrapping = 'mine'", "DELETE FROM data_key",
        ):  # fmt: skip
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()
