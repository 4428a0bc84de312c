"""The post: what the ledger holds goes to the Hub, what comes goes into the ledger. C2.7."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

import structlog

from cordee.formats.hub.envelope import Envelope, read
from cordee.formats.hub.judging import Judge, Schemas
from cordee.formats.hub.kinds import ERROR, REFERENCE
from cordee.formats.hub.xml import read_xml
from cordee.gateways.samu.errors import HUB
from cordee.gateways.samu.ledger import Due, Ledger, is_plain
from cordee.gateways.samu.wire import ACK, INFO, XML, Arrived
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.errors import InvalidRequest, ProductError, Unavailable
from cordee.runtime.looping import turning

_IDLE_SECONDS: Final = 0.5
_SHOWN: Final = 3
_log = structlog.get_logger("cordee.hub")

Take = Callable[[Connection, str, Envelope], Awaitable[str]]
"""Acts on a message that came, in the transaction that marks it; why it refuses it, or empty."""


class Carrier(Protocol):
    """What carries messages: the wire, or in a unit test something else."""

    async def publish(self, client: str, data: bytes, expires: datetime) -> None:
        """Returns once the broker has it; raises `Unavailable`."""
        ...

    async def listen(self, client: str, arrived: Arrived) -> None:
        """Reads the queues of a client until cancelled."""
        ...


class Post:
    """The messages of the clients of this installation."""

    def __init__(self, ledger: Ledger, wire: Carrier, judge: Judge, clients: Sequence[str]) -> None:
        """`clients` are the identifiers that this installation has at the Hub."""
        self.ledger = ledger
        self.judge = judge
        self.clients = tuple(clients)
        self._wire = wire

    async def run(self, take: Take) -> None:
        """Sends, listens and takes up until cancelled."""
        async with asyncio.TaskGroup() as group:
            for client in self.clients:
                group.create_task(self._wire.listen(client, self.arrived))
            group.create_task(turning(self.turn, "hub_post_stopped", _IDLE_SECONDS))
            group.create_task(
                turning(lambda: self.take_up(take), "hub_inbox_stopped", _IDLE_SECONDS)
            )

    async def turn(self) -> bool:
        """Publishes what is due and raises the alarm for what is late; whether there was any."""
        moved = False
        for client in self.clients:
            for due in await self.ledger.lease(client):
                await self._publish(due)
                moved = True
            for n, state in await self.ledger.overdue(client):
                _log.warning("hub_message_unanswered", client=client, n=n, state=state)
        return moved

    async def take_up(self, take: Take) -> bool:
        """Takes up one message that came; whether there was one."""
        return await self.ledger.take_up(self.clients, take)

    async def arrived(self, client: str, queue: str, data: bytes, media: str) -> None:
        """Keeps what came from a queue; returns once it is on the disk."""
        try:
            envelope = self._read(data, media)
        except InvalidRequest as error:
            unread = Envelope({"content": [], "raw": data.decode("utf-8", "replace")})
            await self.ledger.receive(client, unread, error.message)
            return
        wrong = self._wrong(client, envelope)
        if wrong:
            _log.warning("hub_message_refused", client=client, queue=queue)
            await self.ledger.receive(client, envelope, wrong)
        elif queue == ACK and envelope.is_a(REFERENCE):
            await self.ledger.acknowledged(client, envelope)
        elif queue == INFO and envelope.sender == HUB and envelope.is_a(ERROR):
            await self.ledger.failed(client, envelope)
        elif await self.ledger.receive(client, envelope, ""):
            _log.info("hub_message_received", client=client)

    async def _publish(self, due: Due) -> None:
        try:
            await self._wire.publish(due.client, due.data, due.expires)
        except Unavailable:
            await self.ledger.not_published(due)
            raise
        await self.ledger.published(due)

    def _read(self, data: bytes, media: str) -> Envelope:
        if media != XML:
            return read(data)
        if not isinstance(self.judge, Schemas):
            raise InvalidRequest("XML is read once the schemas of the Hub are installed")
        return read_xml(data, self.judge)

    def _wrong(self, client: str, envelope: Envelope) -> str:
        problems = self.judge.problems(envelope)
        if problems:
            return " ; ".join(str(one) for one in problems[:_SHOWN])
        if not (is_plain(envelope.number) and is_plain(envelope.sender)):
            return "distributionID: holds something else than letters, digits and . _ - :"
        if envelope.recipient != client:
            return "descriptor.explicitAddress: is not addressed to us"
        try:
            is_late = envelope.expires <= clock.now()
        except ProductError as error:
            return f"dateTimeExpires: {error.message}"
        return "dateTimeExpires: has passed" if is_late else ""
