"""The line of a case on the screen: who sits at which telephone, whom a call may be joined to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from starlette.requests import Request

from cordee.care.regulation.cases import Case, Stamp
from cordee.care.regulation.centres import Position
from cordee.care.regulation.lines import RELAYED, TEXTS, Asked, post_address
from cordee.care.regulation.queue import Contact
from cordee.identity.principal import Principal
from cordee.web.forms import Form, form_number
from cordee.web.regulation.entrance import now_of, standing


@dataclass(frozen=True, slots=True)
class LineOf:
    """What may be done with the call of a case, and its exchange by text."""

    is_live: bool
    posts: Sequence[tuple[str, str]]
    contacts: Sequence[Contact]
    interpreters: Sequence[Contact]
    turns: Sequence[Stamp]
    is_relayed: bool
    form: str


def post_of(positions: Sequence[Position], principal: Principal) -> str:
    """The telephone at which somebody sits, "" for none."""
    return next((one.post for one in positions if one.agent == principal.user), "")


def line_view(
    values: Mapping[str, Any], case_id: UUID, case: Case, stamps: Sequence[Stamp]
) -> LineOf:
    """The line of a case, from what its page shows already."""
    telephony, seats = values["telephony"], values["seats"]
    on_line = any(one.line.case == case_id for one in values["live"])
    posts = [
        (name, f"{name}, {seats[name].name}" if name in seats else name)
        for name in telephony.posts
        if name != values["own_post"]
    ]
    contacts = [one for one in telephony.contacts if not one.language]
    spoken = [one for one in telephony.contacts if one.language]
    asked = case.told.language.casefold()
    spoken.sort(key=lambda one: one.language.casefold() != asked)
    turns = [one for one in stamps if one.kind in TEXTS.values()]
    relayed = any(one.kind == RELAYED for one in stamps)
    is_live = bool(telephony.kind) and on_line
    return LineOf(is_live, posts, contacts, spoken, turns, relayed, str(uuid4()))


async def pick_up(request: Request, form: Form, call: UUID) -> Asked | None:
    """What is asked of the switchboard when a call is taken; None where it does not ring there.

    Raises `RuleBroken` for who has not said at which telephone they sit.
    """
    principal, centre, floor = await standing(request)
    if not await floor.lines.is_here(centre, call):
        return None
    positions = await floor.desk.centres.positions(centre, now_of(request))
    post = post_of(positions, principal)
    address = post_address(centre.parameters.telephony, post)
    return Asked(UUID(form_number(form)), call, "answer", who=address, name=post)


async def hang_up(request: Request, case: Case, form: Form) -> None:
    """Ends the call at the switchboard too, where there is one; raises `Unavailable`."""
    principal, centre, floor = await standing(request)
    if centre.parameters.telephony.kind and case.call is not None:
        asked = Asked(UUID(form_number(form)), case.call, "hang-up")
        await floor.lines.ask(principal, centre, asked)
