"""The Hub Santé of this process: ledger, post, schemas, the page of whoever runs it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from cordee.app.circles import ring_of
from cordee.app.overflow import engine_of
from cordee.app.regulation import box_of
from cordee.app.roads import Arrivals, Shelf
from cordee.care.overflow.peers import Peers
from cordee.care.regulation.centres import Centres
from cordee.formats.hub.judging import Judge, OwnModel, Schemas
from cordee.gateways.samu.cases import SharedCases
from cordee.gateways.samu.desk import Desk
from cordee.gateways.samu.ledger import Ledger
from cordee.gateways.samu.post import Post
from cordee.gateways.samu.wire import Broker, Wire
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.settings import Settings

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

_NOBODY_SECONDS: Final = 30.0
_log = structlog.get_logger("cordee.hub")


def schemas_folder(settings: Settings) -> Path:
    """Where the official schemas of the Hub lie once they are installed."""
    return settings.data / "hub" / "schemas"


def judge_of(settings: Settings) -> Judge:
    """What judges messages: the official schemas where they are installed, else our own list."""
    folder = schemas_folder(settings)
    if not folder.is_dir():
        return OwnModel()
    try:
        return Schemas(folder)
    except InvalidRequest as error:
        _log.error("hub_schemas_not_taken", reason=error.message)
        return OwnModel()


def ledger_of(parts: Parts) -> Ledger:
    """The messages of this installation."""
    return Ledger(parts.database, lambda: ring_of(parts.kernel))


def hub_desk(parts: Parts) -> Desk:
    """What the page of the Hub shows and does."""
    settings = parts.settings
    return Desk(ledger_of(parts), judge_of(settings).version, is_linked=bool(settings.hub.url))


async def keep_posted(parts: Parts) -> None:
    """Exchanges the messages of our centres with the Hub until cancelled."""
    told = parts.settings.hub
    wire = Wire(Broker(told.url, told.certificate, told.key, told.authority))
    centres = Centres(parts.database)
    try:
        clients = await _clients(centres)
        ledger = ledger_of(parts)
        arrivals = arrivals_of(parts, SharedCases(ledger, box_of(parts), clients))
        await Post(ledger, wire, judge_of(parts.settings), tuple(clients)).run(arrivals.take)
    finally:
        await wire.close()


def arrivals_of(parts: Parts, shared: SharedCases) -> Arrivals:
    """What acts on the messages of the Hub."""
    shelf = Shelf(box_of(parts))
    return Arrivals(engine_of(parts), shared, shelf, Centres(parts.database), Peers(parts.database))


async def _clients(centres: Centres) -> dict[str, str]:
    """Our centres by their clients of the Hub, once there is one."""
    while True:
        known = {one.hub: one.id for one in (await centres.all()).values() if one.hub}
        if known:
            return known
        await asyncio.sleep(_NOBODY_SECONDS)
