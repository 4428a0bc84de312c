"""Who holds a connection open: websocket and server-sent events, on a server of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import websockets

import given
from receivers import read_status
from running import Server, run, served
from subscribed import create, standing, subscription


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as running:
        yield running


@pytest.fixture
async def client(server: Server) -> Any:
    headers = {"authorization": f"Bearer {server.token()}"}
    async with httpx.AsyncClient(base_url=f"{server.fhir}/", headers=headers, timeout=30) as one:
        yield one


async def followed(client: httpx.AsyncClient, **more: Any) -> tuple[str, str]:
    patient = await create(client, given.patient())
    made = subscription(filters=[f"patient=Patient/{patient}"], **more)
    key = await create(client, made)
    await standing(client, key)
    return patient, key


async def token_of(client: httpx.AsyncClient, key: str) -> tuple[str, str]:
    answer = await client.get(f"Subscription/{key}/$get-ws-binding-token")
    assert answer.status_code == 200, answer.text
    found = {
        row["name"]: next(v for k, v in row.items() if k != "name")
        for row in answer.json()["parameter"]
    }
    assert found["subscription"] == key
    return found["token"], found["websocket-url"]


async def told(socket: Any) -> dict[str, Any]:
    async with asyncio.timeout(20):
        return json.loads(await socket.recv())


async def test_a_socket_is_told_of_events(client: httpx.AsyncClient) -> None:
    patient, key = await followed(client, channel="websocket", content="full-resource")
    token, address = await token_of(client, key)
    async with websockets.connect(address) as socket:
        await socket.send(f"bind-with-token {token}")
        assert read_status(await told(socket))["type"] == "handshake"
        made = [await create(client, given.observation(f"Patient/{patient}")) for _ in range(3)]
        found = [await told(socket) for _ in made]
    assert [one["entry"][1]["resource"]["id"] for one in found] == made
    assert [read_status(one)["events"][0]["event-number"] for one in found] == ["1", "2", "3"]


async def test_a_socket_goes_on_where_the_last_one_ended(client: httpx.AsyncClient) -> None:
    patient, key = await followed(client, channel="websocket", count=10)
    token, address = await token_of(client, key)
    async with websockets.connect(address) as socket:
        await socket.send(f"bind-with-token {token}")
        await told(socket)
        await create(client, given.observation(f"Patient/{patient}"))
        await told(socket)
        # Asking for the next frame settles the last: the state says so before the socket goes.
        while (
            read_status((await client.get(f"Subscription/{key}/$status")).json())["status"]
            != "active"
        ):
            pass
        await asyncio.wait_for(socket.ping(), 10)
    for _ in range(2):
        await create(client, given.observation(f"Patient/{patient}"))
    token, address = await token_of(client, key)
    numbers: list[str] = []
    async with websockets.connect(address) as socket:
        await socket.send(f"bind-with-token {token}")
        await told(socket)
        while numbers[-1:] != ["3"]:
            numbers += [one["event-number"] for one in read_status(await told(socket))["events"]]
    assert numbers in (["2", "3"], ["1", "2", "3"])


@pytest.mark.parametrize(
    "word", ["bind-with-token {used}", "bind-with-token x", "bind {key}", "hello", ""]
)
async def test_a_word_that_binds_nothing_closes_the_socket(
    client: httpx.AsyncClient, word: str
) -> None:
    _, key = await followed(client, channel="websocket")
    token, address = await token_of(client, key)
    async with websockets.connect(address) as socket:
        await socket.send(f"bind-with-token {token}")
        await told(socket)
    async with websockets.connect(address) as socket:
        await socket.send(word.format(used=token, key=key))
        with pytest.raises(websockets.ConnectionClosed):
            await told(socket)
        assert socket.close_code == 1008


async def test_there_is_no_socket_elsewhere(server: Server) -> None:
    with pytest.raises(websockets.InvalidStatus):
        async with websockets.connect(f"{server.url.replace('http', 'ws', 1)}/fhir/other"):
            pass


async def test_a_token_is_for_sockets_of_ones_own(client: httpx.AsyncClient) -> None:
    key = await create(
        client, subscription(topic="task", channel="rest-hook", endpoint="https://example.org/x")
    )
    assert (await client.get(f"Subscription/{key}/$get-ws-binding-token")).status_code == 404
    await client.delete(f"Subscription/{key}")


async def test_a_command_says_how_they_stand_and_sends_again(
    server: Server, client: httpx.AsyncClient
) -> None:
    key = await create(client, subscription(topic="task", channel="websocket"))
    await standing(client, key)
    told = await asyncio.to_thread(run, "subscription", "list", "--id", key, data=server.data)
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert (found["status"], found["events"], found["dead"]) == ("active", 0, 0)
    told = await asyncio.to_thread(run, "subscription", "replay", "--id", key, data=server.data)
    assert json.loads(told.stdout) == {"id": key, "sent_again": 0}
    told = await asyncio.to_thread(run, "subscription", "replay", data=server.data)
    assert told.returncode == 2


def stream(topic: str = "patient-compartment", **more: Any) -> dict[str, Any]:
    made = subscription(topic=topic, channel="websocket", **more)
    made["channel"]["_type"] = {
        "extension": [
            {
                "url": "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-channel-type",
                "valueCoding": {
                    "system": "https://cordee.fr/fhir/CodeSystem/canal", "code": "server-sent-events",
                },
            }
        ]
    }  # fmt: skip
    return made


async def sent(
    client: httpx.AsyncClient, key: str, count: int, after: str = ""
) -> list[tuple[str, dict[str, Any]]]:
    """Events of a stream: their ids and Bundles."""
    headers = {"accept": "text/event-stream"} | ({"last-event-id": after} if after else {})
    found: list[tuple[str, dict[str, Any]]] = []
    number = ""
    async with (
        asyncio.timeout(20),
        client.stream("GET", f"Subscription/{key}/$stream", headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream"
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                number = line[4:]
            elif line.startswith("data: "):
                bundle = json.loads(line[6:])
                if read_status(bundle)["type"] == "event-notification":
                    found.append((number, bundle))
                if len(found) == count:
                    return found
    return found


async def test_a_stream_resumes_after_any_number(client: httpx.AsyncClient) -> None:
    patient = await create(client, given.patient())
    key = await create(
        client, stream(filters=[f"patient=Patient/{patient}"], content="full-resource")
    )
    await standing(client, key)
    made = [await create(client, given.observation(f"Patient/{patient}")) for _ in range(4)]

    first = await sent(client, key, 4)
    again = await sent(client, key, 2, after="2")
    assert [number for number, _ in first] == ["1", "2", "3", "4"]
    assert [number for number, _ in again] == ["3", "4"]
    assert [bundle["entry"][1]["resource"]["id"] for _, bundle in again] == made[2:]


async def test_a_stream_beats(client: httpx.AsyncClient) -> None:
    key = await create(client, stream(topic="task", heartbeat=1))
    await standing(client, key)
    async with asyncio.timeout(20), client.stream("GET", f"Subscription/{key}/$stream") as answer:
        async for line in answer.aiter_lines():
            if (
                line.startswith("data: ")
                and read_status(json.loads(line[6:]))["type"] == "heartbeat"
            ):
                break


async def test_a_stream_ends_with_its_subscription(client: httpx.AsyncClient) -> None:
    key = await create(client, stream(topic="task"))
    stands = await standing(client, key)
    async with asyncio.timeout(20), client.stream("GET", f"Subscription/{key}/$stream") as answer:
        lines = answer.aiter_lines()
        await anext(lines)
        await client.put(f"Subscription/{key}", json=stands | {"status": "off"})
        async for _ in lines:
            pass
    assert (await client.get(f"Subscription/{key}/$stream")).status_code == 422
