"""Who treats a case, from the messages that were exchanged about it: a pure fold.

The same messages give the same answer in whatever order they came and however often: a message
counts once by its number, and they are taken in the order in which they were sent. Rule: a case has
one owner; its owner may give it away, and whoever it was shared with may take it over (`owner` of
RS-EDA and RS-EDA-MAJ); anybody else is refused, as the errors 701 to 703 of the Hub say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from cordee.formats.hub import kinds
from cordee.formats.hub.envelope import Envelope
from cordee.formats.hub.required import STATUSES

ALREADY_THERE: Final = "CASE_ALREADY_EXISTS"
OUT_OF_TURN: Final = "WRONG_MESSAGE_SEQUENCE"
NOT_A_PARTY: Final = "UNKNOWN_SENDER"


@dataclass(frozen=True, slots=True)
class Heard:
    """One message about a case."""

    number: str
    sender: str
    recipient: str
    sent: datetime
    kind: str
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a resource: who asked whom, and the answer."""

    by: str
    of: str
    purpose: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the messages say of one case. `refused` gives the error of a message by its number."""

    case: str
    owner: str = ""
    opened_by: str = ""
    parties: frozenset[str] = frozenset()
    requests: Mapping[str, Asked] = field(default_factory=dict)
    resources: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


def heard(envelope: Envelope) -> Heard | None:
    """The message of an envelope as the fold takes it; None for what is not about a case."""
    kind = envelope.message_kind
    if kind is None or not envelope.body.get("caseId"):
        return None
    return Heard(
        envelope.number, envelope.sender, envelope.recipient, envelope.sent, kind.name,
        envelope.body,
    )  # fmt: skip


def standing(case: str, messages: Iterable[Heard]) -> Standing:
    """What all these messages say of one case; those of other cases are left aside."""
    known = {one.number: one for one in messages if one.body.get("caseId") == case}
    found = Standing(case)
    for one in sorted(known.values(), key=_turn):
        found = step(found, one)
    return found


def step(now: Standing, told: Heard) -> Standing:
    """The standing after one more message, whose body has been judged."""
    if told.kind == kinds.EDA:
        return _opened(now, told)
    if not now.owner:
        return _refuse(now, told, OUT_OF_TURN)
    if told.sender not in now.parties:
        return _refuse(now, told, NOT_A_PARTY)
    now = replace(now, parties=now.parties | {told.recipient})
    take = _TAKES.get(told.kind)
    return take(now, told) if take else now


def _opened(now: Standing, told: Heard) -> Standing:
    """A case is opened once; its opener may share it with one more centre by the same message."""
    if now.owner:
        if told.sender != now.opened_by:
            return _refuse(now, told, ALREADY_THERE)
        return replace(now, parties=now.parties | {told.recipient})
    owner = str(told.body.get("owner", ""))
    parties = frozenset({told.sender, told.recipient, owner})
    return replace(now, owner=owner, opened_by=told.sender, parties=parties)


def _updated(now: Standing, told: Heard) -> Standing:
    owner = str(told.body.get("owner", "") or now.owner)
    if owner == now.owner:
        return now
    if told.sender in (now.owner, owner):
        return replace(now, owner=owner, parties=now.parties | {owner})
    return _refuse(now, told, OUT_OF_TURN)


def _asked(now: Standing, told: Heard) -> Standing:
    request = told.body["request"]
    asked = Asked(told.sender, told.recipient, str(request["purpose"]))
    return replace(now, requests={**now.requests, str(request["requestId"]): asked})


def _answered(now: Standing, told: Heard) -> Standing:
    number = str(told.body["requestId"])
    asked = now.requests.get(number)
    if asked is None or asked.of != told.sender:
        return _refuse(now, told, OUT_OF_TURN)
    answered = replace(asked, answer=str(told.body["response"]["answer"]))
    return replace(now, requests={**now.requests, number: answered})


def _sent(now: Standing, told: Heard) -> Standing:
    states: dict[str, str] = {}
    for one in told.body["resource"]:
        last = [str(state["status"]) for state in one.get("state", ())]
        states[str(one["resourceId"])] = last[-1] if last else ""
    return replace(now, resources=_later(now.resources, states))


def _moved(now: Standing, told: Heard) -> Standing:
    state = {str(told.body["resourceId"]): str(told.body["state"]["status"])}
    return replace(now, resources=_later(now.resources, state))


def _later(known: Mapping[str, str], told: Mapping[str, str]) -> dict[str, str]:
    """States of resources; one that a late message puts back stays where it is."""
    merged = dict(known)
    for resource, state in told.items():
        if _rank(state) >= _rank(merged.get(resource, "")):
            merged[resource] = state
    return merged


def _rank(state: str) -> int:
    return STATUSES.index(state) if state in STATUSES else -1


def _refuse(now: Standing, told: Heard, why: str) -> Standing:
    return replace(now, refused={**now.refused, told.number: why})


def _turn(told: Heard) -> tuple[datetime, int, str]:
    """Messages of one second are taken in the order in which a case lives."""
    order = _ORDER.index(told.kind) if told.kind in _ORDER else len(_ORDER)
    return told.sent, order, told.number


_TAKES: Final = {
    kinds.UPDATE: _updated,
    kinds.REQUEST: _asked,
    kinds.RESPONSE: _answered,
    kinds.RESOURCES: _sent,
    kinds.STATUS: _moved,
}
_ORDER: Final = (kinds.EDA, *_TAKES)
