"""Alignment boards: opened, answered by each territory, closed, as a file. Rule: G2.7."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.population.alignment import Board, Draft, Priority, Territory, candidate
from cordee.population.asking import Question
from cordee.population.boards import Boards
from cordee.runtime.errors import InvalidRequest, NotFound, RuleBroken
from cordee.web.forms import Form, day_of, read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.population import words
from cordee.web.population.asking import ask
from cordee.web.population.board_views import head, line, lines, motives, standing_lines
from cordee.web.population.questions import number_of, scale_of
from cordee.web.population.versions import VERSIONS, body_of, shelf_of
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

LIST: Final = "population/templates/boards.html"
ONE: Final = "population/templates/board.html"
PATH: Final = "/population/alignement"
LEVELS: Final = ("departement", "cpts", "epci")
LINES: Final = 6
_FIELDS: Final = 200


async def index(request: Request) -> Response:
    """Give the boards, the newest first, and the form that opens one."""
    level = request.query_params.get("niveau", LEVELS[0])
    if level not in LEVELS:
        raise InvalidRequest(f"a board is for {', '.join(LEVELS)}")
    return await _list_page(request, level, Form())


async def open_board(request: Request) -> Response:
    """Open a board; the form comes back with what is wrong."""
    sent = await read_form(request, _FIELDS)
    principal = signed_in(request).principal
    level = sent["niveau"] if sent["niveau"] in LEVELS else LEVELS[0]
    try:
        draft = await _draft(request, sent, level)
        number = await _boards(request).open(principal, draft)
    except InvalidRequest:
        sent.errors["titre"] = _(
            "Donnez un titre, une période, au moins deux territoires et de deux à %(n)s priorités "
            "différentes, plus nombreuses que les premiers rangs qui comptent."
        ) % {"n": LINES}
    except NotFound:
        sent.errors["priorite0"] = _(
            "Une priorité n’a rien de publié, ou la version citée n’est pas de cet indicateur et "
            "de ce niveau."
        )
    else:
        return RedirectResponse(f"{PATH}/{number}", status_code=303)
    return await _list_page(request, level, sent, status=422)


async def show(request: Request) -> Response:
    """Give a board: the table, the forms while it is open, its result afterwards."""
    return await _one_page(request, Form())


async def act(request: Request) -> Response:
    """A territory ranks or declines, or the board is closed."""
    sent, number = await read_form(request), number_of(request)
    board = await _boards(request).get(signed_in(request).principal, number)
    try:
        await _moved(request, board, sent)
    except InvalidRequest:
        sent.errors.update(_wrong(sent, len(board.draft.priorities)))
    except RuleBroken:
        sent.errors["fermer"] = (
            _("Ce tableau est fermé : son résultat ne change plus.") if board.result is not None
            else _("Deux territoires au moins doivent avoir classé les priorités.")
        )  # fmt: skip
    else:
        return RedirectResponse(f"{PATH}/{number}", status_code=303)
    return await _one_page(request, sent, status=422)


async def _moved(request: Request, board: Board, sent: Form) -> None:
    boards, principal = _boards(request), signed_in(request).principal
    move, code = sent["geste"], sent["territoire"]
    if move == "fermer":
        await boards.close(principal, board.number)
    elif move == "decliner":
        await boards.decline(principal, board.number, code, sent["motif"])
    elif move == "classer":
        await boards.rank(principal, board.number, code, _ranks(board.draft, sent))
    else:
        raise InvalidRequest("say what to do with the board")


async def export(request: Request) -> Response:
    """Give the table of a board as CSV: a line a priority and territory."""
    board = await _boards(request).get(signed_in(request).principal, number_of(request))
    columns = (
        _("place"), _("indicateur"), _("priorité"), _("commune à plusieurs"), _("rang moyen"),
        _("code"), _("territoire"), _("rang"), _("parmi les premiers"), _("motif de refus"),
        _("cas"), _("valeur"), _("unité"), _("IC 95 %, bas"), _("IC 95 %, haut"), _("période"),
        _("version citée"),
    )  # fmt: skip
    return spreadsheet(f"alignement-{board.number}.csv", columns, lines(board))


async def _list_page(request: Request, level: str, sent: Form, status: int = 200) -> Response:
    found = await _boards(request).latest(signed_in(request).principal)
    territories = await ask(request, "territories", level)
    indicators = await ask(request, "indicators")
    chosen = {code for code, _name in territories if sent.values and sent[f"t-{code}"]}
    if not sent.values and level == LEVELS[0]:
        chosen = {code for code, _name in territories}
    return page(
        request, LIST, status=status, boards=[line(one) for one in found], form=sent, level=level,
        levels={one: words.LEVELS[one] for one in LEVELS}, territories=territories, chosen=chosen,
        indicators=[(one.id, one.title) for one in indicators], rows=range(LINES),
        counts=range(1, LINES),
    )  # fmt: skip


async def _one_page(request: Request, sent: Form, status: int = 200) -> Response:
    board = await _boards(request).get(signed_in(request).principal, number_of(request))
    return page(
        request, ONE, status=status, board=board, form=sent, rows=standing_lines(board),
        territories=board.draft.territories, declined=motives(board), head=head(board),
        ranks=range(1, len(board.draft.priorities) + 1),
        said={code for code, one in board.stances.items() if not one.has_declined},
    )  # fmt: skip


async def _draft(request: Request, sent: Form, level: str) -> Draft:
    start, end = day_of(sent["debut"]), day_of(sent["fin"])
    if start is None or end is None or not sent["premiers"].isdecimal():
        raise InvalidRequest("a board has a period, and says how many first ranks count")
    known = await ask(request, "territories", level)
    territories = tuple(Territory(code, name) for code, name in known if sent[f"t-{code}"])
    asked = [(sent[f"priorite{at}"], sent[f"version{at}"]) for at in range(LINES)]
    priorities = [
        await _candidate(request, at, told, (level, territories))
        for at, told in enumerate([one for one in asked if one[0]], 1)
    ]
    return Draft(
        sent["titre"], start, end, level, territories, tuple(priorities), int(sent["premiers"])
    )


async def _candidate(
    request: Request, number: int, told: tuple[str, str],
    where: tuple[str, tuple[Territory, ...]],
) -> Priority:  # fmt: skip
    """A priority with the figures of a frozen version, or those published now."""
    (indicator, version), (level, territories) = told, where
    if not version:
        question = Question(indicator, level)
        answer = await ask(request, "answer", question)
        body: Any = body_of(answer, question, scale_of(answer, question))
        return candidate(number, indicator, body, None, territories)
    if not (version.isascii() and version.isdigit() and len(version) < 12):  # noqa: PLR2004 -- int8
        raise NotFound(f"there is no version {version}")
    kept, _before = await shelf_of(request, VERSIONS).get(
        signed_in(request).principal, int(version)
    )
    if (kept.indicator, kept.body["level"]) != (indicator, level):
        raise NotFound(f"version {version} tells something else")
    return candidate(number, indicator, kept.body, kept.number, territories)


def _ranks(draft: Draft, sent: Form) -> dict[int, int]:
    told = {one.number: sent[f"rang{one.number}"] for one in draft.priorities}
    return {at: int(text) for at, text in told.items() if text.isascii() and text.isdecimal()}


def _wrong(sent: Form, count: int) -> dict[str, str]:
    if sent["geste"] == "decliner":
        return {"motif": _("Choisissez un territoire et dites pourquoi, en 500 lettres au plus.")}
    return {
        "classer": _(
            "Choisissez un territoire et donnez à chaque priorité un rang différent, de 1 à %(n)s."
        ) % {"n": count}
    }  # fmt: skip


def _boards(request: Request) -> Boards:
    found: Boards | None = request.app.state.ports.boards
    if found is None:
        raise NotFound("there are no boards here")
    return found


routes: Final = [
    Route(PATH, index, methods=["GET"]),
    Route(PATH, open_board, methods=["POST"]),
    Route(f"{PATH}/{{number}}", show, methods=["GET"]),
    Route(f"{PATH}/{{number}}", act, methods=["POST"]),
    Route(f"{PATH}/{{number}}/tableau.csv", export, methods=["GET"]),
]
