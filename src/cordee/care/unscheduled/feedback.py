"""What the effector says of an orientation: fitting or not, in a word for the case. C3.5."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from cordee.care.regulation.cases import Said, stamp
from cordee.care.regulation.osnp import FEEDBACK
from cordee.care.regulation.sealing import Box
from cordee.care.unscheduled.holds import OWN, QUERIES
from cordee.identity.principal import Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound, RuleBroken

MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """A slot of an effector that regulation booked and that has begun; `fits` once it was said."""

    hold: UUID
    slot: str
    starts: datetime
    fits: bool | None


class Feedback:
    """What effectors say of the persons whom regulation sent them."""

    def __init__(self, database: Database, box: Box) -> None:
        """`box` seals what is written beside."""
        self._database, self._box = database, box

    async def asked(self, slots: Collection[str], at: datetime) -> Sequence[Seen]:
        """What regulation booked of these slots of one's own that has begun, the latest first."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["booked_slots"], OWN, list(slots), at)
        return [Seen(row["id"], row["slot"], row["starts"], row["fits"]) for row in rows]

    async def say(
        self, principal: Principal, slots: Collection[str], said: tuple[UUID, bool, str],
        at: datetime,
    ) -> None:  # fmt: skip
        """Keeps what an effector says of one of their slots, and stamps its case.

        Raises `NotFound` for a slot that is not theirs, `RuleBroken` for words that are too long.
        """
        hold, fits, words = said
        if len(words) > MOST:
            raise RuleBroken(f"{MOST} signes au plus.", expression=("avis",))
        async with self._database.transaction() as connection:
            rows = await connection.fetch(QUERIES["booked_slots"], OWN, list(slots), at)
            row = next((one for one in rows if one["id"] == hold), None)
            if row is None:
                raise NotFound("there is no such appointment")
            await connection.execute(QUERIES["say"], hold, fits, at, principal.user)
            told = "Orientation adaptée" if fits else "Orientation non adaptée"
            content = {"words": f"{told}. {words}".strip() if words else f"{told}."}
            stamped = Said(f"osnp:{FEEDBACK}", principal.user, at, at, content)
            await stamp(connection, self._box, row["centre"], (None, row["case"]), stamped)

    async def of_holds(self, holds: Collection[UUID]) -> Mapping[UUID, bool]:
        """What was said of these bookings."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["said"], list(holds))
        return {row["hold"]: row["fits"] for row in rows}
