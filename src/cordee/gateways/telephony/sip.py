"""A switchboard by SIP: we say who speaks with whom, the voice goes from phone to phone.

Third party call control, RFC 3725 (flow I to answer, flow IV with a delayed offer to move a
caller); a conference is a bridge of the switchboard to which each party is moved (RFC 4579). C1.10.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from sipmessage import Request

from cordee.care.regulation.telephony import Heard, LineEvent
from cordee.gateways.telephony.dialog import Leg, LegRefused, answer_to, leg_from, leg_to
from cordee.gateways.telephony.wire import Peer, Wire
from cordee.runtime import clock
from cordee.runtime.errors import Conflict, Unavailable

RING_SECONDS, MOVE_SECONDS, NOTICE_SECONDS = 30.0, 10.0, 60.0
_NOT_HERE: Final = "Cet appel n’est plus là."


@dataclass(slots=True)
class Talk:
    """One call: the caller, then the others who speak; `bridge` are the legs of a conference."""

    caller: Leg
    number: str
    line: str
    others: dict[str, Leg] = field(default_factory=dict)
    bridge: list[Leg] = field(default_factory=list)
    notice: Leg | None = None
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    """Whether the notice of recording has ended."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def rings(self) -> bool:
        """Whether nobody has answered."""
        return self.caller.invite is not None


class SipSwitchboard:
    """See `care.regulation.telephony.Switchboard`."""

    def __init__(
        self, host: str, port: int, *, notice: str = "", bridge: str = "",
        ring_seconds: float = RING_SECONDS,
    ) -> None:  # fmt: skip
        """`notice` announces the recording, `bridge` mixes conferences: SIP addresses, or ""."""
        self._wire = Wire(host, port, self._hear)
        self._notice, self._bridge, self._seconds = notice, bridge, ring_seconds
        self._talks: dict[str, Talk] = {}
        self._legs: dict[str, Talk] = {}
        self._told: asyncio.Queue[LineEvent | None] = asyncio.Queue()
        self._work: set[asyncio.Task[None]] = set()

    async def open(self) -> int:
        """Listens; the port."""
        await self._wire.open()
        return self._wire.port

    async def close(self) -> None:
        """Stops listening; calls that speak go on without us."""
        await self._wire.close()
        await self._told.put(None)

    async def events(self) -> AsyncIterator[LineEvent]:
        """What happens, in order, until the switchboard is closed."""
        while (event := await self._told.get()) is not None:
            yield event

    async def answer(self, call: str, position: str) -> None:
        """Joins a call that rings to a position, after the notice."""
        talk = self._talk(call)
        async with talk.lock:
            if not talk.rings:
                raise Conflict("Cet appel est déjà pris.")
            if self._notice and await self._announce(call, talk):
                await self._move(talk, position, call)
            else:
                await self._ring(talk, position, call)
            self._tell(Heard.ANSWERED, call, talk, who=position)

    async def transfer(self, call: str, position: str) -> None:
        """Gives the caller to another position; the first one is left once that has answered."""
        talk = self._talk(call)
        async with talk.lock:
            if talk.rings:
                raise Conflict("Décrochez avant de transférer.")
            former = dict(talk.others)
            await self._move(talk, position, call)
            for name, leg in former.items():
                talk.others.pop(name, None)
                await self._leave(leg)
            self._tell(Heard.TRANSFERRED, call, talk, who=position)

    async def conference(self, call: str, third: str) -> None:
        """Adds a third person, by the bridge of the switchboard."""
        talk = self._talk(call)
        if not self._bridge:
            raise Unavailable("Ce standard n’a pas de pont de conférence.")
        async with talk.lock:
            if talk.rings or not talk.others:
                raise Conflict("Décrochez avant d’ajouter quelqu’un.")
            guest = leg_to(self._wire, third, talk.number)
            try:
                offer, sequence = await guest.call(b"", self._seconds)
                answer = await self._bridged(talk, offer)
                await guest.acknowledge(sequence, answer)
                self._joined(talk, third, guest)
                if len(talk.bridge) == 1:
                    first = next(one for name, one in talk.others.items() if name != third)
                    for leg in (talk.caller, first):
                        await self._onto_bridge(talk, leg)
            except LegRefused as error:
                raise self._refused(call, third, error) from None
            self._tell(Heard.JOINED, call, talk, who=third)

    async def hang_up(self, call: str) -> None:
        """Ends a call for everybody."""
        talk = self._talk(call)
        if talk.rings:
            await talk.caller.reply(486)
            talk.caller.is_over = True
        await self._end(call, talk, Heard.ENDED)

    async def _ring(self, talk: Talk, position: str, call: str) -> None:
        """Joins a caller who rings to a position (RFC 3725, flow I)."""
        leg = leg_to(self._wire, position, talk.number)
        try:
            media, sequence = await leg.call(talk.caller.media, self._seconds)
        except LegRefused as error:
            raise self._refused(call, position, error) from None
        await leg.acknowledge(sequence)
        await talk.caller.reply(200, media)
        self._joined(talk, position, leg)

    async def _announce(self, call: str, talk: Talk) -> bool:
        """Lets the caller hear that the call is recorded; a notice that fails holds nobody up."""
        leg = leg_to(self._wire, self._notice, talk.number)
        try:
            media, sequence = await leg.call(talk.caller.media, MOVE_SECONDS)
        except LegRefused as error:
            self._tell(Heard.REFUSED, call, talk, who=self._notice, reason=str(error.code))
            return False
        talk.notice = leg
        self._legs[leg.call_id] = talk
        await leg.acknowledge(sequence)
        await talk.caller.reply(200, media)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(NOTICE_SECONDS):
                await talk.heard.wait()
        await self._leave(leg)
        self._tell(Heard.NOTICE, call, talk)
        return True

    async def _move(self, talk: Talk, position: str, call: str) -> None:
        """Joins the caller to a position that makes the offer (RFC 3725, flow IV)."""
        leg = leg_to(self._wire, position, talk.number)
        try:
            offer, sequence = await leg.call(b"", self._seconds)
        except LegRefused as error:
            raise self._refused(call, position, error) from None
        try:
            answer = await talk.caller.renew(offer, MOVE_SECONDS)
        except LegRefused as error:
            await leg.acknowledge(sequence)
            await leg.bye()
            raise self._refused(call, position, error) from None
        await leg.acknowledge(sequence, answer)
        self._joined(talk, position, leg)

    async def _onto_bridge(self, talk: Talk, leg: Leg) -> None:
        port = leg_to(self._wire, self._bridge, talk.number)
        offer, sequence = await port.call(b"", MOVE_SECONDS)
        answer = await leg.renew(offer, MOVE_SECONDS)
        await port.acknowledge(sequence, answer)
        talk.bridge.append(port)
        self._legs[port.call_id] = talk

    async def _bridged(self, talk: Talk, offer: bytes) -> bytes:
        port = leg_to(self._wire, self._bridge, talk.number)
        answer, sequence = await port.call(offer, MOVE_SECONDS)
        await port.acknowledge(sequence)
        talk.bridge.append(port)
        self._legs[port.call_id] = talk
        return answer

    def _hear(self, request: Request, peer: Peer) -> None:
        task = asyncio.get_running_loop().create_task(self._heard(request, peer))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _heard(self, request: Request, peer: Peer) -> None:
        talk = self._legs.get(request.call_id)
        if request.method == "INVITE" and talk is None:
            await self._rings(request, peer)
        elif request.method == "ACK":
            if talk is not None and request.call_id == talk.caller.call_id:
                talk.caller.acknowledged.set()
        elif talk is None:
            await self._wire.send(answer_to(request, 481), peer)
        elif request.method == "BYE":
            await self._wire.send(answer_to(request, 200), peer)
            await self._gone(request.call_id, talk)
        elif request.method == "CANCEL":
            await self._wire.send(answer_to(request, 200), peer)
            if talk.rings:
                await talk.caller.reply(487)
                await self._end(talk.caller.call_id, talk, Heard.ABANDONED)
        else:
            await self._wire.send(answer_to(request, 405), peer)

    async def _rings(self, invite: Request, peer: Peer) -> None:
        leg = leg_from(self._wire, invite, peer)
        talk = Talk(leg, invite.from_address.uri.user or "", invite.uri.user or "")
        self._talks[leg.call_id] = self._legs[leg.call_id] = talk
        await leg.reply(180)
        self._tell(Heard.RINGS, leg.call_id, talk)

    async def _gone(self, call_id: str, talk: Talk) -> None:
        """Somebody has hung up: the caller ends it all, the last of the others too."""
        call = talk.caller.call_id
        if call_id == call:
            talk.caller.is_over = True
            await self._end(call, talk, Heard.ENDED)
            return
        name = next((who for who, leg in talk.others.items() if leg.call_id == call_id), "")
        if not name:
            if talk.notice is not None and talk.notice.call_id == call_id:
                talk.notice.is_over = True
                talk.heard.set()
            return
        talk.others.pop(name).is_over = True
        if talk.others:
            self._tell(Heard.LEFT, call, talk, who=name)
        else:
            await self._end(call, talk, Heard.ENDED)

    async def _end(self, call: str, talk: Talk, kind: Heard) -> None:
        if self._talks.pop(call, None) is None:
            return
        legs = [*talk.others.values(), *talk.bridge]
        if kind is Heard.ENDED:
            legs.append(talk.caller)
        for leg in legs:
            await self._leave(leg)
        self._legs.pop(call, None)
        self._tell(kind, call, talk)

    async def _leave(self, leg: Leg) -> None:
        with contextlib.suppress(OSError):
            await leg.bye()
        self._legs.pop(leg.call_id, None)

    def _joined(self, talk: Talk, who: str, leg: Leg) -> None:
        talk.others[who] = leg
        self._legs[leg.call_id] = talk

    def _talk(self, call: str) -> Talk:
        talk = self._talks.get(call)
        if talk is None:
            raise Conflict(_NOT_HERE)
        return talk

    def _refused(self, call: str, who: str, error: LegRefused) -> Unavailable:
        talk = self._talks.get(call)
        if talk is not None:
            self._tell(Heard.REFUSED, call, talk, who=who, reason=str(error.code))
        return Unavailable("Ce poste ne répond pas : l’appelant reste en ligne.")

    def _tell(self, kind: Heard, call: str, talk: Talk, *, who: str = "", reason: str = "") -> None:
        self._told.put_nowait(
            LineEvent(kind, call, clock.now(), talk.number, talk.line, who, reason)
        )
