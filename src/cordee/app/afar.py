"""What is said to a centre of another installation about a call of its own, and heard from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from cordee.app.circles import ring_of
from cordee.care.overflow.peers import Peers
from cordee.care.overflow.ports import Letter
from cordee.care.regulation.afar import Heard
from cordee.care.regulation.asking import Asked
from cordee.care.regulation.cases import Case, Said
from cordee.care.regulation.centres import Centres
from cordee.care.regulation.floor import QUERIES, Floor, Parcel
from cordee.care.regulation.sealing import Box
from cordee.formats.hub.envelope import Envelope
from cordee.gateways.samu.ledger import Ledger
from cordee.gateways.samu.regulating import (
    ANSWERED,
    ASKED,
    FOLLOWED,
    Ends,
    Regulating,
    answered_of,
    asked_of,
    parcel_in,
    said_of,
)
from cordee.runtime.database import Connection
from cordee.runtime.errors import InvalidRequest

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

NOT_LENT: Final = "this call is not with you"
_WRONG: Final = "this is no letter about a call"


class HubAfar:
    """See `care.regulation.asking.Afar`: over the Hub, where the peer is known."""

    def __init__(self, letters: Regulating, floor: Floor, centres: Centres, peers: Peers) -> None:
        """`floor` knows the call that is spoken of."""
        self._letters, self._floor = letters, floor
        self._centres, self._peers = centres, peers

    async def names(self) -> Mapping[str, str]:
        """See `Afar`."""
        return {key: one.name for key, one in (await self._peers.all()).items()}

    async def ask(self, connection: Connection, one: Asked, call: UUID | None) -> bool:
        """See `Afar`."""
        ends = await self._ends(one.asker, one.home)
        parcel = await self._parcel(connection, one.asker, call)
        if ends is None or parcel is None:
            return False
        await self._letters.ask(connection, one, parcel, ends)
        return True

    async def answer(self, connection: Connection, one: Asked) -> None:
        """See `Afar`: who cannot be reached any more telephones after a minute."""
        if ends := await self._ends(one.home, one.asker):
            await self._letters.answer(connection, one, ends)

    async def tell(self, connection: Connection, case: Case, said: Said) -> None:
        """See `Afar`."""
        ends = await self._ends(case.centre, case.home)
        parcel = await self._parcel(connection, case.centre, case.call)
        if ends and parcel:
            of = ((case.centre, case.home), uuid4())
            await self._letters.tell(connection, of, parcel, said, ends)

    async def follow(self, connection: Connection, one: Asked, said: Said) -> None:
        """See `Afar`."""
        if ends := await self._ends(one.home, one.asker):
            await self._letters.follow(connection, one, said, ends)

    async def _ends(self, sender: str, recipient: str) -> Ends | None:
        peer = (await self._peers.all()).get(recipient)
        own = (await self._centres.all()).get(sender)
        return (own.hub, peer.hub) if own and own.hub and peer else None

    async def _parcel(
        self, connection: Connection, centre: str, call: UUID | None
    ) -> Parcel | None:
        found = None if call is None else await self._floor.parcel(connection, centre, call)
        return found if found and found.case else None


async def hear(connection: Connection, box: Box, letter: Letter, envelope: Envelope) -> str:
    """Enters a letter about a call; why it is refused, or an empty text."""
    heard = Heard(box)
    try:
        if letter.kind == ANSWERED:
            await heard.answered(connection, *answered_of(letter))
            return ""
        if letter.kind == FOLLOWED:
            ends = (letter.recipient, letter.sender)
            await heard.followed(connection, ends, letter.episode, said_of(letter))
            return ""
        parcel = parcel_in(letter, (letter.recipient, envelope.sender))
        lent = (letter.recipient, parcel.id, letter.sender)
        if not await connection.fetchval(QUERIES["is_lent"], *lent):
            return NOT_LENT
        if letter.kind == ASKED:
            await heard.asked(connection, asked_of(letter), parcel)
        else:
            await heard.told(connection, (letter.recipient, letter.sender), parcel, said_of(letter))
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError, InvalidRequest):
        return _WRONG
    return ""


def afar_of(parts: Parts, box: Box) -> HubAfar:
    """The way to the centres of other installations."""
    ledger = Ledger(parts.database, lambda: ring_of(parts.kernel))
    centres, peers = Centres(parts.database), Peers(parts.database)
    return HubAfar(Regulating(ledger), Floor(box), centres, peers)
