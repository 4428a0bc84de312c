"""Keys of an application at an address of its own: asked of a real server, kept, rotated, bounded."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey
from launching import App, register
from test_smart_applications import assertion, by_itself

from cordee.identity.smart import keysets
from cordee.identity.smart.clients import Client, new_client
from cordee.identity.smart.failures import OAuthError
from cordee.identity.smart.keysets import KeySets
from running import Platform

pytestmark = pytest.mark.requirement("A2.1")


@dataclass
class Place:
    """A server of an application: what it answers, and what it was asked."""

    url: str = ""
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    pause: float = 0
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def publish(self, *keys: Any, private: bool = False) -> None:
        self.body = json.dumps({"keys": [one.as_dict(private=private) for one in keys]}).encode()


@pytest.fixture
def place() -> Iterator[Place]:
    told = Place()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append((self.command, self.path, self.headers["host"]))
            time.sleep(told.pause)
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- its name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://localhost:{server.server_port}/keys?v=1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield told
    server.shutdown()
    server.server_close()


def ec() -> ECKey:
    return ECKey.generate_key("P-384", auto_kid=True)


def of(url: str) -> Client:
    client, _ = new_client("N", "asymmetric", [], "system/*.rs", jwks_uri=url)
    return client


@pytest.fixture
async def service(demo: Platform, place: Place) -> App:
    demo.parts.smart.keysets = KeySets(near=True)
    return await register(demo, "asymmetric", jwks_uri=place.url, scopes="system/Patient.rs")


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
async def test_296_339_keys_are_asked_for_where_they_were_registered(
    service: App, place: Place, algorithm: str
) -> None:
    key: Any = ec() if algorithm == "ES384" else RSAKey.generate_key(2048, auto_kid=True)
    place.publish(ec(), key)

    answer = await by_itself(service, assertion(service, algorithm, key=key))

    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    assert (await service.read(token, "Patient")).status_code == 200
    host = place.url.split("/")[2]
    assert place.asked == [("GET", "/keys?v=1", host)]


async def test_342_keys_are_kept_as_long_as_they_may_be(service: App, place: Place) -> None:
    key = ec()
    place.publish(key)
    place.headers["cache-control"] = "public, max-age=60"

    for _ in range(3):
        assert (await by_itself(service, assertion(service, key=key))).status_code == 200

    assert len(place.asked) == 1


@pytest.mark.parametrize(
    ("caching", "seconds"),
    [
        ({"cache-control": "max-age=60"}, 60), ({"cache-control": "no-store"}, 0),
        ({"cache-control": "no-cache, max-age=60"}, 0), ({"cache-control": "max-age=0"}, 0),
        ({"cache-control": "max-age=60", "age": "50"}, 10), ({}, 300),
        ({"cache-control": "max-age=99999999"}, 3600), ({"cache-control": "private"}, 300),
    ],
)  # fmt: skip
async def test_341_keys_are_kept_no_longer_than_their_server_says(
    place: Place, caching: dict[str, str], seconds: float
) -> None:
    key, moment = ec(), [1000.0]
    place.publish(key)
    place.headers |= caching
    sets, client = KeySets(near=True, clock=lambda: moment[0]), of(place.url)

    await sets.of(client, key.kid or "")
    moment[0] += max(0, seconds - 1)
    await sets.of(client, key.kid or "")
    assert len(place.asked) == (1 if seconds else 2)
    moment[0] += 1
    await sets.of(client, key.kid or "")
    assert len(place.asked) == (2 if seconds else 3)


async def test_a_new_key_is_found_and_an_old_one_ends(place: Place) -> None:
    old, new, moment = ec(), ec(), [0.0]
    sets, client = KeySets(near=True, clock=lambda: moment[0]), of(place.url)
    place.publish(old)
    await sets.of(client, old.kid or "")
    place.publish(new)

    moment[0] += 5
    early = await sets.of(client, new.kid or "")
    moment[0] += 6
    late = await sets.of(client, new.kid or "")

    assert [one.kid for one in early.keys] == [old.kid]
    assert [one.kid for one in late.keys] == [new.kid]
    for _ in range(5):
        await sets.of(client, "made-up")
    assert len(place.asked) == 2


@pytest.mark.parametrize("what", ["status", "large", "slow", "html", "private", "none", "away"])
async def test_what_cannot_be_read_lets_nobody_in(
    service: App, place: Place, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ec()
    place.publish(key)
    match what:
        case "status":
            place.status = 302
            place.headers["location"] = place.url
        case "large":
            place.body += b" " * keysets.MOST_BYTES
        case "slow":
            monkeypatch.setattr(keysets, "SECONDS", 0.2)
            place.pause = 0.6
        case "html":
            place.body = b"<html></html>"
        case "private":
            place.publish(key, private=True)
        case "none":
            place.publish(ECKey.generate_key("P-256", auto_kid=True))
        case _:
            place.url = "http://localhost:1/keys"
            service = await register(
                service.platform, "asymmetric", jwks_uri=place.url, scopes="system/Patient.rs"
            )

    answer = await by_itself(service, assertion(service, key=key))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert len(place.asked) <= 1


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/keys", "https://127.0.0.1/keys", "https://10.1.2.3/keys",
        "https://192.168.0.10/keys", "https://169.254.169.254/latest", "https://[::1]/keys",
        "https://[fd00::1]/keys", "https://[::ffff:7f00:1]/keys", "https://100.64.0.1/keys",
        "https://0.0.0.0/keys", "https://2130706433/keys", "https://224.0.0.1/keys",
        "https://[2002:7f00:1::]/keys",
    ],
)  # fmt: skip
async def test_no_address_inside_is_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fetched(*_: Any) -> Any:
        raise AssertionError("it was asked")

    monkeypatch.setattr(keysets, "_fetched", fetched)
    with pytest.raises(OAuthError) as caught:
        await KeySets().of(of(url), "k")

    assert caught.value.code == "invalid_client"


async def test_without_https_nothing_is_asked(place: Place) -> None:
    with pytest.raises(OAuthError):
        await KeySets().of(of(place.url), "k")
    assert not place.asked


@pytest.mark.parametrize(
    "more",
    [
        {"jwks_uri": "http://keys.example/k"}, {"jwks_uri": "fr.app:/k"}, {"jwks_uri": 5},
        {"jwks_uri": "https://user@keys.example/k"}, {"jwks_uri": "https://keys.example/k#a"},
        {"jwks_uri": "https://keys.example/k", "jwks": {"keys": []}}, {},
    ],
)  # fmt: skip
async def test_an_application_registers_one_set_of_keys(app: App, more: dict[str, Any]) -> None:
    told = {
        "client_name": "N", "scope": "system/*.rs", "token_endpoint_auth_method": "private_key_jwt",
    } | more  # fmt: skip

    answer = await app.http.post("/oauth/register", json=told)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


async def test_the_address_of_the_keys_is_registered_and_kept(app: App) -> None:
    told = {
        "client_name": "N", "scope": "system/*.rs", "jwks_uri": "https://keys.example/k",
        "token_endpoint_auth_method": "private_key_jwt",
    }  # fmt: skip

    made = (await app.http.post("/oauth/register", json=told)).json()

    assert made["jwks_uri"] == told["jwks_uri"]
    stored = {one.id: one for one in await app.platform.parts.smart.store.clients()}
    assert stored[made["client_id"]].jwks_uri == told["jwks_uri"]


async def test_338_an_assertion_names_no_other_place_of_keys(service: App, place: Place) -> None:
    key = ec()
    place.publish(key)

    other = assertion(service, key=key, head={"jku": "https://x.example/keys"})
    same = assertion(service, key=key, head={"jku": place.url})

    assert (await by_itself(service, other)).json()["error"] == "invalid_client"
    assert (await by_itself(service, same)).status_code == 200
