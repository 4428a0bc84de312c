"""SCIM 2.0 on the real database: who joins is never active, who leaves is out at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from cordee.app.asgi import make_application
from cordee.identity.accounts.entering import Entrance
from cordee.identity.accounts.register import NewAccount, Register, Situation
from cordee.identity.accounts.sealing import Sealer
from cordee.identity.accounts.sessions import Opening, Origin
from cordee.identity.principal import Principal
from cordee.identity.provisioning.programme import Programme
from cordee.identity.provisioning.scim import AGENT, LIST, PATCH, USER
from cordee.identity.provisioning.tokens import ProvisioningTokens
from cordee.identity.smart.clients import new_client
from cordee.identity.smart.store import Grant, fresh
from cordee.runtime.clock import now
from cordee.runtime.errors import NotAuthenticated, NotFound
from running import Platform

CHU, CLINIC = "Organization/chu", "Organization/clinic"
HERE = Origin("192.0.2.1", "test")
pytestmark = pytest.mark.requirement("A2.3")
_numbers = count(1)


@dataclass
class Staff:
    """The register of staff of a hospital, and the platform behind."""

    client: httpx.AsyncClient
    platform: Platform
    entrance: Entrance
    register: Register

    async def sql(self, statement: str, *values: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.platform.ground.superuser(self.platform.database))
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def join(self, user: str, **more: Any) -> dict[str, Any]:
        told = {"schemas": [USER], "userName": user, "displayName": f"Agent {user}", **more}
        answer = await self.client.post("Users", json=told)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def worker(self, *places: str) -> tuple[str, str]:
        """Login and RPPS of somebody who works in these structures."""
        number = next(_numbers)
        login, rpps = f"agent{number}", f"1099{number:07}"
        at = [Situation("infirmier", place, place) for place in places]
        await self.register.add(NewAccount(login, f"Nom {login}"), at)
        await self.register.set_rpps(login, rpps)
        return login, rpps

    async def session(self, login: str, place: str) -> str:
        """An open session of somebody in one structure."""
        row = (await self.sql(
            "SELECT a.id, t.id AS place FROM account a JOIN situation t ON t.account = a.id"
            " WHERE a.login = $1 AND t.structure = $2", login, place,
        ))[0]  # fmt: skip
        name = fresh()
        opening = Opening(row["id"], "open", 1, HERE, row["place"])
        async with self.platform.parts.database.transaction() as connection:
            await self.entrance.sessions.open(connection, name, opening, now())
        return name

    async def is_in(self, login: str, session: str) -> bool:
        return await self.entrance.sessions.resume(session, login, now()) is not None

    async def patch(self, key: str, *operations: dict[str, Any]) -> httpx.Response:
        return await self.client.patch(
            f"Users/{key}", json={"schemas": [PATCH], "Operations": operations}
        )


@pytest.fixture
async def staff(platform: Platform, tmp_path: Path) -> AsyncIterator[Staff]:
    database = platform.parts.database
    token = await ProvisioningTokens(database).make(CHU, "RH", 30)
    transport = httpx.ASGITransport(make_application(platform.parts, None))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8100/scim/v2/",
        headers={"authorization": f"Bearer {token}"},
    ) as client:  # fmt: skip
        entrance = Entrance(database, Sealer(tmp_path))
        yield Staff(client, platform, entrance, Register(database, "test"))


async def test_a_joiner_waits_to_be_linked(staff: Staff) -> None:
    made = await staff.join("nouvelle", externalId="RH-1", name={"familyName": "Petit"})

    assert (made["active"], made[AGENT]["status"]) == (True, "unlinked")
    assert made["meta"]["location"].endswith(f"/scim/v2/Users/{made['id']}")
    assert await staff.sql("SELECT FROM account WHERE login = 'nouvelle'") == []
    again = await staff.client.post("Users", json={"schemas": [USER], "userName": "nouvelle"})
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")


async def test_a_joiner_with_a_known_rpps_is_linked(staff: Staff) -> None:
    _login, rpps = await staff.worker(CHU)

    made = await staff.join("connue", **{AGENT: {"rpps": rpps}})

    assert made[AGENT]["status"] == "linked"


async def test_filters_find_by_user_name_and_external_id(staff: Staff) -> None:
    made = await staff.join("cherchee", externalId="RH-42")

    for text in ('userName eq "cherchee"', 'externalId EQ "RH-42"', 'username eq "cherchee"'):
        found = (await staff.client.get("Users", params={"filter": text})).json()
        assert (found["schemas"], found["totalResults"]) == ([LIST], 1)
        assert found["Resources"][0]["id"] == made["id"]
    for bad in ('name co "x"', "userName eq", 'title eq "x"', "' OR 1=1"):
        answer = await staff.client.get("Users", params={"filter": bad})
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")
    page = (await staff.client.get("Users", params={"count": "0"})).json()
    assert page["Resources"] == []


async def test_who_is_deactivated_is_out_at_once_and_comes_back(staff: Staff) -> None:
    login, rpps = await staff.worker(CHU)
    made = await staff.join(f"id-{login}", **{AGENT: {"rpps": rpps}})
    session = await staff.session(login, CHU)
    assert await staff.is_in(login, session)

    answer = await staff.patch(made["id"], {"op": "Replace", "path": "active", "value": "False"})

    assert (answer.status_code, answer.json()["active"]) == (200, False)
    assert not await staff.is_in(login, session)
    assert not await staff.is_in(login, await staff.session(login, CHU))
    back = await staff.patch(made["id"], {"op": "replace", "value": {"active": True}})
    assert back.json()[AGENT]["status"] == "linked"
    assert await staff.is_in(login, await staff.session(login, CHU))


async def test_a_leaver_takes_tokens_of_applications_along(staff: Staff) -> None:
    login, rpps = await staff.worker(CHU)
    made = await staff.join(f"id-{login}", **{AGENT: {"rpps": rpps}})
    session = await staff.session(login, CHU)
    smart = staff.platform.parts.smart
    client, _ = new_client(
        "App", "public", ["http://localhost/app"], "user/*.rs offline_access", approved=True
    )
    await smart.store.add_client(client)
    person = Principal(login, "Nom", "infirmier", CHU, "", ())
    grant = Grant(fresh(), client.id, login, person, {}, session, ("user/*.rs", "offline_access"))
    await smart.store.add_grant(grant)
    token = smart.bearers.make(grant, ["user/*.rs"])
    assert (await smart.bearers.read(token)).user == login

    answer = await staff.client.delete(f"Users/{made['id']}")
    smart.bearers.forget()  # as a second later

    assert (answer.status_code, answer.content) == (204, b"")
    assert not await staff.is_in(login, session)
    with pytest.raises(NotAuthenticated):
        await smart.bearers.read(token)
    assert (await staff.client.get(f"Users/{made['id']}")).status_code == 404
    rows = await staff.sql("SELECT status FROM account WHERE login = $1", login)
    assert rows[0]["status"] == "left"


async def test_tokens_end_with_the_account_and_with_the_session(staff: Staff) -> None:
    login, _ = await staff.worker(CHU)
    session = await staff.session(login, CHU)
    smart = staff.platform.parts.smart
    client, _ = new_client("App", "public", ["http://localhost/app"], "user/*.rs", approved=True)
    await smart.store.add_client(client)
    person = Principal(login, "Nom", "infirmier", CHU, "", ())
    grant = Grant(fresh(), client.id, login, person, {}, session, ("user/*.rs",))
    await smart.store.add_grant(grant)
    token = smart.bearers.make(grant, ["user/*.rs"])

    await staff.register.set_status(login, "suspended")
    with pytest.raises(NotAuthenticated):
        await smart.bearers.read(token)
    await staff.sql("UPDATE account SET status = 'active' WHERE login = $1", login)
    await staff.sql("UPDATE session SET closed = NULL")
    assert (await smart.bearers.read(token)).user == login
    await staff.entrance.sessions.close(session, now())
    smart.bearers.forget()
    with pytest.raises(NotAuthenticated):
        await smart.bearers.read(token)


async def test_who_works_elsewhere_stays_there(staff: Staff) -> None:
    login, rpps = await staff.worker(CHU, CLINIC)
    made = await staff.join(f"id-{login}", **{AGENT: {"rpps": rpps}})
    here, elsewhere = await staff.session(login, CHU), await staff.session(login, CLINIC)

    await staff.client.delete(f"Users/{made['id']}")

    assert not await staff.is_in(login, here)
    assert await staff.is_in(login, elsewhere)
    assert not await staff.is_in(login, await staff.session(login, CHU))


@pytest.mark.requirement("A2.4")
async def test_an_agent_whose_time_is_over_does_not_work_there(staff: Staff) -> None:
    login, rpps = await staff.worker(CHU)
    made = await staff.join(f"id-{login}", **{AGENT: {"rpps": rpps}})
    session = await staff.session(login, CHU)
    ends = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()

    changed = await staff.patch(
        made["id"], {"op": "replace", "path": f"{AGENT}:expires", "value": ends}
    )

    assert changed.status_code == 200
    assert not await staff.is_in(login, session)


async def test_a_token_speaks_for_one_structure_while_it_holds(staff: Staff) -> None:
    made = await staff.join("autre-structure")
    tokens = ProvisioningTokens(staff.platform.parts.database)
    other = await tokens.make(CLINIC, "clinique", 30)
    headers = {"authorization": f"Bearer {other}"}

    for method in ("GET", "DELETE"):
        answer = await staff.client.request(method, f"Users/{made['id']}", headers=headers)
        assert answer.status_code == 404
    known = next(one for one in await tokens.all() if one["label"] == "clinique")
    await tokens.remove(known["id"][:12])
    for bad in (f"Bearer {other}", "Bearer x", "Basic eDp5", ""):
        answer = await staff.client.get("Users", headers={"authorization": bad})
        assert answer.status_code == 401


async def test_the_service_says_what_it_can_do(staff: Staff) -> None:
    told = (await staff.client.get("ServiceProviderConfig")).json()
    kinds = (await staff.client.get("ResourceTypes")).json()
    schema = (await staff.client.get(f"Schemas/{USER}")).json()

    assert (told["patch"]["supported"], told["bulk"]["supported"]) == (True, False)
    assert kinds["Resources"][0]["endpoint"] == "/Users"
    assert {one["name"] for one in schema["attributes"]} >= {"userName", "active"}
    assert (await staff.client.get("Groups")).status_code == 404
    assert (await staff.client.delete("Users")).status_code == 405


async def test_what_cannot_be_read_changes_nothing(staff: Staff) -> None:
    made = await staff.join("stable")

    for told in (
        {"Operations": []},
        {"schemas": [PATCH], "Operations": [{"op": "move"}]},
        {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "roles", "value": "x"}]},
        {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": "x"}]},
    ):
        answer = await staff.client.patch(f"Users/{made['id']}", json=told)
        assert answer.status_code == 400, told
    bad = await staff.client.post("Users", content=b"{")
    assert bad.status_code == 400
    assert (await staff.client.get(f"Users/{made['id']}")).json()["active"] is True


@pytest.mark.requirement("A2.4")
async def test_a_temporary_agent_is_renewed_by_their_structure(staff: Staff) -> None:
    await staff.register.add(NewAccount("cheffe", "Cheffe"), [Situation("médecin", CHU, "CHU")])
    ends = now() + timedelta(days=20)
    intern = NewAccount("interne", "Interne", ends, "cheffe")
    await staff.register.add(intern, [Situation("interne", CHU, "CHU")])
    database = staff.platform.parts.database
    here, elsewhere = Programme(database, CHU), Programme(database, CLINIC)
    assert "interne" in {one.login for one in await here.ending()}

    with pytest.raises(NotFound):
        await elsewhere.renew("interne", "x")
    renewed = await here.renew("interne", "cadre")

    rows = await staff.sql("SELECT ends FROM account WHERE login = 'interne'")
    assert rows[0]["ends"] == renewed
    events = await staff.sql("SELECT actor FROM account_event WHERE action = 'end'")
    assert [row["actor"] for row in events] == ["cadre"]


@pytest.mark.requirement("A2.9")
async def test_progress_counts_agents_and_federated_sessions(staff: Staff) -> None:
    place = "Organization/compte"
    login, _ = await staff.worker(place)
    for _ in range(2):
        await staff.session(login, place)
    programme = Programme(staff.platform.parts.database, place)
    assert (await programme.progress()).linked_percent is None
    await staff.sql(
        "INSERT INTO agent (structure, local_id, status, account)"
        " SELECT $1, 'a', 'linked', id FROM account WHERE login = $2", place, login,
    )  # fmt: skip
    for local_id, status in (("b", "unlinked"), ("c", "suspended"), ("d", "left")):
        await staff.sql(
            "INSERT INTO agent (structure, local_id, status) VALUES ($1, $2, $3)",
            place, local_id, status,
        )  # fmt: skip
    await staff.sql(
        "UPDATE session SET provider = 'psc', level = 2 WHERE id = (SELECT s.id FROM session s"
        " JOIN situation t ON t.id = s.situation WHERE t.structure = $1 LIMIT 1)", place,
    )  # fmt: skip
    await programme.aim(90, 40, "cadre")

    found = await programme.progress()

    assert (found.linked, found.agents, found.linked_percent) == (1, 3, 33)
    assert (found.federated_percent, found.linked_target, found.federated_target) == (50, 90, 40)
