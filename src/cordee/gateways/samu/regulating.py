"""Letters of a call that one installation regulates for another: vehicles, and what was decided.

Each bears parts of the models of the Hub (RS-EDA with the request of RS-DR, the response of RS-RR)
in one `customContent`, as the letter that hands a call over does: a request before its case would
be of no use, and the Hub keeps no order. With other software RS-DR and RS-RR go alone
(`gateways.samu.cases`). Decisions 0090, 0107.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any, Final
from uuid import UUID

from cordee.care.overflow.ports import Letter
from cordee.care.regulation.asking import REASONS, VEHICLES, Asked
from cordee.care.regulation.cases import Said
from cordee.care.regulation.floor import Parcel
from cordee.formats.hub.envelope import Addressing, read_time
from cordee.gateways.samu.ledger import Ledger, new_number
from cordee.gateways.samu.letters import KIND, written
from cordee.gateways.samu.mapping import Asking, request_body, response_body
from cordee.gateways.samu.parcels import packed, unpacked
from cordee.runtime import clock
from cordee.runtime.database import Connection

ASKED: Final = "vehicle-asked"
ANSWERED: Final = "vehicle-answered"
TOLD: Final = "case-told"
FOLLOWED: Final = "vehicle-followed"
KINDS: Final = frozenset({ASKED, ANSWERED, TOLD, FOLLOWED})
_LIFE: Final = timedelta(minutes=5)
_LONG_LIFE: Final = timedelta(days=1)
_SHORT: Final = 200
_ANSWERS: Final = {"accepted": "ACCEPTEE", "refused": "REFUSEE"}
_TOLD: Final = frozenset({"words", "place", "kind", "name", "by"})
Ends = tuple[str, str]


class Regulating:
    """Writes these letters into the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        """`ledger` sends."""
        self._ledger = ledger

    async def ask(self, connection: Connection, one: Asked, parcel: Parcel, at: Ends) -> None:
        """Asks for a vehicle with the case as it is told now; `at` are the clients of both ends."""
        asking = Asking(f"{at[0]}.request.{one.id.hex[:12]}", one.kind, one.asked)
        detail = {
            "request": request_body("", asking)["request"], "by": one.asked_by,
            "priority": one.priority, "motive": one.motive, "commune": one.commune,
            "parcel": packed(parcel, at[0]),
        }  # fmt: skip
        letter = Letter(one.asker, one.home, ASKED, one.id, None, parcel.id, parcel.since, detail)
        await self._send(connection, letter, at, _LIFE)

    async def answer(self, connection: Connection, one: Asked, at: Ends) -> None:
        """Answers who asked."""
        moment = one.answered or one.asked
        asking = Asking(f"{at[1]}.request.{one.id.hex[:12]}", "", moment, one.vehicle)
        detail = {
            "response": response_body("", asking, _ANSWERS[one.answer])["response"],
            "by": one.answered_by, "reason": one.reason,
        }  # fmt: skip
        letter = Letter(one.home, one.asker, ANSWERED, one.id, detail=detail)
        await self._send(connection, letter, at, _LIFE)

    async def tell(
        self, connection: Connection, of: tuple[Ends, UUID], parcel: Parcel, said: Said, at: Ends
    ) -> None:  # fmt: skip
        """Says what was decided for a call. `of`: both centres, and what the letter is of."""
        (sender, home), key = of
        detail = {"said": _said(said), "parcel": packed(parcel, at[0])}
        letter = Letter(sender, home, TOLD, key, None, parcel.id, parcel.since, detail)
        await self._send(connection, letter, at, _LONG_LIFE)

    async def follow(self, connection: Connection, one: Asked, said: Said, at: Ends) -> None:
        """Says where the vehicle is that was given."""
        letter = Letter(one.home, one.asker, FOLLOWED, one.id, detail={"said": _said(said)})
        await self._send(connection, letter, at, _LONG_LIFE)

    async def _send(
        self, connection: Connection, letter: Letter, at: Ends, life: timedelta
    ) -> None:
        now = clock.now()
        told = Addressing(new_number(at[0]), at[0], at[1], now, now + life)
        await self._ledger.send(connection, told, KIND, written(letter))


def asked_of(letter: Letter) -> Asked:
    """The request of a letter; `KeyError`, `TypeError`, `ValueError` for what is none."""
    detail = letter.detail
    request = detail["request"]
    if request["purpose"] not in VEHICLES:
        raise ValueError("a vehicle of no kind that a floor sends")
    return Asked(
        letter.episode, letter.recipient, letter.sender, letter.episode,
        str(request["purpose"])[:_SHORT], str(detail.get("priority", ""))[:2],
        str(detail.get("motive", ""))[:_SHORT], str(detail.get("commune", ""))[:5],
        read_time(str(request["datetime"])), str(detail["by"])[:_SHORT], "", None, "", "", "",
    )  # fmt: skip


def answered_of(letter: Letter) -> tuple[Asked, str]:
    """What a letter answers, and the reason in words."""
    detail, response = letter.detail, letter.detail["response"]
    answer = {said: name for name, said in _ANSWERS.items()}[response["answer"]]
    at, reason = read_time(str(response["datetime"])), str(detail.get("reason", ""))[:_SHORT]
    one = Asked(
        letter.episode, letter.sender, letter.recipient, letter.episode, "", "", "", "", at, "",
        answer, at, str(detail["by"])[:_SHORT], reason,
        str(response.get("freetext", ""))[:_SHORT],
    )  # fmt: skip
    return one, REASONS.get(reason, "")


def said_of(letter: Letter) -> Said:
    """What a letter tells, as a stamp."""
    said = letter.detail["said"]
    content = said.get("content") or {}
    kept = {name: str(content[name])[:2000] for name in _TOLD if content.get(name)}
    at = read_time(str(said["at"]))
    kind = str(said["kind"])
    if kind.partition(":")[0] not in {"decision", "vehicle", "closed"}:
        raise ValueError("a letter tells of decisions and of vehicles")
    return Said(kind[:_SHORT], kept.get("by", letter.sender), at, clock.now(), kept)


def parcel_in(letter: Letter, ends: Ends) -> Parcel:
    """The call and its case; `ends`: its home, and the client that tells. A case is there."""
    if letter.call is None or letter.since is None:
        raise ValueError("a letter about no call")
    parcel = unpacked(letter.detail["parcel"], letter.call, letter.since, ends)
    if parcel.case is None:
        raise ValueError("a letter without its case")
    return replace(parcel, home=ends[0])


def _said(said: Said) -> dict[str, Any]:
    content: Mapping[str, Any] = said.content or {}
    kept = {name: value for name, value in content.items() if name in _TOLD and value}
    # Not in seconds, as the Hub writes: what is told twice in one second has an order too.
    return {"kind": said.kind, "at": said.told.astimezone(UTC).isoformat(), "content": kept}
