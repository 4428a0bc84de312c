"""The texts of the safety net, handed over by the way of SMS of this installation. C1.7."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cordee.app.regulation import box_of
from cordee.care.notifications.delivering import Ways
from cordee.care.notifications.ports import Message, Sender
from cordee.care.regulation.safety import SafetyNet
from cordee.runtime import clock

if TYPE_CHECKING:
    from cordee.app.wiring import Parts


class Texter:
    """See `care.regulation.safety.Teller`."""

    def __init__(self, sender: Sender) -> None:
        """`sender` is the gateway of texts."""
        self._sender = sender

    async def tell(self, number: str, words: str, reference: str) -> None:
        """Hands over once for a reference."""
        await self._sender.send(Message(number, "", words, reference))


class Texting:
    """The loop of every serving process: they share the texts, none waits for another."""

    def __init__(self, parts: Parts, ways: Ways) -> None:
        """`ways` has "sms" where a gateway is connected."""
        self._net = SafetyNet(parts.database, box_of(parts))
        sender = ways.senders.get("sms")
        self._teller = Texter(sender) if sender is not None else None
        self._site = ways.site

    async def send_due(self) -> bool:
        """Hands one text over; whether there may be another one."""
        return await self._net.send_due(self._teller, self._site, clock.now())
