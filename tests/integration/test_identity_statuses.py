"""Statuses in the base: proofs, attributes, INSi as jobs. Requirements A1.2, A1.3, A1.4, A1.6."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import httpx
import pytest

from cordee.fhir.store.journal import publish
from cordee.identity.ins.insi.emulator import Emulator
from cordee.identity.ins.proofs import ProofKind, Scan
from cordee.identity.ins.statuses import Attribute, Identity, Status
from cordee.identity.patients.calling import Caller
from cordee.identity.patients.following import Follower
from cordee.identity.patients.qualifying import Picture, Qualifying
from cordee.runtime import clock
from cordee.runtime.errors import AccessDenied, RuleBroken
from identities import (
    CAZALETTE,
    CAZALETTE_INS,
    DOCTOR,
    MORVANDEL,
    MORVANDEL_INS,
    SOPHIE,
    card,
    insi,
    of_status,
    patient_of,
)
from running import Platform


@pytest.fixture(scope="module")
async def service(platform: Platform) -> Qualifying:
    return Qualifying(platform.parts.kernel, insi(Emulator()))


@pytest.fixture(scope="module")
async def caller(platform: Platform) -> Caller:
    return Caller(platform.parts.kernel, insi(Emulator()))


async def put(client: httpx.AsyncClient, key: str, identity: Identity) -> None:
    made = await client.put(f"Patient/{key}", json=patient_of(identity, key))
    assert made.status_code == 201, made.text


async def rows(platform: Platform, sql: str, *values: object) -> list[dict]:
    async with platform.parts.database.write.acquire() as connection:
        return [dict(row) for row in await connection.fetch(sql, *values)]


@pytest.mark.requirement("A1.2")
async def test_insi_then_document_qualifies(
    client: httpx.AsyncClient, platform: Platform, service: Qualifying, caller: Caller
) -> None:
    await put(client, "odette", Identity(MORVANDEL))
    await caller.ask("odette", "doctor")
    await caller.ask("odette", "doctor")  # once is enough
    assert await caller.call_due() == 1

    proved = await service.prove(DOCTOR, "odette", card())

    assert proved.identity.status is Status.QUAL
    assert proved.identity.ins == MORVANDEL_INS
    sent = (await client.get("Patient/odette")).json()
    assert any(one.get("value") == MORVANDEL_INS.matricule for one in sent["identifier"])
    steps = await rows(platform, "SELECT before, after FROM identity_step ORDER BY n")
    assert [tuple(one.values()) for one in steps][-2:] == [("PROV", "RECUP"), ("RECUP", "QUAL")]


@pytest.mark.requirement("A1.2")
async def test_both_in_one_act_and_illegal_steps(
    client: httpx.AsyncClient, service: Qualifying
) -> None:
    await put(client, "at-once", Identity(MORVANDEL))
    await put(client, "stranger", Identity(replace(MORVANDEL, birth_name="NULLEPART")))

    assert (await service.qualify(DOCTOR, "at-once", card())).identity.status is Status.QUAL
    with pytest.raises(RuleBroken):
        await service.qualify(DOCTOR, "stranger", card())  # 01
    with pytest.raises(RuleBroken):
        await service.prove(DOCTOR, "at-once", card())  # QUAL already
    doubted = await service.doubt(DOCTOR, "at-once", "Photo qui ne ressemble pas")
    assert doubted.identity.status is Status.PROV
    assert doubted.identity.ins is None


@pytest.mark.requirement("A1.3")
async def test_a_proof_is_kept_without_its_picture_unless_it_is_purged(
    client: httpx.AsyncClient, platform: Platform, service: Qualifying
) -> None:
    await put(client, "seen", Identity(MORVANDEL))
    await put(client, "scanned", Identity(MORVANDEL))
    picture = Picture("image/png", b"\x89PNG")
    tomorrow = clock.today() + timedelta(days=1)

    await service.prove(DOCTOR, "seen", card("doctor"))
    with pytest.raises(RuleBroken):
        await service.prove(DOCTOR, "scanned", card(), picture)  # no date of purge
    await service.prove(DOCTOR, "scanned", replace(card(), scan=Scan("own", tomorrow)), picture)

    kept = await rows(platform, "SELECT * FROM identity_proof WHERE patient IN ('seen', 'scanned')")
    assert [(one["kind"], one["checked_on"], one["checked_by"], one["purge_on"]) for one in kept] == [
        ("CN", clock.today(), "doctor", None), ("CN", clock.today(), "thomas", tomorrow),
    ]  # fmt: skip
    assert len(await rows(platform, "SELECT FROM identity_scan")) == 1


@pytest.mark.requirement("A1.4")
@pytest.mark.parametrize("attribute", [Attribute.DOUBTFUL, Attribute.FICTIVE])
async def test_a_doubtful_or_fictive_identity_asks_nothing_and_proves_nothing(
    client: httpx.AsyncClient, platform: Platform, service: Qualifying, caller: Caller,
    attribute: Attribute,
) -> None:  # fmt: skip
    key = f"no-{attribute}"
    await put(client, key, of_status(MORVANDEL, MORVANDEL_INS, Status.QUAL))
    marked = await service.mark(DOCTOR, key, attribute, "Deux dates sur la pièce")

    assert marked.identity.status is Status.PROV
    with pytest.raises(RuleBroken):
        await service.prove(DOCTOR, key, card())
    await caller.ask(key, "doctor")
    await caller.call_due()
    called = await rows(platform, "SELECT outcome FROM identity_call WHERE patient = $1", key)
    assert called == [{"outcome": "blocked"}]
    assert MORVANDEL_INS.matricule not in (await client.get(f"Patient/{key}")).text
    with pytest.raises(AccessDenied):
        await service.unmark(DOCTOR, key, attribute, "levé")
    free = await service.unmark(SOPHIE, key, attribute, "Vérifié sur la pièce")
    assert not free.identity.attributes


async def test_a_mark_leaves_the_names_as_they_were_written(
    client: httpx.AsyncClient, service: Qualifying
) -> None:
    made = patient_of(of_status(MORVANDEL, MORVANDEL_INS, Status.QUAL), "written")
    made["name"][0] |= {"family": "Morvandel", "given": ["Odette"]}
    await client.put("Patient/written", json=made)

    after = await service.mark(
        DOCTOR, "written", Attribute.HOMONYM, "Née le même jour qu’une autre"
    )

    assert after.patient["name"] == made["name"]
    assert Attribute.HOMONYM in after.identity.attributes
    assert after.identity.status is Status.QUAL


@pytest.mark.requirement("A1.6")
async def test_a_changed_name_takes_qual_to_prov_with_a_task_of_the_day(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    await put(client, "ines", of_status(CAZALETTE, CAZALETTE_INS, Status.QUAL))
    emulator = Emulator()
    caller = Caller(platform.parts.kernel, insi(emulator))
    await caller.ask("ines", "insi")
    await caller.call_due()
    confirmed = await rows(platform, "SELECT outcome FROM identity_call WHERE patient = 'ines'")
    emulator.change(CAZALETTE_INS.matricule)
    await caller.ask("ines", "insi")
    await caller.call_due()

    assert confirmed == [{"outcome": "00"}]
    sent = await client.get("Patient/ines")
    assert CAZALETTE_INS.matricule not in sent.text
    tasks = await rows(platform, "SELECT * FROM identity_task WHERE first = 'ines'")
    assert [one["kind"] for one in tasks] == ["changed"]
    assert tasks[0]["due"].astimezone(clock.PARIS).date() == clock.today()
    assert "nom de naissance" in tasks[0]["reasons"][0]
    assert "VAYSSADE" not in tasks[0]["reasons"][0]


@pytest.mark.requirement("A1.6")
async def test_codes_01_02_and_silence(
    client: httpx.AsyncClient, platform: Platform, caller: Caller
) -> None:
    rouquier = replace(
        MORVANDEL, birth_name="ROUQUIER", first_given_name="HUGO", birth_given_names="HUGO",
        birth_date=date(1991, 11, 20), sex=MORVANDEL.sex.MALE, birth_place="31555",
    )  # fmt: skip
    await put(client, "several", Identity(rouquier))
    await put(client, "nobody", Identity(replace(MORVANDEL, birth_name="NULLEPART")))
    for key in ("several", "nobody"):
        await caller.ask(key, "doctor")
    await caller.call_due()
    asked = await rows(
        platform,
        "SELECT patient, outcome FROM identity_call WHERE patient IN ('several', 'nobody') ORDER BY 1",
    )
    assert [tuple(one.values()) for one in asked] == [("nobody", "01"), ("several", "02")]

    await put(client, "silent", Identity(MORVANDEL))
    away = Caller(platform.parts.kernel, insi(Emulator(token="another"), attempts=1))
    await away.ask("silent", "doctor")
    await away.call_due()
    waiting = await rows(platform, "SELECT * FROM identity_call WHERE patient = 'silent'")
    assert (waiting[0]["done_at"], waiting[0]["tries"]) == (None, 1)
    assert waiting[0]["next_at"] > clock.now()
    assert await away.call_due() == 0


async def test_the_clock_asks_again_about_files_with_an_ins(
    client: httpx.AsyncClient, platform: Platform, caller: Caller
) -> None:
    await put(client, "stale", of_status(MORVANDEL, MORVANDEL_INS, Status.QUAL))
    await publish(platform.parts.database)
    await Follower(platform.parts.kernel).catch_up()

    assert await caller.queue_stale(timedelta(days=1)) == 0
    assert await caller.queue_stale(timedelta()) >= 1
    assert await caller.queue_stale(timedelta()) == 0


@pytest.mark.requirement("A1.6")
async def test_the_worker_asks_again_after_the_days_of_the_setting(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    await put(client, "drifted", of_status(CAZALETTE, CAZALETTE_INS, Status.QUAL))
    async with asyncio.timeout(60):  # an older transaction of the cluster may hold it back
        while not await rows(platform, "SELECT 1 FROM identity_file WHERE id = 'drifted'"):
            await publish(platform.parts.database)
            await Follower(platform.parts.kernel).catch_up()
    emulator = Emulator()
    emulator.change(CAZALETTE_INS.matricule)
    worker = Caller(platform.parts.kernel, insi(emulator), recheck=timedelta())
    task = asyncio.create_task(worker.run())
    try:
        async with asyncio.timeout(60):
            asked = "SELECT 1 FROM identity_task WHERE kind = 'changed' AND first = 'drifted'"
            while not await rows(platform, asked):
                await asyncio.sleep(0.1)
    finally:
        task.cancel()

    steps = await rows(
        platform, "SELECT before, after FROM identity_step WHERE patient = 'drifted'"
    )
    assert [tuple(one.values()) for one in steps] == [("QUAL", "PROV")]
    assert ProofKind.IDENTITY_CARD.value == "CN"
