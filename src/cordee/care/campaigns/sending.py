"""Invitations by SMS, one after another under a lease; each is handed over once. Rule: G3.4.

The words are the platform's, the same for every campaign: who writes, where to read, how to be left
alone. Nothing of health can stand in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from cordee.care.campaigns.links import Links
from cordee.care.campaigns.register import QUERIES
from cordee.care.campaigns.targeting import mobile_of
from cordee.care.regulation.safety import Teller
from cordee.care.regulation.sealing import plain_number
from cordee.care.store import Store
from cordee.identity.principal import Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import Deleted, NotFound, ProductError, RuleBroken

PATH: Final = "/repondre/"
WORDS: Final[Mapping[str, str]] = {
    "A": "Votre médecin traitant vous a laissé un message : {link} Pour ne plus en recevoir : même "
    "lien.",
    "B": "Un rendez-vous vous est proposé près de chez vous : {link} Pour ne plus recevoir de "
    "message : même lien.",
}
_TRIED: Final = timedelta(days=2)
_LEASE: Final = timedelta(minutes=2)
_PAUSE: Final = timedelta(seconds=30)
_LONGEST_PAUSE: Final = timedelta(hours=1)


class Sending:
    """The texts of one installation; every process shares the work."""

    def __init__(
        self, database: Database, store: Store, principal: Principal, links: Links
    ) -> None:
        """`principal` is the platform, who reads the number of who is invited."""
        self._database = database
        self._store = store
        self._principal = principal
        self._links = links

    async def send_due(self, teller: Teller | None, site: str, at: datetime) -> bool:
        """Hands one text over, in no transaction; whether there was one."""
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["lease_sending"], at, at + _LEASE)
        if row is None:
            return False
        state = "failed" if row["refuses"] else await self._sent(row, teller, site)
        if state == "waiting" and at - row["decided"] >= _TRIED:
            state = "failed"
        pause = min(_LONGEST_PAUSE, _PAUSE * 2 ** min(row["tries"], 10))
        sent = at if state == "sent" else None
        async with self._database.write.acquire() as connection:
            await connection.execute(
                QUERIES["settle_sending"], row["number"], state, sent, at + pause
            )
        return True

    async def _sent(self, row: Mapping[str, Any], teller: Teller | None, site: str) -> str:
        if teller is None:
            return "failed"
        try:
            key = row["patient"].removeprefix("Patient/")
            patient = await self._store.read(self._principal, "Patient", key)
        except (NotFound, Deleted):
            return "failed"
        number = plain_number(mobile_of(patient))
        if not number or patient.get("deceasedDateTime") or patient.get("deceasedBoolean"):
            return "failed"
        link = f"{site}{PATH}{self._links.secret(row['number'])}"
        try:
            await teller.tell(number, WORDS[row["variant"]].format(link=link), str(row["number"]))
        except RuleBroken:
            return "failed"
        except ProductError:
            return "waiting"
        return "sent"
