"""Overflow as it runs: indexes with their formula, proposals, counts, calls under way. C2."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.overflow import protocol
from cordee.care.overflow.desk import Board, Gauge, OverflowDesk, centre_of
from cordee.care.overflow.episodes import ANSWER_WITHIN, WORDS, State
from cordee.care.overflow.protocol import Act, Origin
from cordee.care.overflow.running import Run
from cordee.care.overflow.telling import FRESH
from cordee.care.overflow.transfers import Transfer
from cordee.identity.principal import STEERING, Principal
from cordee.runtime import french
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.overflow.words import (
    COLOURS,
    LEVELS,
    TRANSFERS,
    centre_name,
    decimal,
    moment,
)
from cordee.web.rendering import page

PATH: Final = "/regulation/delestage"
PAGE: Final = "overflow/templates/live.html"
_ACTS: Final = {"rappeler": Act.ASK_BACK, "reprendre": Act.TAKE_BACK, "rendre": Act.GIVE_BACK}
_WORDS: Final = {
    "rappeler": _("Rappeler"), "reprendre": _("Reprendre de vive voix"), "rendre": _("Rendre"),
}  # fmt: skip
Deed = Callable[[OverflowDesk, Principal, Form, datetime], Awaitable[object]]


async def show(request: Request) -> Response:
    """Give the live page of a centre; the list of what has ended to who steers the region."""
    return await _page(request, Form())


async def act(request: Request) -> Response:
    """Propose, accept, refuse, stop, recall, take back, hand back: then show the page anew."""
    sent = await read_form(request)
    deed = DEEDS.get(sent["geste"])
    if deed is None:
        raise NotFound("there is no such gesture")
    now = request.app.state.settings.clock()
    try:
        await deed(desk_of(request), signed_in(request).principal, sent, now)
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors["contenu"] = error.message
        return await _page(request, sent, status=error.status)
    return RedirectResponse(PATH, status_code=303)


async def _propose(desk: OverflowDesk, who: Principal, sent: Form, now: datetime) -> None:
    await desk.propose(who, sent["convention"], now)


async def _answer(desk: OverflowDesk, who: Principal, sent: Form, now: datetime) -> None:
    await desk.answer(who, sent["episode"], accepts=sent["geste"] == "accepter", at=now)


async def _stop(desk: OverflowDesk, who: Principal, sent: Form, now: datetime) -> None:
    await desk.stop(who, sent["episode"], now)


async def _hand_back(desk: OverflowDesk, who: Principal, sent: Form, now: datetime) -> None:
    await desk.hand_back(who, sent["episode"], now)


async def _move(desk: OverflowDesk, who: Principal, sent: Form, now: datetime) -> None:
    await desk.act(who, sent["transfert"], _ACTS[sent["geste"]], now)


async def _voice(desk: OverflowDesk, who: Principal, sent: Form, now: datetime) -> None:
    if not sent["accord"]:
        raise RuleBroken(_("Cochez que les deux régulateurs se sont parlé."))
    await desk.by_voice(who, sent["episode"], sent["appel"], now)


DEEDS: Final[Mapping[str, Deed]] = {
    "proposer": _propose, "accepter": _answer, "refuser": _answer, "arreter": _stop,
    "tout-rendre": _hand_back, "voix": _voice, "rappeler": _move, "reprendre": _move,
    "rendre": _move,
}  # fmt: skip


def desk_of(request: Request) -> OverflowDesk:
    """The overflow of this installation; raises `NotFound` where there is none."""
    desk: OverflowDesk | None = request.app.state.ports.overflow
    if desk is None:
        raise NotFound("there is no overflow here")
    return desk


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, desk = signed_in(request).principal, desk_of(request)
    if STEERING in principal.functions:
        runs = await desk.closed(principal)
        return page(request, "overflow/templates/past.html", past=[past(one) for one in runs])
    now = request.app.state.settings.clock()
    centre_of(principal)
    board = await desk.board(principal, now)
    return page(
        request, PAGE, status=status, form=form, name=centre_name(board.centre),
        gauges=[_gauge(one, now, is_own=key == board.centre) for key, one in _ordered(board)],
        untold=[centre_name(one) for one in board.untold],
        running=[_running(board, one, now) for one in board.running],
        transfers=[_line(one, now) for one in board.transfers if _is_open(one)],
        past=[past(one) for one in board.past],
        choices=_choices(board),
    )  # fmt: skip


def _ordered(board: Board) -> list[tuple[str, Gauge]]:
    return sorted(board.gauges.items(), key=lambda one: (one[0] != board.centre, one[0]))


def _choices(board: Board) -> list[tuple[str, str]]:
    """The conventions by which one may propose now."""
    taken = {one.other for one in board.running if one.is_origin}
    return [
        (one.id, f"{centre_name(one.other(board.centre))}, {one.terms.share} %")
        for one in board.conventions
        if one.other(board.centre) not in taken
    ]


def _gauge(one: Gauge, now: datetime, *, is_own: bool) -> dict[str, Any]:
    age = now - one.heard if one.heard else timedelta()
    return {
        "is_far": one.heard is not None, "is_stale": _is_stale(one, now),
        "age": int(age.total_seconds()),
        "key": one.centre, "name": centre_name(one.centre), "is_own": is_own,
        "index": decimal(one.watch.index), "colour": _(COLOURS[one.watch.colour]),
        "level": LEVELS[one.watch.colour], "since": french.clock(one.watch.since),
        "at": french.clock(one.at), "load": one.load,
        "pending": _(COLOURS[one.watch.pending]) if one.watch.pending is not None else "",
        "parts": [
            {"label": _(part.term.label), "measured": decimal(part.measured),
             "full": decimal(part.term.full_at, 0), "share": round(100 * part.share),
             "weight": decimal(part.term.weight), "points": decimal(part.points)}
            for part in one.parts
        ],
    }  # fmt: skip


def _running(board: Board, run: Run, now: datetime) -> dict[str, Any]:
    episode = run.episode
    left = ANSWER_WITHIN - (now - episode.proposed_at)
    gauge = board.gauges.get(run.other)
    convention = next((c for c in board.conventions if c.id == episode.convention), None)
    mine = [one for one in board.transfers if str(one.episode) == episode.id]
    return {
        "id": episode.id, "other": centre_name(run.other), "is_origin": run.is_origin,
        "origin": centre_name(episode.origin), "neighbour": centre_name(episode.neighbour),
        "state": _(WORDS[episode.state]), "is_proposed": episode.state is State.PROPOSED,
        "is_active": episode.state is State.ACTIVE, "is_ending": episode.state is State.ENDING,
        "answers": episode.state is State.PROPOSED and not run.is_origin,
        "at": french.clock(episode.proposed_at), "left": max(0, int(left.total_seconds())),
        "automatic": episode.automatic, "convention": episode.convention,
        "version": episode.version, "share": convention.terms.share if convention else "",
        "theirs": _colour(gauge) if gauge and not _is_stale(gauge, now) else "",
        "around": "" if run.is_origin or not gauge or gauge.heard
        else f"/regulation/territoires/{run.other}",
        "counts": board.counts(run), "presented": run.presented,
        "waiting": [
            (w.id, f"{w.priority or '?'}, {french.clock(w.since)}, {w.id[:8]}")
            for w in board.waiting
        ] if run.is_origin and episode.state is State.ACTIVE else [],
        "held": sum(one.state == "held" for one in mine),
    }  # fmt: skip


def _is_stale(one: Gauge, now: datetime) -> bool:
    return one.heard is not None and now - one.heard > FRESH


def _colour(one: Gauge) -> str:
    return f"{_(COLOURS[one.watch.colour])} ({decimal(one.watch.index)})"


def _line(one: Transfer, now: datetime) -> dict[str, Any]:
    waits = int((now - one.call.since).total_seconds())
    allowed = [key for key, deed in _ACTS.items() if protocol.may(one.state, deed)]
    if "reprendre" in allowed and one.alarmed is None:
        allowed.remove("reprendre")  # first ask: by voice only once the neighbour is silent
    return {
        "id": str(one.id), "call": str(one.call.id)[:8], "priority": one.call.priority or "?",
        "wait": f"{waits // 60} min {waits % 60:02d}", "other": centre_name(one.peer),
        "state": _(TRANSFERS[one.state]), "alarm": one.alarmed is not None,
        "doubt": one.state in protocol.IN_DOUBT or one.state is Origin.CLASHED,
        "acts": [(key, _(_WORDS[key])) for key in allowed],
    }  # fmt: skip


def _is_open(one: Transfer) -> bool:
    return one.state not in protocol.ORIGIN_OVER and one.state not in protocol.NEIGHBOUR_OVER


def past(run: Run) -> dict[str, str]:
    """An episode that has ended, as a line."""
    episode = run.episode
    return {
        "href": f"{PATH}/{episode.id}", "origin": centre_name(episode.origin),
        "neighbour": centre_name(episode.neighbour), "state": _(WORDS[episode.state]),
        "at": moment(episode.proposed_at), "closed": moment(run.closed),
    }  # fmt: skip
