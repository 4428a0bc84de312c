"""Who may come in, and what each letter of a scope opens."""

from __future__ import annotations

import base64
import time

import httpx
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

import given
from cordee.identity.tokens import Tokens
from running import Platform, bearer

PATCH = {"content-type": "application/json-patch+json"}
LETTERS = {
    "c": [("POST", "Patient")],
    "r": [
        ("GET", "Patient/p1"),
        ("GET", "Patient/p1/_history/1"),
        ("GET", "Patient/p1/_history"),
        ("GET", "Patient/_history"),
    ],
    "u": [("PUT", "Patient/p1"), ("PATCH", "Patient/p1")],
    "d": [("DELETE", "Patient/p2")],
    "s": [("GET", "Patient"), ("POST", "Patient/_search"), ("GET", "Patient?name=x")],
}


@pytest.fixture(scope="module", autouse=True)
async def patients(client: httpx.AsyncClient) -> None:
    for key in ("p1", "p2"):
        await client.put(f"Patient/{key}", json=given.patient(id=key))


async def ask(client: httpx.AsyncClient, method: str, url: str) -> int:
    body = {
        "PUT": given.patient(id="p1"),
        "POST": given.patient(),
        "PATCH": [{"op": "replace", "path": "/gender", "value": "male"}],
    }.get(method)
    if url.endswith("_search"):
        return (await client.post(url, data={"name": "x"})).status_code
    headers = PATCH if method == "PATCH" else {}
    return (await client.request(method, url, json=body, headers=headers)).status_code


@pytest.mark.parametrize("letter", "cruds")
async def test_each_letter_opens_its_interactions(platform: Platform, letter: str) -> None:
    # A patch answers with the resource, so the letter r goes with it.
    client = await platform.client(f"system/Patient.{'ru' if letter == 'u' else letter}")

    for method, url in LETTERS[letter]:
        assert await ask(client, method, url) in {200, 201, 204}, (method, url)


@pytest.mark.parametrize("letter", "cruds")
async def test_each_missing_letter_closes_its_interactions(platform: Platform, letter: str) -> None:
    client = await platform.client(f"system/Patient.{'cruds'.replace(letter, '')}")

    for method, url in LETTERS[letter]:
        assert await ask(client, method, url) == 403, (method, url)


async def test_scope_of_one_type_opens_no_other(platform: Platform) -> None:
    client = await platform.client("system/Patient.cruds")

    for method, url in (("GET", "Observation"), ("GET", "Observation/o1"), ("GET", "_history")):
        refused = await client.request(method, url)
        assert refused.status_code == 403
        assert refused.json()["issue"][0]["code"] == "forbidden"


async def test_search_over_types_shows_readable_types_only(platform: Platform) -> None:
    client = await platform.client("system/Patient.rs")

    several = await client.get("", params={"_type": "Patient,Observation"})
    everything = await client.get("", params={"_lastUpdated": "gt2000"})

    assert several.status_code == 403
    assert everything.status_code in {200, 403}


async def test_search_cannot_look_into_types_that_are_closed(platform: Platform) -> None:
    client = await platform.client("system/Patient.rs")

    for query in (
        "_has:Observation:patient:code=29463-7",
        "organization.name=x",
        "_revinclude=Observation:subject",
        "_include=Patient:organization",
    ):
        answer = await client.get(f"Patient?{query}")
        kinds = {entry["resource"]["resourceType"] for entry in answer.json().get("entry", ())}
        assert answer.status_code == 403 or kinds <= {"Patient", "OperationOutcome"}, query


async def test_chain_into_a_closed_type_finds_nothing(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    await client.post("Observation", json=given.observation("Patient/p1"))
    closed = await platform.client("system/Patient.rs")

    query = "Patient?_has:Observation:patient:code=29463-7"
    opened = (await client.get(query)).json()["total"]
    answer = await closed.get(query)

    assert opened == 1
    assert answer.status_code == 403 or answer.json()["total"] == 0


@pytest.mark.parametrize("scope", ["system/Patient.read", "user/Patient.rs", "system/*.read"])
async def test_scopes_of_both_versions_open_reading(platform: Platform, scope: str) -> None:
    client = await platform.client(scope)

    assert (await client.get("Patient/p1")).status_code == 200
    assert (await client.post("Patient", json=given.patient())).status_code == 403


async def test_several_scopes_add_up(platform: Platform) -> None:
    client = await platform.client("system/Patient.r system/Patient.s system/Observation.rs")

    assert (await client.get("Patient")).status_code == 200
    assert (await client.get("Observation")).status_code == 200


async def refused(platform: Platform, authorization: str | None, url: str = "Patient") -> None:
    client = await platform.client(None)
    headers = {} if authorization is None else {"authorization": authorization}

    answer = await client.get(url, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].lower().startswith("bearer")
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert answer.json()["issue"][0]["code"] == "login"


@pytest.mark.parametrize("url", ["Patient", "Patient/p1", "", "_history", "Nonsense", "$op"])
async def test_nobody_comes_in_without_a_token(platform: Platform, url: str) -> None:
    await refused(platform, None, url)


async def test_what_is_no_token_of_ours_is_refused(platform: Platform) -> None:
    keys = platform.parts.settings.keys
    key = OctKey.import_key((keys / "token.key").read_bytes())
    moment = int(time.time())
    claims = {
        "aud": "cordee", "sub": "x", "name": "x", "role": "system", "org": "", "pro": "",
        "scope": "system/*.cruds", "iat": moment, "exp": moment + 60,
    }  # fmt: skip
    good = bearer(platform.parts.tokens)
    head, body, signature = good.split(".")
    plain = base64.urlsafe_b64encode(orjson.dumps({"alg": "none"})).decode().rstrip("=")
    other = OctKey.import_key(b"x" * 32)

    for token in (
        "nonsense",
        "",
        good[:-2],
        f"{plain}.{body}.",
        f"{head}.{body}.{signature[::-1]}",
        jwt.encode({"alg": "HS256"}, claims, other),
        jwt.encode({"alg": "HS256"}, claims | {"exp": moment - 1}, key),
        jwt.encode({"alg": "HS256"}, claims | {"aud": "another"}, key),
        jwt.encode({"alg": "HS256"}, {"sub": "x"}, key),
    ):
        await refused(platform, f"Bearer {token}")
    await refused(platform, f"Basic {good}")
    await refused(platform, good)


async def test_token_of_another_installation_is_refused(platform: Platform, tmp_path) -> None:
    await refused(platform, f"Bearer {bearer(Tokens(tmp_path))}")


async def test_a_token_ends(platform: Platform) -> None:
    tokens = platform.parts.tokens
    token = bearer(tokens)
    tokens.read(token)

    remembered = next(iter(tokens._known))
    _, principal = tokens._known[remembered]
    for digest in list(tokens._known):
        tokens._known[digest] = (time.time() - 1, principal)

    client = await platform.client(None)
    answer = await client.get("Patient", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200  # its own end is an hour away


async def test_metadata_needs_no_token(platform: Platform) -> None:
    client = await platform.client(None)

    answer = await client.get("metadata")

    assert answer.status_code == 200
    assert answer.json()["resourceType"] == "CapabilityStatement"
    assert answer.json()["fhirVersion"] == "4.0.1"


async def test_person_sees_the_patients_of_their_circle_only(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    for name in ("inside", "outside"):
        await client.put(
            f"Organization/{name}", json={"resourceType": "Organization", "id": name, "name": name}
        )
        await client.put(
            f"Patient/{name}",
            json=given.patient(id=name, managingOrganization={"reference": f"Organization/{name}"}),
        )
        await client.post("Observation", json=given.observation(f"Patient/{name}"))
    person = await platform.client(
        "user/*.cruds", structure="Organization/inside", practitioner="Practitioner/x"
    )

    mine = await person.get("Patient/inside")
    other = await person.get("Patient/outside")
    history = await person.get("Patient/outside/_history")
    version = await person.get("Patient/outside/_history/1")
    seen = (await person.get("Observation")).json()

    subjects = {entry["resource"]["subject"]["reference"] for entry in seen.get("entry", ())}
    assert (other.status_code, history.status_code, version.status_code) == (404, 404, 404)
    assert "Patient/outside" not in subjects
    assert mine.status_code == 200
    assert "Patient/inside" in subjects


async def test_person_cannot_overwrite_or_delete_what_they_do_not_see(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    await client.put("Patient/hidden", json=given.patient(id="hidden"))
    person = await platform.client(
        "user/*.cruds", structure="Organization/nobody", practitioner="Practitioner/x"
    )
    entry = given.entry("PUT", "Patient/hidden", given.patient(id="hidden", gender="male"))

    put = await person.put("Patient/hidden", json=given.patient(id="hidden", gender="male"))
    guessed = await person.put(
        "Patient/hidden",
        json=given.patient(id="hidden", gender="male"),
        headers={"if-match": 'W/"1"'},
    )
    entry_guessed = entry | {"request": entry["request"] | {"ifMatch": 'W/"1"'}}
    bundle_guessed = await person.post("", json=given.bundle("transaction", entry_guessed))
    absent = await person.put(
        "Patient/none", json=given.patient(id="none"), headers={"if-match": 'W/"1"'}
    )
    patch = await person.patch("Patient/hidden", json=[], headers=PATCH)
    bundle = await person.post("", json=given.bundle("transaction", entry))
    await person.delete("Patient/hidden")
    await person.post("", json=given.bundle("transaction", given.entry("DELETE", "Patient/hidden")))

    now = await client.get("Patient/hidden")
    # Nobody makes a file without a search before it: A1.1.
    assert put.status_code == 422
    assert (guessed.status_code, bundle_guessed.status_code) == (412, 412)
    assert (absent.status_code, absent.json()) == (412, guessed.json())
    assert patch.status_code == 404
    assert bundle.status_code == 422
    assert (now.status_code, now.json()["gender"]) == (200, "female")
