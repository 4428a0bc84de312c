"""One leg of a call: a SIP dialog with one phone, the requests and answers that belong to it.

RFC 3261 section 12 (dialogs), 13 (INVITE), 14 (re-INVITE), 15 (BYE).
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Final

from sipmessage import URI, Address, CSeq, MediaType, Parameters, Request, Response

from cordee.gateways.telephony.wire import Peer, Wire, peer_of

_HOPS: Final = 70
_ACK_SECONDS: Final = 4.0
_SDP: Final = MediaType(mime_type="application/sdp")
_FIRST_BAD: Final = 300
_PHRASES: Final = {
    100: "Trying", 180: "Ringing", 200: "OK", 481: "Call/Transaction Does Not Exist",
    486: "Busy Here", 487: "Request Terminated", 405: "Method Not Allowed", 501: "Not Implemented",
}  # fmt: skip


class LegRefused(Exception):
    """A phone does not take part; `code` is that of SIP, 408 where nothing was heard."""

    def __init__(self, code: int) -> None:
        """`code` as SIP gives it."""
        super().__init__(f"SIP {code}")
        self.code = code


@dataclass(slots=True)
class Leg:
    """A dialog: who we are in it, who they are, where they are reached."""

    wire: Wire
    call_id: str
    local: Address
    remote: Address
    target: URI
    peer: Peer
    sequence: int = 0
    invite: Request | None = None
    """Their INVITE, while it is not finally answered."""
    is_over: bool = False
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    """Whether they have heard our answer to their INVITE; a leg of ours awaits none."""
    media: bytes = b""
    """What they last said of their voice (SDP)."""

    def request(self, method: str, body: bytes = b"", *, sequence: int = 0) -> Request:
        """A request of this dialog, with the next number unless one is given."""
        if not sequence:
            self.sequence += 1
        made = Request(method, self.target, body)
        made.via = [self.wire.via()]
        made.max_forwards = _HOPS
        made.from_address, made.to_address = self.local, self.remote
        made.call_id = self.call_id
        made.cseq = CSeq(sequence=sequence or self.sequence, method=method)
        made.contact = [_contact(self.wire)]
        if body:
            made.content_type = _SDP
        return made

    async def bye(self) -> None:
        """Ends the dialog, not before they have heard our answer (RFC 3261, section 15)."""
        if not self.is_over:
            self.is_over = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ACK_SECONDS):
                    await self.acknowledged.wait()
            await self.wire.send(self.request("BYE"), self.peer)

    async def renew(self, offer: bytes, seconds: float) -> bytes:
        """Asks the phone to speak with somebody else (re-INVITE); what it says of its voice.

        Raises `LegRefused`; the phone then goes on as before.
        """
        response, sequence = await self._invited(offer, seconds)
        await self.acknowledge(sequence)
        self.media = response.body
        return response.body

    async def call(self, offer: bytes, seconds: float) -> tuple[bytes, int]:
        """Rings the phone: what it says of its voice, and the number to acknowledge.

        Without an offer the phone makes one, which `acknowledge` answers. Raises `LegRefused`.
        """
        response, sequence = await self._invited(offer, seconds)
        self.remote = response.to_address
        if response.contact:
            self.target = response.contact[0].uri
        self.media = response.body
        return response.body, sequence

    async def acknowledge(self, sequence: int, answer: bytes = b"") -> None:
        """Says that the final answer was heard, with our answer to their offer."""
        await self.wire.send(self.request("ACK", answer, sequence=sequence), self.peer)

    async def reply(self, code: int, body: bytes = b"") -> None:
        """Answers their INVITE; it is over for a final code."""
        if self.invite is None:
            return
        made = answer_to(self.invite, code, self.local)
        made.contact = [_contact(self.wire)]
        if body:
            made.body, made.content_type = body, _SDP
        if code >= 200:  # noqa: PLR2004 -- final
            self.invite = None
        await self.wire.send(made, self.peer)

    async def _invited(self, offer: bytes, seconds: float) -> tuple[Response, int]:
        request = self.request("INVITE", offer)
        sequence = request.cseq.sequence
        try:
            future = await self.wire.ask(request, self.peer)
            async with asyncio.timeout(seconds):
                response = await future
        except TimeoutError:
            await self._cancel(request)
            raise LegRefused(408) from None
        except OSError:
            raise LegRefused(503) from None
        if response.code >= _FIRST_BAD:
            refusal = self.request("ACK", sequence=sequence)
            refusal.via, refusal.to_address = request.via, response.to_address
            await self.wire.send(refusal, self.peer)
            raise LegRefused(response.code)
        return response, sequence

    async def _cancel(self, request: Request) -> None:
        made = self.request("CANCEL", sequence=request.cseq.sequence)
        made.via = request.via
        await self.wire.send(made, self.peer)


def leg_to(wire: Wire, address: str, caller: str) -> Leg:
    """A leg to a phone that we shall ring; `caller` is what it shows. Raises `ValueError`."""
    target = URI.parse(address)
    local = Address(
        uri=URI(scheme="sip", user=caller or "anonymous", host=wire.host, port=wire.port),
        parameters=Parameters(tag=token_hex(6)),
    )
    made = Leg(wire, token_hex(12), local, Address(uri=target), target, peer_of(target))
    made.acknowledged.set()
    return made


def leg_from(wire: Wire, invite: Request, peer: Peer) -> Leg:
    """The leg of who rings us."""
    contact = invite.contact
    target = contact[0].uri if contact else invite.from_address.uri
    to = invite.to_address
    local = Address(to.uri, to.name, to.parameters.replace(tag=token_hex(6)))
    made = Leg(wire, invite.call_id, local, invite.from_address, target, peer, invite=invite)
    made.media = invite.body
    return made


def answer_to(request: Request, code: int, local: Address | None = None) -> Response:
    """An answer to a request, as RFC 3261 section 8.2.6 wants it."""
    made = Response(code, _PHRASES.get(code, "OK"))
    made.via = request.via
    made.from_address = request.from_address
    made.to_address = local or request.to_address
    made.call_id = request.call_id
    made.cseq = request.cseq
    return made


def _contact(wire: Wire) -> Address:
    uri = URI(
        scheme="sip", user="cordee", host=wire.host, port=wire.port,
        parameters=Parameters(transport="tcp"),
    )  # fmt: skip
    return Address(uri=uri)
