"""Breaks of providers, what is bound to whom, and what is forgotten, on the real database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from cordee.app.federation import KernelDirectory, look
from cordee.app.housekeeping import Housekeeper
from cordee.identity.accounts.entering import Entrance
from cordee.identity.accounts.register import NewAccount, Register, Situation
from cordee.identity.accounts.sealing import Sealer
from cordee.identity.federation.claims import Activity, Shown
from cordee.identity.federation.discovery import Discovery
from cordee.identity.federation.linking import Found, find_account, place
from cordee.identity.federation.providers import Provider, Providers, usual
from cordee.runtime.clock import now
from cordee.runtime.errors import Conflict, InvalidRequest, NotFound, RuleBroken
from cordee.runtime.postgres.cluster import APPLICATION
from running import Platform

ISSUER = "https://psc.example"
PSC = usual(Provider("psc", "psc", "PSC", ISSUER, "cordee", "secret"))


async def sql(platform: Platform, statement: str, *values: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(platform.ground.superuser(platform.database))
    try:
        return await connection.fetch(statement, *values)
    finally:
        await connection.close()


def shown(number: str, *activities: Activity, subject: str = "f:1") -> Shown:
    return Shown(subject, number, "Yacine Benali", "10", activities, "eidas1", (), "", 2)


def answers(status: int) -> Discovery:
    places = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    told: dict[str, Any] = {"issuer": ISSUER} | {one: f"{ISSUER}/{one}" for one in places}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=told))
    return Discovery(lambda: httpx.AsyncClient(transport=transport))


@pytest.mark.requirement("A2.10")
async def test_a_break_begins_and_ends_with_what_is_seen(
    platform: Platform, tmp_path: Path
) -> None:
    providers = Providers(platform.parts.database, Sealer(tmp_path))
    await providers.add(PSC)
    await look(providers, answers(503))
    first = (await providers.named("psc")).down_since
    assert first is not None

    await look(providers, answers(503))
    assert (await providers.named("psc")).down_since == first
    await look(providers, answers(200))

    assert (await providers.named("psc")).down_since is None


@pytest.mark.requirement("A2.1")
async def test_secrets_of_providers_are_sealed(platform: Platform, tmp_path: Path) -> None:
    providers = Providers(platform.parts.database, Sealer(tmp_path))
    await providers.add(PSC)

    row = (await sql(platform, "SELECT client_secret FROM identity_provider"))[0]
    assert b"secret" not in row["client_secret"]
    assert (await providers.named("psc")).client_secret == "secret"
    await providers.remove("psc")
    with pytest.raises(NotFound):
        await providers.named("psc")


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "other"}, {"issuer": "http://psc.example"}, {"issuer": "psc"},
        {"client_id": ""}, {"structure": "Organization/x"}, {"scope": "profile"},
    ],
    ids=str,
)  # fmt: skip
async def test_a_wrong_provider_is_refused(
    platform: Platform, tmp_path: Path, change: dict[str, str]
) -> None:
    told = {"name": "p", "kind": "psc", "label": "P", "issuer": ISSUER, "client_id": "c"} | change

    with pytest.raises(InvalidRequest):
        await Providers(platform.parts.database, Sealer(tmp_path)).add(Provider(**told))


@pytest.mark.requirement("A2.8")
async def test_situations_follow_what_the_directory_knows(
    platform: Platform, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    database = platform.parts.database
    await Providers(database, Sealer(tmp_path)).add(PSC)
    system = "https://finess.esante.gouv.fr"
    for name, finess in (("belmont", "960100011"), ("aubrey", "960000021")):
        body = {"resourceType": "Organization", "id": name, "name": f"CH {name}",
                "identifier": [{"system": system, "value": finess}]}  # fmt: skip
        assert (await client.put(f"Organization/{name}", json=body)).status_code == 201
    body = {"resourceType": "Practitioner", "id": "benali",
            "identifier": [{"system": "https://rpps.esante.gouv.fr", "value": "10990000092"}]}  # fmt: skip
    assert (await client.put("Practitioner/benali", json=body)).status_code == 201
    register = Register(database, "test")
    local = Situation("médecin urgentiste", "Organization/belmont", "CH", "10")
    await register.add(NewAccount("benali", "Dr Benali"), [local])
    await register.set_rpps("benali", "10990000092")
    directory = KernelDirectory(platform.parts.kernel)
    here = Activity("10", "", "960100011", "", "", "CH de Belmont")
    there = Activity("10", "", "960000021", "", "", "CHU")
    nowhere = Activity("10", "", "969999999", "", "", "Inconnu")

    async def after(*activities: Activity) -> list[tuple[str, ...]]:
        async with database.transaction() as connection:
            found = await find_account(
                connection, PSC, shown("10990000092", *activities), "", now()
            )
            assert found.login == "benali"
            told = shown("10990000092", *activities)
            await place(connection, found, told, directory, now())
        rows = await sql(
            platform,
            "SELECT structure, role, practitioner, source FROM situation WHERE ends IS NULL"
            " AND account = $1 ORDER BY id", found.account,
        )  # fmt: skip
        return [tuple(row) for row in rows]

    assert await after(here, nowhere) == [
        ("Organization/belmont", "médecin urgentiste", "", "local")
    ]
    assert (await after(here, there))[1:] == [
        ("Organization/aubrey", "médecin", "Practitioner/benali", "psc")
    ]
    assert await after() == [("Organization/belmont", "médecin urgentiste", "", "local")]


@pytest.mark.requirement("A2.1")
async def test_an_identity_belongs_to_one_account(platform: Platform, tmp_path: Path) -> None:
    database = platform.parts.database
    await Providers(database, Sealer(tmp_path)).add(PSC)
    register = Register(database, "test")
    for login, number in (("une", "10990000191"), ("deux", "10990000209")):
        place_of = Situation("médecin", "Organization/x", "X")
        await register.add(NewAccount(login, login), [place_of])
        await register.set_rpps(login, number)
    with pytest.raises((RuleBroken, Conflict)):
        await register.set_rpps("une", "10990000209")

    async def find(number: str, subject: str) -> Found:
        async with database.transaction() as connection:
            return await find_account(connection, PSC, shown(number, subject=subject), "", now())

    assert (await find("10990000191", "f:une")).login == "une"
    assert (await find("10990000209", "f:une")).refusal == "other"
    await register.set_status("deux", "suspended")
    assert (await find("10990000209", "f:deux")).refusal == "closed"
    assert (await find("10990000217", "f:trois")).refusal == "unknown"


@pytest.mark.requirement("A2.3")
async def test_what_is_over_is_forgotten_and_what_stands_stays(
    platform: Platform, tmp_path: Path
) -> None:
    register = Register(platform.parts.database, "test")
    await register.add(NewAccount("oubli", "Oubli"), [Situation("m", "Organization/x", "X")])
    entrance = Entrance(platform.parts.database, Sealer(tmp_path))
    for name, days in (("old", 31), ("recent", 29), ("open", 0)):
        ends = now() - timedelta(days=days) if days else now() + timedelta(hours=1)
        await sql(
            platform,
            "INSERT INTO session (id, account, step, level, opened, seen, ends, address, agent)"
            " SELECT $1, id, 'open', 1, now(), now(), $2, '', '' FROM account"
            " WHERE login = 'oubli'", name.encode(), ends,
        )  # fmt: skip
    await sql(
        platform,
        "INSERT INTO session_draft VALUES ('open', '/', 'x', now() - interval '1 minute')",
    )
    keeper = Housekeeper(platform.parts.place.url, APPLICATION, b"k" * 32)

    async with keeper.leading() as connection:
        assert connection is not None
        assert await keeper.forget(connection) == 2

    rows = await sql(platform, "SELECT id FROM session ORDER BY id")
    assert [row["id"] for row in rows] == [b"open", b"recent"]
    assert await entrance.sessions.had("x") is False
