"""A slot for a case of the floor: held, booked with its stamp, let go. C3.3.

The lock of the case and the constraint of the slot decide together: one booking of a slot, one
slot of a case. A slot of the region is taken with its Appointment in that same transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID, uuid5

from cordee.care.regulation.cases import Case, Said, stamp
from cordee.care.regulation.centres import Centre
from cordee.care.regulation.floor import QUERIES
from cordee.care.regulation.osnp import CANCELLED, SLOT, Wish, check, hold_wish
from cordee.care.regulation.safety import Message, Opened, order_message
from cordee.care.regulation.sealing import Box
from cordee.care.unscheduled import holds
from cordee.care.unscheduled.holds import OWN, Chosen, Held
from cordee.care.unscheduled.search import Offer
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import Conflict, NotFound, RuleBroken

PATIENT: Final = "patient"
GONE: Final = "Ce créneau n’est plus retenu pour vous."


Then = Callable[[Connection], Awaitable[None]]
"""What is written in the transaction of a slot."""


@dataclass(frozen=True, slots=True)
class Own:
    """A booking of a slot of the region: its number, the slot, the patient (an id) or ""."""

    key: UUID
    slot: str
    patient: str = ""


class OwnSlots(Protocol):
    """The region's own slots, written by the platform for itself."""

    async def seize(self, booking: Own, then: Then) -> None:
        """Takes a free slot with an Appointment of the number of the booking, and does `then`.

        Raises `Conflict` where it is not free any more, and what `then` raises: nothing is taken.
        """
        ...

    async def end(self, booking: Own, state: str, then: Then) -> None:
        """Says what became of a booking (`cancelled` frees its slot), and does `then`."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """An appointment as the person reads it: with whom, where, when, whether it can end."""

    who: str
    place: str
    starts: datetime
    state: str
    can_cancel: bool


class Bookings:
    """Holds and bookings of one installation."""

    def __init__(self, database: Database, box: Box, own: OwnSlots) -> None:
        """`box` seals the stamps of cases; `own` are the region's slots."""
        self._database = database
        self._box = box
        self._own = own

    async def of_case(self, centre: Centre, case: UUID) -> Sequence[Held]:
        """The slots of a case, the oldest first."""
        async with self._database.transaction() as connection:
            return await holds.of_case(connection, centre.id, case)

    async def hold(self, principal: Principal, wish: Wish, key: UUID, offer: Offer) -> datetime:
        """Holds a slot for three minutes; until when. One form holds once.

        What one held before for this case is let go. Raises `Conflict` where somebody has it,
        `RuleBroken` before the médecin traitant was called.
        """
        check(wish.done, SLOT)
        case = wish.case
        chosen = Chosen(
            offer.vendor, offer.slot, offer.starts, case.centre, case.id, offer.name, offer.place
        )
        async with self._database.transaction() as connection:
            for one in await holds.of_case(connection, case.centre, case.id):
                if one.id != key and is_mine(one, principal.user):
                    await holds.move(connection, one.id, case.centre, "release", principal.user)
            return await holds.hold(connection, key, chosen, principal.user)

    async def release(self, principal: Principal, wish: Wish, key: UUID) -> None:
        """Lets go what one holds; raises `Conflict` where it is not held any more."""
        async with self._database.transaction() as connection:
            await holds.move(connection, key, wish.case.centre, "release", principal.user)

    async def confirm(self, principal: Principal, wish: Wish, key: UUID, at: datetime) -> str:
        """Books what one holds and stamps the case; the words of the stamp. Said twice, it is once.

        Raises `Conflict` where it is somebody else's or lapsed, `RuleBroken` where the case has
        moved on.
        """
        case = wish.case
        async with self._database.transaction() as connection:
            found = await holds.of_case(connection, case.centre, case.id)
        known = next((one for one in found if one.id == key), None)
        if known is not None and known.state == "booked":
            return appointment_words(known)
        if known is None or not is_mine(known, principal.user):
            raise Conflict(GONE)
        words = appointment_words(known)
        said = Said(f"osnp:{SLOT}", principal.user, at, at, {"words": words})

        async def book(connection: Connection) -> None:
            await hold_wish(connection, wish)
            check(wish.done, SLOT)
            await holds.move(connection, key, case.centre, "book", principal.user)
            await stamp(connection, self._box, case.centre, (case.call, case.id), said)
            await self._tell(connection, case, known, principal.user, at)

        if known.vendor == OWN:
            await self._own.seize(Own(key, known.slot, case.told.patient), book)
        else:
            await self._apart(book)
        return words

    async def _apart(self, then: Then) -> None:
        async with self._database.transaction() as connection:
            await then(connection)

    async def _tell(
        self, connection: Connection, case: Case, held: Held, agent: str, at: datetime
    ) -> None:
        """Orders the text that leads to the appointment, until it begins. Decision 0099."""
        content = {
            "hold": str(held.id), "own": held.vendor == OWN, "slot": held.slot, "who": held.who,
            "place": held.place, "starts": held.starts.isoformat(), "call": str(case.call or ""),
        }  # fmt: skip
        expires = max(held.starts, at + timedelta(minutes=1))
        message = Message(at, expires, content, "appointment")
        await order_message(connection, self._box, case, (uuid5(held.id, "text"), agent), message)

    async def told(self, opened: Opened, at: datetime) -> Told:
        """The appointment that a message leads to, as it stands."""
        content = opened.content
        async with self._database.transaction() as connection:
            found = await holds.of_case(connection, opened.centre, opened.case)
        known = next((one for one in found if str(one.id) == content["hold"]), None)
        if known is None:
            raise NotFound("there is no such appointment")
        can = known.state == "booked" and known.starts > at
        return Told(known.who, known.place, known.starts, known.state, can)

    async def cancel(self, opened: Opened, at: datetime) -> None:
        """The person does not come: the place is free again, the floor is told. Twice, it is once.

        Raises `RuleBroken` once it has begun or is over.
        """
        told = await self.told(opened, at)
        if told.state == "cancelled":
            return
        if not told.can_cancel:
            raise RuleBroken("Ce rendez-vous ne s’annule plus ici : appelez le cabinet.")
        content = opened.content
        key, call = UUID(content["hold"]), content["call"]
        said = Said(f"osnp:{CANCELLED}", PATIENT, at, at)

        async def leave(connection: Connection) -> None:
            await connection.execute(QUERIES["hold_case"], opened.centre, opened.case)
            await holds.move(connection, key, opened.centre, "cancel", PATIENT)
            of = (UUID(call) if call else None, opened.case)
            await stamp(connection, self._box, opened.centre, of, said)

        if content["own"]:
            await self._own.end(Own(key, content["slot"]), "cancelled", leave)
        else:
            await self._apart(leave)

    async def end(self, principal: Principal, wish: Wish, gesture: str) -> None:
        """Says of the booked slot of a case that the person came, or did not; nothing without."""
        case = wish.case
        async with self._database.transaction() as connection:
            found = await holds.of_case(connection, case.centre, case.id)
        for one in found:
            if one.state == "booked":
                await self._end(principal, case.centre, one, gesture)

    async def _end(self, principal: Principal, centre: str, one: Held, gesture: str) -> None:
        async def move(connection: Connection) -> None:
            await holds.move(connection, one.id, centre, gesture, principal.user)

        if one.vendor == OWN:
            await self._own.end(Own(one.id, one.slot), holds.after(gesture), move)
        else:
            await self._apart(move)

    async def missed(self, centre: Centre, since: datetime) -> Sequence[Held]:
        """Who did not come since a moment, the latest first. C3.5."""
        async with self._database.transaction() as connection:
            return await holds.missed(connection, centre.id, since)


def is_mine(held: Held, user: str) -> bool:
    """Whether somebody holds this slot now."""
    return held.state == "held" and held.held_by == user and held.until > clock.now()


def appointment_words(held: Held) -> str:
    """Who, where, when, as the case says it: at most 300 characters."""
    when = f"{held.starts.astimezone(PARIS):%d/%m/%Y à %H:%M}"
    return ", ".join(one for one in (held.who, held.place, when) if one)[:300]
