"""The score of a night on the screen, printed or as CSV, and each of its calls again. C1.13."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.care.regulation.decisions import KINDS
from cordee.care.regulation.motives import label_of, motives
from cordee.care.regulation.states import NAMES
from cordee.care.training.caller import asked_of, turns_of
from cordee.care.training.night import Told, hour_of
from cordee.care.training.results import Score
from cordee.care.training.scenarios import FALSE_CALL
from cordee.care.training.scores import Result, Total, Verdict
from cordee.runtime import french
from cordee.runtime.errors import NotFound
from cordee.web.language import gettext as _
from cordee.web.regulation.entrance import own_centre
from cordee.web.regulation.views import stamp_words
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet
from cordee.web.training.caller import PATH, training_of
from cordee.web.training.nights import night_line, night_number

TEMPLATE: Final = "training/templates/score.html"
ONE: Final = "training/templates/one.html"
VERDICTS: Final = {
    Verdict.RIGHT: _("conforme"),
    Verdict.OVER: _("sur-triage"),
    Verdict.UNDER: _("sous-triage"),
    Verdict.OTHER: _("autre"),
    Verdict.NONE: _("rien"),
    Verdict.FREE: _("non jugé"),
}
LEVELS: Final = {
    Verdict.RIGHT: "settled", Verdict.OVER: "caution", Verdict.UNDER: "critical",
    Verdict.OTHER: "caution", Verdict.NONE: "caution",
}  # fmt: skip


async def show(request: Request) -> Response:
    """Give the score of a night: that of all for its trainer, one's own for a trainee."""
    score = await _score(request)
    found = score.night
    return page(
        request, TEMPLATE, night=found, line=night_line(found), total=_figures(score.total),
        people=[(seat.name, seat.role, _figures(one)) for seat, one in score.of_agents],
        rows=[_row(score, one) for one in score.results], head=_head(),
    )  # fmt: skip


async def export(request: Request) -> Response:
    """Give the calls of a night with their score as CSV."""
    score = await _score(request)
    rows = [_cells(score, one) for one in score.results]
    return spreadsheet(f"formation-{score.night.seed}.csv", _head(), rows)


async def show_one(request: Request) -> Response:
    """Give one call of a night again: what was said, what was expected and why, what was done."""
    principal, centre, floor = await own_centre(request)
    of = night_number(request)
    training = training_of(request)
    result = await training.one(principal, centre, of)
    case, stamps = None, []
    if result.case is not None:
        apart = await training.nights.floor(centre)
        if apart is None:
            raise NotFound("there is no such night")
        case, stamps = await floor.desk.case(principal, apart, result.case)
    told = result.told
    communes = await floor.desk.all_communes()
    return page(
        request, ONE, told=told, number=of[0], result=result, hour=hour_of(told.due),
        motive=label_of(told.motive), expected=_named(told.decision),
        accepts=[_named(one) for one in told.accepts], decided=_named(result.decision),
        given=label_of(result.motive) if result.motive else "",
        triage=(VERDICTS[result.triage], LEVELS.get(result.triage, "")),
        deciding=(VERDICTS[result.deciding], LEVELS.get(result.deciding, "")),
        turns=_answers(told, asked_of(stamps)), case=case,
        state=NAMES[case.state] if case else "",
        commune=communes.get(case.commune, case.told.commune) if case else "",
        stamps=[(one, stamp_words(one)) for one in stamps],
        delays=(_delay(result.answer_seconds), _delay(result.decide_seconds)),
    )  # fmt: skip


async def _score(request: Request) -> Score:
    principal, centre, _floor = await own_centre(request)
    number, _n = night_number(request)
    return await training_of(request).score(principal, centre, number)


def _figures(one: Total) -> dict[str, Any]:
    """A total as it is shown; shares of what was judged."""
    sorted_calls = one.right + one.over + one.under
    return {
        "calls": one.calls, "taken": one.taken, "right": one.right, "over": one.over,
        "under": one.under, "unsorted": one.unsorted, "decided": one.decided, "well": one.well,
        "undecided": one.undecided, "missed": one.missed,
        "right_share": one.share(one.right, sorted_calls),
        "well_share": one.share(one.well, one.decided),
        "answer": _delay(one.answer_seconds), "decide": _delay(one.decide_seconds),
    }  # fmt: skip


def _answers(told: Told, asked: list[str]) -> list[tuple[str, str, bool]]:
    """All that the caller would have answered, and whether it was asked."""
    every = [f"{told.motive}/{one.key}" for one in motives()[told.motive].questions]
    turns = turns_of(told, told.motive, [*every, *asked, "ou", "age"])
    return [(one.words, one.answer, one.key in asked) for one in turns]


def _named(code: str) -> str:
    if code == FALSE_CALL:
        return _("Faux appel")
    found = KINDS.get(code)
    return found.name if found else ""


def _delay(seconds: float | None) -> str:
    """A delay as `12 s` or `3 min 05 s`; a dash for none."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"  # noqa: PLR2004 -- a minute


def _row(score: Score, one: Result) -> dict[str, Any]:
    return {
        "n": one.told.n, "hour": hour_of(one.told.due), "motive": label_of(one.told.motive),
        "expected": one.told.priority, "given": one.priority or "–",
        "triage": VERDICTS[one.triage], "triage_level": LEVELS.get(one.triage, ""),
        "wanted": _named(one.told.decision), "decided": _named(one.decision) or "–",
        "deciding": VERDICTS[one.deciding], "deciding_level": LEVELS.get(one.deciding, ""),
        "missed": len(one.missed), "who": _who(score, one),
        "answer": _delay(one.answer_seconds), "decide": _delay(one.decide_seconds),
    }  # fmt: skip


def _who(score: Score, one: Result) -> str:
    known = [score.names[key] for key in (one.taker, one.decider) if key in score.names]
    return ", ".join(dict.fromkeys(known))


def _head() -> list[str]:
    return [
        _("N°"), _("Heure"), _("Motif"), _("Priorité attendue"), _("Priorité donnée"), _("Tri"),
        _("Décision attendue"), _("Décision prise"), _("Décision"), _("Drapeaux manqués"),
        _("Décroché (s)"), _("Décidé (s)"), _("Qui"),
    ]  # fmt: skip


def _cells(score: Score, one: Result) -> list[object]:
    seconds = [
        "" if value is None else french.number(round(value))
        for value in (one.answer_seconds, one.decide_seconds)
    ]
    return [
        one.told.n, hour_of(one.told.due), f"{one.told.motive} {label_of(one.told.motive)}",
        one.told.priority, one.priority, VERDICTS[one.triage], _named(one.told.decision),
        _named(one.decision), VERDICTS[one.deciding], "; ".join(one.missed), *seconds,
        _who(score, one),
    ]  # fmt: skip


routes = [
    Route(f"{PATH}/{{number}}.csv", export, methods=["GET"]),
    Route(f"{PATH}/{{number}}", show, methods=["GET"]),
    Route(f"{PATH}/{{number}}/appels/{{n}}", show_one, methods=["GET"]),
]
