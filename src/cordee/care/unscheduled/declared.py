"""What a vendor declares of an appointment that the floor booked with it, told to the case. C3.7.

An appointment is ours when one slot alone fits: of this vendor, at this hour, held by the regulator
whose account the vendor names. It stays so when it moves. A match that is not sure is none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cordee.care.regulation.cases import Said, stamp
from cordee.care.regulation.floor import QUERIES as FLOOR
from cordee.care.regulation.osnp import CANCELLED, MOVED, SLOT
from cordee.care.regulation.sealing import Box
from cordee.care.unscheduled.booking import appointment_words
from cordee.care.unscheduled.holds import QUERIES, Held
from cordee.runtime.database import Connection

LATE: Final = timedelta(hours=1)
"""How long after a hold was let go the vendor may still say that it was booked."""
_OUTCOMES: Final = {"fulfilled": "honoured", "noshow": "missed"}
_SEEN: Final = frozenset({"booked", "fulfilled", "noshow"})
_OPEN: Final = frozenset({"held", "released", "cancelled"})
"""What may become an appointment: also one that was cancelled, and is booked again there."""


@dataclass(frozen=True, slots=True)
class Declared:
    """An appointment of a vendor: its status as FHIR says it, when it starts, who booked it."""

    vendor: str
    status: str
    starts: datetime
    user: str


class Declarations:
    """Appointments of vendors, joined to the cases of the floor."""

    def __init__(self, box: Box) -> None:
        """`box` seals the stamps of cases."""
        self._box = box

    async def hear(
        self, connection: Connection, told: Declared, known: UUID | None, at: datetime
    ) -> UUID | None:
        """Tells the case what the vendor says; the booking that it is, None for none of ours.

        `known` is the booking that this appointment was joined to before.
        """
        values = (told.vendor, told.starts, told.user, known, at - LATE)
        found = await connection.fetch(QUERIES["declared"], *values)
        if len(found) != 1:
            return known
        # The case before its slot, as all who book do.
        await connection.execute(FLOOR["hold_case"], found[0]["centre"], found[0]["case"])
        row = await connection.fetchrow(QUERIES["declared_hold"], found[0]["id"])
        if row is None:
            return known
        centre, held = row["centre"], Held(**{name: row[name] for name in Held.__slots__})
        after, kinds = _moved(held, told)
        if kinds:
            values = (held.id, after.state, after.starts, at)
            if await connection.fetchval(QUERIES["declare"], *values) is None:
                return None  # somebody else has the slot since
            for kind in kinds:
                words = {"words": appointment_words(after)}
                said = Said(f"osnp:{kind}", told.vendor, at, at, words)
                await stamp(connection, self._box, centre, (None, held.case), said)
        return held.id


def _moved(held: Held, told: Declared) -> tuple[Held, list[str]]:
    """The booking after what is told, and the stamps that say so; none where nothing changes."""
    after, kinds = held, list[str]()
    if told.status in _SEEN and held.state in _OPEN:
        outcome = _OUTCOMES.get(told.status)
        after = replace(held, state=told.status)
        kinds = [SLOT, outcome] if outcome else [SLOT]
    elif told.status == "cancelled" and held.state in _SEEN:
        return replace(held, state="cancelled"), [CANCELLED]
    elif told.status == "cancelled" and held.state == "held":
        return replace(held, state="released"), []
    elif told.status in _OUTCOMES and held.state in _SEEN and held.state != told.status:
        after, kinds = replace(held, state=told.status), [_OUTCOMES[told.status]]
    if after.state in _SEEN and told.starts != held.starts:
        after, kinds = replace(after, starts=told.starts), [*kinds, MOVED]
    return after, kinds
