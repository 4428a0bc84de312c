"""A launch from the request to the refreshed token, and what is refused on the way."""

from __future__ import annotations

import asyncpg
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from launching import REDIRECT, App, answer_of, person_of, register

from running import Platform


async def test_a_launch_opens_the_patient_and_no_other(app: App) -> None:
    told = await app.tokens()

    assert told["token_type"] == "Bearer"
    assert told["patient"] == "mine"
    assert (await app.read(told["access_token"], "Patient/mine")).status_code == 200
    assert (await app.read(told["access_token"], "Patient/other")).status_code == 404


async def test_the_circle_bounds_an_application_too(app: App, demo: Platform) -> None:
    client = await demo.client()
    await client.put("Patient/stranger", json={"resourceType": "Patient", "id": "stranger"})

    told = await app.tokens(patient="Patient/stranger")

    assert (await app.read(told["access_token"], "Patient/stranger")).status_code == 404


async def test_the_id_token_says_who(app: App) -> None:
    told = await app.tokens()
    keys = KeySet.import_key_set((await app.http.get("/oauth/jwks")).json())

    found = jwt.decode(told["id_token"], keys, algorithms=["RS256"])

    person = await person_of()
    assert found.claims["aud"] == app.id
    assert found.claims["nonce"] == "n1"
    assert found.claims["iss"] == app.platform.parts.smart.issuer
    assert found.claims["fhirUser"].endswith(person.practitioner)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"state": None}, "invalid_request"), ({"aud": None}, "invalid_request"),
        ({"aud": "https://elsewhere.example/fhir"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": "system/*.rs"}, "invalid_scope"), ({"scope": "anything"}, "invalid_scope"),
        ({"launch": "made-up"}, "invalid_request"),
    ],
)  # fmt: skip
async def test_a_wrong_request_goes_back_with_its_error(
    app: App, changes: dict[str, str | None], code: str
) -> None:
    answer = await app.ask(**changes)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(REDIRECT)
    assert answer_of(answer.headers["location"])["error"] == code


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"}, {"client_id": None}, {"redirect_uri": None},
        {"redirect_uri": f"{REDIRECT}/more"}, {"redirect_uri": f"{REDIRECT}?x=1"},
        {"redirect_uri": "https://evil.example/"},
    ],
)  # fmt: skip
async def test_nobody_is_sent_to_an_unknown_address(
    app: App, changes: dict[str, str | None]
) -> None:
    answer = await app.ask(**changes)

    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_a_code_counts_once_and_its_tokens_end_when_it_is_used_again(app: App) -> None:
    code = await app.code()
    first = (await app.token(code=code)).json()

    again = await app.token(code=code)

    assert again.json()["error"] == "invalid_grant"
    assert (await app.read(first["access_token"], "Patient/mine")).status_code == 401


@pytest.mark.parametrize(
    "form",
    [
        {"code_verifier": "x" * 43}, {"code_verifier": ""}, {"redirect_uri": "https://x.example"},
        {"code": "made-up"},
    ],
)  # fmt: skip
async def test_a_code_is_bound_to_its_request(app: App, form: dict[str, str]) -> None:
    answer = await app.token(**({"code": await app.code()} | form))

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"


async def test_a_code_is_bound_to_its_client(app: App, demo: Platform) -> None:
    other = await register(demo)
    other.verifier = app.verifier

    answer = await other.token(code=await app.code())

    assert answer.json()["error"] == "invalid_grant"


async def test_refresh_tokens_turn_and_a_second_use_ends_all(app: App) -> None:
    first = await app.tokens()
    second = (await app.token("refresh_token", refresh_token=first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["scope"] == first["scope"]
    assert (await app.read(second["access_token"], "Patient/mine")).status_code == 200

    stolen = await app.token("refresh_token", refresh_token=first["refresh_token"])

    assert stolen.json()["error"] == "invalid_grant"
    assert (await app.read(second["access_token"], "Patient/mine")).status_code == 401
    last = await app.token("refresh_token", refresh_token=second["refresh_token"])
    assert last.json()["error"] == "invalid_grant"


async def test_a_refresh_may_ask_less_and_never_more(app: App) -> None:
    first = await app.tokens()

    less = await app.token(
        "refresh_token", refresh_token=first["refresh_token"], scope="patient/Patient.r"
    )
    more = await app.token(
        "refresh_token", refresh_token=less.json()["refresh_token"], scope="user/*.cruds"
    )
    whole = await app.token("refresh_token", refresh_token=less.json()["refresh_token"])

    assert less.json()["scope"] == "patient/Patient.r"
    assert more.json()["error"] == "invalid_scope"
    assert whole.json()["scope"] == first["scope"]


async def test_without_access_scopes_there_is_no_refresh_token(app: App) -> None:
    told = await app.tokens(scope="launch/patient patient/*.rs")

    assert "refresh_token" not in told
    assert "id_token" not in told


async def test_an_online_refresh_ends_with_the_session(app: App, demo: Platform) -> None:
    scope = "launch/patient patient/*.rs online_access"
    told = await app.tokens(scope=scope, session="ends-soon")
    async with demo.parts.database.write.acquire() as connection:
        await connection.execute("INSERT INTO closed_session (id) VALUES ('ends-soon')")

    answer = await app.token("refresh_token", refresh_token=told["refresh_token"])

    assert answer.json()["error"] == "invalid_grant"


async def test_refusing_tells_the_application(app: App) -> None:
    name = (await app.ask()).headers["location"].removeprefix("/autoriser/")
    authorizer = app.platform.parts.smart.authorizer

    address = await authorizer.refuse(name)

    assert address is not None
    assert answer_of(address) == {"error": "access_denied", "state": "s/1"}
    assert await authorizer.accept(name, await person_of(), "w1", "Patient/mine") is None


async def test_a_launch_from_inside_carries_its_patient_once(app: App) -> None:
    smart, person = app.platform.parts.smart, await person_of()
    client = await smart.store.client(app.id)
    assert client is not None
    context = {"patient": "Patient/other", "encounter": "Encounter/e1", "intent": "reconcile"}
    launch = await smart.authorizer.launch(client, person.user, context)
    scope = "launch patient/Patient.rs"

    told = await app.tokens(scope=scope, launch=launch, patient="")

    assert (told["patient"], told["encounter"], told["intent"]) == ("other", "e1", "reconcile")
    assert (await app.read(told["access_token"], "Patient/other")).status_code == 200
    again = await app.ask(scope=scope, launch=launch)
    assert answer_of(again.headers["location"])["error"] == "invalid_request"


async def test_a_launch_counts_for_the_person_who_made_it(app: App) -> None:
    smart = app.platform.parts.smart
    client = await smart.store.client(app.id)
    assert client is not None
    launch = await smart.authorizer.launch(client, "somebody", {"patient": "Patient/other"})
    asked = await app.ask(scope="launch patient/Patient.rs", launch=launch)
    name = asked.headers["location"].removeprefix("/autoriser/")

    address = await smart.authorizer.accept(name, await person_of(), "w1")

    assert answer_of(address or "")["error"] == "access_denied"


async def test_a_refresh_needs_no_client_id_without_a_secret(app: App, demo: Platform) -> None:
    first = await app.tokens()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert (await app.http.post("/oauth/token", data=form)).status_code == 200

    confidential = await register(demo, "symmetric")
    held = (await confidential.tokens())["refresh_token"]
    answer = await app.http.post("/oauth/token", data=form | {"refresh_token": held})
    assert answer.json()["error"] == "invalid_client"


async def test_what_was_allowed_and_ended_is_in_the_trail(app: App, demo: Platform) -> None:
    told = await app.tokens()
    await app.http.post("/oauth/revoke", data={"client_id": app.id, "token": told["refresh_token"]})

    async with demo.parts.database.write.acquire() as connection:
        rows = await connection.fetch(
            "SELECT actor, detail FROM audit WHERE detail LIKE $1 ORDER BY n",
            f"application {app.id}%",
        )

    assert {row["actor"] for row in rows} == {(await person_of()).user}
    assert [row["detail"].split()[2] for row in rows] == ["allowed", "ended"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE smart_grant SET scopes = 'user/*.cruds'", "DELETE FROM smart_grant",
        "UPDATE smart_client SET scopes = 'user/*.cruds'", "DELETE FROM smart_client",
        "UPDATE smart_refresh SET expires = now()", "DELETE FROM smart_refresh",
        "DELETE FROM smart_code", "UPDATE smart_spent SET expires = now()",
    ],
)  # fmt: skip
async def test_the_application_role_cannot_rewrite_what_was_allowed(
    demo: Platform, statement: str
) -> None:
    async with demo.parts.database.write.acquire() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_nothing_that_opens_is_kept_as_it_is(app: App, demo: Platform) -> None:
    code = await app.code()
    told = (await app.token(code=code)).json()
    tables = ("client", "request", "launch", "grant", "code", "refresh", "spent")

    async with demo.parts.database.write.acquire() as connection:
        for table in tables:
            rows = await connection.fetch(f"SELECT t::text FROM smart_{table} t")
            text = " ".join(row[0] for row in rows)
            assert not any(one in text for one in (code, told["refresh_token"]))
