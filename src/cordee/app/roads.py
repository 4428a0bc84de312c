"""The wires of the overflow of this installation: its own base, and the Hub to the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cordee.app import afar
from cordee.app.circles import ring_of
from cordee.app.regulation import box_of
from cordee.care.overflow import telling
from cordee.care.overflow.agreeing import CONVENTION, hear
from cordee.care.overflow.engine import Engine
from cordee.care.overflow.peers import Peers
from cordee.care.overflow.ports import Letter
from cordee.care.overflow.wires import BaseTransport
from cordee.care.regulation.centres import Centres
from cordee.care.regulation.floor import Floor, Parcel
from cordee.care.regulation.sealing import Box
from cordee.formats.hub import kinds
from cordee.formats.hub.envelope import Envelope
from cordee.gateways.samu.cases import SharedCases
from cordee.gateways.samu.errors import UNKNOWN_SENDER, words_of
from cordee.gateways.samu.ledger import Ledger
from cordee.gateways.samu.letters import HubTransport, is_letter, letter_of
from cordee.gateways.samu.parcels import unpacked
from cordee.gateways.samu.regulating import KINDS
from cordee.runtime.clock import now
from cordee.runtime.database import Connection
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.queries import load_queries

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

QUERIES: Final = load_queries("cordee.care.overflow")
_WRONG: Final = "this is not a letter of the overflow"


class Roads:
    """See `care.overflow.ports.Wires`: to the centres of this base, and to those of others."""

    def __init__(
        self, base: BaseTransport, hub: HubTransport, centres: Centres, peers: Peers
    ) -> None:
        """`hub` reaches who is in `peers`."""
        self._base, self._hub, self._centres, self.peers = base, hub, centres, peers

    async def away(self) -> Collection[str]:
        """The centres of other installations that the Hub reaches."""
        return (await self.peers.all()).keys()

    async def send(self, connection: Connection, letters: Sequence[Letter]) -> None:
        """Hands letters over in the transaction of the step that says them."""
        if not letters:
            return
        peers = await self.peers.all()
        far = [one for one in letters if one.recipient in peers]
        await self._base.send(connection, [one for one in letters if one.recipient not in peers])
        if far:
            ours = {one.id: one.hub for one in (await self._centres.all()).values()}
            clients = ours | {one.centre: one.hub for one in peers.values()}
            await self._hub.send(connection, far, clients)

    async def collect(self, connection: Connection, centre: str, most: int) -> list[Letter]:
        """The next letters of this base for a centre; those of the Hub come by `Arrivals`."""
        return await self._base.collect(connection, centre, most)


class Shelf:
    """Calls that came with a letter, sealed until the engine puts them in a queue."""

    def __init__(self, box: Box) -> None:
        """`box` seals them."""
        self.box = box

    async def keep(self, connection: Connection, centre: str, parcel: Parcel) -> None:
        """Lays a call down; what came before for the same call is replaced."""
        content = {
            name: getattr(parcel, name)
            for name in ("home", "priority", "motive", "line", "way", "content", "case")
        } | {"since": parcel.since.isoformat()}
        key, sealed = self.box.seal("parcel", f"{centre}/{parcel.id}", content)
        values = (centre, parcel.id, sealed, key, now())
        await connection.execute(QUERIES["keep_parcel"], *values)

    async def take(self, connection: Connection, centre: str, call: UUID) -> Parcel | None:
        """Gives a call out, once; None where none came."""
        sealed = await connection.fetchval(QUERIES["take_parcel"], centre, call)
        if sealed is None:
            return None
        content = self.box.open("parcel", f"{centre}/{call}", sealed)
        content["since"] = datetime.fromisoformat(content["since"])
        return Parcel(id=call, **content)


class Arrivals:
    """What comes by the Hub: letters for the engine, all else for the shared cases."""

    def __init__(
        self, engine: Engine, shared: SharedCases, shelf: Shelf, centres: Centres, peers: Peers
    ) -> None:
        """`shelf` keeps the calls that letters bring; `peers` may write letters."""
        self._engine, self._shared, self._shelf = engine, shared, shelf
        self._centres, self._peers = centres, peers

    async def take(self, connection: Connection, client: str, envelope: Envelope) -> str:
        """Acts on a message, in the transaction that marks it; why it is refused, or empty."""
        if envelope.is_a(kinds.ERROR):
            return await self._refused(connection, client, envelope)
        if not is_letter(envelope):
            return await self._shared.take(connection, client, envelope)
        try:
            letter = letter_of(envelope, await self._known())
            parcel = None if letter.kind in KINDS else _parcel(letter, envelope)
        except InvalidRequest as error:
            return error.message
        await connection.execute(QUERIES["take_turn"], letter.recipient)
        return await self._heard(connection, letter, parcel, envelope)

    async def _heard(
        self, connection: Connection, letter: Letter, parcel: Parcel | None, envelope: Envelope
    ) -> str:
        if letter.kind == CONVENTION:
            return await hear(connection, letter, now())
        if letter.kind == telling.WATCH:
            return await telling.hear(connection, letter, now())
        try:
            async with connection.transaction():
                if letter.kind in KINDS:
                    return await afar.hear(connection, self._shelf.box, letter, envelope)
                if parcel is not None:
                    await self._shelf.keep(connection, letter.recipient, parcel)
                await self._engine.receive(connection, letter, now())
        except (KeyError, TypeError, ValueError):
            return _WRONG
        return ""

    async def _refused(self, connection: Connection, client: str, envelope: Envelope) -> str:
        """A message of ours is refused: a letter of the overflow is told to the engine."""
        ours = await self._shared.refused(connection, client, envelope)
        if ours is None:
            return words_of(UNKNOWN_SENDER)
        if is_letter(ours):
            try:
                letter = letter_of(ours, await self._known())
            except InvalidRequest:
                return ""  # its recipient is no peer any more
            await connection.execute(QUERIES["take_turn"], letter.sender)
            await self._engine.refused(connection, letter, now())
        return ""

    async def _known(self) -> dict[str, str]:
        """The centres by their clients of the Hub, ours and those of others."""
        known = {one.hub: one.id for one in (await self._centres.all()).values()}
        return known | {one.hub: one.centre for one in (await self._peers.all()).values()}


def roads(parts: Parts) -> Roads:
    """The wires of this installation."""
    ledger = Ledger(parts.database, lambda: ring_of(parts.kernel))
    hub = HubTransport(ledger, Floor(box_of(parts)))
    return Roads(BaseTransport(), hub, Centres(parts.database), Peers(parts.database))


def _parcel(letter: Letter, envelope: Envelope) -> Parcel | None:
    said = envelope.body.get("parcel")
    if said is None or letter.call is None or letter.since is None:
        return None
    try:
        ends = (letter.sender, envelope.sender)
        return unpacked(said, letter.call, letter.since, ends)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidRequest(_WRONG) from error
