"""What two centres say of a call that one regulates for the other, in one base or between two.

The home centre keeps the vehicles and the responsibility of what becomes of its caller: it has the
case as it is told now, is asked for vehicles, and hears what was decided. Between two installations
a port carries this (`Afar`, bound in `app`). Rule: C2.6, C2.8; decisions 0091, 0107.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from cordee.care.regulation.asking import COLUMNS, Afar, Asked
from cordee.care.regulation.cases import Case, Said, stamp
from cordee.care.regulation.floor import QUERIES, Parcel
from cordee.care.regulation.sealing import Box
from cordee.runtime.database import Connection

ELSEWHERE: Final = "elsewhere"
"""What begins the kind of a stamp that the other centre set."""


async def tell_home(connection: Connection, box: Box, afar: Afar, case: Case, said: Said) -> None:
    """Says to the home centre of a case what another centre did for it; nothing for one's own."""
    if case.home == case.centre:
        return
    if await connection.fetchval(QUERIES["give_home"], case.centre, case.home, case.id) is None:
        await afar.tell(connection, case, said)
        return
    await stamp(connection, box, case.home, (None, case.id), _by(case.centre, said))


async def follow_asked(
    connection: Connection, afar: Afar, of: tuple[str, UUID], said: Said
) -> None:
    """Says to who asked from another installation where a vehicle is. `of`: centre and case.

    Centres of one installation read each other's missions.
    """
    kind = str((said.content or {}).get("kind", ""))
    for row in await connection.fetch(QUERIES["given_afar"], *of, kind):
        one = Asked(*(row[name] for name in COLUMNS))
        told = replace(said, content={"kind": one.kind, "name": one.vehicle})
        await afar.follow(connection, one, told)


class Heard:
    """What comes from another installation, entered in the transaction that marks its letter."""

    def __init__(self, box: Box) -> None:
        """`box` seals what is told."""
        self._box = box

    async def asked(self, connection: Connection, one: Asked, parcel: Parcel) -> None:
        """A vehicle is asked of us for a call of ours; asked twice, it is one request."""
        case = await self._given(connection, one.home, parcel, one.asked)
        values = (
            one.id, one.home, one.asker, case, one.kind, one.priority, one.motive, one.commune,
            one.asked, one.asked_by,
        )  # fmt: skip
        if await connection.fetchval(QUERIES["asked_afar"], *values) is None:
            return
        said = Said("request:asked", one.asked_by, one.asked, one.asked, {"kind": one.kind})
        await stamp(connection, self._box, one.home, (None, case), said)

    async def answered(self, connection: Connection, one: Asked, words: str) -> None:
        """What we asked for is accepted or refused; the first answer stands."""
        at = one.answered or one.asked
        values = (one.id, one.answer, at, one.answered_by, one.reason, one.vehicle, one.home)
        row = await connection.fetchrow(QUERIES["answered_afar"], *values, one.asker)
        if row is None:
            return
        content = {"kind": row["kind"], "name": one.vehicle, "words": words}
        said = Said(f"request:{one.answer}", one.answered_by, at, at, content)
        await stamp(connection, self._box, one.asker, (None, row["case"]), said)

    async def told(
        self, connection: Connection, ends: tuple[str, str], parcel: Parcel, said: Said
    ) -> None:
        """The second of `ends` decided for a call of the first, which has the case as it is now."""
        home, sender = ends
        case = await self._given(connection, home, parcel, said.told)
        await stamp(connection, self._box, home, (None, case), _by(sender, said))

    async def followed(
        self, connection: Connection, ends: tuple[str, str], request: UUID, said: Said
    ) -> None:
        """The second of `ends` says to the first where the vehicle is that it gave."""
        asker, home = ends
        case = await connection.fetchval(QUERIES["case_asked"], request, home, asker)
        if case is not None:
            await stamp(connection, self._box, asker, (None, case), _by(home, said))

    async def _given(self, connection: Connection, home: str, parcel: Parcel, at: datetime) -> UUID:
        """Our case of a call that another centre regulates, with what is told there now."""
        carried = parcel.case or {}
        known = await connection.fetchrow(QUERIES["lent_case"], home, parcel.id)
        key: UUID = known["id"] if known else UUID(carried["id"])
        content = dict(carried["content"])
        if known:
            was = self._box.open("case", str(key), known["content"])
            content |= {"patient": was["patient"]} if was.get("patient") else {}
        number, sealed = self._box.seal("case", str(key), content)
        told = (carried["priority"], carried["motive"], carried["commune"])
        if known:
            values = (home, key, *told, sealed, number, at)
            await connection.execute(QUERIES["retell_lent"], *values)
            return key
        opened = datetime.fromisoformat(carried["opened"])
        await connection.execute(
            QUERIES["have_lent"], home, key, parcel.id, carried["number"], home, opened,
            carried["opened_by"], *told, carried["field"], sealed, number,
        )  # fmt: skip
        return key


def _by(centre: str, said: Said) -> Said:
    """What another centre said, as a stamp here."""
    content = {**(said.content or {}), "centre": centre}
    return replace(said, kind=f"{ELSEWHERE}:{said.kind}", content=content, corrects=None)
