"""Two files made one and parted again; two people in one file. Requirements A1.7, A1.8, A1.9."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

import given
from cordee.access.sealing import check, seal
from cordee.fhir.store.journal import publish
from cordee.identity.ins.statuses import Attribute, Identity, Status
from cordee.identity.patients.colliding import Colliding
from cordee.identity.patients.following import Follower
from cordee.identity.patients.fusing import Fusing, Proposal
from cordee.identity.patients.worklist import Worklist
from cordee.runtime import clock
from cordee.runtime.errors import AccessDenied, RuleBroken
from identities import (
    CAZALETTE,
    CAZALETTE_INS,
    DOCTOR,
    HOME,
    MORVANDEL,
    MORVANDEL_INS,
    SOPHIE,
    THOMAS,
    card,
    of_status,
    patient_of,
)
from mandated import mandated, naming_of, offer, self_of
from running import Platform

MOTIVE = "Même personne, vue avec sa carte"
OTHER = "Organization/other"


@pytest.fixture(scope="module")
async def fusing(platform: Platform) -> Fusing:
    return Fusing(platform.parts.kernel)


@pytest.fixture(scope="module", autouse=True)
async def structures(client: httpx.AsyncClient) -> None:
    for key in ("home", "other"):
        await client.put(
            f"Organization/{key}", json={"resourceType": "Organization", "id": key, "name": key}
        )


async def two(client: httpx.AsyncClient, name: str) -> tuple[str, str]:
    """Two files, each with its weight; the second belongs to another structure."""
    keys = (f"{name}-a", f"{name}-b")
    for key, home in zip(keys, (HOME, OTHER), strict=True):
        number = {"system": "urn:oid:1.2.3", "value": key}
        made = patient_of(
            Identity(MORVANDEL), key, identifier=[number], active=True,
            managingOrganization={"reference": home},
        )  # fmt: skip
        assert (await client.put(f"Patient/{key}", json=made)).status_code == 201
        weight = given.observation(f"Patient/{key}", id=f"w-{key}")
        assert (await client.put(f"Observation/w-{key}", json=weight)).status_code == 201
    return keys


async def timeline(client: httpx.AsyncClient, key: str) -> list[str]:
    found = await client.get("Observation", params={"patient": f"Patient/{key}", "_sort": "_id"})
    return sorted(one["resource"]["id"] for one in found.json().get("entry", ()))


async def joined(fusing: Fusing, kept: str, gone: str) -> int:
    number = await fusing.propose(SOPHIE, Proposal(kept, gone, MOTIVE))
    await fusing.accept(THOMAS, number, card())
    return number


@pytest.mark.requirement("A1.7")
async def test_a_fusion_needs_two_people_of_the_cell(
    client: httpx.AsyncClient, fusing: Fusing
) -> None:
    kept, gone = await two(client, "both")
    with pytest.raises(AccessDenied):
        await fusing.propose(DOCTOR, Proposal(kept, gone, MOTIVE))
    number = await fusing.propose(SOPHIE, Proposal(kept, gone, MOTIVE))

    with pytest.raises(RuleBroken):
        await fusing.accept(SOPHIE, number, card())
    assert await timeline(client, kept) == [f"w-{kept}"]
    with pytest.raises(RuleBroken):
        await fusing.propose(THOMAS, Proposal(kept, gone, MOTIVE))  # one waits
    assert await fusing.accept(THOMAS, number, card()) == 1
    with pytest.raises(RuleBroken):
        await fusing.accept(THOMAS, number, card())


@pytest.mark.requirement("A1.7")
async def test_references_numbers_circles_and_subscribers_follow(
    client: httpx.AsyncClient, fusing: Fusing, platform: Platform
) -> None:
    kept, gone = await two(client, "follow")
    await publish(platform.parts.database)
    async with platform.parts.database.write.acquire() as connection:
        head = await connection.fetchval("SELECT n FROM journal_head")
    await joined(fusing, kept, gone)

    assert await timeline(client, kept) == [f"w-{kept}", f"w-{gone}"]
    assert await timeline(client, gone) == []
    stays, left = [(await client.get(f"Patient/{one}")).json() for one in (kept, gone)]
    assert stays["link"] == [{"other": {"reference": f"Patient/{gone}"}, "type": "replaces"}]
    assert left["link"] == [{"other": {"reference": f"Patient/{kept}"}, "type": "replaced-by"}]
    assert left["active"] is False
    assert {"use": "old", "system": "urn:oid:1.2.3", "value": gone} in stays["identifier"]
    other = await platform.client("user/*.rs", user="o", structure=OTHER)
    assert (await other.get(f"Patient/{kept}")).status_code == 200
    assert await fusing.kept_for(gone) == kept
    await publish(platform.parts.database)
    async with platform.parts.database.write.acquire() as connection:
        told = await connection.fetch("SELECT type, pat FROM journal_pub WHERE n > $1", head)
    pats = {platform.parts.kernel.keys(f"Patient/{one}") for one in (kept, gone)}
    assert pats <= {row["pat"] for row in told}


@pytest.mark.requirement("A1.7")
@pytest.mark.requirement("A3.3")
async def test_a_mandate_of_the_file_that_went_is_withdrawn_as_before(
    client: httpx.AsyncClient, fusing: Fusing, platform: Platform
) -> None:
    kept, gone = await two(client, "mandate")
    _, mandate = await mandated(platform, gone, offer())
    await joined(fusing, kept, gone)
    naming = naming_of(platform)

    await naming.end(self_of(gone), mandate.id, clock.now())

    found = (await naming.around(self_of(gone), gone, clock.now()))[0]
    related = (await client.get(f"RelatedPerson/{mandate.related}")).json()
    assert (found.why, related["active"]) == ("withdrawn", False)
    assert related["patient"]["reference"] == f"Patient/{kept}"


@pytest.mark.requirement("A1.7")
async def test_an_undone_fusion_gives_both_timelines_back(
    client: httpx.AsyncClient, fusing: Fusing
) -> None:
    kept, gone = await two(client, "undo")
    before = {one: (await client.get(one)).json() for one in (
        f"Patient/{kept}", f"Patient/{gone}", f"Observation/w-{gone}")}  # fmt: skip
    number = await joined(fusing, kept, gone)
    new = given.observation(f"Patient/{kept}", id="new-undo")
    await client.put("Observation/new-undo", json=new)
    changed = (await client.get(f"Observation/w-{gone}")).json() | {"status": "amended"}
    await client.put(f"Observation/w-{gone}", json=changed)

    assert await fusing.undo(SOPHIE, number, "Deux personnes en fait") == 1

    assert await timeline(client, kept) == ["new-undo", f"w-{kept}"]
    assert await timeline(client, gone) == [f"w-{gone}"]
    after = {one: (await client.get(one)).json() for one in before}
    for one in (*before.values(), *after.values()):
        one.pop("meta")
    assert after.pop(f"Observation/w-{gone}")["status"] == "amended"
    before.pop(f"Observation/w-{gone}")
    assert after == before
    with pytest.raises(RuleBroken):
        await fusing.undo(SOPHIE, number, "Deux personnes en fait")


@pytest.mark.requirement("A1.7")
async def test_what_comes_late_to_the_former_number_follows_and_goes_back(
    client: httpx.AsyncClient, fusing: Fusing, platform: Platform
) -> None:
    kept, gone = await two(client, "tardy")
    number = await joined(fusing, kept, gone)
    follower = Follower(platform.parts.kernel)
    late = given.observation(f"Patient/{gone}", id="tardy-late")
    assert (await client.put("Observation/tardy-late", json=late)).status_code == 201
    await publish(platform.parts.database)
    await follower.catch_up()

    assert "tardy-late" in await timeline(client, kept)
    await fusing.undo(SOPHIE, number, "Deux personnes en fait")
    assert await timeline(client, gone) == ["tardy-late", f"w-{gone}"]


@pytest.mark.requirement("A1.7")
async def test_after_thirty_days_it_stays(
    client: httpx.AsyncClient, fusing: Fusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await joined(fusing, *await two(client, "late"))
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr("cordee.identity.patients.fusing.clock.now", lambda: later)

    with pytest.raises(RuleBroken):
        await fusing.undo(SOPHIE, number, "Deux personnes en fait")


@pytest.mark.requirement("A1.9")
async def test_two_matricules_are_two_people_and_prov_is_never_joined_alone(
    client: httpx.AsyncClient, fusing: Fusing, platform: Platform
) -> None:
    for key, traits, ins, status in (
        ("q-a", MORVANDEL, MORVANDEL_INS, Status.QUAL),
        ("q-b", MORVANDEL, MORVANDEL_INS, Status.QUAL),
        ("q-c", CAZALETTE, CAZALETTE_INS, Status.QUAL),
        ("p-a", replace(CAZALETTE, birth_name="AUTRE"), CAZALETTE_INS, Status.PROV),
        ("p-b", replace(CAZALETTE, birth_name="AUTRE"), CAZALETTE_INS, Status.PROV),
    ):
        await client.put(f"Patient/{key}", json=patient_of(of_status(traits, ins, status), key))
    await publish(platform.parts.database)
    await Follower(platform.parts.kernel).catch_up()

    with pytest.raises(RuleBroken):
        await fusing.propose(SOPHIE, Proposal("q-a", "q-c", MOTIVE))
    one = (await client.get("Patient/q-a")).json()
    assert {"other": {"reference": "Patient/q-b"}, "type": "seealso"} in one["link"]
    for key in ("p-a", "p-b"):
        assert "link" not in (await client.get(f"Patient/{key}")).json()


@pytest.mark.requirement("A1.7")
async def test_two_people_kept_apart_bear_homonyme_and_do_not_come_back(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    first, second = await two(client, "apart")
    follower, worklist = Follower(platform.parts.kernel), Worklist(platform.parts.kernel)
    await publish(platform.parts.database)
    await follower.catch_up()
    tasks, _ = await worklist.tasks(SOPHIE, "duplicate")
    task = next(one for one in tasks if (one["first"], one["second"]) == (first, second))

    await worklist.keep_apart(SOPHIE, task["n"], "")
    await publish(platform.parts.database)
    await follower.catch_up()

    pair = await worklist.pair(SOPHIE, task["n"])
    assert all(Attribute.HOMONYM in one.identity.attributes for one in pair.files)
    tasks, _ = await worklist.tasks(SOPHIE, "duplicate")
    assert task["n"] not in {one["n"] for one in tasks}


@pytest.mark.requirement("A1.8")
async def test_a_collision_freezes_splits_and_says_who_read(
    client: httpx.AsyncClient, fusing: Fusing, platform: Platform
) -> None:
    kept, gone = await two(client, "mixed")
    started = clock.now()
    number = await joined(fusing, kept, gone)
    doctor = await platform.client("user/*.rs", user="curious", structure=HOME)
    await doctor.get(f"Observation/w-{gone}")
    colliding = Colliding(platform.parts.kernel)
    mixed = await colliding.open(SOPHIE, kept, started, "Groupe sanguin d’une autre personne")

    refused = await client.post("Observation", json=given.observation(f"Patient/{kept}"))
    moved = given.observation(f"Patient/{gone}", id=f"w-{kept}")
    away = await client.put(f"Observation/w-{kept}", json=moved)
    assert (refused.status_code, away.status_code) == (422, 422)
    assert "gelé" in refused.text
    assert (await client.get(f"Patient/{kept}")).status_code == 200
    assert (await client.post("Observation", json=given.observation())).status_code == 201

    seen = await colliding.shown(SOPHIE, mixed)
    assert {one.resource for one in seen.events} >= {
        f"Observation/w-{kept}",
        f"Observation/w-{gone}",
    }
    assert "curious" in {one.agent for one in seen.readers}
    await colliding.split(SOPHIE, mixed, f"Observation/w-{gone}", gone)
    assert await timeline(client, gone) == [f"w-{gone}"]
    with pytest.raises(RuleBroken):
        await colliding.split(SOPHIE, mixed, f"Observation/w-{gone}", gone)
    assert {one.id for one in await colliding.concerned(SOPHIE, mixed)} == {kept, gone}
    await fusing.undo(THOMAS, number, "Fusion validée par erreur")
    await colliding.close(SOPHIE, mixed, "Événements rendus à chacune")

    assert await timeline(client, kept) == [f"w-{kept}"]
    assert await timeline(client, gone) == [f"w-{gone}"]
    assert (
        await client.post("Observation", json=given.observation(f"Patient/{kept}"))
    ).status_code == 201
    async with platform.parts.database.write.acquire() as connection:
        for _ in range(4):
            await seal(connection, b"k" * 32)
        assert (await check(connection, b"k" * 32)).breach is None


@pytest.mark.requirement("A1.11")
async def test_figures_by_structure_and_month(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    await two(client, "counted")
    await publish(platform.parts.database)
    await Follower(platform.parts.kernel).catch_up()

    months = await Worklist(platform.parts.kernel).months(SOPHIE)

    mine = {one["structure"]: one for one in months if one["month"] == clock.today().replace(day=1)}
    assert mine[HOME]["name"] == "home"
    assert mine[HOME]["files"] >= 1
    assert mine[HOME]["duplicates"] >= 1
