"""What a mandate opens on /fhir: the decision's own answer by every way of asking, while it lives."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import httpx
import pytest

from cordee.access.explaining import Explaining
from cordee.access.facts import Power
from cordee.access.mandates.kinds import MandateKind
from cordee.access.mandates.parts import DRUGS, EVERYTHING, RESULTS, VISITS, every_part
from cordee.access.records import Records
from cordee.fhir.store.journal import publish
from cordee.runtime.clock import PARIS, now
from cordee.runtime.errors import NotFound, RuleBroken
from mandated import (
    LABELS,
    READ,
    citizen,
    clerk,
    client_as,
    make_person,
    mandated,
    naming_of,
    offer,
    self_of,
)
from running import Platform

WORLDS = 14
MINOR, ADULT = "2014-05-01", "1939-04-04"


async def decided(platform: Platform, who, patient: str, rows: list[str]) -> set[str]:
    """References that the decision permits, one by one."""
    explaining = Explaining(platform.parts.database, platform.parts.kernel.keys)
    found = set()
    for one in rows:
        explained = await explaining.resource(who, patient, one, now())
        assert explained is not None
        if explained.decision.permitted:
            found.add(one)
    return found


async def seen(client: httpx.AsyncClient, patient: str, rows: list[str]) -> list[set[str]]:
    """References that somebody sees, by every way of asking."""
    read = set()
    for one in rows:
        answer = await client.get(one)
        assert answer.status_code in {200, 403, 404}, answer.text
        if answer.status_code == 200:
            read.add(one)
    ways = [read, set(), set(), set()]
    for kind in sorted({one.partition("/")[0] for one in rows}):
        about = f"{kind}?patient=Patient/{patient}"
        answer = await client.get(f"{about}&_count=200")
        if answer.status_code == 403:
            continue
        entries = answer.json().get("entry", [])
        found = {f"{kind}/{one['resource']['id']}" for one in entries}
        total = (await client.get(f"{about}&_summary=count")).json()["total"]
        assert total == len(found) == answer.json()["total"]
        ways[1] |= found
        history = await client.get(f"{kind}/_history?_count=1000")
        urls = {one["request"]["url"] for one in history.json().get("entry", [])}
        ways[2] |= {url.split("/_history")[0] for url in urls} & set(rows)
    whole = await client.get(f"Patient/{patient}/$everything?_count=1000")
    for one in whole.json().get("entry", []):
        ways[3].add(f"{one['resource']['resourceType']}/{one['resource']['id']}")
    ways[3] &= set(rows)
    return ways


@pytest.mark.requirement("A3.3")
@pytest.mark.requirement("A3.5")
@pytest.mark.requirement("A3.6")
@pytest.mark.requirement("A3.7")
@pytest.mark.parametrize("seed", range(WORLDS))
async def test_every_way_of_asking_is_the_decision(
    platform: Platform, client: httpx.AsyncClient, seed: int
) -> None:
    random = Random(seed)
    kind = list(MandateKind)[seed % len(MandateKind)]
    patient, rows = await make_person(client, birthDate=MINOR)
    named = kind in {MandateKind.CARER, MandateKind.TRUSTED, MandateKind.CURATOR}
    powers = READ | ({Power.MASK} if not named and random.random() < 0.5 else set())
    parts = random.sample(sorted(every_part()), random.choice((1, 2, 5))) if seed > 1 else ()
    who, _ = await mandated(platform, patient, offer(kind, *parts, powers=powers))
    mine = await client_as(platform, who)

    expected = await decided(platform, who, patient, rows)
    ways = await seen(mine, patient, rows)

    assert ways == [expected] * 4, (kind, parts, powers)
    assert (await mine.get(f"Patient/{patient}")).status_code == 200
    if not parts:
        assert expected


@pytest.mark.requirement("A3.6")
@pytest.mark.requirement("A3.7")
async def test_a_parent_sees_neither_a_secret_nor_what_waits_for_its_announcement(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    patient, _ = await make_person(client, birthDate=MINOR)
    who, _ = await mandated(platform, patient, offer(MandateKind.PARENT, powers=frozenset(Power)))
    parent = await client_as(platform, who)

    codes = {key: (await parent.get(f"Observation/{key}-{patient}")).status_code for key in LABELS}
    deposit = await parent.put(f"Observation/mine-{patient}", json={"resourceType": "Observation"})

    assert codes == {
        "n": 200, "r": 200, "v": 200, "masked": 200, "deferred": 404, "secret": 404,
    }  # fmt: skip
    assert deposit.status_code == 403


@pytest.mark.requirement("A3.3")
async def test_what_is_withdrawn_is_absent_at_once(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    patient, _ = await make_person(client, birthDate=ADULT)
    who, mandate = await mandated(platform, patient, offer(MandateKind.CARER, RESULTS))
    carer, guard = await client_as(platform, who), platform.parts.guard
    kernel = platform.parts.kernel
    records = Records(
        platform.parts.database, guard, kernel.keys, kernel.registry, platform.parts.listener
    )
    stream = records.changes(who, patient)
    await publish(platform.parts.database)
    before = await anext(stream)
    codes = [(await carer.get(f"Observation/n-{patient}")).status_code]

    await naming_of(platform).end(self_of(patient), mandate.id, now())
    guard.forget()
    await publish(platform.parts.database)

    codes.append((await carer.get(f"Observation/n-{patient}")).status_code)
    codes.append((await carer.get(f"Patient/{patient}")).status_code)
    total = (await carer.get(f"Observation?patient=Patient/{patient}&_summary=count")).json()
    left = [one async for one in stream]
    assert codes == [200, 404, 404]
    assert (before >= 0, total["total"], left) == (True, 0, [])
    with pytest.raises(NotFound):
        await naming_of(platform).acting(citizen(who.user), mandate.id, now())
    related = (await client.get(f"RelatedPerson/{mandate.related}")).json()
    assert (related["active"], "end" in related["period"]) == (False, True)


@pytest.mark.requirement("A3.3")
async def test_a_mandate_runs_between_its_two_moments(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    patient, _ = await make_person(client, birthDate=ADULT)
    day = timedelta(days=1)
    later = offer(MandateKind.CARER, starts=now() + day, ends=now() + 2 * day)
    who, mandate = await mandated(platform, patient, later)
    explaining = Explaining(platform.parts.database, platform.parts.kernel.keys)
    moments = (now(), now() + 1.5 * day, now() + 3 * day)

    codes = [(await explaining.record(who, patient, at)).decision.code for at in moments]

    assert codes == ["default", "as-carer", "default"]
    assert (await (await client_as(platform, who)).get(f"Patient/{patient}")).status_code == 404
    assert await naming_of(platform).held(citizen(who.user), now()) == ()
    held = await naming_of(platform).held(citizen(who.user), moments[1])
    assert [one.id for one in held] == [mandate.id]


@pytest.mark.requirement("A3.6")
async def test_parental_authority_ends_at_eighteen_and_all_with_a_death(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    today = now().date()
    nearly = today.replace(year=today.year - 18) + timedelta(days=2)
    patient, _ = await make_person(client, birthDate=nearly.isoformat())
    who, mandate = await mandated(platform, patient, offer(MandateKind.PARENT))
    parent = await client_as(platform, who)
    explaining = Explaining(platform.parts.database, platform.parts.kernel.keys)
    moments = (now(), now() + timedelta(days=3))

    codes = [(await explaining.record(who, patient, at)).decision.code for at in moments]
    reads = [(await parent.get(f"Patient/{patient}")).status_code]
    body = (await client.get(f"Patient/{patient}")).json()
    # A corrected date of birth counts at once, whatever end was kept.
    await client.put(f"Patient/{patient}", json=body | {"birthDate": "2000-01-01"})
    platform.parts.guard.forget()
    reads.append((await parent.get(f"Patient/{patient}")).status_code)

    assert codes == ["as-representative", "default"]
    assert reads == [200, 404]
    assert mandate.ends is not None
    with pytest.raises(RuleBroken):
        await naming_of(platform).give(clerk(), patient, offer(MandateKind.PARENT), now())
    dead = body | {"deceasedBoolean": True}
    patient, _ = await make_person(client, birthDate=ADULT)
    who, _ = await mandated(platform, patient, offer(MandateKind.GUARDIAN))
    guardian = await client_as(platform, who)
    assert (await guardian.get(f"Patient/{patient}")).status_code == 200
    await client.put(f"Patient/{patient}", json=dead | {"id": patient})
    platform.parts.guard.forget()
    assert (await guardian.get(f"Patient/{patient}")).status_code == 404


@pytest.mark.requirement("A3.3")
async def test_each_may_name_what_is_theirs_to_name(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    patient, _ = await make_person(client, birthDate=ADULT)
    other, _ = await make_person(client, birthDate=ADULT)
    naming = naming_of(platform)
    manager = frozenset({Power.READ, Power.MANAGE})
    guardian, mandate = await mandated(
        platform, patient, offer(MandateKind.GUARDIAN, powers=manager)
    )
    curator, _ = await mandated(platform, patient, offer(MandateKind.CURATOR))
    given = await naming.give(guardian, patient, offer(MandateKind.CARER, VISITS), now())

    for who, whom, asked in (
        (self_of(other), patient, offer()),
        (curator, patient, offer()),
        (guardian, other, offer()),
        (clerk(), patient, offer()),
        (citizen(), patient, offer()),
    ):
        with pytest.raises(NotFound):
            await naming.give(who, whom, asked, now())
    for asked in (
        offer(powers=manager), offer(MandateKind.CARER, "tout"), offer(name=" "),
        offer(MandateKind.CURATOR, powers=manager), offer(MandateKind.GUARDIAN, proof=""),
        offer(ends=now() - timedelta(days=1)), offer(parts=frozenset()),
    ):  # fmt: skip
        giver = clerk() if asked.kind not in {MandateKind.CARER} else self_of(patient)
        with pytest.raises(RuleBroken):
            await naming.give(giver, patient, asked, now())
    with pytest.raises(Exception, match="professionals"):
        await naming.end(self_of(patient), mandate.id, now())
    assert given.mandate.made_by == guardian.user
    told = await naming.history(self_of(patient), patient, now())
    assert [one.what for one in told].count("named") == 3


@pytest.mark.requirement("A3.3")
@pytest.mark.requirement("E1.2")
async def test_a_representative_gives_no_more_than_they_hold(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    patient, _ = await make_person(client, birthDate=MINOR)
    naming = naming_of(platform)
    manager = frozenset({Power.READ, Power.MANAGE})
    parent, _ = await mandated(
        platform, patient, offer(MandateKind.PARENT, VISITS, DRUGS, powers=manager)
    )
    whole, _ = await mandated(platform, patient, offer(MandateKind.GUARDIAN, powers=manager))
    deposits = frozenset({Power.READ, Power.DEPOSIT})

    for asked in (
        offer(), offer(MandateKind.CARER, VISITS, RESULTS),
        offer(MandateKind.CARER, VISITS, powers=deposits),
        offer(MandateKind.CARER, VISITS, starts=datetime(2040, 1, 1, tzinfo=UTC)),
    ):  # fmt: skip
        with pytest.raises(RuleBroken):
            await naming.give(parent, patient, asked, now())
    given = await naming.give(parent, patient, offer(MandateKind.CARER, VISITS), now())
    with pytest.raises(RuleBroken):
        await naming.change(parent, given.mandate.id, offer(), now())
    late = offer(MandateKind.CARER, DRUGS, ends=datetime(2040, 1, 1, tzinfo=UTC))
    await naming.change(parent, given.mandate.id, late, now())
    other = await naming.give(whole, patient, offer(), now())

    # What a parent opened ends when the child comes of age.
    around = await naming.around(self_of(patient), patient, now())
    by_id = {one.id: one for one in around}
    assert given.mandate.ends == datetime(2032, 5, 1, tzinfo=PARIS)
    assert by_id[given.mandate.id].ends == given.mandate.ends
    assert by_id[other.mandate.id].ends is None


@pytest.mark.requirement("A3.3")
@pytest.mark.requirement("A4.1")
async def test_a_new_code_is_in_the_trail(platform: Platform, client: httpx.AsyncClient) -> None:
    patient, _ = await make_person(client, birthDate=ADULT)
    naming, me = naming_of(platform), self_of(patient)
    number = (await naming.give(me, patient, offer(), now())).mandate.id

    await naming.invite_again(me, number, now())

    async with platform.parts.database.write.acquire() as connection:
        lines = await connection.fetch(
            "SELECT actor, action FROM audit WHERE detail = $1", f"mandate invited {number}"
        )
    assert [(one["actor"], bytes(one["action"])) for one in lines] == [(me.user, b"C")]


@pytest.mark.requirement("A2.1")
@pytest.mark.requirement("A3.3")
async def test_a_code_works_once_and_for_an_account_of_ones_own(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    patient, _ = await make_person(client, birthDate=ADULT)
    naming, me = naming_of(platform), self_of(patient)
    first = await naming.give(me, patient, offer(MandateKind.CARER, DRUGS), now())
    again = await naming.invite_again(me, first.mandate.id, now() + timedelta(seconds=1))
    at = now() + timedelta(seconds=2)

    for who, code, moment in (
        (citizen(), first.code, at),  # replaced
        (citizen(), "AAAA-AAAA-AAAA-AAAA", at),
        (me, again.code, at),  # the patient's own record
        (clerk(), again.code, at),  # a professional's account
        (citizen(), again.code, at + timedelta(days=7)),  # over
    ):
        with pytest.raises(RuleBroken):
            await naming.take(who, code, moment)
    assert await naming.offered(again.code.lower().replace("-", " "), at) is not None
    taken = await naming.take(citizen("fille"), again.code, at)
    with pytest.raises(RuleBroken):
        await naming.take(citizen(), again.code, at)

    assert (taken.agent, await naming.offered(again.code, at)) == ("fille", None)


@pytest.mark.requirement("A3.3")
async def test_nobody_acts_under_the_mandate_of_somebody_else(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    patient, _ = await make_person(client, birthDate=ADULT)
    other, _ = await make_person(client, birthDate=ADULT)
    who, mandate = await mandated(platform, patient, offer(MandateKind.CARER))
    theirs = citizen()
    for principal in (
        replace(who, user=theirs.user),  # another account
        replace(who, role="représentant légal"),  # another role
        replace(who, practitioner="RelatedPerson/other"),
        theirs,
    ):
        stranger = await client_as(platform, principal)
        assert (await stranger.get(f"Patient/{patient}")).status_code == 404
        assert (await stranger.get("Patient?_summary=count")).json()["total"] == 0
    mine = await client_as(platform, who)
    assert (await mine.get(f"Patient/{other}")).status_code == 404
    assert (await mine.get("Patient?_summary=count")).json()["total"] == 1
    await naming_of(platform).change(
        self_of(patient), mandate.id, offer(MandateKind.CARER, VISITS), now()
    )
    platform.parts.guard.forget()
    assert (await mine.get(f"Encounter/encounter-{patient}")).status_code == 200
    assert (await mine.get(f"Observation/n-{patient}")).status_code == 403
    assert EVERYTHING not in offer(MandateKind.CARER, VISITS).parts


@pytest.mark.requirement("A3.3")
async def test_nothing_tells_what_lies_in_a_closed_part(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    """Two carers with appointments alone: of a full record, and of one with appointments alone."""
    answers = []
    for is_full in (True, False):
        patient, rows = await make_person(client, birthDate=ADULT)
        if not is_full:
            for one in rows:
                if not one.startswith("Encounter/"):
                    assert (await client.delete(one)).status_code in {200, 204}
        who, _ = await mandated(platform, patient, offer(MandateKind.CARER, VISITS))
        carer = await client_as(platform, who)
        told = []
        for url in (
            "Patient?_has:Observation:patient:code=29463-7&_summary=count",
            "Patient?_has:Condition:patient:code:text=Exemple&_summary=count",
            f"Patient?_id={patient}&_revinclude=Observation:subject&_revinclude=Condition:subject",
            f"Patient?_id={patient}&_revinclude=*",
            f"Encounter?patient=Patient/{patient}&_include=*&_revinclude=*",
            "Encounter?patient._has:Observation:patient:code=29463-7&_summary=count",
            f"Encounter?subject:Patient._has:Task:patient:status=requested&patient={patient}",
            f"Patient/{patient}/$everything?_count=500",
            f"Patient/{patient}/$everything?_type=Observation,Condition,Encounter",
            "?_type=Observation,Encounter,Condition&_summary=count",
            "Observation?_summary=count",
            "_history?_count=500",
            f"Patient/{patient}/_history",
        ):
            answer = await carer.get(url)
            body = answer.json()
            kinds = sorted(
                one.get("resource", {}).get("resourceType", "") for one in body.get("entry", [])
            )
            told.append((url.replace(patient, "P"), answer.status_code, body.get("total"), kinds))
        answers.append(told)

    assert answers[0] == answers[1]
    assert any("Encounter" in one[3] for one in answers[0])
