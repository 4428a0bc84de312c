"""`cordee subscription`: how subscriptions stand, and dead letters that are sent again."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Final

import orjson

from cordee.app.wiring import Place, bring_up_to_date, database_place, open_parts
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.scope import Trace
from cordee.fhir.subscriptions.keeping import again, overview
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.settings import Settings

_AGENT: Final = "cordee subscription"


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Lists, or sends again; a line of JSON for each subscription."""
    if options.action == "replay" and not options.id:
        raise InvalidRequest("cordee subscription replay: give --id")
    with database_place(settings) as place:
        asyncio.run(bring_up_to_date(place))
        asyncio.run(_run(options, settings, place))


async def _run(options: argparse.Namespace, settings: Settings, place: Place) -> None:
    async with open_parts(settings, place, pool=2) as parts:
        if options.action == "replay":
            async with parts.database.transaction() as connection:
                count = await again(connection, options.id, options.first, options.last)
            line = Trace(_AGENT, "E", type_number("Subscription"), (), f"replay {options.id}")
            await parts.kernel.coalescer.trace(line)
            found: list[dict[str, object]] = [{"id": options.id, "sent_again": count}]
        else:
            async with parts.database.write.acquire() as connection:
                found = await overview(connection, options.id)
    for one in found:
        sys.stdout.write(orjson.dumps(one).decode() + "\n")
