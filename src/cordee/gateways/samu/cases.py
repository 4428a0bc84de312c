"""Cases that several SAMU share over the Hub: taken in, given away, asked for, answered. C2.6.

Each act stands in the stamps of the case, and is put in the ledger in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from cordee.care.regulation.cases import Case, Said, stamp
from cordee.care.regulation.floor import Floor, Transfer
from cordee.care.regulation.sealing import Box
from cordee.formats.hub import kinds
from cordee.formats.hub.envelope import Addressing, Envelope
from cordee.formats.hub.ownership import (
    ALREADY_THERE,
    NOT_A_PARTY,
    OUT_OF_TURN,
    Asked,
    Heard,
    Standing,
    heard,
    step,
)
from cordee.gateways.samu import errors
from cordee.gateways.samu.errors import KNOWN_CASE, UNKNOWN_SENDER, words_of
from cordee.gateways.samu.ledger import LIFE, QUERIES, Ledger, is_plain, new_number
from cordee.gateways.samu.mapping import (
    Asking,
    body_of,
    case_id,
    owner_body,
    parcel_of,
    request_body,
    response_body,
)
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.errors import NotFound, RuleBroken

PATIENCE: Final = timedelta(seconds=60)
"""After this long without an answer to a request, somebody telephones. C2.6."""
_AGENT: Final = "hub"
_REASONS: Final = {
    ALREADY_THERE: words_of(KNOWN_CASE),
    OUT_OF_TURN: words_of(errors.OUT_OF_TURN),
    NOT_A_PARTY: words_of(UNKNOWN_SENDER),
}


@dataclass(frozen=True, slots=True)
class ToTelephone:
    """A request of ours that nobody answered in time."""

    number: str
    of: str
    purpose: str
    asked: datetime
    centre: str
    case: UUID


class SharedCases:
    """The cases that the centres of this installation share over the Hub."""

    def __init__(self, ledger: Ledger, box: Box, centres: Mapping[str, str]) -> None:
        """`centres` gives the id of a centre of ours by its client of the Hub."""
        self._ledger = ledger
        self._box = box
        self._centres = dict(centres)

    async def take(self, connection: Connection, client: str, envelope: Envelope) -> str:
        """Acts on a message that came; why it is refused, or an empty text."""
        if envelope.is_a(kinds.ERROR):
            ours = await self.refused(connection, client, envelope)
            return "" if ours else words_of(UNKNOWN_SENDER)
        told = heard(envelope)
        if told is None:
            return ""
        if not is_plain(str(told.body["caseId"])):
            return "caseId: does not match"
        now = await self._standing(connection, client, told)
        after = step(now, told)
        if why := after.refused.get(told.number):
            return _REASONS.get(why, why)
        if told.kind == kinds.EDA and not now.owner:
            return await self._open(connection, client, envelope, after)
        await self._keep(connection, client, after)
        await self._request(connection, client, told)
        row = await self._row(connection, client, after.case)
        await self._stamp(connection, row, told.kind, _content(told))
        return ""

    async def refused(
        self, connection: Connection, client: str, envelope: Envelope
    ) -> Envelope | None:
        """The message of ours that its recipient refuses: seen on the page, and in its case.

        None for an error of anybody else.
        """
        found = await self._ledger.refused_by(connection, client, envelope)
        if found is None:
            return None
        ours, words = found
        told = heard(ours)
        number = str(told.body["caseId"]) if told else ""
        row = await connection.fetchrow(QUERIES["shared_case"], client, number)
        if told is not None and row is not None:
            content = {"from": envelope.sender, "kind": told.kind, "words": words}
            await self._stamp(connection, row, kinds.ERROR, content)
            given = told.kind == kinds.UPDATE and told.body.get("owner") == envelope.sender
            if given and row["owner"] == envelope.sender:
                # Who refuses a case does not treat it: it is ours again.
                await self.own(connection, client, number, client)
        return ours

    async def share(self, connection: Connection, client: str, to: str, case: Case) -> str:
        """Sends one of our cases to another centre, which may take it over; its number there."""
        number = case_id(client, case.number)
        now = clock.now()
        await connection.fetchval(
            QUERIES["share_case"], client, number, case.centre, case.id, client, client,
            [client], now,
        )  # fmt: skip
        row = await self._row(connection, client, number)
        parties = sorted({*row["parties"], to})
        await connection.execute(QUERIES["own_case"], client, number, row["owner"], parties, now)
        await self._send(connection, client, to, kinds.EDA, body_of(case, client, row["owner"]))
        await self._stamp(connection, row, kinds.EDA, {"to": to})
        return number

    async def own(self, connection: Connection, client: str, number: str, owner: str) -> None:
        """Says to all who share a case that another centre treats it from now on.

        The owner gives it away; anybody who shares it takes it over. Raises `NotFound`,
        `RuleBroken`.
        """
        row = await self._row(connection, client, number)
        if client not in (row["owner"], owner):
            raise RuleBroken("Seul le SAMU qui traite ce dossier peut le confier à un autre.")
        parties = sorted({*row["parties"], owner})
        await connection.execute(QUERIES["own_case"], client, number, owner, parties, clock.now())
        for party in parties:
            if party != client:
                await self._send(connection, client, party, kinds.UPDATE, owner_body(number, owner))
        await self._stamp(connection, row, kinds.UPDATE, {"owner": owner})

    async def ask(
        self, connection: Connection, client: str, number: str, to: str, said: tuple[str, str]
    ) -> str:
        """Asks another centre for a vehicle: purpose and words; the number of the request."""
        row = await self._row(connection, client, number)
        asked = Asking(f"{client}.request.{uuid4().hex[:12]}", said[0], clock.now(), said[1])
        await connection.execute(
            QUERIES["ask"], client, asked.number, number, client, to, asked.purpose, asked.at
        )
        await self._send(connection, client, to, kinds.REQUEST, request_body(number, asked))
        await self._stamp(
            connection, row, kinds.REQUEST, {"to": to, "purpose": said[0], "request": asked.number}
        )
        return asked.number

    async def answer(
        self, connection: Connection, client: str, number: str, request: str, said: tuple[str, str]
    ) -> None:
        """Answers a request of another centre: answer and words; raises `NotFound`."""
        row = await self._row(connection, client, number)
        now = clock.now()
        asked = {one["number"]: one for one in await self._requests(connection, client, number)}
        known = await connection.fetchval(QUERIES["answer"], client, request, client, said[0], now)
        if known is None:
            raise NotFound("there is no such request")
        body = response_body(number, Asking(request, "", now, said[1]), said[0])
        await self._send(connection, client, asked[request]["asker"], kinds.RESPONSE, body)
        await self._stamp(connection, row, kinds.RESPONSE, {"request": request, "answer": said[0]})

    async def to_telephone(self, connection: Connection, client: str) -> Sequence[ToTelephone]:
        """Requests of ours without an answer after `PATIENCE`, the oldest first."""
        before = clock.now() - PATIENCE
        return [
            ToTelephone(
                row["number"], row["asked_of"], row["purpose"], row["asked"], row["centre"],
                row["own"],
            )
            for row in await connection.fetch(QUERIES["to_telephone"], client, before)
        ]  # fmt: skip

    async def _open(
        self, connection: Connection, client: str, envelope: Envelope, standing: Standing
    ) -> str:
        centre = self._centres[client]
        homes = self._centres
        parcel = parcel_of(envelope.body, envelope.sender, homes)
        transfer = Transfer(uuid5(parcel.id, envelope.sender), parcel.id, parcel.home, clock.now())
        if not await Floor(self._box).receive(connection, centre, transfer, parcel):
            return _REASONS[ALREADY_THERE]
        await connection.execute(
            QUERIES["share_case"], client, standing.case, centre, parcel.id, standing.opened_by,
            standing.owner, sorted(standing.parties), clock.now(),
        )  # fmt: skip
        row = await self._row(connection, client, standing.case)
        content = {"from": envelope.sender, "owner": standing.owner}
        await self._stamp(connection, row, kinds.EDA, content)
        return ""

    async def _standing(self, connection: Connection, client: str, told: Heard) -> Standing:
        number = str(told.body["caseId"])
        row = await connection.fetchrow(QUERIES["shared_case"], client, number)
        if row is None:
            return Standing(number)
        requests = {
            one["number"]: Asked(one["asker"], one["asked_of"], one["purpose"], one["answer"])
            for one in await self._requests(connection, client, number)
        }
        return Standing(number, row["owner"], row["opened_by"], frozenset(row["parties"]), requests)

    async def _keep(self, connection: Connection, client: str, after: Standing) -> None:
        await connection.execute(
            QUERIES["own_case"], client, after.case, after.owner, sorted(after.parties),
            clock.now(),
        )  # fmt: skip

    async def _request(self, connection: Connection, client: str, told: Heard) -> None:
        now = clock.now()
        if told.kind == kinds.REQUEST:
            request = told.body["request"]
            await connection.execute(
                QUERIES["ask"], client, str(request["requestId"]), str(told.body["caseId"]),
                told.sender, client, str(request["purpose"]), now,
            )  # fmt: skip
        elif told.kind == kinds.RESPONSE:
            answer = str(told.body["response"]["answer"])
            await connection.execute(
                QUERIES["answer"], client, str(told.body["requestId"]), told.sender, answer, now
            )

    async def _requests(self, connection: Connection, client: str, number: str) -> list[Any]:
        return list(await connection.fetch(QUERIES["requests"], client, number))

    async def _row(self, connection: Connection, client: str, number: str) -> Any:
        row = await connection.fetchrow(QUERIES["shared_case"], client, number)
        if row is None:
            raise NotFound("this case is not shared")
        return row

    async def _send(
        self, connection: Connection, client: str, to: str, kind: str, body: dict[str, Any]
    ) -> None:
        now = clock.now()
        told = Addressing(new_number(client), client, to, now, now + LIFE)
        await self._ledger.send(connection, told, kind, body)

    async def _stamp(
        self, connection: Connection, row: Any, kind: str, content: Mapping[str, Any]
    ) -> None:
        now = clock.now()
        said = Said(f"hub-{kind.lower()}", _AGENT, now, now, content)
        await stamp(connection, self._box, row["centre"], (None, row["case"]), said)


def _content(told: Heard) -> dict[str, Any]:
    """What a stamp keeps of a message: its sender and its body, sealed."""
    return {"from": told.sender, "body": dict(told.body)}
