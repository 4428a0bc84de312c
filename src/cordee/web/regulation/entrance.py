"""Who stands on a floor of regulation, and what the addresses of its pages name."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from uuid import UUID

from starlette.requests import Request

from cordee.care.regulation.centres import Centre
from cordee.care.regulation.pooling import Duty
from cordee.care.regulation.service import Regulation
from cordee.care.unscheduled.service import Unscheduled
from cordee.identity.principal import Principal
from cordee.runtime.errors import NotFound
from cordee.web.guarding import InTraining, reader

_TRAINED: Final = re.compile(
    r"/regulation(/evenements|/poste|/appels/[^/]+|/formation/cas/[^/]+"
    r"|/dossiers(/[^/]+(/decision|/heure|/texte|/moyens/[^/]+)?)?)?"
)
"""The pages of a floor from which nothing leaves: to no person, vehicle, record or telephone."""

_CASE: Final = re.compile(
    r"/regulation/dossiers/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"(?:/(decision|heure|texte|consigne|personne|moyens/[^/]+))?"
)
"""The pages of a case that a turn of a roster opens: not its line, which its own centre holds."""


def floor_of(request: Request) -> Regulation:
    """The floor of this installation; raises `NotFound` where there is none."""
    floor: Regulation | None = request.app.state.ports.regulation
    if floor is None:
        raise NotFound("there is no regulation here")
    return floor


async def standing(request: Request) -> tuple[Principal, Centre, Regulation]:
    """Who asks, their centre and its floor; raises `NotFound` for who is of none.

    Who sits in a night of training stands at its centre, on the pages that a night has; raises
    `InTraining` on all others, so that a new page is closed until it says that nothing leaves it.
    """
    principal, floor = reader(request).principal, floor_of(request)
    known: Centre | None = getattr(request.state, "centre", None)
    if known is None:
        own = await floor.desk.centres.of(principal)
        known = await floor.desk.centres.seat(principal, own) or own
        if known.is_training and not _TRAINED.fullmatch(request.url.path):
            raise InTraining("this page is closed while one sits in a night of training")
        request.state.around, request.state.turn = known, None
        if not known.is_training:
            known = await _pooled(request, principal, floor) or known
        request.state.centre = known
    return principal, known, floor


async def around(request: Request) -> tuple[Principal, Centre, Regulation]:
    """As `standing`, but the floor that stands around a case: one's own under a turn, too."""
    principal, _centre, floor = await standing(request)
    return principal, request.state.around, floor


def turn_of(request: Request) -> Duty | None:
    """The turn under which the case of another centre is open; known once `standing` was asked."""
    turn: Duty | None = request.state.turn
    return turn


async def duty_of(request: Request, principal: Principal, floor: Regulation) -> Duty | None:
    """The turn of who asks, of a case or not; read once in a request."""
    if not hasattr(request.state, "duty"):
        request.state.duty = await floor.pooled.pool.duty(principal, now_of(request))
    duty: Duty | None = request.state.duty
    return duty


async def _pooled(request: Request, principal: Principal, floor: Regulation) -> Centre | None:
    """The other centre whose case somebody opens under a turn of a roster; traced. C2.12."""
    named, at = _CASE.fullmatch(request.url.path), now_of(request)
    duty = await duty_of(request, principal, floor) if named else None
    if named is None or duty is None:
        return None
    what = "opened" if request.method == "GET" else "written"
    what = "" if named[2] == "decision" else what  # that line is written with the decision
    key = await floor.pooled.enter(principal, duty, UUID(named[1]), what, at)
    if not key:
        return None
    request.state.turn = duty
    return (await floor.desk.centres.all()).get(key)


async def own_centre(request: Request) -> tuple[Principal, Centre, Regulation]:
    """Who asks and their real centre, wherever they sit; raises `NotFound` for who is of none."""
    principal, floor = reader(request).principal, floor_of(request)
    return principal, await floor.desk.centres.of(principal), floor


def unscheduled_of(request: Request) -> Unscheduled | None:
    """The slots that this installation finds and books; None where there are none."""
    found: Unscheduled | None = request.app.state.ports.unscheduled
    return found


def number_in(request: Request, name: str = "number") -> UUID:
    """The number that the address names; raises `NotFound` where it is none."""
    try:
        return UUID(request.path_params[name])
    except ValueError as error:
        raise NotFound("there is nothing at this address") from error


def now_of(request: Request) -> datetime:
    """The moment, as the screen has it."""
    now: datetime = request.app.state.settings.clock()
    return now
