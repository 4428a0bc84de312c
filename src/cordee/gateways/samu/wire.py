"""The wire of the Hub: AMQP 0-9-1 with client certificates, confirms and acknowledgement by hand.

Each client of the Hub has three queues, `{id}.message`, `{id}.ack` and `{id}.info`, and publishes
to one exchange under its own identifier. Rule: technical description of the Hub Santé.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, DeliveryError

from cordee.runtime import clock
from cordee.runtime.errors import InvalidRequest, Unavailable

EXCHANGE: Final = "hubsante"
MESSAGE, ACK, INFO = "message", "ack", "info"
QUEUES: Final = (MESSAGE, ACK, INFO)
JSON, XML = "application/json", "application/xml"
OF_KIND: Final = {"Ack": ACK, "Error": INFO}
"""The queue by the kind of the envelope; all others go to `message`."""
_PREFETCH: Final = 20
_SECONDS: Final = 10.0
_BREATH_SECONDS: Final = 1.0
_DOWN: Final = (AMQPError, OSError, asyncio.TimeoutError)
_SCHEMES: Final = ("amqp://127.0.0.1", "amqp://localhost", "amqps://")

Arrived = Callable[[str, str, bytes, str], Awaitable[None]]
"""Takes client, queue, bytes and content type; returns once they are on the disk."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the Hub is, and how this installation is known there."""

    url: str = field(repr=False)
    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None


class Wire:
    """One connection to the Hub, that comes back by itself."""

    def __init__(self, broker: Broker) -> None:
        """Nothing is opened yet; raises `InvalidRequest` for an address that is not protected."""
        if not broker.url.startswith(_SCHEMES):
            raise InvalidRequest("CORDEE_HUB_URL: give amqps://host:5671/")
        for name in ("aio_pika", "aiormq"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # they would tell the address
        self._broker = broker
        self._connection: AbstractConnection | None = None
        self._channel: aio_pika.abc.AbstractChannel | None = None
        self._opening = asyncio.Lock()

    @property
    def is_open(self) -> bool:
        """Whether the Hub is connected now."""
        return self._connection is not None and self._connection.connected.is_set()

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = self._channel = None

    async def publish(self, client: str, data: bytes, expires: datetime) -> None:
        """Returns once the broker has the message on its disk.

        Raises `Unavailable` when it does not have it.
        """
        left = max(1, int((expires - clock.now()).total_seconds()))
        message = aio_pika.Message(
            data, content_type=JSON, delivery_mode=aio_pika.DeliveryMode.PERSISTENT, expiration=left
        )
        try:
            with _cut_is_down():
                await self._publish(client, message)
        except DeliveryError as error:
            raise Unavailable("the Hub did not take the message") from error
        except _DOWN as error:
            raise Unavailable("the Hub cannot be reached") from error

    async def _publish(self, client: str, message: aio_pika.Message) -> None:
        async with asyncio.timeout(_SECONDS):
            connection = await self._open()
            if self._channel is None or self._channel.is_closed:
                self._channel = await connection.channel(publisher_confirms=True)
            exchange = await self._channel.get_exchange(EXCHANGE, ensure=False)
            await exchange.publish(message, routing_key=client, mandatory=True)

    async def listen(self, client: str, arrived: Arrived) -> None:
        """Reads the three queues of a client until cancelled; each message once it is kept."""
        while True:
            with contextlib.suppress(*_DOWN), _cut_is_down():
                await self._listen(client, arrived)
            await asyncio.sleep(_BREATH_SECONDS)

    async def _listen(self, client: str, arrived: Arrived) -> None:
        connection = await self._open()
        channel = await connection.channel()
        try:
            await channel.set_qos(prefetch_count=_PREFETCH)
            for name in QUEUES:
                queue = await channel.get_queue(f"{client}.{name}", ensure=False)
                await queue.consume(_Reader(client, name, arrived))
            gone = asyncio.Event()
            connection.close_callbacks.add(lambda *_said: gone.set())
            if connection.connected.is_set():
                await gone.wait()
        finally:
            if connection.connected.is_set() and not channel.is_closed:
                await channel.close()

    async def _leave(self) -> None:
        """Ends a connection that was lost: left to itself, it would close in the wrong loop."""
        if self._connection is not None:
            with contextlib.suppress(*_DOWN), _cut_is_down():
                async with asyncio.timeout(_BREATH_SECONDS):
                    await self._connection.close()
            self._connection = None

    async def _open(self) -> AbstractConnection:
        async with self._opening:
            if self._connection is None or not self.is_open:
                await self._leave()
                self._channel = None
                told = self._broker
                context = _tls(told) if told.url.startswith("amqps:") else None
                self._connection = await aio_pika.connect(
                    told.url, ssl_context=context, timeout=_SECONDS
                )
            return self._connection


@dataclass(frozen=True, slots=True)
class _Reader:
    client: str
    queue: str
    arrived: Arrived

    async def __call__(self, message: AbstractIncomingMessage) -> None:
        try:
            await self.arrived(self.client, self.queue, message.body, message.content_type or "")
        except Exception:
            # The ledger is away: the broker keeps the message and brings it again.
            await asyncio.sleep(_BREATH_SECONDS)
            await message.nack(requeue=True)
            return
        await message.ack()


@contextlib.contextmanager
def _cut_is_down() -> Iterator[None]:
    """Tells a cut of the network, which the library says by cancelling, from being cancelled."""
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionError("the connection to the Hub was cut") from error
    except RuntimeError as error:  # the library says so of a connection that was closed meanwhile
        raise ConnectionError("the connection to the Hub is closed") from error


def _tls(broker: Broker) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(broker.authority) if broker.authority else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if broker.certificate and broker.key:
        context.load_cert_chain(broker.certificate, broker.key)
    return context
