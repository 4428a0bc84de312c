"""A Hub on a real broker, for development, demonstrations and tests: same wire, same refusals.

It reads what clients publish, checks it in the national order, routes it by its kind to the queue
of the recipient with the time it has left, and tells the sender by RS-ERROR what it refused, what
expired and what nobody fetched. It is told to lose or to double messages. Decision 0079.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractRobustConnection

from cordee.formats.hub.envelope import Addressing, Envelope, make, read, write
from cordee.formats.hub.judging import Judge
from cordee.formats.hub.kinds import ERROR
from cordee.gateways.samu import errors
from cordee.gateways.samu.errors import HUB
from cordee.gateways.samu.ledger import new_number
from cordee.gateways.samu.wire import EXCHANGE, INFO, JSON, MESSAGE, OF_KIND, QUEUES, XML
from cordee.runtime import clock
from cordee.runtime.errors import InvalidRequest

_DISPATCH: Final = "hubsante.dispatch"
_OUT: Final = "distribution"
_DEAD: Final = "distribution.dlx"
_DEAD_QUEUE: Final = "hubsante.dead"
_LIFE: Final = timedelta(hours=1)


class Failure(StrEnum):
    """What the emulator does with the next message that is no acknowledgement."""

    LOSE = "lose"
    DOUBLE = "double"


class _Refused(Exception):
    def __init__(self, code: int, cause: str) -> None:
        super().__init__(cause)
        self.code, self.cause = code, cause


class Emulator:
    """The emulated Hub. `clients` have their three queues there; others cannot be reached."""

    def __init__(self, url: str, clients: Sequence[str], judge: Judge) -> None:
        """`url` is that of the broker, as its owner; nothing is opened yet."""
        self.clients = tuple(clients)
        self.failures: deque[Failure] = deque()
        self.routed: list[tuple[str, str]] = []
        self._url, self._judge = url, judge
        self._connection: AbstractRobustConnection | None = None
        self._channel: AbstractChannel | None = None

    async def start(self) -> None:
        """Declares exchanges and queues, and begins to route."""
        self._connection = await aio_pika.connect_robust(self._url)
        self._channel = channel = await self._connection.channel()
        inbound = await channel.declare_exchange(
            EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True
        )
        out = await channel.declare_exchange(_OUT, durable=True)
        dead = await channel.declare_exchange(_DEAD, aio_pika.ExchangeType.FANOUT, durable=True)
        for client in self.clients:
            for name in QUEUES:
                told: dict[str, Any] = {"x-dead-letter-exchange": _DEAD}
                queue = await channel.declare_queue(
                    f"{client}.{name}", durable=True, arguments=told
                )
                await queue.bind(out, f"{client}.{name}")
        lost = await channel.declare_queue(_DEAD_QUEUE, durable=True)
        await lost.bind(dead)
        await lost.consume(self._dead)
        dispatch = await channel.declare_queue(_DISPATCH, durable=True)
        await dispatch.bind(inbound, "#")
        await dispatch.consume(self._dispatch)

    async def stop(self) -> None:
        """Stops to route; the queues stay."""
        if self._connection is not None:
            await self._connection.close()

    async def _dispatch(self, message: AbstractIncomingMessage) -> None:
        sender = message.routing_key or ""
        try:
            envelope = self._checked(message)
            failure = self._failure(envelope)
            if failure is not Failure.LOSE:
                await self._route(envelope, message)
            if failure is Failure.DOUBLE:
                await self._route(envelope, message)
        except _Refused as refused:
            await self._tell(sender, refused, message.body)
        await message.ack()

    def _failure(self, envelope: Envelope) -> Failure | None:
        return self.failures.popleft() if self.failures and envelope.kind != "Ack" else None

    def _checked(self, message: AbstractIncomingMessage) -> Envelope:
        if message.delivery_mode != aio_pika.DeliveryMode.PERSISTENT:
            raise _Refused(errors.NOT_PERSISTENT, "non-persistent delivery mode")
        if message.content_type not in (JSON, XML):
            raise _Refused(errors.CONTENT_TYPE, "unhandled content type")
        try:
            envelope = read(message.body)
        except InvalidRequest as error:
            raise _Refused(errors.NO_MESSAGE, error.message) from error
        problems = self._judge.problems(envelope)
        if problems:
            raise _Refused(errors.INVALID, "; ".join(str(one) for one in problems))
        if envelope.sender != message.routing_key:
            raise _Refused(errors.OTHER_SENDER, "sender is not the routing key")
        if envelope.expires <= clock.now():
            raise _Refused(errors.EXPIRED, f"{envelope.number} has expired")
        if envelope.recipient not in self.clients:
            raise _Refused(errors.UNROUTABLE, "unknown recipient")
        return envelope

    async def _route(self, envelope: Envelope, message: AbstractIncomingMessage) -> None:
        queue = f"{envelope.recipient}.{OF_KIND.get(envelope.kind, MESSAGE)}"
        left = (envelope.expires - clock.now()).total_seconds()
        await self._publish(queue, message.body, max(left, 0.001))
        self.routed.append((envelope.number, queue))

    async def _dead(self, message: AbstractIncomingMessage) -> None:
        """A message that nobody fetched in time: its sender is told."""
        envelope = read(message.body)
        if envelope.kind != "Error" and envelope.sender in self.clients:
            refused = _Refused(errors.DEAD, f"{envelope.number} was not fetched in time")
            await self._tell(envelope.sender, refused, message.body)
        await message.ack()

    async def _tell(self, client: str, refused: _Refused, data: bytes) -> None:
        if client not in self.clients:
            return
        now = clock.now()
        told = Addressing(new_number(HUB), HUB, client, now, now + _LIFE, "Error")
        body: dict[str, Any] = {
            "errorCode": {"statusCode": refused.code, "statusString": errors.NAMES[refused.code]},
            "errorCause": refused.cause,
            "referencedDistributionID": "unknown",
        }
        with contextlib.suppress(InvalidRequest):
            source = read(data)
            body["sourceMessage"] = source.document
            body["referencedDistributionID"] = source.number or "unknown"
        await self._publish(f"{client}.{INFO}", write(make(told, ERROR, body)), 3600)

    async def _publish(self, queue: str, data: bytes, seconds: float) -> None:
        assert self._channel is not None  # noqa: S101 -- started before
        exchange = await self._channel.get_exchange(_OUT, ensure=False)
        made = aio_pika.Message(
            data, content_type=JSON, delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            expiration=seconds,
        )  # fmt: skip
        async with asyncio.timeout(10):
            await exchange.publish(made, routing_key=queue)
