"""Keys of bodies: rotation while others read, what was broken off, what is lost, what is older."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson
import pytest

import given
from cordee.app.key_commands import checked, seal_waiting, status
from cordee.app.wiring import Place, bring_up_to_date, open_parts
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store import resealing
from cordee.fhir.store.resealing import Resealer, count_clear, count_sealed, count_waiting
from cordee.fhir.store.sealing import to_seal
from cordee.identity.ins.proofs import Scan
from cordee.identity.patients.qualifying import Picture, Qualifying
from cordee.identity.patients.scans import opened_scan
from cordee.runtime import clock, envelopes, migrate
from cordee.runtime.database import single_connection
from cordee.runtime.envelopes import KeyMissing, Ring
from cordee.runtime.errors import Unavailable
from cordee.runtime.postgres.cluster import Cluster
from cordee.runtime.rotating import next_wrapping, rotate
from cordee.runtime.settings import read_settings
from identities import DOCTOR, card
from running import Ground, Platform, Server, platform_on, run, run_later, served

PEOPLE = 30


@contextlib.asynccontextmanager
async def as_owner(place: Place, folder: Path) -> AsyncIterator[tuple[asyncpg.Connection, Ring]]:
    """A connection and a ring as `cordee keys` has them."""
    async with single_connection(place.owner_url) as connection:
        ring = Ring(folder, lambda: single_connection(place.owner_url))
        await ring.open(connection)
        yield connection, ring
        ring.close()


async def fill(client: httpx.AsyncClient, people: int = PEOPLE) -> None:
    """Patients with a former version each, a document, and something contained."""
    for number in range(people):
        for gender in ("female", "male"):
            one = given.patient(id=f"p{number}", gender=gender, name=[{"family": f"Nom{number}"}])
            await client.put(f"Patient/p{number}", json=one)
    inside = {"resourceType": "Organization", "id": "in", "name": "Dedans"}
    one = given.patient(id="holder", contained=[inside], managingOrganization={"reference": "#in"})
    assert (await client.put("Patient/holder", json=one)).status_code == 201


@pytest.fixture
async def own(ground: Ground) -> AsyncIterator[Platform]:
    async with platform_on(ground) as running:
        yield running


@pytest.mark.requirement("A6.2")
async def test_rotation_goes_on_under_readers_and_writers(own: Platform) -> None:
    client = await own.client()
    await fill(client)
    folder = own.parts.settings.keys
    stop, read = asyncio.Event(), 0

    async def reading() -> None:
        nonlocal read
        for number in itertools.cycle(range(PEOPLE)):
            if stop.is_set():
                return
            answers = (
                await client.get(f"Patient/p{number}"),
                await client.get(f"Patient/p{number}/_history"),
                await client.get(f"Patient?family=nom{number}"),
            )
            assert [one.status_code for one in answers] == [200] * 3
            assert all(f"Nom{number}" in one.text for one in answers)
            read += 1

    async def writing() -> None:
        for number in itertools.cycle(range(PEOPLE)):
            if stop.is_set():
                return
            key = f"p{number}"
            one = given.patient(id=key, name=[{"family": f"Nom{number}"}])
            assert (await client.put(f"Patient/{key}", json=one)).status_code == 200

    async with as_owner(own.parts.place, folder) as (connection, ring):
        tasks = [asyncio.create_task(reading()), asyncio.create_task(writing())]
        while not read:
            await asyncio.sleep(0)
        try:
            made = await rotate(connection, folder)
            await ring.refresh(connection, now=True)
            assert own.parts.kernel.repository.ring is not None
            async with own.parts.database.write.acquire() as theirs:
                await own.parts.kernel.repository.ring.refresh(theirs, now=True)
            await seal_waiting(connection, ring, settle=0)
        finally:
            stop.set()
            await asyncio.gather(*tasks)
        await seal_waiting(connection, ring, settle=0)
        assert made.number == 2
        assert {one.key for one in await count_sealed(connection)} == {2}
        assert await count_waiting(connection, 2) == 0
        assert "1 bodies" not in await checked(connection, whole=True)
        wrapped = await connection.fetch("SELECT wrapping FROM data_key")
        assert {row["wrapping"] for row in wrapped} == {"body-2.key"}
    contained = await client.get("Organization?_contained=true")
    assert "Dedans" in contained.text


@pytest.mark.requirement("A6.2")
async def test_what_is_broken_off_goes_on(own: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resealing, "_MOST_BYTES", 2000)
    client = await own.client()
    await fill(client)
    folder = own.parts.settings.keys
    async with as_owner(own.parts.place, folder) as (connection, ring):
        await rotate(connection, folder)
        await ring.refresh(connection, now=True)

        def die(_: int) -> None:
            connection.terminate()

        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await Resealer(connection, ring, die).run()
    async with as_owner(own.parts.place, folder) as (connection, ring):
        between = await count_sealed(connection)
        assert {one.key for one in between} == {1, 2}
        assert (await client.get("Patient/p0/_history")).status_code == 200
        await seal_waiting(connection, ring, settle=0)
        assert {one.key for one in await count_sealed(connection)} == {2}
    for number in range(PEOPLE):
        assert f"Nom{number}" in (await client.get(f"Patient/p{number}/_history")).text


@pytest.fixture(scope="module")
def server() -> Any:
    with served() as running:
        yield running


@pytest.mark.requirement("A6.2")
async def test_a_rotation_that_is_killed_goes_on_and_servers_learn_of_it(
    server: Server, tmp_path: Path
) -> None:
    addresses = Cluster(server.data).addresses()
    place = Place(addresses.application, addresses.owner, None)
    with server.client() as client:
        for number in range(PEOPLE):
            client.put(
                f"Patient/p{number}",
                json=given.patient(id=f"p{number}", name=[{"family": f"Nom{number}"}]),
            )
        command = run_later("keys", "rotate", "--bodies", data=server.data)
        async with single_connection(place.owner_url) as connection:
            while await connection.fetchval("SELECT count(*) FROM data_key") < 2:
                assert command.poll() is None, command.communicate()
                await asyncio.sleep(0.01)
        command.kill()
        command.communicate()
        async with as_owner(place, server.settings.keys) as (connection, ring):
            await seal_waiting(connection, ring, settle=0)
            assert await count_waiting(connection, 2) == 0
        for number in range(PEOPLE):
            answer = client.get(f"Patient/p{number}")
            assert f"Nom{number}" in answer.text, answer.text
        written = tmp_path / "export"
        assert run("export", str(written), data=server.data).returncode == 0
        lines = (written / "Patient.ndjson").read_text().splitlines()
        assert {orjson.loads(one)["name"][0]["family"] for one in lines} == {
            f"Nom{number}" for number in range(PEOPLE)
        }
        shown = run("keys", "status", data=server.data)
        assert f"wrapped by body-2.key: {PEOPLE} bodies" in shown.stdout, shown
        assert "in clear, to be sealed: 0" in shown.stdout
        assert "sealed bodies: all" in run("check", "bodies", data=server.data).stdout
        assert "sealed bodies: the newest" in run("check", data=server.data).stdout


@pytest.mark.requirement("A6.2")
async def test_a_key_that_is_lost_is_named(own: Platform, tmp_path: Path) -> None:
    client = await own.client()
    await client.put("Patient/one", json=given.patient(id="one"))
    folder = own.parts.settings.keys
    other = tmp_path / "keys"
    shutil.copytree(folder, other)
    (other / "body-1.key").unlink()
    told = read_settings({}, data=str(tmp_path))

    with pytest.raises(KeyMissing, match=r"body-1\.key: this key wraps"):
        async with open_parts(told, own.parts.place, port=8100, pool=1):
            pass
    assert not (other / "body-1.key").exists()
    async with single_connection(own.parts.place.owner_url) as connection:
        assert "body-1.key (NOT in the folder of keys)" in await status(connection, told)
    (other / "body-1.key").write_bytes(bytes(32))
    with pytest.raises(KeyMissing, match="this is not the key that wrapped data key 1"):
        async with open_parts(told, own.parts.place, port=8100, pool=1):
            pass


@pytest.mark.requirement("A6.2")
async def test_a_data_key_that_is_lost_is_named_and_nothing_is_shown(
    own: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await own.client()
    await client.put("Patient/one", json=given.patient(id="one", name=[{"family": "Perdue"}]))
    async with single_connection(own.parts.place.owner_url) as connection:
        name = await connection.fetchval("SELECT name FROM data_key")
        await connection.execute("DELETE FROM data_key")
        monkeypatch.delitem(envelopes._known, name)

        answer = await client.get("Patient/one")

    assert answer.status_code == 503
    assert name.hex() in answer.text
    assert "Perdue" not in answer.text


@pytest.mark.requirement("A6.2")
async def test_a_key_made_elsewhere_is_taken_up_when_it_is_met(
    own: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await own.client()
    await client.put("Patient/one", json=given.patient(id="one", name=[{"family": "Ailleurs"}]))
    folder = own.parts.settings.keys
    async with as_owner(own.parts.place, folder) as (connection, ring):
        await rotate(connection, folder)
        await ring.refresh(connection, now=True)
        await seal_waiting(connection, ring, settle=0)
        monkeypatch.delitem(envelopes._known, ring.current.name)
    assert own.parts.kernel.repository.ring is not None
    assert 2 not in own.parts.kernel.repository.ring.numbers

    answer = await client.get("Patient/one")

    assert "Ailleurs" in answer.text


@pytest.mark.requirement("A6.2")
async def test_the_next_wrapping_key_can_be_made_and_copied_before(own: Platform) -> None:
    folder = own.parts.settings.keys
    async with as_owner(own.parts.place, folder) as (connection, _):
        name = await next_wrapping(connection, folder)
        content = (folder / name).read_bytes()
        assert (await rotate(connection, folder)).wrapping == name
        assert (folder / name).read_bytes() == content
        assert (folder / name).stat().st_mode & 0o077 == 0


@pytest.mark.requirement("A6.2")
async def test_a_swapped_body_is_found_by_the_check_and_left_by_the_rotation(
    own: Platform,
) -> None:
    client = await own.client()
    await fill(client, 3)
    folder = own.parts.settings.keys
    async with as_owner(own.parts.place, folder) as (connection, ring):
        assert "open" in await checked(connection, whole=True)
        await connection.execute(
            "UPDATE resource r SET body = o.body FROM resource o WHERE r.id = 'p0' AND o.id = 'p1'"
        )
        for whole in (True, False):
            with pytest.raises(Unavailable, match=r"Patient/p0/2"):
                await checked(connection, whole=whole)
        await rotate(connection, folder)
        await ring.refresh(connection, now=True)
        with pytest.raises(Unavailable, match=r"1 sealed bodies do not open \(Patient/p0/2\)"):
            await seal_waiting(connection, ring, settle=0)
        assert await count_waiting(connection, 2) == 1


CLEAR = {
    "Patient": given.patient(),
    "Observation": given.observation(),
    "Practitioner": {"resourceType": "Practitioner"},
    "DocumentReference": {
        "resourceType": "DocumentReference", "status": "current",
        "content": [{"attachment": {"data": "QUFB"}}],
    },
    "Media": {"resourceType": "Media", "status": "completed", "content": {"url": "http://x.example"}},
    "Condition": {
        "resourceType": "Condition", "subject": {"reference": "#in"},
        "contained": [{"resourceType": "Patient", "id": "in", "gender": "female"}],
    },
    "Device": {
        "resourceType": "Device", "owner": {"reference": "#in"},
        "contained": [{"resourceType": "Organization", "id": "in", "name": "Rien"}],
    },
    "Procedure": {
        "resourceType": "Procedure", "status": "completed", "subject": {"display": "x"},
        "meta": {"security": [{
            "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V",
        }]},
    },
}  # fmt: skip
"""In clear, as an older release wrote it; what of it is to be sealed is said by `to_seal`."""


@pytest.mark.requirement("A6.2")
async def test_what_an_older_release_kept_in_clear_is_read_and_sealed(own: Platform) -> None:
    client = await own.client()
    kernel = own.parts.kernel
    ring, kernel.repository.ring = kernel.repository.ring, None
    for kind, resource in CLEAR.items():
        for _ in range(2):
            answer = await client.put(f"{kind}/clear", json=resource | {"id": "clear"})
            assert answer.status_code in {200, 201}, answer.text
    kernel.repository.ring = ring
    before = {kind: (await client.get(f"{kind}/clear/_history")).text for kind in CLEAR}
    async with as_owner(own.parts.place, own.parts.settings.keys) as (connection, keys):
        rows = await connection.fetch("SELECT type, lab, body FROM resource WHERE id = 'clear'")
        wanted = {
            row["type"] for row in rows if to_seal(_name(row["type"]), row["lab"], row["body"])
        }
        # Two versions each, and the Patient within the Condition.
        assert await count_clear(connection) == 2 * len(wanted) + 1
        assert "run `cordee keys seal`" in await status(connection, own.parts.settings)
        await seal_waiting(connection, keys, settle=0)
        sealed = await connection.fetch("SELECT type FROM resource WHERE id = 'clear' AND dict = 1")
        assert {row["type"] for row in sealed} == wanted
        assert await count_clear(connection) == 0
    kinds = {"Patient", "DocumentReference", "Condition", "Procedure"}
    assert wanted == {type_number(one) for one in kinds}
    for kind, text in before.items():
        after = (await client.get(f"{kind}/clear/_history")).json()
        assert after["entry"] == orjson.loads(text)["entry"]
    assert "#in" in (await client.get("Patient?_contained=true&_containedType=contained")).text


def _name(number: int) -> str:
    return next(one for one in CLEAR if type_number(one) == number)


@pytest.mark.requirement("A6.2")
async def test_a_base_of_the_former_release_is_migrated_read_and_sealed(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await ground.new_database(template="template0")
    place = ground.place(name)
    former = [one for one in migrate._migrations() if one[0] < 24]
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "_migrations", lambda: iter(former))
        assert await bring_up_to_date(place) < 24
    connection = await asyncpg.connect(place.owner_url)
    await connection.execute(
        "INSERT INTO resource (type, method, lab, rid, ver, upd, ent, sd, sig, id, idx, has, refs,"
        " body) VALUES (103, 1, 0, 1, 1, now(), 7, now(), 0, 'old', '{}', '{}', '{}',"
        ' convert_to(\'},"name":[{"family":"Ancienne"}]}\', \'UTF8\'))'
    )
    assert await bring_up_to_date(place) >= 24
    told = read_settings({}, data=str(tmp_path))
    async with open_parts(told, place, port=8100, pool=2) as parts:
        client = await Platform(parts, name, ground).client()
        assert "Ancienne" in (await client.get("Patient/old")).text
        async with as_owner(place, told.keys) as (owner, ring):
            await seal_waiting(owner, ring, settle=0)
        assert "Ancienne" in (await client.get("Patient/old")).text
        body = await connection.fetchval("SELECT body FROM resource WHERE id = 'old' AND dict = 1")
        assert b"Ancienne" not in body
        await client.aclose()
    await connection.close()
    await ground.drop(name)


@pytest.mark.requirement("A6.2")
async def test_pictures_of_documents_of_identity_are_sealed(own: Platform) -> None:
    client = await own.client()
    await client.put("Patient/scanned", json=given.patient(id="scanned", birthDate="1980-02-29"))
    content = b"%PDF-1.7 Zzyzx carte d'identite"
    proof = replace(card(), scan=Scan("own", clock.today() + timedelta(days=1)))
    await Qualifying(own.parts.kernel).prove(
        DOCTOR, "scanned", proof, Picture("application/pdf", content)
    )
    folder = own.parts.settings.keys
    async with as_owner(own.parts.place, folder) as (connection, ring):
        for number in (1, 2):
            row = await connection.fetchrow("SELECT proof, dict, content FROM identity_scan")
            assert row["dict"] == number
            assert b"Zzyzx" not in row["content"]
            assert opened_scan(row) == content
            if number == 1:
                await rotate(connection, folder)
                await ring.refresh(connection, now=True)
                assert "1 pictures" in await seal_waiting(connection, ring, settle=0)
