"""Governed Tasks, by whatever door they are written: judged, noted, due, won by one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

import given
from cordee.app.store import KernelStore, system
from cordee.app.workflow import tell_late
from cordee.care.store import Write
from cordee.care.workflow.clocks import AGENT, Clocks
from cordee.care.workflow.desk import Workflow, moves_of
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import (
    FACT,
    MACHINE,
    Asked,
    Wanted,
    facts_of,
    moved_task,
    new_task,
    state_of,
)
from cordee.fhir.bulk.intake import take
from cordee.fhir.bulk.sources import Item
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken, VersionConflict
from running import Platform

INTAKE = {
    "asker": "liberal", "motive": "maintien", "urgency": "48h", "person-informed": True, "attending-informed": False,
}  # fmt: skip
CONTACT = {"attending-contact": "Dr Le Goff appelé le 21 à 18 h : d’accord pour une visite."}


def _member(structure: str, practitioner: str) -> Principal:
    return Principal(
        practitioner.lower().replace("/", "-"), "Test", "doctor", structure, practitioner,
        ("user/*.cruds",), level=2, profession="10",
    )  # fmt: skip


class World:
    """A patient in the circle of an asking practice, a DAC and facilities."""

    def __init__(self, platform: Platform, client: httpx.AsyncClient) -> None:
        self.platform = platform
        self.client = client
        self.store = KernelStore(platform.parts.kernel, platform.parts.guard)
        self.desk = Workflow(platform.parts.database, self.store)
        self.patient = ""
        self.members: dict[str, Principal] = {}

    async def prepare(self, *names: str) -> None:
        participants: list[Any] = []
        for name in names:
            organisation = await self._make({"resourceType": "Organization", "name": name})
            practitioner = await self._make(
                {"resourceType": "Practitioner", "name": [{"family": name}]}
            )
            self.members[name] = _member(organisation, practitioner)
            participants += [{"member": {"reference": one}} for one in (organisation, practitioner)]
        self.patient = await self._make(given.patient())
        await self._make(
            {
                "resourceType": "CareTeam",
                "status": "active",
                "subject": {"reference": self.patient},
                "participant": participants,
            }
        )

    def asked(self, machine: str, owner: str, **more: Any) -> Asked:
        requester = self.members["asker"].structure
        return Asked(machine, self.patient, self.members[owner].structure, requester, **more)

    async def _make(self, resource: Mapping[str, Any]) -> str:
        answer = await self.client.post(str(resource["resourceType"]), json=resource)
        assert answer.status_code == 201, answer.text
        return f"{resource['resourceType']}/{answer.json()['id']}"

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        async with self.platform.parts.database.write.acquire() as connection:
            return list(await connection.fetch(sql, *values))


@pytest.fixture(scope="module")
async def world(platform: Platform, client: httpx.AsyncClient) -> World:
    made = World(platform, client)
    await made.prepare("asker", "dac", "had", "smr", "stranger")
    return made


async def _request(world: World) -> str:
    asked = world.asked("dac-request", "dac", facts=INTAKE)
    return (await world.desk.start(world.members["asker"], asked)).id


@pytest.mark.requirement("B4.2")
async def test_a_request_goes_its_way_and_each_step_is_kept(world: World) -> None:
    task = await _request(world)
    dac = world.members["dac"]
    await world.desk.move(dac, task, Wanted("qualify"))
    await world.desk.move(dac, task, Wanted("coordinate", facts=CONTACT))
    await world.desk.move(dac, task, Wanted("close", facts={"outcome": "done"}))

    story = await world.desk.story(task)
    assert [one.after for one in story] == ["received", "qualified", "coordination", "closed"]
    assert story[1].agent == dac.user
    asker = world.members["asker"]
    present = await world.store.read(asker, "Task", task)
    assert (present["status"], state_of(present)) == ("completed", "closed")
    assert moves_of(dac, present) == []
    rated = Wanted("rate", facts={"satisfaction": "4"})
    await world.desk.move(asker, task, rated)
    assert await world.desk.due([task]) == {}


@pytest.mark.requirement("B4.12")
async def test_who_says_nothing_of_the_answer_is_not_waited_for_forever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await _request(world)
    dac = world.members["dac"]
    await world.desk.move(dac, task, Wanted("qualify"))
    await world.desk.move(dac, task, Wanted("inform"))
    await world.desk.move(dac, task, Wanted("close", facts={"outcome": "unmet"}))
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    async with asyncio.timeout(20):
        while await _clocks(world).ring_due():
            pass
    present = await world.store.read(world.members["asker"], "Task", task)
    assert state_of(present) == "archived"
    story = await world.desk.story(task)
    assert (story[-1].agent, story[-1].move) == (AGENT, "archive")


@pytest.mark.requirement("B4.2")
async def test_each_state_has_its_clock(world: World) -> None:
    task = await _request(world)
    first = (await world.desk.due([task]))[task]
    assert first.name == "acknowledge"
    await world.desk.move(world.members["dac"], task, Wanted("qualify"))
    second = (await world.desk.due([task]))[task]
    assert (second.name, second.at > first.at) == ("evaluate", True)


@pytest.mark.requirement("B4.3")
async def test_nothing_is_coordinated_before_the_attending_was_asked(world: World) -> None:
    task = await _request(world)
    dac = world.members["dac"]
    await world.desk.move(dac, task, Wanted("qualify"))
    with pytest.raises(RuleBroken, match="médecin traitant"):
        await world.desk.move(dac, task, Wanted("coordinate"))
    await world.desk.move(dac, task, Wanted("coordinate", facts=CONTACT))


@pytest.mark.requirement("B4.12")
async def test_a_request_is_closed_with_its_outcome(world: World) -> None:
    task = await _request(world)
    dac = world.members["dac"]
    await world.desk.move(dac, task, Wanted("qualify"))
    await world.desk.move(dac, task, Wanted("inform"))
    with pytest.raises(RuleBroken, match="ce que la demande a donné"):
        await world.desk.move(dac, task, Wanted("close"))
    with pytest.raises(RuleBroken, match="choisissez parmi"):
        await world.desk.move(dac, task, Wanted("close", facts={"outcome": "bof"}))


@pytest.mark.requirement("B4.2")
async def test_a_way_that_does_not_lead_there_is_told_in_french(world: World) -> None:
    task = await _request(world)
    with pytest.raises(Conflict) as refused:
        await world.desk.move(
            world.members["dac"], task, Wanted("close", facts={"outcome": "done"})
        )
    assert "de « Reçue », on ne passe pas à « Close »" in refused.value.message
    assert "« Qualifier »" in refused.value.message


@pytest.mark.requirement("B4.2")
async def test_a_move_is_made_by_whom_it_belongs_to(world: World) -> None:
    task = await _request(world)
    with pytest.raises(AccessDenied, match="revient au destinataire"):
        await world.desk.move(world.members["asker"], task, Wanted("qualify"))
    with pytest.raises(AccessDenied, match="revient au demandeur"):
        await world.desk.move(
            world.members["dac"], task, Wanted("withdraw", reason="Trop tard pour nous")
        )
    await world.desk.move(
        world.members["asker"], task, Wanted("withdraw", reason="Entrée en EHPAD")
    )


async def test_nobody_asks_in_the_name_of_another(world: World) -> None:
    asked = world.asked("dac-request", "dac", facts=INTAKE)
    with pytest.raises(AccessDenied, match="en votre nom"):
        await world.desk.start(world.members["stranger"], asked)


@pytest.mark.requirement("B4.2")
async def test_the_api_is_held_to_the_same_rules(world: World) -> None:
    asked = world.asked("dac-request", "dac", facts=INTAKE)
    task = new_task(asked, clock.now())
    wrong = task | {"status": "completed"}
    answer = await world.client.post("Task", json=wrong)
    assert answer.status_code == 422
    assert "Task.status" in answer.json()["issue"][0]["diagnostics"]

    made = (await world.client.post("Task", json=task)).json()
    leap = moved_task(made, machines()["dac-request"], Wanted("close"), clock.now())
    answer = await world.client.put(f"Task/{made['id']}", json=leap)
    assert answer.status_code == 409
    assert "on ne passe pas" in answer.json()["issue"][0]["diagnostics"]
    answer = await world.client.delete(f"Task/{made['id']}")
    assert answer.status_code == 422
    lot = given.bundle("transaction", given.entry("PUT", f"Task/{made['id']}", leap))
    assert (await world.client.post("", json=lot)).status_code == 409
    patched = [{"op": "replace", "path": "/owner/reference", "value": world.patient}]
    answer = await world.client.patch(
        f"Task/{made['id']}", json=patched,
        headers={"content-type": "application/json-patch+json"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert [one.after for one in await world.desk.story(made["id"])] == ["received"]


async def test_a_task_that_follows_no_machine_is_nobodys_business(world: World) -> None:
    task = {"resourceType": "Task", "status": "draft", "intent": "plan"}
    made = await world.client.post("Task", json=task)
    assert made.status_code == 201
    assert (await world.client.delete(f"Task/{made.json()['id']}")).status_code in {200, 204}


async def test_what_is_refused_leaves_nothing_behind(world: World) -> None:
    before = await world.rows("SELECT count(*) FROM workflow_task")
    with pytest.raises(RuleBroken):
        await world.desk.start(world.members["asker"], world.asked("dac-request", "dac"))
    assert await world.rows("SELECT count(*) FROM workflow_task") == before


async def _parallel(world: World, group: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for owner in ("had", "smr"):
        asked = world.asked("facility-request", owner, group=group, facts={"kind": "had"})
        found[owner] = (await world.desk.start(world.members["asker"], asked)).id
    return found


async def _accept(world: World, owner: str, task: str) -> str:
    wanted = Wanted("accept", facts={"place-from": "2026-12-01"})
    try:
        await world.desk.move(world.members[owner], task, wanted)
    except Conflict as refused:
        return refused.message
    return "accepted"


def _clocks(world: World) -> Clocks:
    return Clocks(world.platform.parts.database, world.store, system(AGENT), tell_late)


@pytest.mark.requirement("B5.5")
@pytest.mark.parametrize("turn", range(5))
async def test_of_two_who_accept_at_once_one_wins_and_the_other_is_told(
    world: World, turn: int
) -> None:
    tasks = await _parallel(world, f"at-once-{turn}")
    said = await asyncio.gather(*(_accept(world, owner, task) for owner, task in tasks.items()))
    assert sorted(one == "accepted" for one in said) == [False, True]
    assert any("un autre destinataire vient de l’accepter" in one for one in said)

    winner, loser = sorted(tasks, key=lambda one: said[list(tasks).index(one)] != "accepted")
    await world.desk.move(world.members["asker"], tasks[winner], Wanted("confirm"))
    async with asyncio.timeout(20):
        while await _clocks(world).ring_due():
            pass
    lost = await world.store.read(world.members[loser], "Task", tasks[loser])
    assert (state_of(lost), lost["status"]) == ("elsewhere", "cancelled")


@pytest.mark.requirement("B5.5")
async def test_who_withdraws_an_acceptance_leaves_it_to_the_others(world: World) -> None:
    tasks = await _parallel(world, "given-up")
    assert await _accept(world, "had", tasks["had"]) == "accepted"
    assert "un autre" in await _accept(world, "smr", tasks["smr"])
    await world.desk.move(
        world.members["had"], tasks["had"], Wanted("refuse", reason="Pas de place")
    )
    assert await _accept(world, "smr", tasks["smr"]) == "accepted"


@pytest.mark.requirement("B5.5")
async def test_who_does_not_answer_is_told_once_and_who_waits_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = await _parallel(world, "silence")
    later = clock.now() + timedelta(days=8)
    monkeypatch.setattr(clock, "now", lambda: later)
    ringing = [_clocks(world), _clocks(world)]
    async with asyncio.timeout(20):
        while sum(await asyncio.gather(*(one.ring_due() for one in ringing))):
            pass
    told = await world.rows(
        "SELECT recipients FROM event WHERE kind = 'task' AND focus = $1", f"Task/{tasks['had']}"
    )
    parties = {world.members["had"].structure, world.members["asker"].structure}
    assert [set(row["recipients"]) for row in told] == [parties]


async def test_a_clock_whose_process_died_is_taken_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = await _parallel(world, "dies")
    later = clock.now() + timedelta(days=8)
    monkeypatch.setattr(clock, "now", lambda: later)

    async def dies(*_: Any) -> None:
        raise ConnectionError("the process dies here")

    dying = Clocks(world.platform.parts.database, world.store, system(AGENT), dies)
    with pytest.raises(ConnectionError):
        await dying.ring_due()
    focus = f"Task/{tasks['had']}"
    assert not await world.rows("SELECT 1 FROM event WHERE focus = $1", focus)
    assert await _clocks(world).ring_due() == 0  # still leased
    monkeypatch.setattr(clock, "now", lambda: later + timedelta(minutes=2))
    async with asyncio.timeout(20):
        while await _clocks(world).ring_due():
            pass
    assert len(await world.rows("SELECT 1 FROM event WHERE focus = $1", focus)) == 1


async def test_two_who_move_at_once_do_not_both(world: World) -> None:
    task = await _request(world)
    dac = world.members["dac"]
    present = await world.store.read(dac, "Task", task)
    version = int(present["meta"]["versionId"])
    await world.desk.move(dac, task, Wanted("qualify"), if_match=version)
    with pytest.raises((VersionConflict, Conflict)):
        await world.desk.move(dac, task, Wanted("qualify"), if_match=version)


async def test_a_clock_that_falls_does_not_hold_up_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, task = await _request(world), await _request(world)
    async with world.platform.parts.database.write.acquire() as connection:
        sql = "INSERT INTO workflow_clock (task, name, state, due) VALUES ($1, 'x', 'gone', $2)"
        await connection.execute(sql, odd, clock.now() - timedelta(days=1))
    later = clock.now() + timedelta(days=8)
    monkeypatch.setattr(clock, "now", lambda: later)
    async with asyncio.timeout(20):
        while await _clocks(world).ring_due():
            pass
    assert len(await world.rows("SELECT 1 FROM event WHERE focus = $1", f"Task/{task}")) == 1


async def test_a_fact_that_leads_nowhere_is_none(world: World) -> None:
    task = await _request(world)
    dac = world.members["dac"]
    present = await world.store.read(dac, "Task", task)
    pointing = {
        "type": {"coding": [{"system": FACT, "code": "asker-contact"}]},
        "valueReference": {"display": "quelqu’un"},
    }
    odd = {**present, "input": [*present["input"], pointing]}
    await world.store.write(dac, [Write(odd, "PUT", int(present["meta"]["versionId"]))])
    await world.desk.move(dac, task, Wanted("qualify"))
    assert facts_of(await world.store.read(dac, "Task", task))["asker-contact"] == ""


@pytest.mark.parametrize(
    "codes", [[{}], [{}, {"code": "dac-request"}], [{"code": "dac-request"}, {"code": "rupture"}]]
)
async def test_who_names_no_machine_or_two_opens_no_record(
    world: World, codes: list[dict[str, str]]
) -> None:
    """What ties the owner to the patient is what the machine judges, and nothing else."""
    friend = await world._make({"resourceType": "Practitioner", "name": [{"family": "Ami"}]})
    task = new_task(world.asked("dac-request", "dac", facts=INTAKE), clock.now())
    task["code"] = {"coding": [{"system": MACHINE} | one for one in codes]}
    task["owner"] = {"reference": friend}
    answer = await world.client.post("Task", json=task)
    assert answer.status_code == 422
    store, who = world.store, _member("", friend)
    with pytest.raises(NotFound):
        await store.read(who, "Patient", world.patient.removeprefix("Patient/"))


async def test_nobody_learns_of_a_request_by_writing_over_it(world: World) -> None:
    task = await _request(world)
    stranger = _member("Organization/nowhere", "Practitioner/nowhere")
    client = await world.platform.client(
        "user/*.cruds", user=stranger.user, structure=stranger.structure,
        practitioner=stranger.practitioner,
    )  # fmt: skip
    codes: list[str] = []
    free = {"resourceType": "Task", "status": "draft", "intent": "plan"}
    about = free | {"for": {"reference": world.patient}}
    plain = (await world.client.post("Task", json=about)).json()["id"]
    for key in (task, plain):
        answer = await client.put(f"Task/{key}", json=free | {"id": key})
        codes.append(f"{answer.status_code} {answer.json()['issue'][0]['diagnostics']}")
        lot = given.bundle("transaction", given.entry("PUT", f"Task/{key}", free | {"id": key}))
        answer = await client.post("", json=lot)
        codes.append(str(answer.status_code))
    assert codes[:2] == codes[2:]


async def test_an_import_is_taken_up_in_the_state_in_which_it_comes(world: World) -> None:
    request = new_task(world.asked("dac-request", "dac", facts=INTAKE), clock.now())
    begun = moved_task(request, machines()["dac-request"], Wanted("qualify"), clock.now())
    odd = {**begun, "code": {"coding": [{"system": MACHINE, "code": "of-elsewhere"}]}}
    lines = b"\n".join(
        orjson.dumps(one | {"id": f"taken-{i}"}) for i, one in enumerate((begun, odd))
    )
    item = Item(f"import-{world.patient}", "Task:1", lines, lines=True)
    progress = await take(world.platform.parts.kernel, item, last=True)
    assert (progress.written, [one.place for one in progress.problems]) == (1, [2])
    assert "Ce suivi n’existe pas ici." in progress.problems[0].reasons[0]
    assert set(await world.desk.due(["taken-0"])) == {"taken-0"}
    await world.desk.move(world.members["dac"], "taken-0", Wanted("inform"))
    story = await world.desk.story("taken-0")
    assert [(one.before, one.after) for one in story] == [
        ("", "qualified"), ("qualified", "information"),
    ]  # fmt: skip


async def test_what_is_written_without_a_version_waits_for_its_turn(world: World) -> None:
    """Programs that write over the same Task at once are judged one after the other."""
    task = await _request(world)
    present = await world.store.read(system("test"), "Task", task)
    words = [{**present, "description": f"relance {i}"} for i in range(8)]
    answers = await asyncio.gather(*(world.client.put(f"Task/{task}", json=one) for one in words))
    assert {one.status_code for one in answers} == {200}
