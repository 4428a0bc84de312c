"""`cordee client`: the applications that may ask people for access."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson

from cordee.app.wiring import bring_up_to_date, database_place
from cordee.identity.smart.clients import METHODS, Client, new_client
from cordee.identity.smart.failures import OAuthError
from cordee.identity.smart.signing import SigningKeys
from cordee.identity.smart.store import SmartStore
from cordee.runtime.database import open_database
from cordee.runtime.errors import InvalidRequest, NotFound
from cordee.runtime.postgres.cluster import APPLICATION
from cordee.runtime.settings import Settings

_METHOD_OF = {"public": "none", "symmetric": "client_secret_basic", "asymmetric": "private_key_jwt"}


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Adds, lists, approves or removes an application, or changes the signing keys."""
    if options.action == "rotate-keys":
        SigningKeys(settings.keys).rotate()
        sys.stdout.write("the signing keys were changed; the former ones still verify\n")
        return
    work: dict[str, Callable[[SmartStore], Awaitable[None]]] = {
        "add": lambda store: _add(store, options),
        "list": _list,
        "approve": lambda store: _mark(store, "approve_client", options.client),
        "remove": lambda store: _mark(store, "remove_client", options.client),
    }
    with database_place(settings) as place:
        asyncio.run(bring_up_to_date(place))
        asyncio.run(_with_store(place.url, work[options.action]))


async def _with_store(url: str, work: Callable[[SmartStore], Awaitable[None]]) -> None:
    database = await open_database(url, role=APPLICATION, write_size=1, search_size=1)
    try:
        await work(SmartStore(database))
    finally:
        await database.close()


async def _add(store: SmartStore, options: argparse.Namespace) -> None:
    kind = METHODS[_METHOD_OF[options.kind]]
    try:
        client, secret = new_client(
            options.name or "", kind, options.redirect, options.scope, jwks=_keys(options.jwks),
            jwks_uri=options.jwks_uri, bound=options.bound,
            launch_url=options.launch_url, approved=True,
        )  # fmt: skip
    except OAuthError as error:
        raise InvalidRequest(error.message) from error
    await store.add_client(client)
    sys.stdout.write(f"client_id {client.id}\n")
    if secret is not None:
        sys.stdout.write(f"client_secret {secret}\n")


async def _list(store: SmartStore) -> None:
    for client in await store.clients():
        sys.stdout.write(_line(client) + "\n")


async def _mark(store: SmartStore, statement: str, client_id: str | None) -> None:
    if client_id is None:
        raise InvalidRequest("--client: give the client_id")
    if await store.row(statement, client_id) is None:
        raise NotFound(f"there is no client {client_id!r} for this; see `cordee client list`")
    sys.stdout.write(f"done: {client_id}\n")


def _line(client: Client) -> str:
    state = "approved" if client.approved else "waiting"
    return f"{client.id}\t{state}\t{client.kind}\t{client.name}\t{client.scopes}"


def _keys(path: Path | None) -> dict[str, object] | None:
    if path is None:
        return None
    try:
        return orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise InvalidRequest(f"--jwks: {path} cannot be read as JSON") from error
