"""`cordee provider`: the identity providers that people may sign in by."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from cordee.app.wiring import bring_up_to_date, database_place
from cordee.identity.accounts.sealing import Sealer
from cordee.identity.federation.discovery import Discovery
from cordee.identity.federation.providers import Provider, Providers
from cordee.runtime.database import open_database
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.postgres.cluster import APPLICATION
from cordee.runtime.settings import Settings


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Adds, lists, removes or checks a provider."""
    if options.action != "list" and not options.name:
        raise InvalidRequest("--name: give the name of the provider")
    with database_place(settings) as place:
        asyncio.run(bring_up_to_date(place))
        asyncio.run(_do(options, settings, place.url))


async def _do(options: argparse.Namespace, settings: Settings, url: str) -> None:
    database = await open_database(url, role=APPLICATION, write_size=1, search_size=1)
    try:
        await _ACTIONS[options.action](Providers(database, Sealer(settings.keys)), options)
    finally:
        await database.close()


async def _add(providers: Providers, options: argparse.Namespace) -> None:
    await providers.add(
        Provider(
            options.name,
            options.kind,
            options.label or options.name,
            options.issuer,
            options.client,
            _secret(options.secret_file),
            options.scope,
            options.acr,
            tuple(options.strong_acr),
            options.structure,
            options.local_claim,
        )
    )
    sys.stdout.write(f"done: {options.name}\n")


async def _list(providers: Providers, _: argparse.Namespace) -> None:
    for one in await providers.all():
        state = f"down since {one.down_since.isoformat()}" if one.down_since else "in use"
        line = (one.name, one.kind, state, one.issuer, one.client_id, one.structure or "-")
        sys.stdout.write("\t".join(line) + "\n")


async def _remove(providers: Providers, options: argparse.Namespace) -> None:
    await providers.remove(options.name)
    sys.stdout.write(f"done: {options.name}\n")


async def _check(providers: Providers, options: argparse.Namespace) -> None:
    """Asks the provider what it says of itself; fails as a sign-in would."""
    provider = await providers.named(options.name)
    await Discovery(httpx.AsyncClient).look(provider)
    sys.stdout.write(f"{provider.name} answers\n")


_ACTIONS: dict[str, Callable[[Providers, argparse.Namespace], Awaitable[None]]] = {
    "add": _add,
    "list": _list,
    "remove": _remove,
    "check": _check,
}


def _secret(path: Path | None) -> str:
    """A secret never stands on a command line, which other people of a machine can read."""
    if path is None:
        return ""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
    except OSError as error:
        raise InvalidRequest(f"--secret-file: {path} cannot be read") from error
    return text.strip()
